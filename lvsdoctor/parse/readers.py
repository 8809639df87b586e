"""Every reader there is, in the order in which they are asked whether a line is theirs.

A reader is imported when the first line turns up that begins as its dumps do: most scans meet a handful of the
formats, and reading the code of the others would take longer than reading the dumps.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import NamedTuple, cast

from lvsdoctor.parse.reader import Reader


class _Format(NamedTuple):
    """A reader's module and class. Its first lines begin with one of `begins` (empty: any) and hold one of `holds`."""

    module: str
    name: str
    begins: tuple[str, ...] = ()
    holds: tuple[str, ...] = ("",)

    def may_start(self, text: str, begin: str) -> bool:
        """`begin` is the text without the blanks before it."""
        if self.begins and not begin.startswith(self.begins):
            return False
        return self.holds == ("",) or any(sign in text for sign in self.holds)

    def reader(self) -> type[Reader]:
        return _imported(self.module, self.name)


@cache
def _imported(module: str, name: str) -> type[Reader]:
    return cast(type[Reader], getattr(import_module(f"lvsdoctor.parse.{module}"), name))


_LONGEST = 1000  # of a line whose reader is kept
_TABLE = ("IP ", "Prot", "->", "TCP", "UDP", "SCTP", "FWM", "*")
_CONNECTIONS = ("IPVS connection", "pro ", "TCP", "UDP", "SCTP", "IP ", "AH", "ESP", "ICMP", "*")
FORMATS = (
    _Format("sysctl", "Sysctl"),
    _Format("iproute.ip_addr", "IpAddr"),
    _Format("iproute.ip_brief", "IpBrief", holds=(" UP ", " UNKNOWN ", " DOWN ")),
    _Format("iproute.bridge_link", "BridgeLink", holds=(" master ",)),
    _Format("iproute.ip_rule", "IpRule", holds=(":",)),
    _Format("iproute.ip_neigh", "IpNeigh"),
    _Format("iproute.ip_route", "IpRoute"),
    _Format("ipvs.ipvsadm_list", "IpvsadmList", begins=_TABLE),
    _Format("ipvs.ipvsadm_timeouts", "IpvsadmTimeouts", begins=("Timeout (",)),
    _Format("ipvs.ipvs_connections", "IpvsConnections", begins=_CONNECTIONS),
    _Format("ipvs.ipvs_connections", "ProcIpVsConn", begins=("Pro FromIP",)),
    _Format("ipvs.ipvs_sync", "IpvsSync", begins=("master sync", "backup sync")),
    _Format("ipvs.proc_ip_vs", "ProcIpVs", begins=_TABLE),
    _Format("ipvs.ipvsadm_save", "IpvsadmSave", holds=("-",)),
    _Format("iptables.table_filters", "TableFilters", begins=("Chain", "*", ":", "-", "#")),
    _Format("iproute.ip_json", "IpJson", begins=("[",)),
    _Format("nft.nft", "Nft", begins=("table ", "#!", "flush ruleset", "add table ", "define ")),
    _Format("iptables.ipset", "Ipset", begins=("create ", "Name: ")),
    _Format("nft.nft_json", "NftJson", begins=("{",)),
    _Format("ss", "Ss", begins=("Netid", "State", "tcp", "udp", "sctp", "LISTEN", "UNCONN")),
    _Format("nettools.netstat", "Netstat", begins=("Active", "Proto", "tcp", "udp", "sctp")),
    _Format("proc_net_sockets", "ProcNetSockets", begins=("sl",)),
    _Format("proc_net_sockets", "ProcNetSockets", holds=(":0000 0A 00000000:",)),
    _Format("nettools.route_n", "RouteN", begins=("Kernel", "Destination")),
    _Format("nettools.route_6", "Route6", begins=("Kernel IPv6", "Destination")),
    _Format("nettools.ifconfig", "Ifconfig", holds=(" encap:", ": flags=", "链接封装", "Protokoll", "Encapsulamento")),
    _Format("nettools.arp", "ArpA", holds=(" at ",)),
    _Format("nettools.arp", "ArpN", begins=("Address",)),
    _Format("nettools.arp", "ProcNetArp", begins=("IP address",)),
    _Format("arping", "Arping", begins=("ARPING",)),
    _Format(
        "keepalived_text",
        "KeepalivedText",
        begins=("global_defs", "vrrp_", "virtual_server", "static_", "bfd_", "garp_", "local_", "deny_", "@", "!"),
    ),
    _Format("net_counters", "Nstat", begins=("#kernel", "Ip", "Icmp", "Tcp", "Udp", "MPTcp", "Sctp")),
    _Format("net_counters", "NetstatS", begins=("Ip", "Icmp", "Tcp", "Udp", "MPTcp", "Sctp")),
    _Format("ipvs.ipvs_totals", "IpvsTotals", begins=("Total Incoming",)),
    _Format("lsmod", "Lsmod", begins=("Module ",)),
    _Format("lsmod", "Lsmod", holds=(" Live 0x", " Loading 0x", " Unloading 0x")),
    _Format("lsmod", "Lsmod", begins=("ip_", "ip6", "iptable", "ipip", "nf_", "libcrc32c", "xt_")),
    _Format("machine_names", "Dmidecode", begins=("# dmidecode", "SMBIOS", "Getting SMBIOS", "Handle 0x", "/sys/")),
    _Format("processes", "Processes", holds=("PID",)),
    _Format("processes", "Processes", holds=("keepalived", "ldirectord", "kube-proxy", "/bird", "zebra")),
    _Format("units", "UnitStatus", holds=(".service",)),
    _Format("units", "UnitList", begins=("UNIT",)),
    _Format("units", "UnitList", holds=(".service",)),
    _Format("units", "Chkconfig", holds=("3:",)),
    _Format("ethtool", "Ethtool", begins=("Features", "Offload", "large-rec", "generic-rec")),
    _Format("cloud_init_tables", "CloudInitTables", holds=("Net device info", "Route info", "Route IPv4 info")),
    _Format("iproute.ip_vrf", "IpVrf", begins=("Name ",)),
    _Format("kubectl_tables", "KubectlTable", begins=("NAME",)),
    _Format("identity", "Uname", begins=("Linux",)),
    _Format("identity", "Hostnamectl", begins=("Static hostname:", "Transient hostname:")),
)

