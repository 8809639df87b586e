"""/proc/net/ip_vs: the table as the kernel prints it, addresses in hexadecimal."""

from typing import ClassVar

from lvsdoctor.parse.ipvs.ipvs_listing import PROC_HEADER, IpvsListing, opens_service


class ProcIpVs(IpvsListing):
    """Claims only lines that `ipvsadm -L` never prints; a whole table begins with lines that both print."""

    name: ClassVar[str] = "proc-net-ip_vs"

    @classmethod
    def starts(cls, text: str) -> bool:
        if PROC_HEADER in text[:200]:
            return text.split()[:1] == ["->"]
        return opens_service(text) == "proc"
