"""Who answers for a VIP when routing has a say: arp_filter with policy rules, and proxy ARP for what lies elsewhere."""

from collections.abc import Iterator, Mapping
from functools import partial
from ipaddress import IPv4Address
from itertools import product

from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from tests.kernel.claim import Claim
from tests.kernel.probing import claim, key_of
from tests.kernel.specimen import CONTROL, Question, Specimen
from tests.kernel.wire import LINKS, REPLY, Arp, wire

BASE = "addr add 192.0.2.21/24 dev eth0\naddr add 198.51.100.21/24 dev eth1"
SET_ON = ("all", "the link", "lo", "default", "another link")

# -- arp_filter asks for the way back, which policy rules decide ------------------------------------------------------

VIP = IPv4Address("192.0.2.200")
VIP_ON_LO = "addr add 192.0.2.200/32 dev lo | "
BY_ETH0, BY_ETH1 = (f"route add default dev {link} table 100 | " for link in LINKS)
RULES: Mapping[str, str] = {
    "no rule": VIP_ON_LO + "route add default via 192.0.2.1",
    "no rule, a default route by eth1": VIP_ON_LO + "route add default via 198.51.100.1",
    "from the VIP by eth0": VIP_ON_LO + BY_ETH0 + "rule add from 192.0.2.200 lookup 100",
    "from the VIP by eth1": VIP_ON_LO + BY_ETH1 + "rule add from 192.0.2.200 lookup 100",
    "from the VIP to nowhere": VIP_ON_LO + "rule add from 192.0.2.200 unreachable pref 100",
    "from the RIP by eth1": VIP_ON_LO + BY_ETH1 + "rule add from 192.0.2.21 lookup 100",
    "to the clients by eth1": VIP_ON_LO + BY_ETH1 + "rule add to 192.0.2.0/24 lookup 100",
    "what comes in on eth0": VIP_ON_LO + BY_ETH1 + "rule add iif eth0 lookup 100",
    "what comes in on eth0, before local": VIP_ON_LO
    + "route add blackhole default table 100 | rule add lookup local pref 10 | rule del pref 0"
    "| rule add iif eth0 lookup 100 pref 5",
    "what is this node's own": VIP_ON_LO + BY_ETH1 + "rule add iif lo lookup 100",
    "marked": VIP_ON_LO + BY_ETH1 + "rule add fwmark 1 lookup 100",
    "not marked": VIP_ON_LO + BY_ETH1 + "rule add not fwmark 1 lookup 100",
    "no default route from main": VIP_ON_LO
    + "route add default via 192.0.2.1 | rule add lookup main suppress_prefixlength 0 pref 100 |"
    + BY_ETH1
    + "rule add lookup 100 pref 200",
    "over to later rules": VIP_ON_LO
    + BY_ETH1
    + "rule add from 192.0.2.200 goto 300 pref 100 | rule add from 192.0.2.200 unreachable pref 200 |"
    "rule add lookup 100 pref 300",
    "AnyIP in a table of its own": "route add local 192.0.2.200/32 dev lo table 100"
    "| rule add to 192.0.2.200 lookup 100",
    "no rule for table default": VIP_ON_LO + "rule del pref 32767",
}
RULE_SENDERS = {
    "inside": IPv4Address("192.0.2.1"),
    "of the other subnet": IPv4Address("198.51.100.1"),
    "outside": IPv4Address("203.0.113.1"),
    "0.0.0.0": IPv4Address("0.0.0.0"),
    "the RIP": IPv4Address("192.0.2.21"),
}


def rule_claims(rule: str) -> Iterator[Claim]:
    with wire((*LINKS, CONTROL)) as on:
        on.ip("\n".join((BASE, *(line.strip() for line in RULES[rule].split("|") if line.strip()))))
        specimen = Specimen(on)
        for filtering, rp_filter, accept_local in product(("nowhere", *SET_ON[:-1]), (0, 1, 2), (0, 1)):
            settings = {f"{link}.rp_filter": rp_filter for link in LINKS}
            settings |= {f"{link}.accept_local": accept_local for link in LINKS}
            if filtering != "nowhere":
                settings |= {f"{scope}.arp_filter": 1 for scope in (LINKS if filtering == "the link" else (filtering,))}
            node = specimen.set(settings)
            of = {"of": "policy rules", "rule": rule, "arp_filter on": filtering, "rp_filter": rp_filter}
            yield from specimen.compared(partial(_to_the_vip, specimen, node, of | {"accept_local": accept_local}))


def _to_the_vip(specimen: Specimen, node: Node, at: Mapping[str, object]) -> Iterator[Question]:
    for link, (who, sender) in product(LINKS, RULE_SENDERS.items()):
        yield _who_has(specimen, node, link, VIP, sender, {**at, "heard on": link, "sender": who})


