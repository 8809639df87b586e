"""keepalived compares the words of methods and schedulers letter by letter (check/check_parser.c)."""

import pytest

from lvsdoctor.parse.keepalived import keepalived_conf

CONF = "virtual_server 192.0.2.10 80 {\n%s\n    protocol TCP\n    real_server 192.0.2.21 8080 {\n    }\n}\n"


@pytest.mark.parametrize("word", ["lb_kind dr", "lvs_method Tun", "lb_kind nat"])
def test_a_method_in_other_letters_is_the_default(word: str) -> None:
    conf = keepalived_conf(CONF % f"    {word}", "keepalived.conf")
    assert [(real.method, real.port) for service in conf.services for real in service.destinations] == [("Masq", 8080)]
    assert [seen.line for _, rows in conf.left_out for seen in rows] == [2]
    assert conf.unread == ()


def test_a_method_of_a_dialect_is_not_known() -> None:
    conf = keepalived_conf(CONF % "    lb_kind FNAT", "keepalived.conf")
    assert [real.forwarding for service in conf.services for real in service.destinations] == [None]
    assert [seen.line for seen in conf.unread] == [2]


def test_a_scheduler_in_other_letters_is_not_taken() -> None:
    conf = keepalived_conf(CONF % "    lb_algo RR", "keepalived.conf")
    assert [service.scheduler for service in conf.services] == ["wlc"]
    assert [seen.line for seen in conf.unread] == [2]


def test_the_host_of_an_smtp_check_says_where_it_connects() -> None:
    check = "SMTP_CHECK {\n host {\n connect_ip 192.0.2.22\n connect_port 26\n }\n }"
    conf = keepalived_conf((CONF % "    lb_kind DR").replace("8080 {", "8080 {\n" + check), "keepalived.conf")
    (found,) = conf.checks[0].servers[0].checks
    assert (str(found.connects_to), found.connect_port) == ("192.0.2.22", 26)
