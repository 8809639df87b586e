"""Holds the model of kernel/ against the kernel itself: says what it will do, does it, and looks."""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address

from lvsdoctor.kernel.answer import Answer
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.arp_source import arp_sender
from lvsdoctor.kernel.delivery import passes_on
from lvsdoctor.kernel.redirects import sends_redirect
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from tests.kernel.claim import DESTINATIONS, SOURCES, Claim, ips_in
from tests.kernel.route_probing import route_claims
from tests.kernel.setups import Setup, made, proxies
from tests.kernel.wire import LINKS, REPLY, REQUEST, Arp, Delivered, Event, Forwarded, Redirected, Wire, wire

# Each setting with the values it is drawn from; a value that stands twice is drawn twice as often.
DRAWN: Mapping[str, tuple[int, ...]] = {
    "arp_ignore": (0, 0, 0, 1, 2, 3, 4, 8, 9),
    "arp_announce": (0, 0, 1, 1, 2, 3),
    "arp_filter": (0, 0, 0, 1),
    "rp_filter": (0, 0, 0, 1, 2, 3),
    "accept_local": (0, 0, 1),
    "proxy_arp": (0, 0, 1),
    "proxy_arp_pvlan": (0, 0, 0, 1),
    "forwarding": (0, 1, 1),
    "send_redirects": (0, 1),
    "shared_media": (0, 0, 1),
    "route_localnet": (0, 0, 0, 1),
    "drop_gratuitous_arp": (0, 0, 0, 1),
}
MEDIUM = (0, 0, 0, -1, 1, 2)
SCOPES = ("all", "default", "lo", *LINKS)
DRAWS, ASKED, SENT, OWN = 3, 40, 16, 2

# Silence that ends a round, and how long what the model predicts is waited for. A round with a disagreement is done
# again in the slow way: only what stays is one.
QUICK, SLOW = (0.004, 0.3), (0.15, 1.5)


# The odd ones are asked about now and then: they soon get the same answer everywhere.
TARGETS = DESTINATIONS * 2 + DESTINATIONS[:2] * 3
ODD_TARGETS = ips_in("127.0.0.1 127.9.9.9 224.0.0.5 192.0.2.255 192.0.2.0 255.255.255.255 0.0.0.0 0.0.0.9")
SENDERS = SOURCES * 2 + ips_in("0.0.0.0 0.0.0.0")
ODD_SENDERS = ips_in("127.0.0.5 224.0.0.1 255.255.255.255 0.1.2.3 192.0.2.177")
OWN_SOURCES = ips_in("192.0.2.200 192.0.2.200 192.0.2.21 198.51.100.21 203.0.113.9")
# Where the node looks for hosts that nobody else here speaks of, so that it has to ask: a new one each time.
SPOKEN_OF = {21, 77, 99, 129, 177, 200, 201}
UNKNOWN = ("192.0.2", "203.0.113", "198.51.100")


def compared_with_the_kernel(setup: Setup, seed: str) -> Iterator[Claim]:
    """Every claim about a setup under one configuration after the other."""
    with wire() as on:
        made(setup, on)
        rounds = Rounds(setup, on)
        for number, settings in enumerate(drawn_settings(random.Random(seed))):
            on.write({**settings, **setup.fixed})
            node = on.node()
            shown = " ".join(f"{key}={value}" for key, value in settings.items() if value)
            for silence, patience in (QUICK, SLOW):
                claims = rounds.run(node, shown, random.Random(f"{seed} {number}"), silence, patience)
                if all(claim.agrees for claim in claims):
                    break
            if number == 0:
                yield from route_claims(setup, on, node)
            yield from claims


