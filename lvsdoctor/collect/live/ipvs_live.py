"""The IPVS table of the running kernel, without loading ip_vs."""

from lvsdoctor.collect.errors import CannotSee
from lvsdoctor.collect.live import dumps, procfs
from lvsdoctor.collect.live.ipvs_rows import service_rows
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.seen import Seen

TABLE = f"{procfs.NET}/ip_vs"
SHOWN_AS = "/proc/net/ip_vs"


def ipvs_services() -> tuple[VirtualService, ...]:
    """The virtual services; none where ip_vs is not in the kernel. Raises CannotSee.

    Netlink tells more (tunnel types, thresholds, seconds where /proc has jiffies) but wants CAP_NET_ADMIN.
    """
    if not procfs.mounted():
        raise CannotSee("The IPVS table could not be read: /proc is not mounted; mount it or see ipvsadm -Sn.")
    if not procfs.exists(TABLE):
        return ()
    try:
        return service_rows(dumps.ipvs())
    except Exception as problem:  # whatever keeps us from the better source, there is another
        return _from_proc(problem)


def _from_proc(problem: Exception) -> tuple[VirtualService, ...]:
    from lvsdoctor.parse.ipvs.proc_ip_vs import ProcIpVs  # seldom needed, and it takes its time to import

    advice = "run lvsdoctor as root" if isinstance(problem, PermissionError) else "see ipvsadm -Sn"
    why = f"The IPVS table could not be read ({problem}); {advice}."
    try:
        text = procfs.read(TABLE)
    except OSError:
        raise CannotSee(why) from problem
    reader = ProcIpVs()
    lines = [Seen(SHOWN_AS, number, line.rstrip()) for number, line in enumerate((text or "").splitlines(), start=1)]
    if not all(reader.feed(line) for line in lines):
        raise CannotSee(why) from problem
    services: tuple[VirtualService, ...] | None = reader.dump().facts.get("ipvs")  # type: ignore[assignment]
    if services is None:
        raise CannotSee(why) from problem
    return services
