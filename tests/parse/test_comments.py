"""Comments that speak to lvsdoctor: read wherever a dump may have a comment, and never in a dump's way."""

import pytest

from lvsdoctor.parse.paste.stream import pieces

ASKS = "lvsdoctor: accept some-rule some reason"


def comments(text: str) -> list[tuple[str, int | None, int | None]]:
    """The host, the line of each comment, and the line that it is about."""
    found = [(piece.host, comment) for piece in pieces(text, "dump") for comment in piece.dump.comments]
    return [(host, comment.seen.line, comment.about) for host, comment in found]


@pytest.mark.parametrize("sign", ["#", ";", "!", "##", "  #", "\t# "])
def test_a_comment_is_about_the_next_line(sign: str) -> None:
    assert comments(f"{sign} {ASKS}\nnet.ipv4.ip_forward = 1\n") == [("", 1, 2)]


def test_other_comments_and_empty_lines_between_do_not_matter() -> None:
    text = f"# {ASKS}\n\n# why: see the ticket\n; net.ipv4.ip_forward = 0\n# {ASKS}\nnet.ipv4.ip_forward = 1\n"
    assert comments(text) == [("", 1, 6), ("", 5, 6)]


def test_a_comment_at_the_end_of_a_text_is_about_nothing() -> None:
    assert comments(f"net.ipv4.ip_forward = 1\n# {ASKS}\n") == [("", 2, None)]


def test_what_only_mentions_lvsdoctor_is_no_comment_to_it() -> None:
    assert comments("# see lvsdoctor: accept\nnet.ipv4.ip_forward = 1\n[root@rs1 ~]# lvsdoctor: x\n") == []


def test_at_the_end_of_a_line_it_is_a_part_of_the_value_as_for_sysctl() -> None:
    assert comments(f"kernel.domainname = example # {ASKS}\n") == []


def test_a_comment_belongs_to_the_host_whose_line_it_is_about() -> None:
    text = f"[root@rs1 ~]# sysctl -a\nnet.ipv4.ip_forward = 1\n# {ASKS}\n[root@rs2 ~]# sysctl -a\n"
    assert comments(f"{text}# {ASKS}\nnet.ipv4.ip_forward = 0\n")[-1] == ("rs2", 5, 6)


@pytest.mark.parametrize(
    "lines",
    [
        ["net.ipv4.ip_forward = 1", "net.ipv4.conf.all.arp_ignore = 1"],
        ["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1"],
        [
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000",
            "    inet 127.0.0.1/8 scope host lo",
            "    inet 192.0.2.10/32 scope global lo",
        ],
        ["default via 192.0.2.1 dev eth0", "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21"],
        ["*filter", ":INPUT ACCEPT", "-A INPUT -j DROP -d 192.0.2.10"],
    ],
    ids=["sysctl.conf", "ipvsadm -Sn", "ip addr", "ip route", "arptables-save"],
)
def test_a_dump_reads_the_same_with_a_comment_before_any_of_its_lines(lines: list[str]) -> None:
    def read(text: str) -> list[object]:
        found = [piece for piece in pieces(text, "dump") if not piece.dump.comments]
        rows = [(fact, len(rows)) for piece in found for fact, rows in piece.dump.facts.items()]
        return [rows, [seen.text for piece in found for seen in piece.dump.unread]]

    whole = read("\n".join(lines))
    for place in range(len(lines) + 1):
        assert read("\n".join([*lines[:place], f"# {ASKS}", *lines[place:]])) == whole
