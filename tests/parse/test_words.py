"""The small words that dump formats share: what is no address, no network and no link's name."""

from ipaddress import ip_address, ip_network

import pytest

from lvsdoctor.parse.words import read_ip, read_link_name, read_network


@pytest.mark.parametrize("text", ["192.0.2.10", "2001:db8::10", "::", "fe80::1"])
def test_an_address_is_read(text: str) -> None:
    assert read_ip(text) == ip_address(text)


@pytest.mark.parametrize("text", ["fe80::1%eth0", "fe80::1%1", "::%", "2001:db8::1%$(reboot)", "fe80::1%\x1b[31m"])
def test_an_address_with_a_zone_is_none(text: str) -> None:
    """Python reads the zone, which may be any text, as a part of the address."""
    assert read_ip(text) is None
    assert read_network(f"{text}/64") is None
    assert read_network(text) is None


def test_a_network_is_read_as_the_kernel_masks_it() -> None:
    assert read_network("192.0.2.10/24") == ip_network("192.0.2.0/24")


@pytest.mark.parametrize("text", ["lo", "eth0", "eth0.100", "br-lan", "wg0", "enp0s31f6", "dummy0@x"])
def test_a_link_s_name_is_read(text: str) -> None:
    assert read_link_name(text) == text


@pytest.mark.parametrize("text", ["", "eth/0", "/", "../all", "eth 0", " eth0", "eth0 "])
def test_what_the_kernel_refuses_is_no_link_s_name(text: str) -> None:
    assert read_link_name(text) is None


@pytest.mark.parametrize("odd", ["\x1b", "\x00", "\n", "\t", "\x7f", "\x9b", "\u202e", "\u200b", "\ud800"])
def test_a_name_with_what_nobody_sees_is_no_link_s(odd: str) -> None:
    assert read_link_name(f"eth{odd}0") is None
