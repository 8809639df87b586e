"""What tells little of a host is called by its name, and nobody waits for it to be read."""

import pytest

from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.reporting.wording import unread_kind

PASTES = {
    "the output of ethtool": "ethtool eth0\nSettings for eth0:\n\tSpeed: 10000Mb/s\n\tDuplex: Full\n",
    "a list of processes": "pgrep -a keepalived\n912 /usr/sbin/keepalived -D\n",
    "the state of a service": "service ldirectord status\nldirectord is running\n",
}


@pytest.mark.parametrize("name", PASTES)
def test_it_is_called_by_its_name_and_no_line_counts_as_unread(name: str) -> None:
    (piece,) = pieces(f"[root@rs1 ~]# {PASTES[name]}", "stdin")
    assert [kind.name for kind in piece.dump.unread_kinds] == [name]
    assert piece.dump.unread == ()
    assert unread_kind(piece.dump.unread_kinds[0]) == f"stdin is {name}, which no rule asks for"
