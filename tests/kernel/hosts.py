"""A node in a few words: its dumps are written out and read by the real readers, so every row knows its line."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.answer import Answer
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

VIP, RIP, CLIENT, GATEWAY = map(IPv4Address, ("192.0.2.200", "192.0.2.21", "192.0.2.1", "192.0.2.254"))
FAR = IPv4Address("203.0.113.9")

# What a real server has when nobody did anything: the VIP on lo, the RIP on its link.
REAL_SERVER = ("lo 192.0.2.200/32", "eth0 192.0.2.21/24")
THREE_RULES = "0: from all lookup local\n32766: from all lookup main\n32767: from all lookup default"
# Flags by the beginning of the name; what starts otherwise is as eth0.
_FLAGS = {
    "lo": ("LOOPBACK,UP,LOWER_UP", "loopback"),
    "tunl": ("NOARP,UP,LOWER_UP", "ipip"),
    "dummy": ("BROADCAST,NOARP,UP,LOWER_UP", "ether"),
}
_ETHER = ("BROADCAST,MULTICAST,UP,LOWER_UP", "ether")


def host(
    addresses: Sequence[str] = REAL_SERVER,
    sysctl: Mapping[str, object] | None = None,
    *,
    routes: str | None = None,
    rules: str | None = THREE_RULES,
    arptables: str | None = "",
    neighbours: str | None = None,
    links: Sequence[str] = (),
) -> Node:
    """The node that these dumps show.

    `addresses` are "link address [more words of ip addr]"; `links` are "name [down] [master br0]", for links without
    an address or with something of their own to say. A key of `sysctl` without a dot at its front is of net.ipv4.conf:
    "all.arp_ignore". None means that it was not collected. Without `routes` they follow from the addresses.
    """
    dumps = {"ip-addr.txt": _ip_addr(addresses, links)}
    settings = {"all.arp_ignore": 0} if sysctl is None else sysctl
    if settings:
        dumps["sysctl.txt"] = "\n".join(f"{_key(key)} = {value}" for key, value in settings.items())
    for where, command, text in (
        ("ip-route.txt", "ip route show table all", routes),
        ("ip-rule.txt", "ip rule show", rules),
        ("arptables.txt", "arptables-save", arptables),
        ("ip-neigh.txt", "ip neigh show", neighbours),
    ):
        if text is not None:
            dumps[where] = f"# {command}\n{text}"
    found = [NodeDump(piece, "rs1", "rs1") for where, text in dumps.items() for piece in pieces(text, where)]
    (node,) = nodes_of(found)
    assert node.unread == (), node.unread
    return node


def link_of(node: Node, name: str = "eth0") -> Link:
    found = node.link(name)
    assert found is not None, f"no link {name}"
    return found


def quoted(because: Sequence[Citation]) -> str:
    """The lines that an answer rests on, what each says of it, and which are assumed."""
    return "\n".join(f"{'assumed: ' if item.assumed else ''}{item.seen.text.strip()} ({item.says})" for item in because)


def expect(answer: Answer, yes: bool, why: str, cites: Sequence[str] = ()) -> None:
    """The answer is this one, for this reason, and each of `cites` is part of a line that it quotes."""
    assert (answer.yes, answer.why) == (yes, why), f"{answer.yes}: {answer.why}\n{quoted(answer.because)}"
    missing = [line for line in cites if line not in quoted(answer.because)]
    assert not missing, f"not quoted: {missing}, but\n{quoted(answer.because)}"


def _key(key: str) -> str:
    return key if key.startswith("net.") else f"net.ipv4.conf.{key}"


def _ip_addr(addresses: Sequence[str], links: Sequence[str]) -> str:
    said = {name: words for name, *words in map(str.split, links)}
    held: dict[str, list[str]] = {"lo": ["127.0.0.1/8 scope host"]}
    for line in addresses:
        name, _, words = line.partition(" ")
        held.setdefault(name, []).append(words)
    lines = []
    for index, name in enumerate(dict.fromkeys([*held, *said]), 1):
        flags, kind = next((_FLAGS[start] for start in _FLAGS if name.startswith(start)), _ETHER)
        more = list(said.get(name, ()))
        if "down" in more:
            more.remove("down")
            flags = flags.replace(",UP,LOWER_UP", "")
        rest = " ".join([*more, "state UNKNOWN"])
        lines.append(f"{index}: {name}: <{flags}> mtu 1500 qdisc noqueue {rest} group default qlen 1000")
        mac = "0.0.0.0 brd 0.0.0.0" if kind == "ipip" else f"02:00:00:00:00:{index:02x} brd ff:ff:ff:ff:ff:ff"
        lines.append(f"    link/{kind} {mac}")
        for text in held.get(name, ()):
            lines.append(f"    inet {text if ' scope ' in text else f'{text} scope global'} {name}")
    return "\n".join(lines)
