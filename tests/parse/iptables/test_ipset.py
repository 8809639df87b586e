"""IP sets: `ipset save` and `ipset list`, of ipset 7.17 and older."""

import pytest

from lvsdoctor.model.ipset import IpSet, IpSetEntry
from lvsdoctor.model.packet_filter import Range, single
from lvsdoctor.parse.iptables.ipset import Ipset
from lvsdoctor.parse.iptables.iptables_words import read_addresses
from lvsdoctor.parse.paste.stream import pieces
from tests.parse.driving_ipvs import of_corpus, read

SAVE = """\
create a hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xc3061655
add a 192.0.2.1
add a 192.0.2.9 timeout 29 packets 0 bytes 0 comment "a b, nomatch"
create n hash:net family inet hashsize 1024 maxelem 65536
add n 198.51.100.0/24 nomatch
add n 192.0.2.0/24
create ip hash:ip,port family inet hashsize 1024 maxelem 65536
add ip 192.0.2.2,tcp:81
add ip 192.0.2.1,udp:53
create b bitmap:port range 0-1000
add b 80
create six hash:net family inet6 hashsize 1024 maxelem 65536
create masked hash:ip family inet hashsize 1024 maxelem 65536 netmask 24
add masked 192.0.2.0
create i hash:net,iface family inet hashsize 1024 maxelem 65536
add i 192.0.2.0/24,eth0
create l list:set size 8
add l a
"""
LIST = """\
Name: a
Type: hash:ip
Revision: 6
Header: family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xc3061655
Size in memory: 416
References: 1
Number of entries: 2
Members:
192.0.2.1
192.0.2.9 timeout 29 packets 0 bytes 0 comment "a b, nomatch"

Name: l
Type: list:set
Revision: 3
Header: size 8
Size in memory: 176
References: 0
Number of entries: 1
Members:
a
"""
A = (IpSetEntry(single("192.0.2.1")), IpSetEntry(single("192.0.2.9")))


def sets(text: str) -> dict[str, IpSet]:
    return {row.name: row for row in read(Ipset, text).facts["ipsets"]}


def test_sets_have_their_entries() -> None:
    known = sets(SAVE)
    assert known["a"].entries == A
    assert known["n"].entries == (
        IpSetEntry(read_addresses("198.51.100.0/24"), excluded=True), IpSetEntry(read_addresses("192.0.2.0/24")),
    )  # fmt: skip
    assert known["ip"].entries == (
        IpSetEntry(single("192.0.2.2"), Range(81, 81), 6), IpSetEntry(single("192.0.2.1"), Range(53, 53), 17),
    )  # fmt: skip
    assert known["b"].entries == (IpSetEntry(None, Range(80, 80)),)
    assert (known["six"].version, known["six"].entries) == (6, ())
    assert known["masked"].entries == (IpSetEntry(read_addresses("192.0.2.0/24")),)


def test_sets_of_other_types_have_entries_that_nobody_knows() -> None:
    assert [sets(SAVE)[name].entries for name in ("i", "l")] == [None, None]
    assert sets(SAVE)["l"].version == 0


def test_a_listing_shows_the_same() -> None:
    assert (sets(LIST)["a"].entries, sets(LIST)["l"].entries) == (A, None)


@pytest.mark.parametrize("line", ["Members:", "192.0.2.1", "Number of entries: 2"])
def test_a_listing_that_lacks_a_line_shows_no_whole_set(line: str) -> None:
    text = "\n".join(other for other in LIST.splitlines()[:10] if other != line)
    for piece in pieces(text, "lb1/ipset.txt"):
        for known in piece.dump.facts.get("ipsets", ()):
            assert known.entries in ((None,) if line != "Number of entries: 2" else (A,))


def test_an_entry_that_is_not_understood_leaves_the_set_open() -> None:
    assert sets("create a hash:ip family inet\nadd a somewhere\nadd a 192.0.2.1")["a"].entries is None


def test_names_alone_are_a_part() -> None:
    for command, whole in (
        ("ipset save", True),
        ("ipset list", True),
        ("ipset -t list", False),
        ("ipset list a", False),
    ):
        (piece,) = pieces(f"root@lb1:~# {command}\n{LIST}", "paste")
        assert (piece.dump.partial is None) is whole, command


@of_corpus("ipset/*.txt")
def test_real_sets(text: str) -> None:
    (known,) = (row for piece in pieces(text, "lb1/ipset.txt") for row in piece.dump.facts["ipsets"])
    assert known.kind == "hash:ip,port"
    assert known.entries
