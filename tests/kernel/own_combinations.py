"""In whose name a node asks by ARP, and whom it redirects: every level with every next hop and every source."""

import itertools
from collections.abc import Iterator, Mapping
from functools import partial
from ipaddress import IPv4Address
from itertools import product

from lvsdoctor.kernel.arp_source import arp_sender
from lvsdoctor.kernel.redirects import sends_redirect
from lvsdoctor.model.node import Node
from tests.kernel.claim import Claim
from tests.kernel.probing import claim
from tests.kernel.specimen import CONTROL, Question, Specimen
from tests.kernel.wire import LINKS, REQUEST, Arp, Redirected, wire

SET_ON = ("all", "the link", "lo", "default", "another link")
_SCOPES = {"the link": "eth0", "another link": "eth1"}

# -- arp_announce -----------------------------------------------------------------------------------------------------

ANNOUNCE = (0, 1, 2, 3)  # nobody defined 3
RIP = "addr add 10.0.0.21/16 dev eth0\naddr add 10.0.0.22/16 dev eth0\naddr add 10.1.0.21/16 dev eth0\n"
VIPS = {
    "a VIP of the subnet": "10.0.0.200/32 dev {link}",
    "a VIP of another subnet": "10.7.0.200/32 dev {link}",
    "a VIP of scope link": "10.0.0.202/32 dev {link} scope link",
    "a VIP of scope host": "10.0.0.201/32 dev {link} scope host",
}
# Where the VIPs are, and what else the link has: without anything of its own it speaks in another link's name.
VIPS_ON: Mapping[str, str] = {
    "lo": RIP,
    "the link": RIP,
    "the link, before the RIP": "",
    "another link": RIP,
    "a link without ARP": RIP,
    "lo, and the link has no address": "",
    "the link, and nothing else": "",
    "lo, wide as the subnet": RIP,
}
SOURCES: Mapping[str, str | None] = {
    **{name: told.partition("/")[0] for name, told in VIPS.items()},
    "the RIP": "10.0.0.21",
    "a secondary address": "10.0.0.22",
    "the link's second subnet": "10.1.0.21",
    "another link's address": "10.2.0.21",
    "somebody else": "203.0.113.9",
    "no packet": None,
}
# The first two numbers of the next hop, and whether it is a gateway.
NEXT_HOPS: Mapping[str, tuple[str, bool]] = {
    "a neighbour in the subnet": ("10.0", False),
    "a neighbour in the second subnet": ("10.1", False),
    "a neighbour in no subnet": ("10.9", False),
    "a gateway in the subnet": ("10.0", True),
    "a gateway in the second subnet": ("10.1", True),
    "a gateway in no subnet": ("10.9", True),
}


def announce_claims(vips_on: str) -> Iterator[Claim]:
    link = {"lo": "lo", "the link": "eth0", "another link": "eth1", "a link without ARP": "quiet"}
    lines = [told.format(link=link[vips_on.partition(",")[0]]) for told in VIPS.values()]
    if vips_on == "lo, wide as the subnet":
        lines[0] = lines[0].replace("/32", "/16")
    held = [f"addr add {line}" for line in lines]
    own = VIPS_ON[vips_on] if vips_on != "the link, before the RIP" else RIP
    addresses = [*held, own] if "before" in vips_on else [own, *held]
    ways = {(hop, source): f"10.8.{h}.{s}" for h, hop in enumerate(NEXT_HOPS) for s, source in enumerate(SOURCES)}
    with wire((*LINKS, CONTROL)) as on:
        on.ip("link add quiet type ifb\nlink set quiet up\naddr add 10.2.0.21/16 dev eth1\n" + "\n".join(addresses))
        # Where a VIP on lo is as wide, its prefix is local, but for these.
        subnets = [f"route replace {NEXT_HOPS[hop][0]}.{h}.0/24 dev eth0 scope link" for h, hop in enumerate(NEXT_HOPS)]
        gateways = [f"route add {dst} via {_hop(hop, source)} dev eth0" for (hop, source), dst in ways.items()
                    if NEXT_HOPS[hop][1]]  # fmt: skip
        on.ip("\n".join(subnets + gateways))
        specimen = Specimen(on)
        for set_on, level, localnet in product(SET_ON, ANNOUNCE, (0, 1)):
            if (localnet and set_on != "the link") or (level in (0, 3) and set_on not in ("all", "the link")):
                continue
            scope = _SCOPES.get(set_on, set_on)
            node = specimen.set({f"{scope}.arp_announce": level, "eth0.route_localnet": localnet})
            at = {"of": "arp_announce", "VIP on": vips_on, "set on": set_on, "arp_announce": level}
            at |= {"route_localnet": localnet}
            yield from specimen.compared(partial(_spoken, specimen, node, ways, at))


def _hop(hop: str, source: str) -> IPv4Address:
    """Another next hop for each question: whom nobody asked for before has to be asked for."""
    return IPv4Address(f"{NEXT_HOPS[hop][0]}.{list(NEXT_HOPS).index(hop)}.{list(SOURCES).index(source) + 100}")


