"""Two rows of `ip addr` in one line, whose end was lost: the line is not understood, and nothing is guessed."""

import pytest

from lvsdoctor.parse.iproute.ip_addr import IpAddr
from tests.parse.driving_ipvs import read

ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
    inet 192.0.2.10/32 scope global eth0
"""


@pytest.mark.parametrize("joined", [1, 2, 3])
def test_an_address_is_given_to_no_interface_whose_header_was_joined_to_a_line(joined: int) -> None:
    lines = ADDR.splitlines()
    lines[joined : joined + 2] = [f"{lines[joined]} {lines[joined + 1].strip()}"]
    dump = read(IpAddr, "\n".join(lines))
    assert [seen.line for seen in dump.unread] == [joined + 1]
    assert dump.partial is not None
    assert {address.link for address in dump.facts["addresses"] if not address.ip.is_loopback} <= {"eth0"}


def test_lines_of_ip_o_are_no_joined_ones() -> None:
    text = "2: eth0    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever"
    dump = read(IpAddr, text)
    assert not dump.unread
    assert [str(address) for address in dump.facts["addresses"]] == ["192.0.2.21/24"]


def test_a_header_keeps_the_mac_that_was_joined_to_it() -> None:
    header, below = ADDR.splitlines()[2], "    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff"
    text = ADDR.replace(header, f"{header} {below.strip()}")
    dump = read(IpAddr, text)
    assert not dump.unread
    assert [link.mac for link in dump.facts["links"]] == ["", "02:00:00:00:00:21"]


def test_what_a_driver_tells_counts_behind_the_link_line_too() -> None:
    above = "4: vrf1: <NOARP,MASTER,UP,LOWER_UP> mtu 65575 qdisc noqueue state UP group default qlen 1000\n"
    link = "    link/ether 02:00:00:00:02:31 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 1280 maxmtu 65575"
    for between in ("\n    ", " "):
        (vrf,) = read(IpAddr, f"{above}{link}{between}vrf table 10\n").facts["links"]
        assert (vrf.kind, vrf.detail) == ("vrf", {"table": "10"})
