"""Netlink message classes. The only file that imports pyroute2: its message classes, not its sockets."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

CHAIN = "TABLE:asciiz HANDLE:be64 NAME:asciiz HOOK:hook POLICY:be32"
RULE = "TABLE:asciiz CHAIN:asciiz HANDLE:be64 EXPRESSIONS:cdata"


@cache
def messages() -> Any:
    """The message classes by what they are about, with what pyroute2's lack or get wrong."""
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
    with _private_copy("pyroute2"):
        return [importlib.import_module(f"pyroute2.netlink{name}") for name in names]


def installed() -> bool:
    """Is pyroute2 there?"""
    return importlib.util.find_spec("pyroute2") is not None


@contextmanager
def _private_copy(package: str) -> Iterator[None]:
    """Submodules imported here are ours alone, and the package's __init__ is not run; sys.modules stays as it was.

    pyroute2/__init__.py imports the whole library (NDB, asyncio, ssl, ...): 130 ms, where the message classes take 30.
    And a class of theirs that somebody has used has cached its attributes, so that those of a subclass would not count.
    """
    spec = importlib.util.find_spec(package)
    theirs = _forget(package)
    if spec is not None:
        sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        yield
    finally:
        _forget(package)
        sys.modules.update(theirs)


def _forget(package: str) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}


def _retyped(nla_map: Any, **types: str) -> Any:
    return tuple((name, types.get(name, kind)) for name, kind in nla_map)


def _link_class(ifinfmsg: Any, nla: Any) -> Any:
    # l2addr takes six bytes from any type of link, but a tunnel's address has 4 or 16, and InfiniBand's 20.
    types = {"IFLA_ADDRESS": "cdata", "IFLA_BROADCAST": "cdata", "IFLA_OPERSTATE": "uint8"}
    # net/ipv4/ip_gre.c, net/ipv6/ip6_gre.c: erspan is a kind of GRE.
    kinds = ifinfmsg.ifinfo.data_map
    ip6gre = _ip6gre_class(kinds["ip6gre"])
    kinds |= {"ip6gre": ip6gre, "ip6gretap": ip6gre, "ip6erspan": ip6gre, "erspan": kinds["gre"]}

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


def _ip6gre_class(ip6gre: Any) -> Any:
    class Ip6Gre(ip6gre):  # type: ignore[misc]
        nla_map = (*ip6gre.nla_map, ("IFLA_IP6GRE_COLLECT_METADATA", "flag"))

    return Ip6Gre


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
