"""What the readers of IPVS tables share: words, and the rows while their destinations still come in."""

from dataclasses import replace

from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.parse.words import read_number

FORWARDING = {
    "Route": Forwarding.DR,
    "Tunnel": Forwarding.TUN,
    "Masq": Forwarding.NAT,
    "Local": Forwarding.LOCAL,
    "Bypass": Forwarding.BYPASS,
}
SCHEDULERS = frozenset("rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf twos".split())
# ipvsadm has no word for the last one, and prints what its C library makes of that.
NAMELESS = "(null)"


def read_fwmark(text: str) -> int | None:
    """A mark of 32 bits; ipvsadm prints one above 2147483647 as a negative number (ipvsadm.c: `%d`)."""
    if text[:1] == "-":
        below = read_number(text[1:], most=2**31)
        return 2**32 - below if below else None
    return read_number(text, most=2**32 - 1)


def fwmark_shown(mark: int, family: int) -> str:
    """How a fwmark service is called: with its family, since mark 1 of IPv4 and of IPv6 are two services."""
    return f"fwmark {mark} IPv6" if family == 6 else f"fwmark {mark}"


def without_host_mask(netmask: str) -> str:
    """The mask of a persistent service, or "" for the default one, which keeps every client by itself."""
    return "" if netmask in ("255.255.255.255", "128") else netmask


class Services:
    """Virtual services in the order of the dump."""

    def __init__(self) -> None:
        self._rows: list[tuple[VirtualService, list[Destination]]] = []

    def __bool__(self) -> bool:
        return bool(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def cut_to(self, length: int) -> None:
        """Takes back the services after the first `length`."""
        del self._rows[length:]

    def add(self, service: VirtualService) -> list[Destination]:
        """Appends a service and answers the list that its destinations go to."""
        destinations: list[Destination] = []
        self._rows.append((service, destinations))
        return destinations

    def frozen(self) -> tuple[VirtualService, ...]:
        return tuple(replace(service, destinations=tuple(rows)) if rows else service for service, rows in self._rows)
