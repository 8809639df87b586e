"""`ifconfig` of net-tools old and new, of busybox, and of other languages; `ip -br`."""

import pytest

from lvsdoctor.parse.iproute.ip_brief import IpBrief
from lvsdoctor.parse.nettools.ifconfig import Ifconfig
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump
from tests.parse.driving_ip import Driven, drive

OLD = """\
eth0      Link encap:Ethernet  HWaddr 02:00:00:00:00:21
          inet addr:192.0.2.21  Bcast:192.0.2.255  Mask:255.255.255.0
          inet6 addr: fe80::21/64 Scope:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
          RX packets:98 errors:0 dropped:0 overruns:0 frame:0
          collisions:0 txqueuelen:1000
          RX bytes:9332 (9.1 KiB)  TX bytes:8987 (8.7 KiB)
          Interrupt:177 Base address:0x1400

eth0:1    Link encap:Ethernet  HWaddr 02:00:00:00:00:21
          inet addr:192.0.2.22  Bcast:192.0.2.255  Mask:255.255.255.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1

lo        Link encap:Local Loopback
          inet addr:127.0.0.1  Mask:255.0.0.0
          inet6 addr: ::1/128 Scope:Host
          UP LOOPBACK RUNNING  MTU:16436  Metric:1

lo:0      Link encap:Local Loopback
          inet addr:192.0.2.10  Mask:255.255.255.255
          UP LOOPBACK RUNNING  MTU:16436  Metric:1
"""
NEW = """\
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 192.0.2.21  netmask 255.255.255.0  broadcast 192.0.2.255
        inet6 2001:db8::21  prefixlen 64  scopeid 0x0<global>
        ether 02:00:00:00:00:21  txqueuelen 1000  (Ethernet)
        RX packets 138830  bytes 178583682 (178.5 MB)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        loop  txqueuelen 1000  (Local Loopback)

lo:0: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 192.0.2.10  netmask 255.255.255.0
        loop  txqueuelen 1000  (Local Loopback)

tunl0: flags=128<NOARP>  mtu 1480
        tunnel   txqueuelen 1000  (IPIP Tunnel)
"""
CHINESE = """\
eth0      链接封装:以太网  硬件地址 02:00:00:00:00:21
          inet 地址:192.0.2.21  广播:192.0.2.255  掩码:255.255.255.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  跃点数:1
lo        链接封装:本地环回
          inet 地址:127.0.0.1  掩码:255.0.0.0
          UP LOOPBACK RUNNING  MTU:65536  跃点数:1
"""
BSD = """\
em0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> metric 0 mtu 1500
\tinet 192.0.2.21 netmask 0xffffff00 broadcast 192.0.2.255
"""


def addresses(driven: Driven) -> list[tuple[str, str, str, str]]:
    return [(str(a), a.link, a.label, a.scope) for a in driven["addresses"]]


def links(driven: Driven) -> dict[str, tuple[str, str, bool]]:
    return {link.name: (link.type, link.mac, link.up) for link in driven["links"]}


def only(text: str) -> Dump:
    (piece,) = pieces(text, "stdin")
    return piece.dump


def test_old_ifconfig_tells_addresses_with_their_labels_and_the_length_of_their_masks() -> None:
    driven = drive(Ifconfig, OLD)
    assert addresses(driven) == [
        ("192.0.2.21/24", "eth0", "eth0", ""),
        ("fe80::21/64", "eth0", "", "link"),
        ("192.0.2.22/24", "eth0", "eth0:1", ""),
        ("127.0.0.1/8", "lo", "lo", "host"),
        ("::1/128", "lo", "", "host"),
        ("192.0.2.10/32", "lo", "lo:0", ""),
    ]
    assert [str(a.ip) for a in driven["addresses"] if a.secondary] == ["192.0.2.22"]
    assert str(driven["addresses"][0].broadcast) == "192.0.2.255"
    assert driven["addresses"][-1].seen.text.strip() == "inet addr:192.0.2.10  Mask:255.255.255.255"
    assert links(driven) == {"eth0": ("ether", "02:00:00:00:00:21", True), "lo": ("loopback", "", True)}
    assert (driven.unread, driven.refused) == ([], ())


def test_new_ifconfig_tells_the_same() -> None:
    driven = drive(Ifconfig, NEW)
    assert addresses(driven) == [
        ("192.0.2.21/24", "eth0", "eth0", ""),
        ("2001:db8::21/64", "eth0", "", ""),
        ("127.0.0.1/8", "lo", "lo", "host"),
        ("192.0.2.10/24", "lo", "lo:0", ""),
    ]
    assert links(driven)["tunl0"] == ("ipip", "", False)
    assert (driven.unread, driven.refused) == ([], ())


def test_net_tools_in_chinese_are_read() -> None:
    driven = drive(Ifconfig, CHINESE)
    assert addresses(driven)[0] == ("192.0.2.21/24", "eth0", "eth0", "")
    assert links(driven) == {"eth0": ("ether", "02:00:00:00:00:21", True), "lo": ("loopback", "", True)}


