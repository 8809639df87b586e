"""Words that the picture and its text equivalent share."""

from collections.abc import Iterable, Sequence

from lvsdoctor.language import template, translated
from lvsdoctor.model.topology import Answering, Cluster, Forwards, Holder, Host, Part
from lvsdoctor.reporting.diagram import FindingMark
from lvsdoctor.reporting.listing import conjoined
from lvsdoctor.reporting.summary import counted, natural
from lvsdoctor.sanitize import cells, legible, shortened

PARTS = {
    Part.CLIENTS: template("clients"),
    Part.ROUTER: template("router"),
    Part.DIRECTOR: template("director"),
    Part.REAL_SERVER: template("real server"),
    Part.OTHER: template("other host"),
}
METHODS = {
    "DR": template("by direct routing"),
    "TUN": template("by tunnelling"),
    "NAT": template("by masquerading"),
    "LOCAL": template("on itself"),
    "BYPASS": template("by bypass"),
    "": template("by a method that the dump does not tell"),
}
_LONGEST = 64


def safe(text: str, width: int = _LONGEST) -> str:
    """Somebody else's text, legible and at most `width` columns wide."""
    return shortened(legible(text), width)


def listed(names: Sequence[str], most: int = 8) -> str:
    """`a`, `a and b`, `a, b and 7 more`."""
    shown = [safe(name) for name in names[:most]]
    rest = len(names) - len(shown)
    return conjoined([*shown, translated("{number} more", number=rest)] if rest else shown)


def mark_label(mark: FindingMark) -> str:
    """`ERROR ARP002`."""
    return f"{translated(mark.severity.value.upper())} {mark.code}"


def part_of(part: Part, number: int) -> str:
    """`real server`, of several `real servers`."""
    return translated(PARTS[part] if number == 1 else _SEVERAL.get(part, PARTS[part]))


_SEVERAL = {
    Part.ROUTER: template("routers"),
    Part.DIRECTOR: template("directors"),
    Part.REAL_SERVER: template("real servers"),
    Part.OTHER: template("other hosts"),
}


def hosts(names: Iterable[str]) -> str:
    """Names of hosts as `listed`, in natural order: those that are named of many are the first."""
    return listed(sorted(names, key=natural))


def tersely(names: Sequence[str], width: int) -> str:
    """`a`, `a +7 more`; the name is shortened, the number is not."""
    more = translated(" +{number} more", number=len(names) - 1) if len(names) > 1 else ""
    return safe(names[0], width - cells(more)) + more if names else ""


def asks(vips: Iterable[str]) -> str:
    """How these VIPs are asked for."""
    six = {":" in vip for vip in vips}
    if six == {False}:
        return "ARP"
    return translated("neighbour solicitations" if six == {True} else "ARP and solicitations")


def wrong(holder: Holder) -> bool:
    return holder.answering is Answering.ANSWERS and not holder.should


def mute(holder: Holder) -> bool:
    return holder.answering is Answering.SILENT and holder.should


def lacking(cluster: Cluster) -> list[tuple[Host, tuple[str, ...]]]:
    """Directors and real servers (DR, TUN) of the scan without a VIP that is theirs. A stand-by director is one."""
    theirs: dict[str, dict[str, None]] = {}
    for forward in cluster.forwards:
        if forward.vip:
            theirs.setdefault(forward.director, {})[forward.vip] = None
            if forward.method in ("DR", "TUN"):
                theirs.setdefault(forward.real_server, {})[forward.vip] = None
    held = {(holder.host, holder.vip) for holder in cluster.holders}
    without = (
        (host, tuple(vip for vip in theirs.get(host.name, ()) if (host.name, vip) not in held))
        for host in cluster.hosts
        if host.scanned
    )
    return [(host, vips) for host, vips in without if vips]


def ports(forwards: Sequence[Forwards], most: int = 4) -> str:
    """`tcp 80, 443`; where there are several VIPs, how many services of them."""
    if len({forward.vip for forward in forwards}) > 1:
        return counted(len({forward.service for forward in forwards}), "service")
    by_protocol: dict[str, dict[str, None]] = {}
    for forward in forwards:
        protocol, _, where = forward.service.partition(" ")
        port = where.rpartition(":")[2] if forward.vip else where
        by_protocol.setdefault(protocol, {})[translated("all ports") if port == "0" and forward.vip else port] = None
    return ", ".join(f"{protocol} {_first(list(found), most)}" for protocol, found in by_protocol.items())


def _first(names: Sequence[str], most: int) -> str:
    shown = ", ".join(names[:most])
    rest = len(names) - most
    return translated("{names} and {number} more", names=shown, number=rest) if rest > 0 else shown
