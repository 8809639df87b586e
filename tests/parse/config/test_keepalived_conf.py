"""keepalived.conf as configured facts: each row quotes its own line, and what nobody can know is left out and named."""

from collections.abc import Iterable

import pytest

from lvsdoctor.model.coverage import Origin
from lvsdoctor.parse.config import config_dump, config_dumps
from lvsdoctor.parse.config.keepalived_conf import NOT_CLOSED, NOT_FOLLOWED, dump_of
from lvsdoctor.parse.reader import Dump

WHOLE = """global_defs {
    vrrp_strict
}
static_ipaddress {
    192.0.2.3/24 dev eth1
}
static_routes {
    198.51.100.0/24 via 192.0.2.1
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 90
    virtual_ipaddress {
        192.0.2.10/24
    }
}
virtual_server 192.0.2.10 80 {
    lb_kind DR
    protocol TCP
    inhibit_on_failure
    sorry_server 192.0.2.99 80
    real_server 192.0.2.21 80 {
        TCP_CHECK {
            connect_ip 192.0.2.10
            connect_port 8080
        }
    }
    real_server 192.0.2.22 8080 {
    }
}
"""


def read(text: str, where: str = "etc/keepalived/keepalived.conf") -> Dump:
    dump = config_dump(text, where)
    assert dump is not None
    assert dump.origin is Origin.CONFIGURED
    return dump


def lines(dump: Dump, fact: str) -> list[tuple[str, int | None]]:
    return [(str(getattr(row, "name", row)), row.seen.line) for row in dump.facts[fact]]


def test_each_row_quotes_the_line_that_says_it() -> None:
    dump = read(WHOLE)
    assert lines(dump, "configured-addresses") == [("192.0.2.3/24", 5), ("192.0.2.10/24", 15)]
    assert lines(dump, "configured-links") == [("eth1", 5), ("eth0", 11)]
    assert lines(dump, "configured-ipvs") == [("tcp 192.0.2.10:80", 18)]
    assert lines(dump, "vrrp") == [("VI_1", 10)]
    assert [route.seen.line for route in dump.facts["configured-routes"]] == [8]
    assert dump.unread == ()
    assert dump.partial is None


def test_what_the_checkers_do_stands_beside_the_table() -> None:
    (service,) = read(WHOLE).facts["health-checks"]
    assert (service.method.line, service.protocol.line, service.quiesces.line) == (19, 20, 21)
    assert (str(service.sorry.ip), service.sorry.seen.line) == ("192.0.2.99", 22)
    first, second = service.servers
    assert [(check.kind, str(check.connects_to), check.connect_port) for check in first.checks] == [
        ("TCP_CHECK", "192.0.2.10", 8080)
    ]
    assert (second.port, second.checks) == (8080, ())


def test_a_file_without_a_virtual_server_says_nothing_of_the_table() -> None:
    dump = read(WHOLE.partition("virtual_server")[0])
    assert "configured-ipvs" not in dump.facts
    assert "health-checks" not in dump.facts


def test_strict_holds_for_all_instances_and_its_line_is_the_global_one() -> None:
    (instance,) = read(WHOLE).facts["vrrp"]
    assert (instance.strict, instance.accept, instance.line("vrrp_strict").line) == (True, False, 2)


def test_a_block_that_is_never_closed_is_named_with_the_line_where_it_opens() -> None:
    dump = read(WHOLE.removesuffix("}\n"))
    assert dump.partial is not None
    assert (dump.partial.says, dump.partial.seen.line if dump.partial.seen else None) == (NOT_CLOSED, 18)


def test_a_template_s_value_leaves_out_its_row_alone() -> None:
    dump = read(WHOLE.replace("192.0.2.10/24", "{{ vip }}/24").replace("192.0.2.22", "{{ rip }}"))
    assert lines(dump, "configured-addresses") == [("192.0.2.3/24", 5)]
    assert [str(real.ip) for real in dump.facts["configured-ipvs"][0].destinations] == ["192.0.2.21"]
    assert {15, 29} <= {seen.line for seen in dump.unread}
    assert dump.partial is not None


def test_what_it_includes_is_opened_only_by_who_may_open_it() -> None:
    text = "include conf.d/*.conf\n" + WHOLE.partition("virtual_server")[0]
    part = "virtual_server 192.0.2.10 80 {\n    real_server 192.0.2.21 80 {\n    }\n}\n"

    def opener(pattern: str, where: str) -> Iterable[tuple[str, str]]:
        return [(f"etc/keepalived/conf.d/{number}.conf", part) for number in (1, 2)] if "*" in pattern else []

    closed = read(text)
    assert [seen.line for seen in closed.unread] == [1]
    assert closed.partial is not None
    assert closed.partial.says == NOT_FOLLOWED
    opened = dump_of(text, "etc/keepalived/keepalived.conf", opener)
    assert opened is not None
    (service,) = opened.facts["configured-ipvs"]
    assert str(service.seen) == "etc/keepalived/conf.d/1.conf:1"
    assert opened.unread == ()