@pytest.mark.parametrize(("text", "reason"), [(OLD, "no interface that is down"), (NEW, "one address of each label")])
def test_what_ifconfig_cannot_show_keeps_its_dump_from_being_whole(text: str, reason: str) -> None:
    partial = only(text).partial
    assert partial is not None
    assert partial.nearly
    assert reason in partial.says


def test_ifconfig_of_one_link_is_a_part() -> None:
    text = "[root@rs1 ~]# ifconfig lo:0\n" + NEW[NEW.index("lo:0") : NEW.index("tunl0")]
    dump = only(text)
    assert [str(address) for address in dump.facts["addresses"]] == ["192.0.2.10/24"]
    assert dump.partial is not None
    assert dump.partial.says == "`ifconfig lo:0` shows only a part"
    assert not dump.partial.nearly


def test_of_the_link_that_kube_proxy_fills_ifconfig_shows_one_address() -> None:
    text = OLD + (
        "\nkube-ipvs0 Link encap:Ethernet  HWaddr 02:00:00:00:00:31\n"
        "          inet addr:198.51.100.1  Mask:255.255.255.255\n"
        "          BROADCAST NOARP  MTU:1500  Metric:1\n"
    )
    partial = only(text).partial
    assert partial is not None
    assert not partial.nearly


def test_a_link_without_an_address_that_may_be_a_port_is_left_out() -> None:
    port = (
        "eth1: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
        "        inet6 fe80::1  prefixlen 64  scopeid 0x20<link>\n"
        "        ether 02:00:00:00:00:22  txqueuelen 1000  (Ethernet)\n\n"
    )
    assert list(links(drive(Ifconfig, port + NEW))) == ["eth0", "lo", "tunl0"]


def test_the_ifconfig_of_other_systems_is_not_taken_for_linux() -> None:
    dump = only(BSD)
    assert dump.facts == {}
    assert [kind.name for kind in dump.unread_kinds] == ["the output of ifconfig of BSD or macOS"]


@pytest.mark.parametrize("mask", ["255.0.255.0", "0xffffff00", "255.255.255"])
def test_a_mask_that_is_none_leaves_its_line_unread(mask: str) -> None:
    driven = drive(Ifconfig, NEW.replace("netmask 255.255.255.0  broadcast", f"netmask {mask}  broadcast"))
    assert [text.split()[1] for text in driven.unread] == ["192.0.2.21"]


def test_an_address_whose_link_was_cut_off_is_not_given_to_another() -> None:
    text = NEW.replace("lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n", "...\n")
    read = [address.ip for piece in pieces(text, "stdin") for address in piece.dump.facts.get("addresses", ())]
    assert [str(ip) for ip in read] == ["192.0.2.21", "2001:db8::21", "192.0.2.10"]


BRIEF = """\
lo               UNKNOWN        127.0.0.1/8 192.0.2.10/32 ::1/128
eth0             UP             192.0.2.21/24 metric 100 192.0.2.22/24 2001:db8::21/64 fe80::21/64
tunl0@NONE       DOWN
ppp0             UNKNOWN        198.51.100.1 peer 198.51.100.2/32
"""


def test_brief_addresses_are_whole_and_without_scope() -> None:
    driven = drive(IpBrief, BRIEF, "ip -br addr")
    assert [(str(a), a.link, a.scope) for a in driven["addresses"]] == [
        ("127.0.0.1/8", "lo", "host"),
        ("192.0.2.10/32", "lo", ""),
        ("::1/128", "lo", "host"),
        ("192.0.2.21/24", "eth0", ""),
        ("192.0.2.22/24", "eth0", ""),
        ("2001:db8::21/64", "eth0", ""),
        ("fe80::21/64", "eth0", "link"),
        ("198.51.100.1/32", "ppp0", ""),
    ]
    assert [str(a.ip) for a in driven["addresses"] if a.secondary] == ["192.0.2.22"]
    assert driven.dump.partial is None
    assert driven.facts == {"addresses"}


def test_brief_links_tell_flags_and_macs_and_no_master() -> None:
    text = (
        "[root@rs1 ~]# ip -br l\n"
        "lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> \n"
        "eth0.10@eth0     UP             02:00:00:00:00:21 <BROADCAST,MULTICAST,UP,LOWER_UP> \n"
        "tunl0@NONE       DOWN           0.0.0.0 <NOARP> \n"
    )
    dump = only(text)
    assert [(link.name, link.parent, link.type, link.up) for link in dump.facts["links"]] == [
        ("lo", None, "loopback", True),
        ("eth0.10", "eth0", "ether", True),
        ("tunl0", None, "unspec", False),
    ]
    assert dump.partial is not None
    assert "ports of others" in dump.partial.says


def test_both_brief_dumps_of_a_paste_are_read() -> None:
    link = "eth0             UP             02:00:00:00:00:21 <BROADCAST,MULTICAST,UP,LOWER_UP>\n"
    found = [set(piece.dump.facts) for piece in pieces(BRIEF + link, "stdin")]
    assert found == [{"addresses"}, {"links"}]
