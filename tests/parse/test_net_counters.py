from lvsdoctor.model.net_counter import NetCounter
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

NSTAT = """#kernel
IpInReceives                    1234               0.0
TcpExtListenOverflows           3                  0.0
TcpExtIPReversePathFilter       0                  0.0
IpExtInNoRoutes                 7                  0.0
"""
NETSTAT = """Ip:
    Forwarding: 1
    12345 total packets received
    5 with invalid addresses
Icmp:
    33 ICMP messages received
    ICMP input histogram:
        destination unreachable: 21
TcpExt:
    12 SYN cookies sent
    3 times the listen queue of a socket overflowed
    IPReversePathFilter: 9
IpExt:
    InNoRoutes: 4
"""


def read(text: str) -> Dump:
    (dump,) = (piece.dump for piece in pieces(text, "x"))
    return dump


def rows(dump: Dump) -> dict[str, tuple[int, int | None]]:
    found: tuple[NetCounter, ...] = tuple(dump.facts["net-counters"])
    return {row.name: (row.value, row.seen.line) for row in found}


def test_counters_of_nstat_have_their_name_number_and_line() -> None:
    dump = read(f"root@lb1:~# nstat -asz\n{NSTAT}")
    assert rows(dump)["TcpExtIPReversePathFilter"] == (0, 5)
    assert rows(dump)["IpInReceives"] == (1234, 3)
    assert (dump.unread, dump.unread_kinds, dump.partial) == ((), (), None)
    assert not any(row.since_last for row in dump.facts["net-counters"])


def test_nstat_alone_counts_since_its_last_run_and_leaves_out_what_is_zero() -> None:
    dump = read(f"root@lb1:~# nstat\n{NSTAT}")
    assert all(row.since_last for row in dump.facts["net-counters"])
    assert dump.partial is not None


def test_netstat_names_the_same_counters_in_other_words() -> None:
    dump = read(NETSTAT)
    assert rows(dump) == {
        "IpForwarding": (1, 2),
        "IpInAddrErrors": (5, 4),
        "TcpExtSyncookiesSent": (12, 10),
        "TcpExtListenOverflows": (3, 11),
        "TcpExtIPReversePathFilter": (9, 12),
        "IpExtInNoRoutes": (4, 14),
    }
    assert (dump.unread, dump.unread_kinds) == ((), ())


def test_counters_end_where_another_dump_begins() -> None:
    route = "default via 192.0.2.1 dev eth0\n"
    for text in (NSTAT, NETSTAT):
        found = [piece.dump for piece in pieces(text + route + text, "x")]
        assert [fact for dump in found for fact in dump.facts] == ["net-counters", "routes", "net-counters"]
