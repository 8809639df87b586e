"""Who answers for a VIP: every combination of where and how the VIP is held, what is set, and who asks.

One node for each place of the VIP, and on it one link for each prefix and scope: so one round asks about all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, ip_network
from itertools import product

from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.delivery import passes_on
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.model.node import Node
from tests.kernel.claim import Claim
from tests.kernel.probing import claim, key_of
from tests.kernel.specimen import CONTROL, Question, Specimen
from tests.kernel.wire import REPLY, Arp, Delivered, wire

PREFIXES, SCOPES = (32, 24, 16), ("global", "link", "host")

# Where the VIP is, and what `ip` is told. What a dummy is to ARP, an ifb is too: a link that neither asks nor answers.
PLACES: Mapping[str, str] = {
    "lo": "addr add {vip}/{prefix} dev lo scope {scope}",
    "the link": "addr add {vip}/{prefix} dev {link} scope {scope}",
    "another link": "addr add {vip}/{prefix} dev other scope {scope}",
    "a link without ARP": "addr add {vip}/{prefix} dev quiet scope {scope}",
    "a link without carrier": "addr add {vip}/{prefix} dev empty scope {scope}",
    "a link that is down": "addr add {vip}/{prefix} dev asleep scope {scope}",
    "AnyIP on lo": "route add local {net} dev lo",
    "AnyIP on the link": "route add local {net} dev {link}",
    "nowhere": "",
}
EXTRA = (
    "link add quiet type ifb\nlink set quiet up\nlink add empty type bridge\nlink set empty up\n"
    "link add asleep type bridge"
)
# Whose setting may matter beside all, the link's own, lo's and default's: that of the link which has the VIP.
VIP_LINK = {
    "another link": "other",
    "a link without ARP": "quiet",
    "a link without carrier": "empty",
    "a link that is down": "asleep",
}
# Other stand-ins for a dummy, which are asked about arp_ignore alone: to routing they are the same.
LIKE_NO_ARP = ("a link without carrier", "a link that is down")
SET_ON = ("all", "the link", "lo", "default", "the VIP's link")
SENDERS = ("inside", "outside", "0.0.0.0")
# With rp_filter and the like it matters too whether the sender is known elsewhere, or is this node itself.
MORE_SENDERS = (*SENDERS, "inside /16 alone", "the VIP", "the RIP")
LEVELS = tuple(range(9))  # 4 to 7 are reserved
# What all of these answer for every level, they answer for what nobody defined.
ODD_LEVELS = (*LEVELS, 9, -1)
# What else keeps a node silent, or lets it speak, with what has to be set on the link for it to show: who claims the
# VIP is answered only where accept_local is on, and at level 3 route_localnet makes the scope of a host that of a link.
ALONE: tuple[tuple[str, int, Mapping[str, int]], ...] = (
    ("arp_ignore", 0, {}),
    ("arp_filter", 1, {}),
    ("rp_filter", 1, {}),
    ("rp_filter", 2, {}),
    ("accept_local", 1, {}),
    ("accept_local", 1, {"rp_filter": 1}),
    ("drop_gratuitous_arp", 1, {"accept_local": 1}),
    ("arp_ignore", 3, {}),
    ("route_localnet", 1, {"arp_ignore": 3}),
)
TOGETHER: Mapping[str, tuple[int, ...]] = {
    "arp_ignore": (0, 1, 2),
    "arp_filter": (0, 1),
    "rp_filter": (0, 1, 2),
    "accept_local": (0, 1),
}


@dataclass(frozen=True)
class KeptVip:
    """A VIP with its prefix and scope, and the link with the RIP on which it is asked for."""

    number: int
    prefix: int
    scope: str
    place: str

    @property
    def link(self) -> str:
        return f"eth{self.number}"

    @property
    def vip(self) -> IPv4Address:
        return IPv4Address(f"10.{self.number}.0.200")

    @property
    def rip(self) -> IPv4Address:
        return IPv4Address(f"10.{self.number}.0.21")

    @property
    def commands(self) -> str:
        # The kernel refuses addresses of one subnet with different scopes on one link (inet_insert_ifa()).
        wide = 23 if (self.place, self.prefix) == ("the link", 24) else 24
        net = ip_network((self.vip, self.prefix), strict=False)
        told = PLACES[self.place].format(vip=self.vip, prefix=self.prefix, scope=self.scope, link=self.link, net=net)
        return f"addr add {self.rip}/{wide} dev {self.link}\n{told}".strip()

    def sender(self, word: str) -> IPv4Address:
        others = {
            "inside": f"10.{self.number}.0.1",
            "inside /16 alone": f"10.{self.number}.9.9",
            "outside": "203.0.113.9",
            "0.0.0.0": "0.0.0.0",
            "the VIP": str(self.vip),
            "the RIP": str(self.rip),
        }
        return IPv4Address(others[word])


def vips_at(place: str) -> tuple[KeptVip, ...]:
    """Every prefix and scope; a local route without an address has none to choose, and what is nowhere has neither."""
    prefixes = PREFIXES if place != "nowhere" else (32,)
    scopes = SCOPES if place not in ("AnyIP on lo", "AnyIP on the link", "nowhere") else ("global",)
    return tuple(KeptVip(n, prefix, scope, place) for n, (prefix, scope) in enumerate(product(prefixes, scopes)))


def arp_claims(place: str) -> Iterator[Claim]:
    """Each setting alone, on each of the scopes where it can be set; and the settings of the link together."""
    vips = vips_at(place)
    widely = tuple(vip for vip in vips if vip.scope == "global")
    with wire((*(vip.link for vip in vips), CONTROL)) as on:
        on.ip("\n".join((EXTRA, *(vip.commands for vip in vips))))
        specimen = Specimen(on)
        for set_on in SET_ON if place in VIP_LINK else SET_ON[:-1]:
            for level in LEVELS:
                node = specimen.set(on_scope(vips, set_on, "arp_ignore", level))
                at = {"of": "arp_ignore", "set on": set_on, "arp_ignore": level}
                yield from specimen.compared(partial(_asked, specimen, node, vips, at, SENDERS))
            for name, value, beside in ALONE if place not in LIKE_NO_ARP else ():
                given = {f"{vip.link}.{other}": to for vip in vips for other, to in beside.items()}
                node = specimen.set(given | on_scope(vips, set_on, name, value))
                at = {"of": "one setting", "set on": set_on, "setting": spelled({name: value, **beside})}
                about = vips if 3 in (value, *beside.values()) else widely
                yield from specimen.compared(partial(_asked, specimen, node, about, at, MORE_SENDERS))
        for together in product(*TOGETHER.values()) if place not in LIKE_NO_ARP else ():
            values = dict(zip(TOGETHER, together, strict=True))
            node = specimen.set({f"{vip.link}.{name}": value for vip in widely for name, value in values.items()})
            at = {"of": "settings together", **values}
            yield from specimen.compared(partial(_asked, specimen, node, widely, at, MORE_SENDERS))
            if values["arp_ignore"] == values["arp_filter"] == 0:
                yield from specimen.compared(partial(_sent, specimen, node, widely, at))


def level_claims() -> Iterator[Claim]:
    """Every level on all with every level on the link: one link has one level, and a VIP on lo and on the link."""
    levels = dict(enumerate(ODD_LEVELS))
    vips = [KeptVip(n, 32, "host", "lo") for n in levels]
    with wire((*(vip.link for vip in vips), CONTROL)) as on:
        on.ip("\n".join(vip.commands for vip in vips))
        specimen = Specimen(on)
        for of_all in ODD_LEVELS:
            node = specimen.set({"all.arp_ignore": of_all} | {f"eth{n}.arp_ignore": to for n, to in levels.items()})
            yield from specimen.compared(partial(_asked_twice, specimen, node, vips, of_all))


def _asked_twice(specimen: Specimen, node: Node, vips: Iterable[KeptVip], of_all: int) -> Iterator[Question]:
    for vip, who, place in product(vips, SENDERS, ("lo", "the link")):
        target = vip.vip if place == "lo" else vip.rip
        of = {"of": "arp_ignore twice", "of all": of_all, "of the link": ODD_LEVELS[vip.number]}
        yield who_has(specimen, node, vip.link, target, vip.sender(who), {**of, "place": place, "sender": who})


def spelled(settings: Mapping[str, int]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings.items())


def on_scope(vips: Iterable[KeptVip], set_on: str, name: str, value: int) -> dict[str, int]:
    if set_on == "the link":
        return {f"{vip.link}.{name}": value for vip in vips}
    scopes = {VIP_LINK.get(vip.place, "") if set_on == "the VIP's link" else set_on for vip in vips}
    return {f"{scope}.{name}": value for scope in scopes}


def _asked(
    specimen: Specimen, node: Node, vips: Iterable[KeptVip], at: Mapping[str, object], senders: Iterable[str]
) -> Iterator[Question]:
    for vip, who in product(vips, senders):
        yield who_has(specimen, node, vip.link, vip.vip, vip.sender(who), {**at, **_of(vip), "sender": who})


def who_has(
    specimen: Specimen, node: Node, link: str, target: IPv4Address, sender: IPv4Address, at: Mapping[str, object]
) -> Question:
    arrived_on = node.link(link)
    assert arrived_on is not None
    answer, reply = arp_reply(node, target, arrived_on=arrived_on, sender=sender), Arp(link, REPLY, target, sender)
    done = f"{link}: who has {target}, tell {sender}"
    made = claim("arp_reply", done, answer, [reply], key_of(reply), at)
    return Question(made, partial(specimen.on.ask, link, target, sender))


def _sent(specimen: Specimen, node: Node, vips: Iterable[KeptVip], at: Mapping[str, object]) -> Iterator[Question]:
    """Packets to a VIP: delivered where it is local and the source is accepted. This node forwards nothing."""
    for vip, who in product(vips, MORE_SENDERS):
        src, mark = vip.sender(who), next(specimen.marks)
        if who == "0.0.0.0":  # which is no source of a packet but to everybody
            continue
        # A local /16 gives way to the /24 of the link.
        local = route_lookup(node, vip.vip, src=src, arrived_on=vip.link).type == "local"
        judged = source_ok if local else passes_on
        answer = judged(node, src=src, dst=vip.vip, arrived_on=vip.link)
        where = {**at, "of": "packets", **_of(vip), "sender": who}
        done = f"{vip.link}: a packet from {src} to {vip.vip}"
        made = claim("source_ok", done, answer, [Delivered(mark)], ("mark", mark), where)
        yield Question(made, partial(specimen.on.send, vip.link, src, vip.vip, mark))


def _of(vip: KeptVip) -> dict[str, object]:
    return {"place": vip.place, "prefix": vip.prefix, "scope": vip.scope}