# -- proxy ARP draws a VIP to a node that only routes to it -----------------------------------------------------------

ROUTED = (
    "route add 10.1.0.0/24 via 192.0.2.1\nroute add 10.2.0.0/24 via 198.51.100.1\nroute add blackhole 10.3.0.0/24\n"
    "addr add 10.4.0.200/32 dev lo"
)
LEADS: Mapping[str, IPv4Address] = {
    "to a neighbour on the link": IPv4Address("192.0.2.200"),
    "to a neighbour on another link": IPv4Address("198.51.100.200"),
    "to a gateway on the link": IPv4Address("10.1.0.200"),
    "to a gateway on another link": IPv4Address("10.2.0.200"),
    "into a blackhole": IPv4Address("10.3.0.200"),
    "to itself": IPv4Address("10.4.0.200"),
    "nowhere": IPv4Address("10.5.0.200"),
}
PROXY_SENDERS = {
    "inside": "192.0.2.1",
    "of the other subnet": "198.51.100.1",
    "outside": "203.0.113.1",
    "0.0.0.0": "0.0.0.0",
    "the VIP": "",
}
PROXYING: Mapping[str, tuple[int, ...]] = {
    "proxy_arp": (0, 1),
    "proxy_arp_pvlan": (0, 1),
    "forwarding": (0, 1),
    "medium_id": (-1, 0, 1),
    "medium_id of the other link": (-1, 0, 1, 2),
}


def proxy_claims(entries: bool) -> Iterator[Claim]:
    """With entries of `ip neigh show proxy` for every VIP, or without."""
    with wire((*LINKS, CONTROL)) as on:
        on.ip("\n".join((BASE, ROUTED, *(f"neigh add proxy {ip} dev eth0" for ip in LEADS.values() if entries))))
        seen = Seen("ip neigh show proxy", None, "")
        shown = tuple(Neighbour(ip, seen, "eth0", flags=frozenset({"proxy"})) for ip in LEADS.values() if entries)
        specimen = Specimen(on)
        for values in product(*PROXYING.values()):
            proxy_arp, pvlan, forwarding, medium, other_medium = values
            if entries and (medium, other_medium) != (0, 0):
                continue
            settings = {"proxy_arp": proxy_arp, "proxy_arp_pvlan": pvlan, "forwarding": forwarding, "medium_id": medium}
            node = specimen.set({f"eth0.{k}": v for k, v in settings.items()} | {"eth1.medium_id": other_medium})
            at = {"of": "proxy ARP", "entries": entries, **dict(zip(PROXYING, values, strict=True))}
            yield from specimen.compared(partial(_to_somebody, specimen, node, shown, at))
        for set_on, name in product(SET_ON, ("proxy_arp", "proxy_arp_pvlan", "medium_id", "forwarding")):
            scope = {"the link": "eth0", "another link": "eth1"}.get(set_on, set_on)
            # Each of these only shows where others let it.
            beside = {"medium_id": {"eth0.proxy_arp": 1}, "forwarding": {"eth0.proxy_arp": 1}}.get(name, {})
            routing = {"eth0.forwarding": 1} if name != "forwarding" else {}
            if (scope, name) == ("all", "forwarding"):
                beside = beside | {f"{link}.forwarding": 1 for link in ("lo", "default", *on.links)}  # copied to all
            node = specimen.set({**routing, **beside, f"{scope}.{name}": -1 if name == "medium_id" else 1})
            at = {"of": "proxy ARP, one setting", "entries": entries, "setting": name, "set on": set_on}
            yield from specimen.compared(partial(_to_somebody, specimen, node, shown, at))


def _to_somebody(
    specimen: Specimen, node: Node, shown: tuple[Neighbour, ...], at: Mapping[str, object]
) -> Iterator[Question]:
    for (leads, target), (who, sender) in product(LEADS.items(), PROXY_SENDERS.items()):
        where = {**at, "the VIP's route leads": leads, "sender": who}
        yield _who_has(specimen, node, "eth0", target, IPv4Address(sender or target), where, shown)


def _who_has(
    specimen: Specimen, node: Node, link: str, target: IPv4Address, sender: IPv4Address, at: Mapping[str, object],
    proxied: tuple[Neighbour, ...] = (),
) -> Question:  # fmt: skip
    arrived_on = node.link(link)
    assert arrived_on is not None
    answer = arp_reply(node, target, arrived_on=arrived_on, sender=sender, proxied=proxied)
    done, reply = f"{link}: who has {target}, tell {sender}", Arp(link, REPLY, target, sender)
    made = claim("arp_reply", done, answer, [reply], key_of(reply), at)
    return Question(made, partial(specimen.on.ask, link, target, sender))
