"""Small words of dumps: addresses, networks, and names of links, which come back in commands and in names of keys."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.parse.iproute.ip_addr import IpAddr
from lvsdoctor.parse.words import read_ip, read_link_name, read_network, read_number
from tests.parse.driving_ip import drive


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


@pytest.mark.parametrize(
    "name", ["eth0", "eth0.100", "a", "veth1883dceb@x", "$(reboot)", "`id`", "-rf", "...", "a" * 15, "é"]
)
def test_what_the_kernel_takes_for_a_links_name_is_one(name: str) -> None:
    assert read_link_name(name) == name


# net/core/dev.c: dev_valid_name(); the control characters it lets through nobody has for an honest reason.
@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "../x", "eth0:1", "a b", "a\tb", "a\nb", "a\u00a0b", "\u00e0", "a" * 16, "é" * 8,
     "a\x1b[2J", "a\x7f", "a\u202eb", "a\u2028b", "a\udc80"],
)  # fmt: skip
def test_what_the_kernel_refuses_and_what_cannot_be_printed_is_no_links_name(name: str) -> None:
    assert read_link_name(name) is None


def test_a_zone_is_no_part_of_an_address() -> None:
    assert read_ip("fe80::1%eth0") is None
    assert read_ip("fe80::1") is not None


def test_a_prefix_has_a_length_behind_its_slash() -> None:
    assert read_network("192.0.2.0/") is None
    assert read_network("192.0.2.0/33") is None
    assert str(read_network("192.0.2.77/24")) == "192.0.2.0/24"


@pytest.mark.parametrize("text", ["+1", " 1", "1_0", "\u5341", "0x", "-1", "1" * 21])
def test_what_int_alone_would_take_is_no_number(text: str) -> None:
    assert read_number(text) is None


def test_a_master_or_a_parent_that_no_link_can_have_makes_the_header_unread() -> None:
    for shown in ("7: eth1@a:b: <UP> mtu 1500 state UP\n", "7: eth1: <UP> mtu 1500 master a/b state UP\n"):
        driven = drive(IpAddr, f"2: eth0: <UP> mtu 1500 state UP\n{shown}")
        assert [link.name for link in driven["links"]] == ["eth0"]
        assert [seen.line for seen in driven.dump.unread] == [2]


@given(
    st.one_of(st.text(max_size=50), st.ip_addresses().map(str), st.from_regex(r"[0-9a-fA-F.:%]{0,20}", fullmatch=True))
)
def test_an_address_is_read_as_the_library_reads_it(text: str) -> None:
    try:
        expected = ip_address(text) if "%" not in text else None
    except ValueError:
        expected = None
    assert read_ip(text) == (expected if 2 <= len(text) <= 45 else None)
