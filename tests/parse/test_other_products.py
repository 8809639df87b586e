"""What is made after ipvsadm, or stands beside it, is known by its face, and its rows are no rows of the kernel."""

import pytest

from lvsdoctor.parse.paste.stream import pieces

DPIP_ADDR = """\
inet 192.0.2.1/32 scope global dpdk1
     valid_lft forever preferred_lft forever sapool
inet6 2001:db8::1/128 scope global dpdk1
     valid_lft forever preferred_lft forever
"""
DPIP_ROUTE = "inet 192.0.2.1/32 via 0.0.0.0 src 0.0.0.0 dev dpdk1 mtu 1500 tos 0 scope host metric 0 proto auto\n"
DPIP_LINK = "1: dpdk0: socket 0 mtu 1500 rx-queue 8 tx-queue 8\n    UP 10000 Mbps full-duplex auto-nego promisc\n"
LADDR = """\
VIP:VPORT            TOTAL    SNAT_IP              CONFLICTS  CONNS
192.0.2.10:80        2
                              198.51.100.241       0          8
                              198.51.100.242       0          7
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (DPIP_ADDR, "dpvs"),
        (DPIP_ROUTE, "dpvs"),
        (DPIP_LINK, "dpvs"),
        (LADDR, "dpvs"),
        ("  -> C000020A:0050      Route   1      0          0\n", "ipvs-real-servers"),
        ("prot port    usecnt name\nTCP  21      0        ftp\n", "ipvs-apps"),
        ("Conns:\t0\nConn buckets:\t4096 (12 bits, lfactor -4)\n", "ipvs-status"),
    ],
)
def test_it_is_named_and_no_line_is_left(text: str, kind: str) -> None:
    dumps = [piece.dump for piece in pieces(text, "x")]
    assert [unread.kind for dump in dumps for unread in dump.unread_kinds] == [kind]
    assert [dump.unread for dump in dumps if dump.unread] == []
    assert [dump.facts for dump in dumps if dump.facts] == []


def test_a_link_of_the_kernel_that_belongs_to_dpdk_is_read() -> None:
    text = "2: dpdk0.kni: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n"
    text += "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.2/24 scope global dpdk0.kni\n"
    (dump,) = [piece.dump for piece in pieces(text, "x")]
    assert [str(row.ip) for row in dump.facts["addresses"]] == ["192.0.2.2"]