def drawn_settings(dice: random.Random) -> Iterator[dict[str, int]]:
    """First everything off, then whatever falls."""
    nothing = {f"{scope}.{name}": 0 for scope in SCOPES for name in DRAWN}
    nothing |= {f"{link}.medium_id": 0 for link in LINKS}
    yield nothing
    for _ in range(DRAWS):
        drawn = dict(nothing)
        # `all` counts for every link, so it is left alone half of the time.
        scopes = LINKS if dice.random() < 0.5 else SCOPES
        drawn |= {f"{scope}.{name}": dice.choice(values) for scope in scopes for name, values in DRAWN.items()}
        drawn |= {f"{link}.medium_id": dice.choice(MEDIUM) for link in LINKS}
        if dice.random() < 0.5:
            drawn |= {key: 0 for key in drawn if key.endswith("arp_ignore")}
        yield drawn


class Rounds:
    """Rounds of questions to one node. What must not be used twice (unknown hosts, marks) is counted on."""

    def __init__(self, setup: Setup, on: Wire) -> None:
        self.setup, self.on = setup, on
        self.proxied = proxies(setup)
        self.marks, self.hosts = itertools.count(10_000), (n for n in range(10, 250) if n not in SPOKEN_OF)
        self.neighbours: list[str] = []
        self.acts: list[Callable[[], None]] = []

    def run(self, node: Node, settings: str, dice: random.Random, silence: float, patience: float) -> list[Claim]:
        claims = [*self._requests(node, dice), *self._packets(node, dice), *self._own(node, dice)]
        if self.neighbours:
            self.on.ip("\n".join(self.neighbours))
        for act in self.acts:
            act()
        self.neighbours, self.acts = [], []
        awaited = {event for claim in claims for event in claim.predicted if isinstance(event, Event)}
        events: dict[object, set[Event]] = {}
        for event in self.on.events(awaited, silence, patience):
            events.setdefault(key_of(event), set()).add(event)
        return [
            replace(claim, settings=settings, happened=frozenset(events.get(claim.question, ()))) for claim in claims
        ]

    def _link(self, node: Node, name: str) -> Link:
        """The link that IP sees: the bridge, for its port."""
        found = node.link(name)
        assert found is not None
        return (node.link(found.master) if found.master else None) or found

    def _requests(self, node: Node, dice: random.Random) -> Iterator[Claim]:
        asked = {}
        for _ in range(ASKED):
            targets, senders = dice.choices(
                ((TARGETS, SENDERS), (ODD_TARGETS, SENDERS), (TARGETS, ODD_SENDERS)), (8, 1, 1)
            )[0]
            asked[dice.choice(self.setup.links), dice.choice(targets), dice.choice(senders)] = True
        for link, target, sender in asked:
            arrived_on = self._link(node, link)
            answer = arp_reply(node, target, arrived_on=arrived_on, sender=sender, proxied=self.proxied)
            reply = Arp(link, REPLY, target, sender)
            self.on.ask(link, target, sender)
            yield claim("arp_reply", f"{link}: who has {target}, tell {sender}", answer, [reply], key_of(reply))

    def _packets(self, node: Node, dice: random.Random) -> Iterator[Claim]:
        pairs = [(link, src, dst) for link in self.setup.links for dst in DESTINATIONS for src in SOURCES]
        for link, src, dst in dice.sample(pairs, SENT):
            arrived_on, mark = self._link(node, link).name, next(self.marks)
            way = route_lookup(node, dst, src=src, arrived_on=arrived_on)
            if way.type == "broadcast":
                continue  # delivered as such, which is not modelled
            done = f"{link}: a packet from {src} to {dst}"
            self.on.send(link, src, dst, mark)
            events: list[Event]
            if way.type == "local":
                answer, events = source_ok(node, src, dst, arrived_on=arrived_on), [Delivered(mark)]
            else:
                answer = passes_on(node, src=src, dst=dst, arrived_on=arrived_on)
                events = [Forwarded(mark, self._port(node, hop)) for hop in dict.fromkeys(way.links)]
            yield claim("source_ok", done, answer, events, ("mark", mark))

    def _port(self, node: Node, link: str) -> str:
        """The link on whose far end it is seen: the port, for a bridge."""
        return next((port.name for port in node.links if port.master == link), link)

    def _own(self, node: Node, dice: random.Random) -> Iterator[Claim]:
        for link in self.setup.links:
            if self._link(node, link).name != link:
                continue
            yield from self._redirects(node, link, dice)
            yield from self._senders(node, link, dice)

    def _redirects(self, node: Node, link: str, dice: random.Random) -> Iterator[Claim]:
        """A host that was never told before, for then the kernel tells it at once."""
        # Mostly of the link's own subnet, and to where the same link leads.
        subnets = {"eth0": UNKNOWN, "eth1": UNKNOWN[::-1]}[link]
        src, mark = IPv4Address(f"{dice.choices(subnets, (6, 1, 1))[0]}.{next(self.hosts)}"), next(self.marks)
        dst = dice.choice([ip for ip in DESTINATIONS if str(ip).startswith(subnets[0])] + list(DESTINATIONS[-2:]))
        found = node.link(link)
        assert found is not None
        if not found.arp or not found.up:
            return
        # The redirect takes the way back, which may be another link.
        speaking = [name for name in self.setup.links if (at := node.link(name)) and at.arp and at.up and not at.master]
        for name in speaking:
            self.neighbours.append(
                f"neigh replace {src} lladdr {self.on.far_macs[name].hex(':')} nud permanent dev {name}"
            )
        answer = sends_redirect(node, src=src, dst=dst, arrived_on=found)
        next_hop = IPv4Address(answer.fields["next_hop"]) if answer else dst
        others = route_lookup(node, dst, src=src, arrived_on=link).gateways if answer else ()
        self.acts.append(lambda: self.on.send(link, src, dst, mark))
        done = f"{link}: a packet from its neighbour {src} to {dst}"
        told = claim("sends_redirect", done, answer, [Redirected(mark, next_hop)], ("redirect", mark))
        yield replace(told, as_good=frozenset(Redirected(mark, ip) for ip in others if isinstance(ip, IPv4Address)))

    def _senders(self, node: Node, link: str, dice: random.Random) -> Iterator[Claim]:
        found = node.link(link)
        assert found is not None
        for _ in range(OWN):
            src, dst = dice.choice(OWN_SOURCES), IPv4Address(f"{dice.choice(UNKNOWN)}.{next(self.hosts)}")
            way = route_lookup(node, dst, src=src, oif=link)
            if way.gateways or way.type not in ("unicast", "unreachable") or not self.on.send_from(link, src, dst):
                continue
            sender = arp_sender(node, found, asking_for=dst, packet_source=src)
            yield self._sender(sender.ip, link, dst, f"its own packet from {src} to {dst} by {link}", sender.reason)
        if found.arp and found.up:
            dst = IPv4Address(f"{dice.choice(UNKNOWN)}.{next(self.hosts)}")
            self.neighbours.append(f"neigh replace {dst} lladdr {self.on.far_macs[link].hex(':')} nud probe dev {link}")
            sender = arp_sender(node, found, asking_for=dst, packet_source=None)
            yield self._sender(sender.ip, link, dst, f"{dst} by {link} is asked for again", sender.reason)

    def _sender(self, ip: object, link: str, dst: IPv4Address, done: str, reason: str) -> Claim:
        predicted = frozenset({Arp(link, REQUEST, ip, dst)} if isinstance(ip, IPv4Address) else ())
        return Claim("arp_sender", "", done, f"{ip}: {reason}", reason, predicted, ("request", link, dst))


def claim(
    about: str, done: str, answer: Answer, events: Iterable[Event], key: object, at: Mapping[str, object] | None = None
) -> Claim:
    predicted = frozenset(events if answer else ())
    return Claim(about, "", done, f"{answer.yes}, {answer.why}", answer.reason, predicted, key, at=at or {})


def key_of(event: Event) -> object:
    """What two events have in common that are answers to the same question."""
    match event:
        case Arp(link, 1, _, target):
            return "request", link, target
        case Arp(link, _, sender, target):
            return "reply", link, sender, target
        case Redirected(mark):
            return "redirect", mark
        case Delivered(mark) | Forwarded(mark):
            return "mark", mark
