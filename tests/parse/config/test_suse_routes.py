"""/etc/sysconfig/network/routes and ifroute-IF of SUSE."""

import pytest

from lvsdoctor.parse.config import config_dump

HOME = "rs1/etc/sysconfig/network"
TEXT = """# Destination  Gateway     Netmask          Interface  Type  Options
default        192.0.2.1   -                -
198.51.100.0   192.0.2.5   255.255.255.0    eth1       unicast  mtu 1400 table 7
203.0.113.0/24 0.0.0.0     -                eth2
192.0.2.99     -           255.255.255.255  lo         local
2001:db8::/32  fe80::1     -                eth0
10.0.0.0/8     -           -                -          blackhole
"""


def test_each_line_is_a_route_with_its_line() -> None:
    dump = config_dump(TEXT, f"{HOME}/routes")
    assert dump is not None
    assert not dump.unread
    rows = dump.facts["configured-routes"]
    assert [(str(row.dst), row.type, row.table, row.seen.line) for row in rows] == [
        ("0.0.0.0/0", "unicast", "main", 2),
        ("198.51.100.0/24", "unicast", "7", 3),
        ("203.0.113.0/24", "unicast", "main", 4),
        ("192.0.2.99/32", "local", "local", 5),
        ("2001:db8::/32", "unicast", "main", 6),
        ("10.0.0.0/8", "blackhole", "main", 7),
    ]


def test_the_interface_of_ifroute_is_that_of_its_name() -> None:
    dump = config_dump("default 192.0.2.1\n198.51.100.0/24 192.0.2.5 - eth9\n", f"{HOME}/ifroute-eth1")
    assert dump is not None
    assert [row.links for row in dump.facts["configured-routes"]] == [("eth1",), ("eth9",)]


@pytest.mark.parametrize(
    "line", ["192.0.2.0 - 255.0.255.0 eth0", "default 192.0.2.1 - - sometimes", "x y z", "default"]
)
def test_a_line_that_is_no_route_is_unread(line: str) -> None:
    dump = config_dump(f"{line}\ndefault 192.0.2.1 - -\n", f"{HOME}/routes")
    assert dump is not None
    assert [seen.text for seen in dump.unread] == [line]


def test_a_file_of_this_name_elsewhere_is_none() -> None:
    assert config_dump(TEXT, "rs1/routes") is None
