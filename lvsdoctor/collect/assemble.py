"""Dumps to nodes: what was collected of a host becomes the evidence of its node."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lvsdoctor.collect.attribution import HostEvidence, hosts_of
from lvsdoctor.collect.cleaned import NOTE, is_cleaned, judge_masks
from lvsdoctor.collect.contradictions import Settled, by_fact, settled
from lvsdoctor.collect.documents import NodeDump, where_of
from lvsdoctor.collect.lost_routes import with_lost_routes, with_renamed_links, without_outlived
from lvsdoctor.collect.merging import merged, services, together
from lvsdoctor.collect.planned import with_plan
from lvsdoctor.collect.states import LEFT_OUT, should_be
from lvsdoctor.collect.untold import drop_untold
from lvsdoctor.model.contradiction import Contradiction
from lvsdoctor.model.coverage import RUNTIME, Coverage, Origin, usual_coverage
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl_d import configured_sysctl
from lvsdoctor.parse.reader import Dump
from lvsdoctor.sanitize import visible

__all__ = ["NodeDump", "nodes_of"]


def nodes_of(dumps: Iterable[NodeDump]) -> tuple[Node, ...]:
    """A node for each host that the dumps are of; which these are, names and evidence tell (collect/attribution.py)."""
    nodes = _without_strays([(_node(host), host) for host in hosts_of(dumps)])
    taken: dict[str, int] = {}
    unique = []
    for node in nodes:
        # A directory's name may hold an escape sequence; the node is called as it is shown, in a script and by --node.
        node = replace(node, name=visible(node.name))
        number = taken[node.name] = taken.get(node.name, 0) + 1
        unique.append(node if number == 1 else replace(node, name=f"{node.name} ({number})"))
    return tuple(unique)


def _without_strays(nodes: Sequence[tuple[Node, HostEvidence]]) -> list[Node]:
    """A README beside the nodes is no node. What was not understood in it is counted with the first one's.

    A host that is named, or has a directory of its own, stays in the report even if nothing of it can be read.
    """
    kept = [node for node, host in nodes if _has_evidence(node) or _stays(node, host)]
    strays = [node for node, host in nodes if not (_has_evidence(node) or _stays(node, host))]
    if not any(map(_has_evidence, kept)):
        return [node for node, _ in nodes]
    first = next(place for place, node in enumerate(kept) if _has_evidence(node))
    unread = (*kept[first].unread, *(seen for node in strays for seen in node.unread))
    kinds = (*kept[first].unread_kinds, *(kind for node in strays for kind in node.unread_kinds))
    kept[first] = replace(kept[first], unread=unread, unread_kinds=kinds)
    return kept


def _has_evidence(node: Node) -> bool:
    return bool(node.evidence or node.kernel or node.contradictions)


def _stays(node: Node, host: HostEvidence) -> bool:
    named = host.named or any(mine.stays for mine in host.dumps)
    return named and bool(node.unread or node.unread_kinds)


def _node(host: HostEvidence) -> Node:
    group = host.dumps
    dumps = list(_placed(group))
    # A paste is nobody's golden file: what a comment in it asks for is not done, and not lost either.
    pasted = tuple(comment.seen for mine in group if not mine.path for comment in mine.piece.dump.comments)
    notes = [*host.notes, *(note for mine in group for note in mine.notes)]
    facts = {fact: settled(fact, of_fact) for fact, of_fact in by_fact(dumps)}
    if references := dict(_references(facts)):
        notes += references.values()
        dumps = [(where, dump) for where, dump in dumps if where not in references]
        facts = {fact: settled(fact, of_fact) for fact, of_fact in by_fact(dumps)}
    if not host.contradictions:  # of two hosts none is the later one
        notes += [remark for answers in facts.values() for remark in answers.remarks]
    evidence, coverage = _evidence({fact: answers.lists for fact, answers in facts.items()}, facts, notes)
    if is_cleaned(evidence):
        judge_masks(evidence, coverage)
        notes.append(NOTE)
    notes += drop_untold(evidence, coverage)
    contradictions = [*host.contradictions, *_contradictions(facts)]
    for contradiction in contradictions:
        if contradiction.readings:
            evidence.pop(contradiction.fact, None)
        else:
            evidence.clear()  # which row is of which host is not known
    evidence, known = without_outlived(evidence, coverage)
    ended = {fact for _, dump in dumps if dump.ended for fact in dump.facts}
    evidence, coverage = with_plan(evidence, with_lost_routes(evidence, with_renamed_links(evidence, known), ended))
    kernel = next(iter(evidence.pop("kernel", ())), "")
    return Node(
        host.name,
        group[0].source,
        evidence,
        coverage={fact: known for fact, known in coverage.items() if known.partial or _unusual(fact, known, evidence)},
        kernel=kernel,
        unread=(*(seen for _, dump in dumps for seen in dump.unread), *pasted),
        notes=tuple(dict.fromkeys(notes)),
        files={mine.where: mine.path for mine in group if mine.path},
        comments=tuple(comment for mine in group if mine.path for comment in mine.piece.dump.comments),
        unread_kinds=tuple(unread for _, dump in dumps for unread in dump.unread_kinds),
        contradictions=tuple(contradictions),
    )


def _unusual(fact: str, known: Coverage, evidence: Mapping[str, Any]) -> bool:
    return fact in evidence and known != usual_coverage(fact)


def _references(facts: Mapping[str, Settled]) -> Iterator[tuple[str, str]]:
    """The texts that contradict another and show by their names what should be, each with a note."""
    for conflict in (answers.conflict for answers in facts.values()):
        places = () if conflict is None else (conflict.first.where, conflict.second.where)
        if places and (good := should_be(*places)) is not None:
            bad = next(place for place in places if place != good)
            yield good, LEFT_OUT.format(good=good, bad=bad)


def _placed(group: Sequence[NodeDump]) -> Iterator[tuple[str, Dump]]:
    """Each dump with the text that it stands in."""
    last = ""
    for mine in group:
        last = mine.where or where_of(mine.piece.dump) or last
        yield last, mine.piece.dump


def _contradictions(facts: Mapping[str, Settled]) -> Iterator[Contradiction]:
    every = {fact: answers.lists for fact, answers in facts.items()}
    for fact, answers in facts.items():
        if (conflict := answers.conflict) is not None:
            made_of = "routes" if fact == "other-routes" else fact
            readings = (_evidence({**every, fact: lists}, facts, [])[0] for lists in answers.readings)
            rows = tuple(evidence[made_of] for evidence in readings if made_of in evidence)
            if rows:
                yield Contradiction(made_of, conflict.reason, conflict.first, conflict.second, conflict.fields, rows)


def _evidence(
    lists: Mapping[str, Sequence[Any]], facts: Mapping[str, Settled], notes: list[str]
) -> tuple[dict[str, Any], dict[str, Coverage]]:
    """The rows of each fact, and how far they tell it; what was made of them is added to `notes`."""
    evidence = {fact: merged(fact, rows) for fact, rows in lists.items()}
    coverage = {fact: answers.coverage for fact, answers in facts.items()}
    links = evidence.get("links", ())
    if links and len({link.loopback for link in links}) == 1 and coverage["links"].partial is None:
        # Every host has lo and another link: `ip addr show dev eth0` is a part of the answer, and no rule may take it
        # for the whole.
        del evidence["links"]
        names = ", ".join(link.name for link in links[:3])
        notes.append(f"only a part of the interfaces was shown ({names}), so nothing is concluded from what is missing")
    if "ipvs" in evidence and coverage.get("configured-ipvs", RUNTIME).origin is Origin.TYPED:
        # What somebody typed is no file that makes the table again: the table shows what came of it, or came before it.
        del evidence["configured-ipvs"]
    if "configured-sysctl" in evidence:
        files, runtime = evidence["configured-sysctl"], evidence.get("sysctl", ())
        evidence["configured-sysctl"] = configured_sysctl(files, (link.name for link in links), runtime)
    if not (evidence.get("routes") or evidence.get("local-routes")) and _has_ipv4(evidence):
        # Of which families rows tell, kernel/route_families.py knows; an answer without a row may be of `ip -6 route`.
        # Table local is never without 127.0.0.0/8 where IPv4 was shown.
        evidence.pop("routes", None)
        evidence.pop("local-routes", None)
    if others := evidence.pop("other-routes", ()):
        if "routes" in evidence:
            evidence["routes"] = together([evidence["routes"], others])
        else:
            notes.append("routes of other tables were shown, but not those of table main")
    if (counted := evidence.get("ipvs-stats")) and "ipvs" in evidence:
        evidence["ipvs"] = services([evidence["ipvs"], counted])
    return evidence, coverage


def _has_ipv4(evidence: Mapping[str, Any]) -> bool:
    """May the host have an IPv4 address besides that of lo? One with IPv6 alone has its routes in `ip -6 route`."""
    own = [address.ip for address in evidence.get("addresses", ()) if address.ip.version == 4]
    return not own or not all(ip.is_loopback for ip in own)
