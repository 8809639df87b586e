"""Whose a dump is in a paste: a heading or another prompt ends what the host before it showed."""

import pytest

from lvsdoctor.parse.paste.stream import pieces

ADDRESSES = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
"""


def hosts(between: str) -> list[str]:
    """Of the dumps above and below these lines; that above is lb1's."""
    text = f"root@lb1:~# ip addr\n{ADDRESSES}{between}\n{ADDRESSES}"
    return [piece.host for piece in pieces(text, "paste") if piece.dump.facts]


@pytest.mark.parametrize(
    ("heading", "host"),
    [
        ("on the director:", "director"),
        ("and here is the real server:", "real server"),
        ("LVS-DR real server:", "LVS-DR real server"),
        ("Now the other one:", "other one"),
        ("And on the second one:", "second one"),
        ("On server B:", "server B"),
        ("On the client machine", "client machine"),
        ("same on rs2", "rs2"),
        ("ip a from real server", "real server"),
        ("a) director:", "director"),
        ("━━━ rs2 ━━━", "rs2"),
        ("lvs2 (backup):", "lvs2"),
        ("Real server (rs2):", "rs2"),
        ("Keepalived config for lb2:", "lb2"),
        ("My keepalived.conf script for lb2:", "lb2"),
        ("lb2 keepalived.conf:", "lb2"),
        ("Configuration file (lb2):", "lb2"),
        ("This is my lb2 configuration:", "lb2"),
        ("The second machine:", "second machine"),
        ("第二台服务器：", "第二台服务器"),
        ("$lb2: ip a", "lb2"),
        ("Realserver 192.0.2.22:", "Realserver 192.0.2.22"),
        ("web2.example.net\n----------------", "web2.example.net"),
        ("rs2 | CHANGED | rc=0 >>", "rs2"),
        ("[root@rs2 ~]#ip addr", "rs2"),
        ("root@rs2 ~ % ip addr", "rs2"),
        ("root@lb1:~# ssh rs2 'ip addr'", "rs2"),
        ("root@lb1:~# ip netns exec rs2 ip addr", "lb1/rs2"),
        ("root@lb1:~# docker exec -it web2 ip addr", "lb1/web2"),
        ("root@lb1:~# kubectl -n web exec pod-2 -- ip addr", "web/pod-2"),
    ],
)
def test_a_heading_or_another_prompt_names_the_next_host(heading: str, host: str) -> None:
    assert hosts(heading) == ["lb1", host]


@pytest.mark.parametrize(
    "line",
    ["This was typed on monday", "PS /root> ip addr", "Thanks for node2:", "$note: ip a", "I looked for lb2:"],
)
def test_what_names_no_host_leaves_the_dump_to_the_shell_at_work(line: str) -> None:
    assert hosts(line) == ["lb1", "lb1"]


def test_real_servers_named_by_their_addresses_are_not_the_same_host() -> None:
    text = f"Real server (192.0.2.21):\n{ADDRESSES}\nReal server (192.0.2.22):\n{ADDRESSES}"
    named = [piece.host for piece in pieces(text, "paste") if piece.dump.facts]
    assert named == ["Real server 192.0.2.21", "Real server 192.0.2.22"]


def test_a_name_with_braces_is_a_link_s_and_no_markup() -> None:
    (piece,) = pieces(ADDRESSES.replace("lo", "{{lo}}", 1), "paste")
    assert [link.name for link in piece.dump.facts["links"]] == ["{{lo}}"]


def test_what_a_command_printed_at_the_end_of_a_fence_is_no_heading() -> None:
    text = "```\n[root@lb1 ~]# docker service create nginx\nyjld3869c3v5pk9r3glj29auf\n```\n```\n" + ADDRESSES + "```\n"
    assert [piece.host for piece in pieces(text, "paste") if piece.dump.facts] == ["lb1"]


def test_a_log_line_is_of_the_host_that_it_names_where_the_text_has_dumps_of_that_host() -> None:
    log = "Mar  3 15:07:53 lb2 Keepalived_vrrp[2370]: (VI_1) advertisement interval mismatch\n"
    text = f"{log}\n[root@lb1 ~]# ip a\n{ADDRESSES}\n[root@lb2 ~]# ip a\n{ADDRESSES}"
    assert [piece.host for piece in pieces(text, "paste") if "log" in piece.dump.facts] == ["lb2"]
