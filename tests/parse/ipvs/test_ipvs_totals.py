"""The totals of IPVS, in hexadecimal, of all CPUs together."""

from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

PER_CPU = """\
       Total Incoming Outgoing         Incoming         Outgoing
CPU    Conns  Packets  Packets            Bytes            Bytes
  0        1        2        3                4                5
  ~        1        2        3                4                5
"""


STATS = """\
   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
      1A        2        3                4               FF

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       0        0        0                0                0
"""


def read(text: str) -> Dump:
    (dump,) = (piece.dump for piece in pieces(text, "x"))
    assert dump.unread == ()
    return dump


def counted(text: str) -> list[tuple[str, int, int | None]]:
    return [(row.name, row.value, row.seen.line) for row in read(text).facts["net-counters"]]


def test_the_first_row_has_the_totals_and_the_second_the_rates() -> None:
    assert counted(STATS) == [
        ("IpvsConns", 0x1A, 3), ("IpvsInPkts", 2, 3), ("IpvsOutPkts", 3, 3), ("IpvsInBytes", 4, 3),
        ("IpvsOutBytes", 255, 3),
    ]  # fmt: skip


def test_of_the_rows_of_each_cpu_that_of_all_is_kept() -> None:
    assert counted(PER_CPU)[0] == ("IpvsConns", 1, 4)