# What an echo of these tells is of the dumps of their own readers alone.
PROGRAMS = frozenset(
    "ip ifconfig ipvsadm ipvsadm-save sysctl arptables arptables-save arptables-legacy arptables-nft route netstat arp"
    " arping uname hostnamectl ss nstat lsmod dmidecode nft ipset iptables ip6tables iptables-save ip6tables-save"
    " iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft iptables-legacy-save ip6tables-legacy-save"
    " iptables-nft-save ip6tables-nft-save ethtool ps systemctl chkconfig".split()
)


@cache
def _formats(first: str) -> tuple[_Format, ...]:
    """The formats whose first lines may begin with this character: most lines are of no dump, and soon passed."""
    return tuple(known for known in FORMATS if not known.begins or any(sign[0] == first for sign in known.begins))


def readers_for(text: str) -> Iterator[type[Reader]]:
    """The readers that take this line for the first of a dump of theirs."""
    begin = text.lstrip()
    for known in _formats(begin[:1] if begin[:1].isascii() else ""):
        if known.may_start(text, begin) and (reader := known.reader()).starts(text):
            yield reader


def reader_for(text: str) -> type[Reader] | None:
    """The first of these. A line is looked at again from the lines above it, so that the answer is kept."""
    return _kept(text) if len(text) <= _LONGEST else next(readers_for(text), None)


@lru_cache(1 << 10)
def _kept(text: str) -> type[Reader] | None:
    return next(readers_for(text), None)
