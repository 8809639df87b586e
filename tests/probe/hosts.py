"""Hosts in a few words, for tests that need no kernel: their dumps are written out and read by the real readers."""

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

VIP = "192.0.2.10"
DIRECTOR = f"eth0 02:00:00:00:00:02 192.0.2.2/24,{VIP}/32"
REAL_SERVERS = {
    "rs1": f"eth0 02:00:00:00:00:21 192.0.2.21/24\nlo - {VIP}/32",
    "rs2": f"eth0 02:00:00:00:00:22 192.0.2.22/24\nlo - {VIP}/32",
}
TABLE = f"-A -t {VIP}:80 -s rr\n-a -t {VIP}:80 -r 192.0.2.21:80 -g -w 1\n-a -t {VIP}:80 -r 192.0.2.22:80 -g -w 1\n"
_RULES = "# ip rule\n0: from all lookup local\n32766: from all lookup main\n32767: from all lookup default\n"


def nodes(*, table: str = "", neigh: str = "", sysctl: str = "", **hosts: str) -> tuple[Node, ...]:
    """Nodes by name. A line of a host is `LINK MAC ADDRESS/PREFIX[=FLAG+FLAG][,...]`; lo comes by itself.

    `table` (ipvsadm -Sn), `neigh` (ip neigh) and `sysctl` are the first node's.
    """
    found = []
    for place, (name, lines) in enumerate(hosts.items()):
        texts = [_ip_addr(lines), _RULES, *([table, neigh, sysctl] if place == 0 else [])]
        found += [NodeDump(piece, name, name) for text in texts for piece in pieces(text, f"{name}/dump")]
    made = tuple(with_standing(nodes_of(found)))
    assert not any(node.unread for node in made), [node.unread for node in made]
    return made


def _ip_addr(lines: str) -> str:
    text = "# ip addr\n"
    links = [line.split() for line in lines.splitlines()]
    if all(name != "lo" for name, *_ in links):
        links.insert(0, ["lo", "-", ""])
    for number, (name, mac, addresses) in enumerate(sorted(links, key=lambda link: link[0] != "lo"), start=1):
        flags = "LOOPBACK,UP,LOWER_UP" if name == "lo" else "BROADCAST,MULTICAST,UP,LOWER_UP"
        kind = "loopback 00:00:00:00:00:00" if name == "lo" else f"ether {mac} brd ff:ff:ff:ff:ff:ff"
        text += f"{number}: {name}: <{flags}> mtu 1500 qdisc mq state UP\n    link/{kind}\n"
        for word in filter(None, addresses.split(",")):
            address, _, more = word.partition("=")
            scope = "link" if address.startswith("fe80") else "global"
            if ":" in address:
                text += f"    inet6 {address} scope {scope} {more.replace('+', ' ')}".rstrip() + "\n"
            else:
                text += f"    inet {address} scope {scope} {name}\n"
    return text
