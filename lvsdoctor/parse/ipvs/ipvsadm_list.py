"""`ipvsadm -Ln`, with or without -n, --stats, --rate, --thresholds, --persistent-conn, --tun-info."""

from typing import ClassVar

from lvsdoctor.parse.ipvs.ipvs_listing import PROC_HEADER, IpvsListing, opens_service, opens_table


class IpvsadmList(IpvsListing):
    """Also claims the two header lines that /proc/net/ip_vs shares, and then reads that table just as well."""

    name: ClassVar[str] = "ipvsadm"

    @classmethod
    def starts(cls, text: str) -> bool:
        if opens_table(text):
            return PROC_HEADER not in text
        return opens_service(text) == "ipvsadm"
