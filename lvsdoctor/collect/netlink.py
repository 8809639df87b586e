"""The netlink tables as messages. The only file that imports pyroute2: its message classes, not its sockets."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

from lvsdoctor.collect.netlink_socket import GENERIC, NETFILTER, Message, Netlink

GETLINK, GETADDR, GETROUTE, GETNEIGH, GETRULE = 18, 22, 26, 30, 34  # include/uapi/linux/rtnetlink.h
NTF_PROXY = 0x08  # include/uapi/linux/neighbour.h
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 0x10, 3  # include/uapi/linux/genetlink.h
IPVS_CMD_GET_SERVICE, IPVS_CMD_GET_DEST, IPVS_GENL_VERSION = 4, 8, 1  # include/uapi/linux/ip_vs.h
NFNL_SUBSYS_NFTABLES, NFPROTO_ARP = 10, 3  # include/uapi/linux/netfilter/nfnetlink.h, include/uapi/linux/netfilter.h
NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE = 1, 4, 7  # include/uapi/linux/netfilter/nf_tables.h
CHAIN = "TABLE:asciiz HANDLE:be64 NAME:asciiz HOOK:hook POLICY:be32"
RULE = "TABLE:asciiz CHAIN:asciiz HANDLE:be64 EXPRESSIONS:cdata"


def links(route: Netlink) -> list[Any]:
    return route.dump(GETLINK, messages().link)


def addresses(route: Netlink) -> list[Any]:
    return route.dump(GETADDR, messages().address)


def routes(route: Netlink) -> list[Any]:
    return route.dump(GETROUTE, messages().route, family=0)  # AF_UNSPEC: every family


def rules(route: Netlink) -> list[Any]:
    return route.dump(GETRULE, messages().rule)


def neighbours(route: Netlink) -> list[Any]:
    """Learned and permanent entries, then the proxy entries, which are another table."""
    neighbour = messages().neighbour
    return route.dump(GETNEIGH, neighbour) + route.dump(GETNEIGH, neighbour, flags=NTF_PROXY)


def ipvs() -> list[tuple[Any, list[Any]]]:
    """Every virtual service with its destinations. Raises OSError (PermissionError without CAP_NET_ADMIN).

    The family is found in the list of all families: asking for it by its name would load ip_vs.
    """
    known = messages()
    with Netlink(GENERIC) as generic:
        families = generic.dump(GENL_ID_CTRL, known.control, cmd=CTRL_CMD_GETFAMILY, version=1)
        numbers = {each.get_attr("CTRL_ATTR_FAMILY_NAME"): each.get_attr("CTRL_ATTR_FAMILY_ID") for each in families}
        if "IPVS" not in numbers:
            raise OSError("the kernel has no generic netlink family named IPVS")

        def ask(command: int, **fields: Any) -> list[Any]:
            return generic.dump(numbers["IPVS"], known.ipvs, cmd=command, version=IPVS_GENL_VERSION, **fields)

        return [
            (service, ask(IPVS_CMD_GET_DEST, attrs=[("IPVS_CMD_ATTR_SERVICE", {"attrs": list(_key_of(service))})]))
            for service in ask(IPVS_CMD_GET_SERVICE)
        ]


def nft_arp() -> tuple[list[Any], list[Any], list[Any]]:
    """The tables, chains and rules of nf_tables' family arp. Raises OSError.

    Only where nf_tables is in the kernel already: opening this socket, or asking it for nf_tables, would load them.
    """
    known = messages()
    with Netlink(NETFILTER) as netfilter:

        def ask(command: int, message: Any) -> list[Any]:
            return netfilter.dump(NFNL_SUBSYS_NFTABLES << 8 | command, message, nfgen_family=NFPROTO_ARP)

        return ask(NFT_MSG_GETTABLE, known.nft_table), ask(NFT_MSG_GETCHAIN, known.nft_chain), ask(NFT_MSG_GETRULE, known.nft_rule)


def _key_of(message: Message) -> Iterator[tuple[str, Any]]:
    """The attributes that tell the kernel which service is meant, as it sent them."""
    service = message.get_attr("IPVS_CMD_ATTR_SERVICE")
    for name in ("AF", "FWMARK", "PROTOCOL", "ADDR", "PORT"):
        value = service.get_attr(f"IPVS_SVC_ATTR_{name}")
        if value is not None:
            yield f"IPVS_SVC_ATTR_{name}", value


@cache
def messages() -> Any:
    """The message classes, with what pyroute2's lack or get wrong: link, address, route, neighbour, rule, control, ipvs."""
    base, *modules = _modules("", *(f".rtnl.{name}" for name in ("ifinfmsg", "ifaddrmsg", "rtmsg", "ndmsg", "fibmsg")))
    link, address, route, neighbour, rule = modules
    return SimpleNamespace(
        link=_link_class(link.ifinfmsg, base.nla),
        address=address.ifaddrmsg,
        route=route.rtmsg,
        neighbour=neighbour.ndmsg,
        rule=_rule_class(rule.fibmsg),
        control=base.ctrlmsg,
        ipvs=_ipvs_class(base.genlmsg, base.nla),
        nft_table=_nft_class(base.nlmsg, base.nla, "NFTA_TABLE_", "NAME:asciiz FLAGS:be32"),
        nft_chain=_nft_class(base.nlmsg, base.nla, "NFTA_CHAIN_", CHAIN),
        nft_rule=_nft_class(base.nlmsg, base.nla, "NFTA_RULE_", RULE),
    )


