"""Kinds of clusters that random draws would seldom meet, each drawn as often as the others.

A stratum is a shape of some bases, and what may be right or wrong about just that. The draw does not know what does
harm; the guest decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.lab import shapes
from tests.lab.changes import Change
from tests.lab.cluster import Cluster

IPTABLES = "iptables-legacy"


@dataclass(frozen=True, slots=True)
class Stratum:
    """`draw` gives the cluster and the changes of its kind; if `ordinary`, one of tests/lab/changes.py may be added."""

    name: str
    bases: tuple[str, ...]
    draw: Callable[[Random, Cluster, str], tuple[Cluster, Sequence[Change]]]
    ordinary: bool = True
    # What a command about the base says, and says in this shape.
    spelled: tuple[tuple[str, str], ...] = ()

    def adapted(self, change: Change, vip: str, link: str) -> Change:
        """A change of the base as this shape needs it; `link` carries the addresses of eth0."""
        commands = []
        for command in change.commands:
            for old, new in self.spelled:
                command = command.replace(old.replace("VIP", vip), new)
            commands.append(shapes.on_link(command, link) if link else command)
        return replace(change, commands=tuple(commands))


def with_others_left(change: Change, cluster: Cluster) -> Change:
    """A real server that is taken out of the table serves nobody; that is no fault where another one is left."""
    gone = [name for name, rip in cluster.real_servers.items() if any(_takes_out(c, rip) for c in change.commands)]
    left = set(cluster.real_servers) - set(gone)
    return replace(change, meant=(*change.meant, *(f"{name} serves nobody" for name in gone))) if left else change


def _takes_out(command: str, rip: str) -> bool:
    return command.startswith("ipvsadm -d ") and f" -r {rip}:" in command


STRATA: list[Stratum] = []


def stratum(*bases: str, ordinary: bool = True, spelled: tuple[tuple[str, str], ...] = ()) -> Callable[..., None]:
    def add(draw: Callable[[Random, Cluster, str], tuple[Cluster, Sequence[Change]]]) -> None:
        STRATA.append(Stratum(draw.__name__, bases, draw, ordinary, spelled))

    return add


def real_server(random: Random, cluster: Cluster) -> str:
    return random.choice(sorted(set(cluster.real_servers) - {"lb1"}))


def change(topic: str, host: str, *commands: str, named_by: str = "") -> Change:
    return Change(topic, host, tuple(filter(None, commands)), frozenset(named_by.split()))


# The rules whose finding names a change of the kind.
MARKS = "firewall-mark-never-set marked-requests-not-delivered vip-missing-on-director"
NAT = """nat-reply-bypasses-director nat-client-in-real-servers-subnet source-nat-without-conntrack
    director-is-real-servers-gateway"""
VIP_RULES = """service-address-answered-by-no-node vip-answered-by-nobody director-never-answers-arp
    vip-missing-on-director"""
FILTERS = """director-filter-drops-requests director-filter-drops-replies stateful-filter-drops-ipvs
    real-server-filter-drops-requests requests-rewritten-before-ipvs filter-drops-tunnelled-requests
    service-not-listening"""
IDENTITY = """real-server-unreachable rip-held-by-director director-address-held-by-real-server
    real-server-behind-gateway nat-real-server-behind-router"""
SOCKETS = "service-not-listening local-node-not-listening health-check-refused"
