"""A file that tells nothing of a host is called by what it is, and a script of nft is read under any name."""

import pytest

from lvsdoctor.collect.text_pieces import pieces_of
from lvsdoctor.model.coverage import Origin

NFT = "#!/usr/sbin/nft -f\nflush ruleset\n"
NFT += "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0;\n\t}\n}\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("#net.ipv4.conf.lo.arp_ignore = 1\n# net.ipv4.conf.all.arp_announce = 2\n", "comments"),
        ("virtual_server vip 80 80 {\n    lb_algo rr\n}\n", "keepalived"),
        ("virtual=vip:80\n\treal=192.0.2.21:80 gate\n", "ldirectord"),
        ("kern.ostype: FreeBSD\nkern.osrelease: 12.1-RELEASE\n", "sysctl-bsd"),
        ("Name              Table\n-----------------------\nvrf-blue            10\n", "vrfs"),
    ],
)
def test_what_tells_nothing_has_a_name(text: str, kind: str) -> None:
    kinds = [unread.kind for piece in pieces_of(text, "dump.txt") for unread in piece.dump.unread_kinds]
    assert kinds == [kind]


def test_a_script_of_nft_is_what_is_loaded_under_any_name() -> None:
    (piece,) = pieces_of(NFT, "firewall.txt")
    assert piece.dump.origin is Origin.CONFIGURED
    assert set(piece.dump.facts) == {"configured-iptables", "configured-ip6tables"}


def test_a_paste_that_begins_with_a_script_of_nft_keeps_its_other_dumps() -> None:
    text = f"{NFT}$ ip rule\n0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
    assert [fact for piece in pieces_of(text, "paste.txt") for fact in piece.dump.facts] == ["policy-rules"]
