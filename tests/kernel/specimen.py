"""Rounds of questions to a node that is made once: what is set changes from one round to the next."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, conf_key
from tests.kernel.claim import Claim
from tests.kernel.probing import QUICK, SLOW, key_of
from tests.kernel.wire import Delivered, Event, Wire

# What the rounds set, all off to begin with: a namespace starts with what the machine has.
NAMES = (
    "arp_ignore arp_announce arp_filter rp_filter accept_local proxy_arp proxy_arp_pvlan medium_id forwarding"
    " send_redirects shared_media route_localnet drop_gratuitous_arp"
).split()


# Another link of every node, for a packet that is delivered whatever the rest does. Sent last, it comes last: who did
# not answer by then stays silent.
CONTROL = "other"
CONTROL_HOST, CONTROL_IP = IPv4Address("10.99.0.1"), IPv4Address("10.99.0.21")
AFTERWARDS = 0.001


@dataclass(frozen=True)
class Question:
    """A claim, and what is done to the node to see whether it is true."""

    claim: Claim
    act: Callable[[], object]


class Specimen:
    """What is set on one node, and the same node as the model sees it."""

    def __init__(self, on: Wire) -> None:
        self.on = on
        scopes = ("all", "default", "lo", *on.links)
        self.off = {f"{scope}.{name}": 0 for scope in scopes for name in NAMES}
        on.ip(f"addr add {CONTROL_IP}/24 dev {CONTROL}")
        on.write(self.off)
        self.written: dict[str, int] = {}
        self.marks = itertools.count(10_000)
        self.collected = on.node()

    def set(self, settings: Mapping[str, int]) -> Node:
        """Sets these, takes back those of the round before, and answers with the node as it would be collected."""
        off = {key: self.off.get(key, 0) for key in self.written if key not in settings}
        self.on.write({**off, **settings})
        self.written = dict(settings)
        return with_settings(self.collected, settings)

    def compared(self, ask: Callable[[], Iterable[Question]]) -> list[Claim]:
        """Does what the questions do and looks; again in the slow way, and with new questions, if anything differs."""
        claims: list[Claim] = []
        shown = " ".join(f"{key}={value}" for key, value in self.written.items() if value)
        for silence, patience in ((AFTERWARDS, QUICK[1]), SLOW):
            questions = list(ask())
            for question in questions:
                question.act()
            control = Delivered(next(self.marks))
            self.on.send(CONTROL, CONTROL_HOST, CONTROL_IP, control.mark)
            awaited = {event for q in questions for event in q.claim.predicted if isinstance(event, Event)}
            events: dict[object, set[Event]] = {}
            for event in self.on.events({*awaited, control}, silence, patience):
                events.setdefault(key_of(event), set()).add(event)
            claims = [
                replace(q.claim, settings=shown, happened=frozenset(events.get(q.claim.question, ())))
                for q in questions
            ]  # fmt: skip
            if all(claim.agrees for claim in claims) and events.get(key_of(control)):
                return claims
        assert events.get(key_of(control)), f"[{shown}] not even the packet that is always delivered came"
        return claims


def with_settings(node: Node, settings: Mapping[str, int]) -> Node:
    """The node as if it had been collected with these settings, `eth0.arp_ignore` and the like."""
    rows = dict(node.evidence["sysctl"])
    for key, value in settings.items():
        scope, _, name = key.rpartition(".")
        full = conf_key(scope, name)
        rows[full] = Setting(full, str(value), Seen("written", None, f"{full} = {value}"))
    return replace(node, evidence={**node.evidence, "sysctl": rows})
