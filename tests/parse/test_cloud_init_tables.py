"""What cloud-init prints on a console: the host as it was when it started."""

from lvsdoctor.model.coverage import Partial
from lvsdoctor.parse.cloud_init_tables import AT_BOOT
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

DEVICES = """\
++++++++++++++++++++++++++++Net device info++++++++++++++++++++++++++++
+--------+------+--------------------+---------------+--------+-------------------+
| Device |  Up  |      Address       |      Mask     | Scope  |     Hw-Address    |
+--------+------+--------------------+---------------+--------+-------------------+
|  eth0  | True |     192.0.2.21     | 255.255.255.0 | global | 02:00:00:00:00:21 |
|  eth0  | True | 2001:db8::21/64    |       .       | global | 02:00:00:00:00:21 |
|  eth1  | False|         .          |       .       |   .    | 02:00:00:00:00:22 |
|   lo   | True |     127.0.0.1      |   255.0.0.0   |  host  |         .         |
+--------+------+--------------------+---------------+--------+-------------------+
"""
ROUTES = """\
++++++++++++++++++++++++++Route IPv4 info++++++++++++++++++++++++++
+-------+-------------+-----------+---------------+-----------+-------+
| Route | Destination |  Gateway  |    Genmask    | Interface | Flags |
+-------+-------------+-----------+---------------+-----------+-------+
|   0   |   0.0.0.0   | 192.0.2.1 |    0.0.0.0    |    eth0   |   UG  |
|   1   |  192.0.2.0  |  0.0.0.0  | 255.255.255.0 |    eth0   |   U   |
+-------+-------------+-----------+---------------+-----------+-------+
+++++++++++++++++++Route IPv6 info+++++++++++++++++++
+-------+-------------+---------+-----------+-------+
| Route | Destination | Gateway | Interface | Flags |
+-------+-------------+---------+-----------+-------+
|   1   |  fe80::/64  |    ::   |    eth0   |   U   |
+-------+-------------+---------+-----------+-------+
"""


def rows(text: str) -> dict[str, list[str]]:
    (dump,) = dumps(text)
    assert not dump.unread
    return {fact: [str(getattr(row, "name", None) or getattr(row, "dst", row)) for row in rows]
            for fact, rows in dump.facts.items()}  # fmt: skip


def dumps(text: str) -> list[Dump]:
    return [piece.dump for piece in pieces(text, "console.txt")]


def test_the_tables_show_interfaces_addresses_and_routes() -> None:
    expected = {
        "links": ["eth0", "eth1", "lo"],
        "addresses": ["192.0.2.21/24", "2001:db8::21/64", "127.0.0.1/8"],
        "routes": ["0.0.0.0/0", "192.0.2.0/24"],
    }
    stamped = "".join(f"[   21.033] cloud-init[812]: ci-info: {line}\n" for line in (DEVICES + ROUTES).splitlines())
    assert rows(DEVICES + ROUTES) == rows(stamped) == expected


def test_an_interface_is_up_or_down_with_its_mac() -> None:
    (dump,) = dumps(DEVICES)
    assert [(link.name, link.up, link.own_mac) for link in dump.facts["links"]] == [
        ("eth0", True, "02:00:00:00:00:21"),
        ("eth1", False, "02:00:00:00:00:22"),
        ("lo", True, ""),
    ]


def test_what_is_not_in_the_tables_may_have_come_later() -> None:
    (dump,) = dumps(DEVICES)
    assert isinstance(dump.partial, Partial)
    assert dump.partial.reason == AT_BOOT


def test_a_row_that_is_no_address_is_told() -> None:
    (dump,) = dumps(DEVICES.replace("192.0.2.21 ", "192.0.2.x21"))
    assert [seen.line for seen in dump.unread] == [5]
