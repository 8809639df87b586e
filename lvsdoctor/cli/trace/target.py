"""What the user asks about: a VIP, a port of it, or the firewall mark of a service."""

import re
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from lvsdoctor.cli.errors import CliError
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientClass, ClientPlace, Walk

_MARK = re.compile(r"(?:FWM|fwmark)[ :=]?\s*(\d{1,10})", re.IGNORECASE)
_PROTOCOL = re.compile(r"(tcp|udp|sctp)[ /:]\s*", re.IGNORECASE)
_WITH_PORT = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::(\d{1,5}))?")
_MOST = 10  # names in an error
_FORM = 'lvsdoctor trace VIP[:PORT] [PATH ...], such as 192.0.2.10, 192.0.2.10:80, [2001:db8::10]:80 or "FWM 1"'


@dataclass(frozen=True, slots=True)
class TraceTarget:
    """`vip` or `fwmark`; `port` and `protocol` where the user names them."""

    text: str
    vip: IP | None = None
    port: int | None = None
    protocol: str = ""
    fwmark: int | None = None

    def meets(self, walk: Walk) -> bool:
        if self.fwmark is not None:
            return walk.service.removesuffix(" IPv6") == f"FWM {self.fwmark}"
        return (
            walk.vip == self.vip
            and self.port in (None, walk.port, *([self.port] if walk.port == 0 else []))
            and self.protocol in ("", walk.protocol)
        )


def target_of(options: Namespace) -> TraceTarget:
    """The first argument; `FWM 1` may be two words. Raises CliError, which shows the right form."""
    text = str(options.target)
    if text.upper() in ("FWM", "FWMARK") and options.paths and options.paths[0].isdecimal():
        text = f"{text} {options.paths.pop(0)}"
    if match := _MARK.fullmatch(text.strip()):
        return TraceTarget(text, fwmark=int(match[1]))
    protocol = _PROTOCOL.match(text)
    rest = text[protocol.end() :] if protocol else text
    vip, port = _address_and_port(rest)
    if vip is None or (port is not None and not 0 < port < 65536):
        raise CliError(f"{text!r} is no VIP. Write {_FORM}")
    return TraceTarget(text, vip, port, protocol[1].lower() if protocol else "")


def _address_and_port(text: str) -> tuple[IP | None, int | None]:
    if (whole := _ip(text)) is not None:  # an IPv6 address needs no brackets without a port
        return whole, None
    match = _WITH_PORT.fullmatch(text)
    if match is None:
        return None, None
    return _ip(match[1] if match[1] is not None else match[2]), int(match[3]) if match[3] else None


def _ip(text: str) -> IP | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


# -- what there is ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Listed:
    """A service that a director of the scan lists: as ipvsadm writes it, and its VIPs."""

    name: str
    vips: tuple[IP, ...]


def chosen_walks(
    target: TraceTarget, nodes: Iterable[Node], walks: Sequence[Walk], clients: Sequence[IP]
) -> list[Walk]:
    """The walks that the user asks about. Raises CliError where no service is meant, and names those that there are."""
    chosen = [walk for walk in walks if target.meets(walk)]
    if not chosen:
        raise CliError(_none_such(target, list(_services(nodes)), walks))
    if not clients:
        return chosen
    own = [walk for walk in chosen if walk.client.address in clients]
    return _once(own) or [walk for walk in chosen if _among(walk, clients)] or chosen


def _once(walks: Sequence[Walk]) -> list[Walk]:
    """An address that is named may stand for a class as well: its walks are shown once, as evidenced."""
    classes: dict[object, ClientClass] = {}
    for walk in sorted(walks, key=lambda walk: not walk.client.evidenced):
        classes.setdefault(_class_of(walk), walk.client)
    return [walk for walk in walks if walk.client == classes[_class_of(walk)]]


def _class_of(walk: Walk) -> object:
    return walk.service, walk.vip, walk.client.address, walk.client.place is ClientPlace.HEALTH_CHECK


def _among(walk: Walk, clients: Iterable[IP]) -> bool:
    prefix = walk.client.prefix
    return prefix is not None and any(client.version == prefix.version and client in prefix for client in clients)


def _services(nodes: Iterable[Node]) -> Iterable[_Listed]:
    for node in nodes:
        for row in node.evidence.get("ipvs", ()):
            vips = tuple(vip for vip, _ in row.vips)
            name = row.mark_name if row.fwmark is not None else f"{row.protocol.upper()} {_socket(vips, row.port)}"
            yield _Listed(name, vips)


def _socket(vips: Sequence[IP], port: int | None) -> str:
    shown = f"[{vips[0]}]" if vips and vips[0].version == 6 else f"{vips[0] if vips else '?'}"
    return f"{shown}:{port or 0}"


def _none_such(target: TraceTarget, listed: Sequence[_Listed], walks: Sequence[Walk]) -> str:
    known = [*listed, *(_Listed(walk.service, (walk.vip,)) for walk in walks)]
    if not known:
        return "no virtual service is known here: add the director's `ipvsadm -Sn` to the PATHs"
    own = [row.name for row in known if target.vip is not None and target.vip in row.vips]
    if own and (target.port is not None or target.protocol):
        return f"{target.text!r} is no service of VIP {target.vip}. Its services: {_some(own)}"
    if own:
        return f"VIP {target.vip} has no real server to follow a packet to. Its services: {_some(own)}"
    vips = [str(vip) for row in known for vip in row.vips]
    marks = [row.name for row in known if row.name.startswith("FWM ")]
    there = f"the VIPs here: {_some([*vips, *marks])}"
    if target.fwmark is not None:
        return f"no service has the firewall mark {target.fwmark}; {there}"
    return f"no service has the VIP {target.vip}; {there}{_brackets(target, vips)}"


def _brackets(target: TraceTarget, vips: Iterable[str]) -> str:
    """2001:db8::10:80 is an address of its own."""
    head, _, port = target.text.rpartition(":")
    return f" (a port needs brackets: [{head}]:{port})" if str(_ip(head)) in vips else ""


def _some(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    return ", ".join(every[:_MOST]) + (f" and {len(every) - _MOST} more" if len(every) > _MOST else "")
