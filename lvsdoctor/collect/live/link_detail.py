"""What `ip -d link` says of a link besides: a tunnel's ends, a VLAN's number, a bond's mode, in its words."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

from lvsdoctor.collect.live.netlink_socket import Message
from lvsdoctor.collect.live.words import word

ENCAPSULATIONS = {1: "fou", 2: "gue", 3: "mpls"}  # include/uapi/linux/if_tunnel.h: TUNNEL_ENCAP_*
VLAN_PROTOCOLS = {0x8100: "802.1Q", 0x88A8: "802.1ad"}
BOND_MODES = "balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb".split()
IPVLAN_MODES = {0: "l2", 1: "l3", 2: "l3s"}
TUN_TYPES = {1: "tun", 2: "tap"}

Names = Mapping[int, str]


def link_detail(kind: str, info: Message | None, names: Names) -> dict[str, str]:
    """The details of a link of this kind, from its IFLA_LINKINFO; `names` are the links' names by index."""
    data = info.get_attr("IFLA_INFO_DATA") if info is not None else None
    tell = KINDS.get(kind)
    # Of a kind that pyroute2 does not know, the data is a hex dump.
    if data is None or tell is None or not hasattr(data, "get_attr"):
        return {}
    return {key: str(value) for key, value in tell(data, names).items() if value not in (None, "")}


def of_port(info: Message | None) -> dict[str, str]:
    """What a bridge makes of a port of its own: neigh_suppress, where that is on."""
    data = info.get_attr("IFLA_INFO_SLAVE_DATA") if info is not None else None
    on = data is not None and hasattr(data, "get_attr") and data.get_attr("IFLA_BRPORT_NEIGH_SUPPRESS")
    return {"neigh_suppress": "on"} if on else {}


def _tunnel(prefix: str) -> Callable[[Message, Names], dict[str, Any]]:
    def tell(data: Message, names: Names) -> dict[str, Any]:
        def get(name: str, default: Any = None) -> Any:
            return data.get_attr(f"IFLA_{prefix}_{name}", default)

        if get("COLLECT_METADATA") is not None:
            return {"external": "on", "ttl": get("TTL") or None}
        found = {"remote": _end(get("REMOTE")), "local": _end(get("LOCAL")), "dev": names.get(get("LINK", 0))}
        found["ttl"] = get("TTL") or None
        if encapsulation := get("ENCAP_TYPE", 0):
            found["encap"] = word(encapsulation, ENCAPSULATIONS)
            found["encap-sport"] = get("ENCAP_SPORT") or "auto"
            found["encap-dport"] = get("ENCAP_DPORT")
        return found

    return tell


def _end(address: str | None) -> str:
    return "any" if address in (None, "0.0.0.0", "::") else str(address)


def _vlan(data: Message, names: Names) -> dict[str, Any]:
    protocol = data.get_attr("IFLA_VLAN_PROTOCOL")
    return {"protocol": VLAN_PROTOCOLS.get(protocol, protocol), "id": data.get_attr("IFLA_VLAN_ID")}


def _vxlan(data: Message, names: Names) -> dict[str, Any]:
    def get(name: str, default: Any = None) -> Any:
        return data.get_attr(f"IFLA_VXLAN_{name}", default)

    far = get("GROUP") or get("GROUP6")
    multicast = far is not None and ip_address(far).is_multicast
    found = {"id": get("ID"), "remote": None if multicast else far, "local": get("LOCAL") or get("LOCAL6")}
    found |= {"dev": names.get(get("LINK", 0)), "dstport": get("PORT"), "ttl": get("TTL") or None}
    return found | {"external": "on" if get("COLLECT_METADATA") else None}


def _bridge(data: Message, names: Names) -> dict[str, Any]:
    wanted = ("vlan_filtering", "nf_call_iptables", "nf_call_arptables")
    return {name: data.get_attr(f"IFLA_BR_{name.upper()}") for name in wanted}


def _bond(data: Message, names: Names) -> dict[str, Any]:
    mode = data.get_attr("IFLA_BOND_MODE", 0)
    active = names.get(data.get_attr("IFLA_BOND_ACTIVE_SLAVE", 0))
    return {"mode": word(mode, dict(enumerate(BOND_MODES))), "active_slave": active}


def _of(key: str, attribute: str, values: Names) -> Callable[[Message, Names], dict[str, Any]]:
    def tell(data: Message, names: Names) -> dict[str, Any]:
        value = data.get_attr(attribute)
        return {key: values.get(value, value)}

    return tell


KINDS: Mapping[str, Callable[[Message, Names], dict[str, Any]]] = {
    **{kind: _tunnel(kind.upper()) for kind in ("ipip", "gre", "ip6tnl", "ip6gre", "vti")},
    **{"sit": _tunnel("SIT"), "gretap": _tunnel("GRE"), "ip6gretap": _tunnel("IP6GRE")},
    **{"erspan": _tunnel("GRE"), "ip6erspan": _tunnel("IP6GRE"), "vti6": _tunnel("VTI")},
    **{"vlan": _vlan, "vxlan": _vxlan, "bridge": _bridge, "bond": _bond},
    "vrf": _of("table", "IFLA_VRF_TABLE", {}),
    "macvlan": _of("mode", "IFLA_MACVLAN_MODE", {}),
    "macvtap": _of("mode", "IFLA_MACVTAP_MODE", {}),
    "ipvlan": _of("mode", "IFLA_IPVLAN_MODE", IPVLAN_MODES),
    "tun": _of("type", "IFLA_TUN_TYPE", TUN_TYPES),
}
