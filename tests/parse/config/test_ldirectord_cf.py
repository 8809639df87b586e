"""ldirectord.cf as a table: each row quotes its own line, names are unread, and no text raises."""

import random

import pytest

from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.ipvs import Forwarding, VirtualService
from lvsdoctor.parse.config import config_dump
from lvsdoctor.parse.config.ldirectord_cf import dump_of
from lvsdoctor.parse.gaps import NO_ADDRESS
from lvsdoctor.parse.reader import Dump

WHOLE = """checktimeout=3
quiescent=yes
fallback=127.0.0.1:80 gate
virtual=192.0.2.10:80
\treal=192.0.2.21:80 gate 5
\treal=192.0.2.22->192.0.2.24:8080 masq
\tservice=http
\tscheduler=wlc
\tpersistent=600
\tnetmask=255.255.255.0
\tprotocol=tcp
\tchecktype=negotiate
virtual=7
\treal=192.0.2.21 ipip 2 "/", "ok"
\tchecktype=on
virtual6=[2001:db8::10]:53
\treal6=[2001:db8::21]:53 gate
\tprotocol=udp
"""


def read(text: str) -> Dump:
    dump = config_dump(text, "etc/ha.d/ldirectord.cf")
    assert dump is not None
    assert dump.origin is Origin.CONFIGURED
    return dump


def table(text: str) -> tuple[VirtualService, ...]:
    rows = read(text).facts["configured-ipvs"]
    return tuple(rows)


def test_the_table_is_that_of_the_file() -> None:
    web, marked, domain = table(WHOLE)
    assert (str(web), web.scheduler, web.persistent, web.netmask, web.seen.line) == (
        "tcp 192.0.2.10:80", "wlc", 600, "255.255.255.0", 4,
    )  # fmt: skip
    assert [(str(real.ip), real.port, real.method, real.weight, real.seen.line) for real in web.destinations] == [
        ("192.0.2.21", 80, "Route", 5, 5),
        ("192.0.2.22", 8080, "Masq", 1, 6),
        ("192.0.2.23", 8080, "Masq", 1, 6),
        ("192.0.2.24", 8080, "Masq", 1, 6),
    ]
    assert (marked.fwmark, marked.scheduler, marked.destinations[0].forwarding) == (7, "wrr", Forwarding.TUN)
    assert (str(domain), str(domain.destinations[0].ip)) == ("udp [2001:db8::10]:53", "2001:db8::21")


def test_what_ldirectord_checks_and_does_at_a_failure_stands_beside_it() -> None:
    web, marked, _ = read(WHOLE).facts["health-checks"]
    assert (web.quiesces.line, str(web.sorry.ip), web.sorry.seen.line) == (2, "127.0.0.1", 3)
    assert [check.kind for check in web.servers[0].checks] == ["negotiate"]
    assert marked.servers[0].checks == ()


def test_no_real_server_is_activated_where_checks_are_off() -> None:
    (service,) = table("virtual=192.0.2.10:80\n\treal=192.0.2.21:80 gate\n\tchecktype=off\n")
    assert service.destinations == ()


def test_a_virtual_service_s_own_word_counts_before_that_of_all() -> None:
    (service,) = read("quiescent=yes\nvirtual=192.0.2.10:80\n\tquiescent=no\n").facts["health-checks"]
    assert service.quiesces is None


def test_a_virtual_service_of_a_name_keeps_its_real_servers_and_is_no_whole_table() -> None:
    dump = read("virtual=vip.example.com:80 # bound before\n\treal=192.0.2.21:80 gate\n")
    (service,) = dump.facts["configured-ipvs"]
    assert (service.vip, str(service), [str(real.ip) for real in service.destinations]) == (
        None, "vip.example.com:80", ["192.0.2.21"],
    )  # fmt: skip
    assert dump.partial is not None
    assert dump.partial.reason == NO_ADDRESS


def test_a_word_that_is_no_name_is_unread_with_its_line_and_nothing_else_is_lost() -> None:
    dump = read("virtual=$VIP:80\n\treal=192.0.2.21:80 gate\n" + WHOLE.replace("192.0.2.21:80 gate 5", "rs1:80 gate"))
    assert [seen.line for seen in dump.unread] == [1, 2, 7]
    assert [len(service.destinations) for service in dump.facts["configured-ipvs"]] == [3, 1, 1]
    assert dump.partial is not None
    assert dump.partial.seen == dump.unread[0]


@pytest.mark.parametrize("text", ["", "virtual\n", "real=192.0.2.21:80 gate\n", "<virtual = 1>\n"])
def test_a_file_without_a_virtual_is_none(text: str) -> None:
    assert dump_of(text, "x") is None


def test_no_text_raises() -> None:
    chance = random.Random(14)
    odd = ["\n", "=", "->", "[", "]", ":", '"', "#", "\0", "½", "\udc80", " ", "\t", "{{ x }}", "99999999999999999999"]
    for _ in range(400):
        text = list(WHOLE)
        for _ in range(chance.randrange(1, 40)):
            at = chance.randrange(len(text))
            text[at : at + chance.randrange(3)] = chance.choice(odd)
        dump_of("".join(text), "x")
