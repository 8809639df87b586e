"""Small clusters as dumps: what a test does not name is as on a healthy host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_interface

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

_RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
_ARPTABLES = "".join(f"Chain {name} (policy ACCEPT 0 packets, 0 bytes)\n\n" for name in ("INPUT", "OUTPUT", "FORWARD"))
_TABLES = (
    ("filter", "INPUT FORWARD OUTPUT"),
    ("nat", "PREROUTING INPUT OUTPUT POSTROUTING"),
    ("mangle", "PREROUTING INPUT FORWARD OUTPUT POSTROUTING"),
    ("raw", "PREROUTING OUTPUT"),
    ("security", "INPUT FORWARD OUTPUT"),
)
_SETTINGS = (
    "rp_filter", "accept_local", "arp_ignore", "arp_announce", "arp_filter", "forwarding", "proxy_arp",
    "proxy_arp_pvlan", "route_localnet", "send_redirects", "shared_media", "drop_gratuitous_arp", "medium_id",
)  # fmt: skip
SILENT = {"all.arp_ignore": 1, "all.arp_announce": 2}


@dataclass(frozen=True)
class Host:
    """`addresses` are pairs of link and address ("": none), `rules` lines of iptables by table, `settings` of
    net.ipv4.conf."""

    addresses: Sequence[tuple[str, str]]
    routes: Sequence[str] = ()
    settings: Mapping[str, int] = field(default_factory=dict)
    ipvs: Sequence[str] = ()
    rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    listens: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    neighbours: Sequence[str] = ()
    without: frozenset[str] = frozenset()
    conntrack: int = 0
    nat_icmp_send: int = 0
    policy: str = _RULES

    def dumps(self, number: int) -> dict[str, str]:
        names = ["lo", *dict.fromkeys(link for link, _ in self.addresses if link != "lo")]
        outputs = {
            "ip addr": "".join(self._link(place, name, number) for place, name in enumerate(names, 1)),
            "ip route": "".join(f"{line}\n" for line in self._routes()),
            "ip rule": self.policy,
            "ip neigh": "".join(f"{line}\n" for line in self.neighbours) or "# ip neigh\n",
            "sysctl": self._sysctl(names),
            "arptables": _ARPTABLES,
            "iptables-save": "".join(self._table(*table) for table in _TABLES),
            "ss": "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
            + "".join(f"LISTEN 0      128    {place}      0.0.0.0:*\n" for place in self.listens),
        }
        if self.ipvs:
            outputs["ipvsadm"] = "".join(f"{line}\n" for line in self.ipvs)
        return {command: text for command, text in outputs.items() if command not in self.without}

    def _link(self, place: int, name: str, number: int) -> str:
        rows = "".join(
            f"    inet {address} scope {'host' if address.startswith('127.') else 'global'} {name}\n"
            for link, address in (("lo", "127.0.0.1/8"), *self.addresses)
            if link == name and address
        )
        if name == "lo":
            head = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n"
            return head + "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n" + rows
        if kind := self.links.get(name):
            return f"{place}: {name}: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN\n    {kind}\n{rows}"
        head = f"{place}: {name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default\n"
        return head + f"    link/ether 02:00:00:00:{number:02x}:{place:02x} brd ff:ff:ff:ff:ff:ff\n" + rows

    def _routes(self) -> Sequence[str]:
        local = ["local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1"]
        main = list(self.routes)
        connected: set[tuple[str, object]] = set()
        for link, address in filter(lambda pair: pair[1], self.addresses):
            own = ip_interface(address)
            local.append(f"local {own.ip} dev {link} table local proto kernel scope host src {own.ip}")
            if own.network.prefixlen < 32 and link == "lo":
                local.append(f"local {own.network} dev lo table local proto kernel scope host src {own.ip}")
            elif own.network.prefixlen < 32 and (link, own.network) not in connected:  # another one is secondary there
                connected.add((link, own.network))
                main.append(f"{own.network} dev {link} proto kernel scope link src {own.ip}")
        return [*main, *local]

    def _sysctl(self, names: Sequence[str]) -> str:
        values = {f"{scope}.{name}": 0 for scope in ("all", "default", *names) for name in _SETTINGS}
        values |= {f"{scope}.shared_media": 1 for scope in ("all", *names)}
        lines = [f"net.ipv4.conf.{key} = {value}" for key, value in sorted({**values, **self.settings}.items())]
        lines += [f"net.ipv4.vs.conntrack = {self.conntrack}", f"net.ipv4.vs.nat_icmp_send = {self.nat_icmp_send}"]
        lines += ["net.ipv4.vs.snat_reroute = 1", "net.netfilter.nf_conntrack_tcp_loose = 1"]
        return "\n".join(lines) + "\n"

    def _table(self, name: str, chains: str) -> str:
        policies = "".join(f":{chain} ACCEPT [0:0]\n" for chain in chains.split())
        rules = "".join(f"{rule}\n" for rule in self.rules.get(name, ()))
        when = "on Mon Jun  2 10:00:00 2025"
        return f"# Generated by iptables-save v1.8.9 {when}\n*{name}\n{policies}{rules}COMMIT\n# Completed {when}\n"


def scanned(**hosts: Host) -> tuple[Node, ...]:
    """The nodes that a scan makes of these hosts' dumps."""
    dumps = [
        NodeDump(piece, name, name)
        for number, (name, host) in enumerate(hosts.items(), 1)
        for command, text in host.dumps(number).items()
        for piece in pieces(text, f"{name}/{command}")
    ]
    return with_standing(nodes_of(dumps))


ROUTER = "default via 192.0.2.1 dev eth0"
DIRECTOR = Host(
    [("eth0", "192.0.2.2/24"), ("eth0", "192.0.2.10/32")],
    [ROUTER],
    ipvs=[
        "-A -t 192.0.2.10:80 -s rr",
        "-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1",
        "-a -t 192.0.2.10:80 -r 192.0.2.22:80 -g -w 3",
    ],
)


def real_server(last: int) -> Host:
    """A real server of direct routing."""
    own = [("eth0", f"192.0.2.{last}/24"), ("lo", "192.0.2.10/32")]
    return Host(own, [ROUTER], SILENT, listens=["0.0.0.0:80"])


def direct_routing(**changed: Host) -> tuple[Node, ...]:
    """A healthy director and two real servers, but for those that are `changed`."""
    return scanned(**{"lb1": DIRECTOR, "rs1": real_server(21), "rs2": real_server(22), **changed})


def altered(host: Host, **settings: int) -> Host:
    """The host with settings such as `all_rp_filter=1`."""
    own = {name.replace("_", ".", 1): value for name, value in settings.items()}
    return replace(host, settings={**host.settings, **own})
