"""Links of the kinds that not every kernel can make, as pyroute2 encodes them, against the text of `ip -d link`."""

import struct
from dataclasses import replace
from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from lvsdoctor.collect.live import netlink
from lvsdoctor.collect.live.conf_rows import IPV4, conf_settings
from lvsdoctor.collect.live.link_rows import link_rows
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_addr import IpAddr

NOWHERE = Seen("", None, "")
UP = 0x1 | 0x40 | 0x10000


def message(name: str, type_: int, flags: int, attributes: list[Any], data: dict[str, Any], index: int = 2) -> Any:
    """A link message; `data` is its kind with the attributes of IFLA_INFO_DATA."""
    told = ifinfmsg()
    told["header"].update(type=16, flags=2, sequence_number=1)
    told["index"], told["ifi_type"], told["flags"], told["family"] = index, type_, flags, 0
    information: list[Any] = [("IFLA_INFO_KIND", data["kind"])] if data else []
    information += [("IFLA_INFO_DATA", {"attrs": data["attrs"]})] if data.get("attrs") else []
    linkinfo = [("IFLA_LINKINFO", {"attrs": information})] if information else []
    told["attrs"] = [("IFLA_IFNAME", name), ("IFLA_MTU", 1500), ("IFLA_OPERSTATE", "UP"), *attributes, *linkinfo]
    told.encode()
    found = netlink.messages().link(bytes(told.data))
    found.decode()
    return found


def with_address(link: Any, address: bytes) -> Any:
    """The same link with a hardware address of any length."""
    told = netlink.messages().link()
    told["header"].update(type=16, flags=2, sequence_number=1)
    told["index"], told["ifi_type"], told["flags"], told["family"] = 2, link["ifi_type"], link["flags"], 0
    told["attrs"] = [("IFLA_IFNAME", "x0"), ("IFLA_OPERSTATE", 6), ("IFLA_ADDRESS", address)]
    told.encode()
    found = netlink.messages().link(bytes(told.data))
    found.decode()
    return found


def read(text: str) -> Link:
    found: Link
    reader = IpAddr()
    for number, line in enumerate(text.splitlines(), start=1):
        assert reader.feed(Seen("text", number, line)), line
    (found,) = reader.dump().facts["links"]
    return replace(found, seen=NOWHERE, mac="")


def live(*given: Any) -> Link:
    eth0 = message("eth0", 1, UP, [], {}, index=1)
    return replace(link_rows([eth0, message(*given)])[1], seen=NOWHERE, mac="")


HEADER = "2: {}: <{}UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\n"
ETHER = "    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 0 maxmtu 65535\n"
TUNNEL = "    link/{} 192.0.2.10 peer 192.0.2.21 promiscuity 0 minmtu 0 maxmtu 0\n"


def test_a_vlan() -> None:
    data = {"kind": "vlan", "attrs": [("IFLA_VLAN_ID", 100), ("IFLA_VLAN_PROTOCOL", 0x8100)]}
    text = HEADER.format("eth0.100@eth0", "") + ETHER + "    vlan protocol 802.1Q id 100 <REORDER_HDR> numtxqueues 1"
    assert live("eth0.100", 1, UP, [("IFLA_LINK", 1)], data) == read(text)


def test_an_ipip_tunnel_with_encapsulation() -> None:
    attributes: list[Any] = [
        ("IFLA_IPIP_LOCAL", "192.0.2.10"),
        ("IFLA_IPIP_REMOTE", "192.0.2.21"),
        ("IFLA_IPIP_TTL", 64),
    ]
    attributes += [("IFLA_IPIP_ENCAP_TYPE", 2), ("IFLA_IPIP_ENCAP_SPORT", 0), ("IFLA_IPIP_ENCAP_DPORT", 6080)]
    text = HEADER.format("tun0@NONE", "POINTOPOINT,NOARP,") + TUNNEL.format("ipip")
    text += "    ipip ipip remote 192.0.2.21 local 192.0.2.10 ttl 64 pmtudisc encap gue encap-sport auto"
    text += " encap-dport 6080 noencap-csum noencap-csum6 noencap-remcsum numtxqueues 1"
    data = {"kind": "ipip", "attrs": attributes}
    assert live("tun0", 768, UP | 0x10 | 0x80, [("IFLA_LINK", 0)], data) == read(text)


def test_the_fallback_tunnel_has_no_ends() -> None:
    attributes = [("IFLA_IPIP_LOCAL", "0.0.0.0"), ("IFLA_IPIP_REMOTE", "0.0.0.0"), ("IFLA_IPIP_TTL", 0)]
    text = HEADER.format("tunl0@NONE", "NOARP,") + "    link/ipip 0.0.0.0 brd 0.0.0.0 promiscuity 0 minmtu 0 maxmtu 0\n"
    text += "    ipip any remote any local any ttl inherit nopmtudisc numtxqueues 1"
    assert live("tunl0", 768, UP | 0x80, [("IFLA_LINK", 0)], {"kind": "ipip", "attrs": attributes}) == read(text)


def test_a_gre_tunnel_over_a_link() -> None:
    attributes: list[Any] = [("IFLA_GRE_LINK", 1), ("IFLA_GRE_LOCAL", "192.0.2.10"), ("IFLA_GRE_REMOTE", "192.0.2.21")]
    text = HEADER.format("gre1@eth0", "POINTOPOINT,NOARP,") + TUNNEL.format("gre")
    text += "    gre remote 192.0.2.21 local 192.0.2.10 dev eth0 ttl inherit numtxqueues 1"
    data = {"kind": "gre", "attrs": attributes}
    assert live("gre1", 778, UP | 0x10 | 0x80, [("IFLA_LINK", 1)], data) == read(text)


