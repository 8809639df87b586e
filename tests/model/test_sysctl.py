"""Settings: their keys in every spelling, their values as the kernel reads them."""

import pytest

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, canonical_key, conf_key


@pytest.mark.parametrize(
    ("spelled", "key"),
    [
        ("net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_ignore"),
        ("net/ipv4/conf/eth0.100/arp_ignore", "net.ipv4.conf.eth0/100.arp_ignore"),
        ("net.ipv4.conf.eth0/100.arp_ignore", "net.ipv4.conf.eth0/100.arp_ignore"),
        ("net/ipv4/ip_forward", "net.ipv4.ip_forward"),
    ],
)
def test_the_first_separator_decides_how_a_key_is_spelled(spelled: str, key: str) -> None:
    assert canonical_key(spelled) == key


def test_a_dot_in_a_link_s_name_is_a_slash_in_its_key() -> None:
    assert conf_key("eth0.100", "arp_ignore") == "net.ipv4.conf.eth0/100.arp_ignore"


@pytest.mark.parametrize(("raw", "value"), [("1", 1), ("0", 0), ("010", 8), ("0x2", 2), ("-1", -1), ("3\t50", 3)])
def test_a_value_is_read_as_the_kernel_reads_it(raw: str, value: int) -> None:
    assert Setting("k", raw, Seen("x", 1, raw)).value == value


@pytest.mark.parametrize("raw", ["", "yes", "{{ level }}", "1x", "08"])
def test_what_is_no_number_is_not_taken_for_one(raw: str) -> None:
    assert not Setting("k", raw, Seen("x", 1, raw)).is_number
