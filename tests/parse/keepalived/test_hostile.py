"""A keepalived.conf may come from anybody: no text may raise, and none may take long."""

import random
import sys
from types import FrameType

import pytest

from lvsdoctor.model.finding import HasSeen
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.keepalived import KeepalivedConf, is_keepalived_conf, keepalived_conf

WHOLE = """global_defs {
  default_interface eth1 ! and a comment
}
$RS= \\
  real_server 192.0.2.${N} 80 { \\
    weight ${N} \\
  }
virtual_server_group G {
  192.0.2.10-12 80
  fwmark 7 inet
}
virtual_server group G {
  lb_kind TUN
  persistence_granularity 255.255.255.0
  quorum_up "/bin/sh -c '# { }'"
  $N=21
  $RS
  real_server 192.0.2.22 80 { TCP_CHECK { connect_timeout 3 } }
}
@lb1 vrrp_instance VI_1 {
@lb1   use_vmac name vip0 02:00:00:00:07
@lb1   virtual_router_id 51
@lb1   virtual_ipaddress { 192.0.2.10/24 dev eth0 brd + label eth0:1
@lb1     2001:db8::10 preferred_lft forever
@lb1   }
@lb1   virtual_routes { src 192.0.2.10 to default via 192.0.2.1 table 100 }
@lb1 }
static_ipaddress { 192.0.2.3/24 peer 192.0.2.4 }
include *.conf
~SEQ(N, 1, 9) $RS
"""
ODD = [
    "{",
    "}",
    '"',
    "\\",
    "$",
    "${",
    "@",
    "@^",
    "~",
    "!",
    "#",
    "\n",
    " ",
    "\r",
    "\0",
    "\x1b[2J",
    "\u202e",
    "½",
    "\uff19",
    "\udc80",
]


def read(text: str) -> KeepalivedConf:
    is_keepalived_conf(text)
    return keepalived_conf(text, "keepalived.conf", "lb1")


def quoted(conf: KeepalivedConf) -> list[Seen]:
    rows: list[HasSeen] = [*conf.services, *conf.addresses, *conf.routes, *conf.instances]
    for service in conf.services:
        rows += service.destinations
    for each in conf.instances:
        rows += [*each.addresses, *each.routes]
    return [*(row.seen for row in rows), *conf.unread, *(seen for _, found in conf.left_out for seen in found)]


def test_whatever_is_cut_off_the_rest_is_read_and_quotes_its_own_lines() -> None:
    for end in range(0, len(WHOLE), 3):
        text = WHOLE[:end]
        lines = [line.rstrip() for line in text.split("\n")]
        for seen in quoted(read(text)):
            assert seen.line is not None
            assert lines[seen.line - 1] == seen.text


@pytest.mark.parametrize("seed", range(20))
def test_no_mixture_of_lines_and_odd_characters_raises(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        text = list(WHOLE)
        for _ in range(chance.randrange(1, 60)):
            at = chance.randrange(len(text))
            text[at : at + chance.randrange(3)] = chance.choice(ODD)
        read("".join(text))


def test_random_bytes_are_nothing_and_no_trouble() -> None:
    chance = random.Random(4)
    for _ in range(50):
        text = chance.randbytes(2000).decode("utf-8", "backslashreplace")
        assert read(text).services == ()


def test_what_is_nested_too_deep_is_unread() -> None:
    deep = read(
        "a {\n" * 5000 + "b\n" + "}\n" * 5000 + "virtual_server 192.0.2.10 80 {\nreal_server 192.0.2.21 80 { }\n}"
    )
    assert 5001 in [seen.line for seen in deep.unread]
    assert [str(row) for row in deep.services] == ["udp 192.0.2.10:80"]


@pytest.mark.parametrize(
    "piece",
    [
        "virtual_server 192.0.2.10 80 {\n real_server 192.0.2.21 80 {\n TCP_CHECK { }\n }\n}\n",
        "vrrp_instance A {\n virtual_ipaddress {\n 192.0.2.10/24 dev eth0\n }\n}\n",
        "{", "}", "{\n", '"', "\\#", "${", "$a ", "a {", "a b\n", "@a b\n", "include x\n", "$A=$A\n$A\n", "$A= \\\n",
    ],
)  # fmt: skip
def test_the_work_grows_with_the_length_and_no_faster(piece: str) -> None:
    brief = work(piece * (5_000 // len(piece)))
    assert work(piece * (50_000 // len(piece))) < 20 * brief


def work(text: str) -> int:
    """How many calls reading the text takes: unlike seconds, the same on every machine and every day."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read(text)
    finally:
        sys.setprofile(before)
    return calls


def test_definitions_that_multiply_are_bounded() -> None:
    doubling = "$A0=xxxxxxxxxx\n" + "".join(f"$A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, 40))
    found = read(doubling + "${A39}\n")
    several = read("$A= \\\n y \\\n $A \\\n $A\n\n" + "$A\n" * 1000)
    assert [seen.text for seen in found.unread] == ["${A39}"]
    assert several.unread
