"""Dumps that a scan holds and no rule read, and that may hold what a finding takes for absent."""

from lvsdoctor.model.examination import Diagnosis, Missing
from lvsdoctor.model.node import Node

# What the reports of a rule not checked call the machinery.
_HIDDEN_FACT = {"arp": "arptables", "sockets": "sockets"}


def unread_machinery(diagnosis: Diagnosis, node: Node) -> Missing | None:
    """The dump in the evidence that was not asked, and may hold the machinery that the finding takes for absent."""
    for item in diagnosis.evidence:
        if item.assumed and item.hides:
            host = node if item.of in ("", node.name) else next(p for p in node.standing.peers if p.name == item.of)
            for unread in host.unread_kinds:
                if item.hides in unread.hides:
                    why = "which this rule does not ask" if unread.read else "which is not read yet"
                    reason = f"{unread.seen.where} holds {unread.name}, {why}"
                    return Missing(_HIDDEN_FACT.get(item.hides, "ipvs"), host.name, item.settle, reason, unread.seen)
    return None