def test_files_that_include_each_other_end() -> None:
    def opener(pattern: str, where: str) -> Iterable[tuple[str, str]]:
        return [(pattern, "include a.conf\ninclude b.conf\nglobal_defs {\n}\n")]

    dump = dump_of("global_defs {\n}\ninclude a.conf\n", "keepalived.conf", opener)
    assert dump is not None
    assert dump.unread


@pytest.mark.parametrize(
    ("where", "expected"),
    [("lb1/etc/keepalived/keepalived.conf", 1), ("keepalived.lb2.conf", 0), ("etc/keepalived/keepalived.conf", 0)],
)
def test_conditions_are_decided_by_the_host_that_the_path_names(where: str, expected: int) -> None:
    text = "@lb1 static_ipaddress {\n@lb1 192.0.2.3/24\n@lb1 }\nglobal_defs {\n@lb2 vrrp_strict\n}\n"
    dump = read(text, where)
    assert len(dump.facts.get("configured-addresses", ())) == expected
    assert bool(dump.unread) == (where.startswith("etc"))


@pytest.mark.parametrize(
    ("where", "address"),
    [
        ("lb1/etc/keepalived/keepalived.conf", "192.0.2.3/24"),
        ("lb2/etc/keepalived/keepalived.conf", "192.0.2.4/24"),
        ("hosts/lb12/keepalived.conf", "192.0.2.4/24"),
        ("green/etc/keepalived/keepalived.conf", ""),
    ],
)
def test_a_host_named_like_the_one_of_the_conditions_is_another(where: str, address: str) -> None:
    text = "static_ipaddress {\n@lb1 192.0.2.3/24\n@^lb1 192.0.2.4/24\n}\n"
    dump = read(text, where)
    assert " ".join(str(row) for row in dump.facts.get("configured-addresses", ())) == address
    assert bool(dump.unread) == (not address)


@pytest.mark.parametrize(("host", "address"), [("lb1", "192.0.2.3/24"), ("edge", "192.0.2.4/24")])
def test_the_users_word_decides_the_conditions_of_a_file_under_any_path(host: str, address: str) -> None:
    text = "static_ipaddress {\n@lb1 192.0.2.3/24\n@^lb1 192.0.2.4/24\n}\n"
    (dump,) = config_dumps(text, "/tmp/ansible-tmp-17/source", host)
    assert [str(row) for row in dump.facts["configured-addresses"]] == [address]
    assert not dump.unread


def test_a_sequence_repeats_the_rest_of_its_line() -> None:
    text = "static_ipaddress {\n    ~SEQ(N, 10, 10, 30) 192.0.2.${N}/24\n    ~SEQx(M, 0x0a, 11) 2001:db8::${M}\n}\n"
    assert [str(row) for row in read(text).facts["configured-addresses"]] == [
        "192.0.2.10/24", "192.0.2.20/24", "192.0.2.30/24", "2001:db8::a/128", "2001:db8::b/128",
    ]  # fmt: skip


def test_a_list_repeats_the_rest_of_its_line() -> None:
    text = """$NET=192.0.2
static_ipaddress {
    ~LST(N, 10, 12) 192.0.2.${N}/32
    ~LST({A, B}, {20,24},{${NET}1, 25}) ~SEQ(C, 1, 2) 198.51.100.${C}/${B}
}
"""
    assert [str(row) for row in read(text).facts["configured-addresses"]] == [
        "192.0.2.10/32", "192.0.2.12/32", "198.51.100.1/24", "198.51.100.2/24", "198.51.100.1/25", "198.51.100.2/25",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        *("~SEQ(N, 1, 0, 5) x", "~SEQ(N) x", "~SEQ(N, 1, 999999) x", "~LST(N) ${N}", "~LST() x"),
        *("~LST({N, M}, {1}) x", "~LST({N}, {2, 3}) x", "~LST(N, 1 x"),
    ],
)
def test_a_sequence_that_is_none_or_too_long_is_unread(line: str) -> None:
    assert [seen.text for seen in read(f"static_ipaddress {{\n{line}\n}}\n").unread] == [line]


@pytest.mark.parametrize("text", ["", "hello\n", "server {\n  listen 80;\n}\n", "include x.conf\n"])
def test_another_file_is_none(text: str) -> None:
    assert config_dump(text, "etc/nginx/nginx.conf") is None


def test_lvs_timeouts_are_those_that_the_file_sets() -> None:
    (row,) = read("global_defs {\n    lvs_timeouts tcp 7200 udp 300\n}\n").facts["configured-timeouts"]
    assert (row.tcp, row.tcpfin, row.udp, row.seen.line) == (7200, 0, 300, 2)


@pytest.mark.parametrize("words", ["", "tcp", "tcp x", "icmp 3", "tcp 9999999999"])
def test_timeouts_that_keepalived_would_not_take_are_unread(words: str) -> None:
    dump = read(f"global_defs {{\n    lvs_timeouts {words}\n}}\n")
    assert "configured-timeouts" not in dump.facts
    assert [seen.line for seen in dump.unread] == [2]
