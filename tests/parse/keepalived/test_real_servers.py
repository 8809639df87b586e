"""Health checks of a real server that keepalived ignores: `keepalived -t` of 2.2.7 says so of each of these."""

import pytest

from lvsdoctor.model.health import CheckedServer
from lvsdoctor.parse.config.jinja_blocks import UNDECIDED
from lvsdoctor.parse.keepalived import keepalived_conf

CONF = "virtual_server 192.0.2.10 80 {\n protocol TCP\n real_server 192.0.2.21 80 {\n%s\n }\n}\n"


def _server(words: str) -> CheckedServer:
    ((server,),) = (checked.servers for checked in keepalived_conf(CONF % words, "keepalived.conf").checks)
    return server


@pytest.mark.parametrize(
    "check",
    [
        "HTTP_GET {\nconnect_timeout 3\n}",
        "SSL_GET {\nurl {\nstatus_code 200\n}\n}",
        "MISC_CHECK {\nmisc_timeout 3\n}",
        "FILE_CHECK {\n}",
        "BFD_CHECK {\n}",
    ],
)
def test_a_check_that_does_not_say_what_to_ask_is_none(check: str) -> None:
    server = _server(check)
    assert server.checks == ()
    assert server.unread is None
    assert server.ignored_check is not None
    assert server.ignored_check.line == 4


@pytest.mark.parametrize(
    "check",
    [
        "HTTP_GET {\nurl {\npath /\n}\n}",
        "SSL_GET {\nurl {\npath {{ path }}\n}\n}",
        'MISC_CHECK {\nmisc_path "/usr/bin/check 1"\n}',
        "DNS_CHECK {\n}",
        "TCP_CHECK {\n}",
        f"HTTP_GET {{\n{UNDECIDED}\n}}",
        "MISC_CHECK {\n}\nTCP_CHECK {\n}",
        "MISC_CHECK { ... }",
        "MISC_CHECK {\n...\n}",
        "HTTP_GET {\n[snip]\n}",
        "HTTP_GET {\nurl {\n...\n}\n}",
        "HTTP_GET {\nurl { ... }\n}",
        'MISC_CHECK { misc_path "/usr/bin/check 1" }',
    ],
)
def test_a_check_that_asks_or_may_ask_is_one(check: str) -> None:
    server = _server(check)
    assert len(server.checks) == 1
    assert server.ignored_check is None


@pytest.mark.parametrize("line", [UNDECIDED, "{{ kind }} {\nconnect_timeout 3\n}"])
def test_what_a_template_does_not_tell_may_be_a_check(line: str) -> None:
    server = _server(line)
    assert server.checks == ()
    assert server.unread is not None
