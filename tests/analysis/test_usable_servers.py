"""Which services have nobody to choose."""

from dataclasses import replace
from ipaddress import ip_address

from lvsdoctor.analysis.usable_servers import overloaded, without_usable
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen

SEEN = Seen("test", None, "")
REAL = Destination(ip_address("192.0.2.21"), 80, SEEN, weight=1)
SERVICE = VirtualService("tcp", ip_address("192.0.2.10"), 80, SEEN)


def unusable(*destinations: Destination) -> bool:
    service = replace(SERVICE, destinations=destinations)
    return bool(list(without_usable(Node("lb1", evidence={"ipvs": (service,)}))))


def test_none_or_only_weights_of_zero_is_nobody() -> None:
    assert unusable()
    assert unusable(replace(REAL, weight=0))
    assert not unusable(replace(REAL, weight=0), REAL)


def test_an_unknown_weight_is_not_zero() -> None:
    assert not unusable(replace(REAL, weight=None))


def test_a_full_real_server_is_not_chosen() -> None:
    full = replace(REAL, upper_threshold=10, active=4, inactive=6)
    assert overloaded(full)
    assert unusable(full, replace(REAL, weight=0))
    assert not overloaded(replace(full, inactive=5))
    assert not overloaded(replace(REAL, upper_threshold=10))