@pytest.mark.parametrize("far", ["203.0.113.9", "2001:db8::9"])
def test_a_vxlan_to_either_family(far: str) -> None:
    attribute = "IFLA_VXLAN_GROUP6" if ":" in far else "IFLA_VXLAN_GROUP"
    data = {"kind": "vxlan", "attrs": [("IFLA_VXLAN_ID", 44), (attribute, far), ("IFLA_VXLAN_PORT", 4789)]}
    text = HEADER.format("vx0", "") + ETHER + f"    vxlan id 44 remote {far} srcport 0 0 dstport 4789 numtxqueues 1"
    assert live("vx0", 1, UP, [], data) == read(text)


@pytest.mark.parametrize("group", ["239.1.1.1", "ff05::100"])
def test_a_vxlans_multicast_group_is_no_far_end(group: str) -> None:
    attribute = "IFLA_VXLAN_GROUP6" if ":" in group else "IFLA_VXLAN_GROUP"
    data = {"kind": "vxlan", "attrs": [("IFLA_VXLAN_ID", 44), (attribute, group)]}
    assert live("vx0", 1, UP, [], data).detail == {"id": "44"}


@pytest.mark.parametrize("kind", ["gretap", "erspan"])
def test_kinds_of_gre_tell_their_ends(kind: str) -> None:
    link = encoded(kind, [("LOCAL", b"\xc0\0\2\x0a"), ("REMOTE", b"\xc0\0\2\x15"), ("TTL", b"\x40")])
    assert link.detail == {"local": "192.0.2.10", "remote": "192.0.2.21", "ttl": "64"}


def test_a_gre_tunnel_over_ipv6_may_be_external() -> None:
    assert encoded("ip6gre", [("COLLECT_METADATA", b"")]).detail == {"external": "on"}


def test_a_vti_over_ipv6_tells_its_ends() -> None:
    data = {"kind": "vti6", "attrs": [("IFLA_VTI_LOCAL", "2001:db8::1"), ("IFLA_VTI_REMOTE", "2001:db8::2")]}
    assert live("vti1", 769, UP, [], data).detail == {"local": "2001:db8::1", "remote": "2001:db8::2"}


# include/uapi/linux/if_tunnel.h: IFLA_GRE_*, which those over IPv6 share
GRE = {"LOCAL": 6, "REMOTE": 7, "TTL": 8, "COLLECT_METADATA": 18}


def encoded(kind: str, attributes: list[tuple[str, bytes]]) -> Link:
    """A link as the kernel sends it, of a kind that pyroute2 has no names for."""

    def attribute(number: int, value: bytes) -> bytes:
        return struct.pack("=HH", 4 + len(value), number) + value.ljust(len(value) + 3 & ~3, b"\0")

    data = b"".join(attribute(GRE[name], value) for name, value in attributes)
    information = attribute(1, kind.encode() + b"\0") + attribute(2, data)
    body = struct.pack("=BxHiII", 0, 778, 6, UP, 0) + attribute(3, b"x0\0") + attribute(18, information)
    message = netlink.messages().link(struct.pack("=IHHII", 16 + len(body), 16, 2, 1, 0) + body)
    message.decode()
    (link,) = link_rows([message])
    return link


def test_a_bond_and_a_vrf() -> None:
    bond = {"kind": "bond", "attrs": [("IFLA_BOND_MODE", 1), ("IFLA_BOND_ACTIVE_SLAVE", 1)]}
    text = (
        HEADER.format("bond0", "MASTER,")
        + ETHER
        + "    bond mode active-backup active_slave eth0 miimon 100 numtxqueues 1"
    )
    assert live("bond0", 1, UP | 0x400, [], bond) == read(text)
    vrf = {"kind": "vrf", "attrs": [("IFLA_VRF_TABLE", 10)]}
    assert live("red", 1, UP, [], vrf) == read(HEADER.format("red", "") + ETHER + "    vrf table 10 numtxqueues 1")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (bytes.fromhex("020000000002"), "02:00:00:00:00:02"),
        (bytes.fromhex("c000020a"), ""),  # a tunnel's is its local end, and no MAC
        (bytes(range(20)), ":".join(f"{byte:02x}" for byte in range(20))),  # InfiniBand
    ],
)
def test_a_hardware_address_may_have_any_length(address: bytes, shown: str) -> None:
    (link,) = link_rows([with_address(message("eth0", 1, UP, [], {}), address)])
    assert link.mac == shown


def test_a_kind_that_pyroute2_does_not_know_is_still_named() -> None:
    assert live("wg0", 65534, UP, [], {"kind": "wireguard"}).kind == "wireguard"


def test_the_settings_of_a_newer_kernel_do_not_shift_those_we_know() -> None:
    array = b"".join(number.to_bytes(4, "little", signed=True) for number in (*range(1, len(IPV4) + 1), 77, 78))
    told = netlink.messages().link()
    told["header"].update(type=16, flags=2, sequence_number=1)
    told["index"], told["family"] = 1, 0
    told["attrs"] = [
        ("IFLA_IFNAME", "eth0.7"),
        ("IFLA_AF_SPEC", {"attrs": [("AF_INET", {"attrs": [("IFLA_INET_CONF", array)]})]}),
    ]
    told.encode()
    found = netlink.messages().link(bytes(told.data))
    found.decode()
    settings = {setting.key: setting.raw for setting in conf_settings([found])}
    assert len(settings) == len(IPV4)
    assert settings["net.ipv4.conf.eth0/7.arp_ignore"] == "19"  # IPV4_DEVCONF_ARP_IGNORE
    assert settings["net.ipv4.conf.eth0/7.arp_announce"] == "18"
