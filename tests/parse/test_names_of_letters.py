"""Dress that proves a word of letters alone to be the name of a host: of files, consoles, code blocks and prompts."""

from collections.abc import Callable

import pytest

from lvsdoctor.parse.paste.echo import echo_in
from lvsdoctor.parse.paste.stream import pieces

HOSTS = ("plum", "apple")


def links(host: str) -> str:
    last = HOSTS.index(host)
    return (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n"
        "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n"
        "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n"
        f"    link/ether 52:54:00:00:00:0{last} brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.2{last}/24 scope global eth0\n"
    )


DRESSES: dict[str, Callable[[str], str]] = {
    "head": lambda host: f"==> {host}.txt <==\n{links(host)}\n",
    "code": lambda host: f"### Output of `ip addr` on {host}\n\n```\n{links(host)}```\n\n",
    "Jira": lambda host: f"{{code:title={host}: ip addr|borderStyle=solid}}\n{links(host)}{{code}}\n",
    "bracket": lambda host: f"[{host}] # ip addr\n{links(host)}",
    "console": lambda host: (
        f"\nDebian GNU/Linux 12 {host} ttyS0\n\n{host} login: root\nPassword: \n# ip addr\n{links(host)}"
    ),
    "ys": lambda host: f"# root @ {host} in ~ [10:22:01]\n$ ip addr\n{links(host)}\n",
}


@pytest.mark.parametrize("dress", DRESSES)
def test_the_dress_names_the_host(dress: str) -> None:
    text = "".join(map(DRESSES[dress], HOSTS))
    named = [piece.host for piece in pieces(text, "paste.txt") if "addresses" in piece.dump.facts]
    assert named == [*HOSTS]


def test_a_prompt_of_two_lines_ends_settings_though_it_begins_as_a_comment() -> None:
    text = "".join(
        f"# root @ {host} in ~ [10:22:01]\n$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 0\n" for host in HOSTS
    )
    assert [piece.host for piece in pieces(text, "paste.txt") if "sysctl" in piece.dump.facts] == [*HOSTS]


def test_the_last_login_is_no_host() -> None:
    assert echo_in("Last login: never") is None
    assert echo_in("Last login: Tue Dec  1 10:00:00 UTC 2026 on ttyS0") is None
