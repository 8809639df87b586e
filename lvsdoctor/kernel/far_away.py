"""A host that stands for all clients beyond the routers, where the evidence names none."""

from ipaddress import IPv6Address

from lvsdoctor.kernel.routing import FAR_AWAY
from lvsdoctor.model.address import IP

_FAR_AWAY6 = IPv6Address("2001:4860:4860::8888")


def far_away(version: int) -> IP:
    """Of IPv4 or IPv6."""
    return FAR_AWAY if version == 4 else _FAR_AWAY6