def _modules(*names: str) -> list[Any]:
    with _without_its_init("pyroute2"):
        return [importlib.import_module(f"pyroute2.netlink{name}") for name in names]


@contextmanager
def _without_its_init(package: str) -> Iterator[None]:
    """Submodules can be imported here without running the package's __init__, and no trace stays in sys.modules.

    pyroute2/__init__.py imports the whole library (NDB, asyncio, ssl, ...): 130 ms where the message classes are 30.
    """
    spec = importlib.util.find_spec(package)
    if package in sys.modules or spec is None:
        yield
        return
    sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]


def _retyped(nla_map: Any, **types: str) -> Any:
    return tuple((name, types.get(name, kind)) for name, kind in nla_map)


def _link_class(ifinfmsg: Any, nla: Any) -> Any:
    # l2addr takes six bytes from any type of link, but a tunnel's address has 4 or 16, and InfiniBand's 20.
    types = {"IFLA_ADDRESS": "cdata", "IFLA_BROADCAST": "cdata", "IFLA_OPERSTATE": "uint8"}

    class Link(ifinfmsg):  # type: ignore[misc]
        nla_map = _retyped(ifinfmsg.nla_map, **types)

        class af_spec_inet(nla):  # type: ignore[misc]
            nla_map = ((2, "AF_INET", "inet"), (10, "AF_INET6", "inet6"))

            # The settings as bare arrays: newer kernels have more of them than pyroute2 has names.
            class inet(nla):  # type: ignore[misc]
                nla_map = ((1, "IFLA_INET_CONF", "cdata"),)

            class inet6(nla):  # type: ignore[misc]
                nla_map = ((2, "IFLA_INET6_CONF", "cdata"),)

    return Link


def _rule_class(fibmsg: Any) -> Any:
    newer = "DSCP:uint8 FLOWLABEL:be32 FLOWLABEL_MASK:be32 SPORT_MASK:uint16 DPORT_MASK:uint16 DSCP_MASK:uint8"

    class Rule(fibmsg):  # type: ignore[misc]
        nla_map = (*fibmsg.nla_map, *((25 + at, *pair) for at, pair in enumerate(_attributes("FRA_", newer))))

    return Rule


def _ipvs_class(genlmsg: Any, nla: Any) -> Any:
    """Like pyroute2's ipvsmsg (which takes asyncio to import), but the addresses stay bytes and TUN_PORT is big-endian.

    Old kernels do not tell a destination's family, and a netmask is a mask in IPv4 and a length in IPv6.
    """
    service = (
        "AF:uint16 PROTOCOL:uint16 ADDR:cdata PORT:be16 FWMARK:uint32 SCHED_NAME:asciiz FLAGS:flags TIMEOUT:uint32"
    )
    service += " NETMASK:cdata STATS:stats PE_NAME:asciiz STATS64:stats64"
    destination = "ADDR:cdata PORT:be16 FWD_METHOD:uint32 WEIGHT:int32 U_THRESH:uint32 L_THRESH:uint32"
    destination += " ACTIVE_CONNS:uint32 INACT_CONNS:uint32 PERSIST_CONNS:uint32 STATS:stats ADDR_FAMILY:uint16"
    destination += " STATS64:stats64 TUN_TYPE:uint8 TUN_PORT:be16 TUN_FLAGS:uint16"
    counters = "CONNS:uint{0} INPKTS:uint{0} OUTPKTS:uint{0} INBYTES:uint64 OUTBYTES:uint64"

    class WithCounters(nla):  # type: ignore[misc]
        class stats(nla):  # type: ignore[misc]
            nla_map = _numbered("IPVS_STATS_ATTR_", counters.format(32))

        class stats64(nla):  # type: ignore[misc]
            nla_map = _numbered("IPVS_STATS_ATTR_", counters.format(64))

    class Ipvs(genlmsg):  # type: ignore[misc]
        nla_map = _numbered("IPVS_CMD_ATTR_", "SERVICE:service DEST:dest")

        class service(WithCounters):
            nla_map = _numbered("IPVS_SVC_ATTR_", service)

            class flags(nla):  # type: ignore[misc]
                fields = (("flags", "I"), ("mask", "I"))

        class dest(WithCounters):
            nla_map = _numbered("IPVS_DEST_ATTR_", destination)

    return Ipvs


def _nft_class(nlmsg: Any, nla: Any, prefix: str, attributes: str) -> Any:
    class Nft(nlmsg):  # type: ignore[misc]
        fields = (("nfgen_family", "B"), ("version", "B"), ("res_id", "!H"))
        nla_map = _numbered(prefix, attributes)

        class hook(nla):  # type: ignore[misc]
            nla_map = _numbered("NFTA_HOOK_", "HOOKNUM:be32 PRIORITY:be32")

    return Nft


def _attributes(prefix: str, attributes: str) -> list[tuple[str, str]]:
    pairs = (each.split(":") for each in attributes.split())
    return [(prefix + name, kind) for name, kind in pairs]


def _numbered(prefix: str, attributes: str) -> tuple[tuple[int, str, str], ...]:
    return tuple((number, *pair) for number, pair in enumerate(_attributes(prefix, attributes), start=1))