def _spoken(
    specimen: Specimen, node: Node, routes: Mapping[tuple[str, str], str], at: Mapping[str, object]
) -> Iterator[Question]:
    on, link = specimen.on, node.link("eth0")
    assert link is not None
    on.ip("neigh flush dev eth0")  # forgotten, so that they are asked for again
    for (hop, source), beyond in routes.items():
        ip, asking_for, gateway = SOURCES[source], _hop(hop, source), NEXT_HOPS[hop][1]
        if ip is None and gateway:
            continue  # a neighbour is asked for again alike, whatever it is to the routes
        packet_source = IPv4Address(ip) if ip else None
        sender = arp_sender(node, link, asking_for=asking_for, packet_source=packet_source)
        assert isinstance(sender.ip, IPv4Address)
        where = {**at, "next hop": hop, "source": source}
        done = f"eth0: {asking_for} is asked for, by a packet from {ip} to {beyond if gateway else asking_for}"
        key = "request", "eth0", asking_for
        predicted = frozenset({Arp("eth0", REQUEST, sender.ip, asking_for)})
        made = Claim("arp_sender", "", done, f"{sender.ip}: {sender.reason}", sender.reason, predicted, key, at=where)
        if packet_source is None:
            mac = on.far_macs["eth0"].hex(":")
            act = partial(on.ip, f"neigh replace {asking_for} lladdr {mac} nud probe dev eth0")
            yield Question(made, act)
        else:
            to = IPv4Address(beyond) if gateway else asking_for
            yield Question(made, partial(on.send_from, "eth0", packet_source, to))


# -- send_redirects ---------------------------------------------------------------------------------------------------

ROUTER = (
    "addr add 10.0.0.21/16 dev eth0\naddr add 10.1.0.21/16 dev eth0\naddr add 10.2.0.21/16 dev eth1\n"
    "route add 10.9.0.0/16 dev eth0\nroute add 10.8.0.0/24 via 10.0.0.1\nroute add 10.8.1.0/24 via 10.1.0.1\n"
    "route add 10.8.2.0/24 via 10.9.0.1\nroute add 10.8.3.0/24 via 10.2.0.1\nroute add 10.8.4.0/24 via 10.0.0.1\n"
    "route add blackhole 10.8.5.0/24\n"
    "route add 10.6.0.0/16 dev eth0 metric 20\nroute add 10.6.0.0/16 dev eth1 metric 10"
)
ROUTES_ON = {
    "a neighbour in the subnet": "10.0.0.77",
    "a neighbour in the second subnet": "10.1.0.77",
    "a neighbour in no subnet": "10.9.0.77",
    "a neighbour on another link": "10.2.0.77",
    "a gateway in the subnet": "10.8.0.77",
    "a gateway in the second subnet": "10.8.1.77",
    "a gateway in no subnet": "10.8.2.77",
    "a gateway on another link": "10.8.3.77",
    "a blackhole": "10.8.5.77",
}
HOPS = "10.0.0.77 10.1.0.77 10.9.0.77 10.0.0.1 10.1.0.1 10.9.0.1".split()
SENDERS = {
    "in the subnet": "10.0",
    "in the second subnet": "10.1",
    "in no subnet": "10.9",
    "on another link": "10.2",
    "on either, better on another link": "10.6",
    "behind a gateway": "10.8.4",
    "without a way back": "172.16",
}
ROUTING: Mapping[str, tuple[int, ...]] = {
    "send_redirects": (0, 1),
    "shared_media": (0, 1),
    "rp_filter": (0, 1, 2),
    "forwarding": (0, 1),
}


def redirect_claims() -> Iterator[Claim]:
    with wire((*LINKS, CONTROL)) as on:
        macs = {link: on.far_macs[link].hex(":") for link in LINKS}
        known = [f"neigh replace {ip} lladdr {macs['eth0']} nud permanent dev eth0" for ip in HOPS]
        known += [
            f"neigh replace {ip} lladdr {macs['eth1']} nud permanent dev eth1" for ip in ("10.2.0.77", "10.2.0.1")
        ]
        on.ip("\n".join((ROUTER, *known)))
        specimen = Specimen(on)
        hosts = itertools.count(300)
        for sending, sharing in product(("nowhere", *SET_ON), repeat=2):
            settings = {"eth0.forwarding": 1}
            settings |= {f"{_SCOPES.get(sending, sending)}.send_redirects": 1} if sending != "nowhere" else {}
            settings |= {f"{_SCOPES.get(sharing, sharing)}.shared_media": 1} if sharing != "nowhere" else {}
            node = specimen.set(settings)
            at = {"of": "redirects, where set", "send_redirects on": sending, "shared_media on": sharing}
            yield from specimen.compared(partial(_redirected, specimen, node, hosts, at))
        for values in product(*ROUTING.values()):
            routing = dict(zip(ROUTING, values, strict=True))
            node = specimen.set({f"eth0.{name}": value for name, value in routing.items()})
            yield from specimen.compared(partial(_redirected, specimen, node, hosts, {"of": "redirects", **routing}))


def _redirected(specimen: Specimen, node: Node, hosts: Iterator[int], at: Mapping[str, object]) -> Iterator[Question]:
    on, link = specimen.on, node.link("eth0")
    assert link is not None
    known = []
    for (way, to), (who, start) in product(ROUTES_ON.items(), SENDERS.items()):
        # Each sender is another one: who was told is not told again so soon (ip_rt_send_redirect()).
        number, mark = next(hosts), next(specimen.marks)
        src = IPv4Address(
            f"{start}.{number % 250}" if start.count(".") == 2 else f"{start}.{number // 250}.{number % 250}"
        )
        dst = IPv4Address(to)
        speaks_on = "eth1" if "another link" in who else "eth0"
        if who not in ("behind a gateway", "without a way back"):
            known.append(f"neigh replace {src} lladdr {on.far_macs[speaks_on].hex(':')} nud permanent dev {speaks_on}")
        answer = sends_redirect(node, src=src, dst=dst, arrived_on=link)
        next_hop = IPv4Address(answer.fields["next_hop"]) if answer else dst
        where = {**at, "the way on": way, "sender": who}
        done = f"eth0: a packet from {src} to {dst}"
        made = claim("sends_redirect", done, answer, [Redirected(mark, next_hop)], ("redirect", mark), where)
        yield Question(made, partial(on.send, "eth0", src, dst, mark))
    on.ip("\n".join(known))
