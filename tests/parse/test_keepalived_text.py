"""A keepalived.conf between other text is read there, and what stands around it stays what it is."""

from lvsdoctor.parse.config.keepalived_conf import NOT_CLOSED
from lvsdoctor.parse.paste.stream import Piece, pieces

BLOCK = """vrrp_instance VI_1 {
    virtual_router_id 51

    # a comment
    virtual_ipaddress {
        192.0.2.10
    }
}
"""
BEFORE = "[root@lb1 ~]# ipvsadm -Sn\n-A -t 192.0.2.10:80 -s rr\n[root@lb1 ~]# cat /etc/keepalived/keepalived.conf\n"
AFTER = "[root@lb1 ~]# sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 1\n"


def read(text: str) -> dict[str, Piece]:
    return {fact: piece for piece in pieces(text, "paste.txt") for fact in piece.dump.facts}


def test_behind_a_prompt_it_is_read_with_its_own_lines_and_of_its_host() -> None:
    facts = read(BEFORE + "! Configuration File for keepalived\n" + BLOCK + AFTER)
    assert {"ipvs", "vrrp", "configured-addresses", "sysctl"} <= facts.keys()
    assert facts["vrrp"].host == "lb1"
    (instance,) = facts["vrrp"].dump.facts["vrrp"]
    assert (instance.seen.line, instance.addresses[0].seen.line) == (5, 10)
    assert facts["vrrp"].dump.partial is None


def test_what_a_prompt_cuts_off_is_a_block_that_is_never_closed() -> None:
    facts = read(BEFORE + BLOCK.removesuffix("}\n") + AFTER)
    partial = facts["vrrp"].dump.partial
    assert partial is not None
    assert (partial.says, partial.seen.line if partial.seen else None) == (NOT_CLOSED, 4)
    assert "sysctl" in facts


def test_two_files_of_a_paste_between_headings_and_fences_are_of_two_hosts() -> None:
    from lvsdoctor.collect.text_pieces import pieces_of

    conf = f"global_defs {{\n    router_id LVS\n}}\n{BLOCK}"
    for paste in (f"## lb1\n```\n{conf}```\n## lb2\n```\n{conf}```\n", f"lb1:\n{conf}\nlb2:\n{conf}"):
        assert [piece.host for piece in pieces_of(paste, "stdin") if "vrrp" in piece.dump.facts] == ["lb1", "lb2"]


def test_a_block_of_a_dialect_does_not_end_the_file() -> None:
    dialect = "! Configuration File for keepalived\n\nlocal_address_group laddr_g1 {\n    192.0.2.5 dpdk1\n}\n"
    paste = list(pieces(f"here it is\n{dialect}{BLOCK}", "paste.txt"))
    assert "vrrp" in {fact for piece in paste for fact in piece.dump.facts}
    assert not [kind for piece in paste for kind in piece.dump.unread_kinds]


def test_a_method_of_a_dialect_is_not_the_default() -> None:
    server = "virtual_server 192.0.2.10 80 {\n lb_kind FNAT\n protocol TCP\n real_server 192.0.2.21 80 {\n }\n}\n"
    (checked,) = read(server)["health-checks"].dump.facts["health-checks"]
    assert checked.method is not None
    assert checked.method.line == 2


def test_a_file_that_begins_with_a_block_of_a_dialect_is_read_and_not_called_unread() -> None:
    group = "local_address_group laddr_g1 {\n    192.0.2.5 dpdk1\n}\n"
    paste = list(pieces(f"{BEFORE}{group}{BLOCK}", "paste.txt"))
    assert any("vrrp" in piece.dump.facts for piece in paste)
    assert [kind.kind for piece in paste for kind in piece.dump.unread_kinds] == []
    alone = list(pieces(f"{BEFORE}{group}", "paste.txt"))
    assert [seen.line for piece in alone for seen in piece.dump.unread] == [4, 5]
