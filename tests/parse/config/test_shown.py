from lvsdoctor.model.coverage import Origin
from lvsdoctor.parse.config.shown import shown_path
from lvsdoctor.parse.paste.stream import pieces
from tests.parse.config.driving import addresses, unread

PASTE = (
    "[root@rs1 ~]# cat /etc/sysconfig/network-scripts/ifcfg-lo:0\nDEVICE=lo:0\n# the VIP\n\nIPADDR=192.0.2.10\n"
    "NETMASK=255.255.255.0\nIPADDR1=$X\n[root@rs2 ~]# cat /etc/iptables/rules.v4\n*filter\n"
    ":INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n"
)


def test_a_file_in_a_paste_is_of_the_host_of_the_prompt_and_its_rows_quote_the_paste() -> None:
    first = next(piece for piece in pieces(PASTE, "ticket.txt") if piece.dump.facts)
    assert (first.host, first.dump.origin) == ("rs1", Origin.CONFIGURED)
    assert addresses(first.dump) == ["192.0.2.10/24 lo:0 @5"]
    assert [str(row.seen) for row in first.dump.facts["configured-addresses"]] == ["ticket.txt:5"]
    assert unread(first.dump) == [7]


def test_a_file_that_is_not_shown_as_a_whole_is_not_read() -> None:
    text = "[root@rs1 ~]# cat /etc/netplan/60-lo.yaml | grep addr\n      addresses: [192.0.2.10/24]\n"
    assert not any(piece.dump.facts for piece in pieces(text, "ticket.txt"))
    elided = PASTE.replace("# the VIP", "[...]")
    assert not any("configured-addresses" in piece.dump.facts for piece in pieces(elided, "ticket.txt"))


def test_the_path_is_that_of_a_single_file() -> None:
    assert shown_path(("cat", "/etc/netplan/60-lo.yaml")) == "/etc/netplan/60-lo.yaml"
    for command in (
        ("cat", "/a/b", "/c/d"),
        ("cat", "/etc/netplan/*"),
        ("ip", "addr"),
        ("cat",),
        ("head", "/etc/network/interfaces"),
    ):
        assert shown_path(command) == ""
