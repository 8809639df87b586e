"""Which neighbour entries nobody asks for again."""

from ipaddress import ip_address

import pytest

from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.seen import Seen

MAC = "02:00:00:00:00:21"


@pytest.mark.parametrize(
    ("state", "mac", "fixed"),
    [
        ("PERMANENT", MAC, True),
        ("NOARP", MAC, True),
        ("NOARP", "00:00:00:00:00:00", False),
        ("NOARP", "0.0.0.0", False),
        ("NOARP", "", False),
        ("REACHABLE", MAC, False),
        ("STALE", MAC, False),
        ("", MAC, False),
    ],
)
def test_what_was_set_by_hand_is_fixed_and_what_a_link_without_arp_has_is_not(
    state: str, mac: str, fixed: bool
) -> None:
    entry = Neighbour(ip_address("192.0.2.21"), Seen("ip-neigh", 1, ""), "eth0", mac, state)
    assert entry.fixed is fixed
