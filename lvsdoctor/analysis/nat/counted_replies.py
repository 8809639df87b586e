"""Counters of masqueraded replies that contradict a setting: the two are of two times, or of two network namespaces."""

from lvsdoctor.analysis.nat.hops import reply_links
from lvsdoctor.analysis.nat.translation import nat_pairs, replies_pass
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.sanitize import command

_COUNTED = "replies of {rip} came through {node}, so this setting is of another time or network namespace"


def counted_through(director: Node, link: str, family: int = 4) -> Destination | None:
    """A real server of which counters or connections show that its replies came through this link."""
    for _, real, rip in nat_pairs(director, family):
        if link in reply_links(director, rip)[0] and replies_pass(director, real):
            return real
    return None


def contradicting_counters(director: Node, real: Destination, link: str) -> NotCollected:
    """What is raised where replies of a real server came through, and `forwarding` of the link says that none can."""
    key = conf_key(link, "forwarding", 4 if real.ip is None else real.ip.version)
    why = Partial(_COUNTED, real.seen, {"rip": str(real.ip), "node": director.name})
    return NotCollected("sysctl", director.name, key, command("sysctl", key), why)
