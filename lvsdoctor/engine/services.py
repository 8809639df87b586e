"""What becomes of the connections to each service of a scan."""

from collections.abc import Iterator, Sequence

from lvsdoctor.model.node import Node
from lvsdoctor.model.service_outcome import Lacking, ServiceOutcome
from lvsdoctor.model.walk import Walk
from lvsdoctor.reporting.service_outcomes import service_outcomes


def services(nodes: Sequence[Node], walks: Sequence[Walk]) -> tuple[ServiceOutcome, ...]:
    """One for each service: those that suffer first, last those by a firewall mark of which no packet is known."""
    contradictory = [node.name for node in nodes if node.contradictions]
    planned = {node.name: node.planned for node in nodes if node.planned is not None}
    return (*service_outcomes(walks, contradictory, planned), *_unfollowed_marks(nodes, walks))


def _unfollowed_marks(nodes: Sequence[Node], walks: Sequence[Walk]) -> Iterator[ServiceOutcome]:
    """What no walk is about: the rules that mark packets tell to which addresses they go."""
    followed = {walk.service for walk in walks}
    directors: dict[str, dict[str, bool]] = {}
    for node in nodes:
        for service in node.evidence.get("ipvs", ()):
            name = service.mark_name
            if service.fwmark is not None and name not in followed:
                directors.setdefault(name, {})[node.name] = "iptables" in node.evidence
    for name, known in directors.items():
        hosts = tuple(host for host, collected in known.items() if not collected)
        yield ServiceOutcome(name, lacking=(Lacking("iptables-save", hosts),) if hosts else ())
