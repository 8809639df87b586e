"""Runs the cases of a rule's page: do the findings come, quote the marked lines and no others, and say the sentence?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import try_rule
from lvsdoctor.model.coverage import Coverage, Origin
from lvsdoctor.model.examination import Diagnosis, Verdict
from lvsdoctor.model.node import Node
from lvsdoctor.parse.config import config_dumps
from lvsdoctor.parse.config.keepalived_conf import partial_of
from lvsdoctor.parse.keepalived import keepalived_conf
from lvsdoctor.parse.paste.stream import Piece, pieces
from lvsdoctor.reporting.rule_page import RulePage

# Fences that are named after a kind of file that configures, not after a dump.
_FILES = ("/kubernetes",)


@dataclass(frozen=True, slots=True)
class Tried:
    """One case and what is wrong with it (nothing, if `complaints` is empty)."""

    case: Case
    complaints: tuple[str, ...]


def nodes_in(case: Case) -> tuple[Node, ...]:
    """The nodes of a case, its dumps read as a user's would be."""
    role, vips = "auto", []
    options = list(case.options)
    while len(options) >= 2:
        option, value, *options = options
        if option == "--vip":
            vips.append(ip_address(value))
        elif option == "--role":
            role = value
    deployed = [dump for dump in case.dumps() if _is_keepalived_conf(dump[1])]
    return with_standing(_with_tables(nodes_of(_dumps(case)), deployed), role=role, vips=vips)


def _is_keepalived_conf(where: str) -> bool:
    return where.endswith("/keepalived-conf")


def _with_tables(nodes: Sequence[Node], files: Sequence[tuple[str, str, str]]) -> tuple[Node, ...]:
    """The nodes with what their keepalived.conf says: its table as the running one, and what no running node shows."""
    by_name = {node.name: node for node in nodes}
    for name, where, text in files:
        node = by_name.get(name, Node(name))
        conf = keepalived_conf(text, where, name)
        facts = {"ipvs": conf.services, "vrrp": conf.instances, "health-checks": conf.checks}
        known = {fact: rows for fact, rows in facts.items() if rows}
        coverage = dict.fromkeys(known.keys() - {"ipvs"}, Coverage(Origin.CONFIGURED, partial_of(conf)))
        by_name[name] = replace(node, evidence={**node.evidence, **known}, coverage={**node.coverage, **coverage})
    return tuple(by_name.values())


def _dumps(case: Case) -> list[NodeDump]:
    """The dumps of a case; what stands in an `also` is more of the dump that it adds to, not another of its kind."""
    dumps: list[NodeDump] = []
    for node, where, text in case.dumps():
        if _is_keepalived_conf(where):
            continue
        found = [NodeDump(piece, node, node, where) for piece in _pieces(node, where, text)]
        for more in found:
            begun = next((known for known in dumps if where == f"{known.where}-also" and _alike(known, more)), None)
            if begun is None:
                dumps.append(more)
                continue
            first, second = begun.piece.dump, more.piece.dump
            facts = {fact: (*rows, *second.facts.get(fact, ())) for fact, rows in first.facts.items()}
            whole = replace(first, facts=facts, unread=(*first.unread, *second.unread))
            dumps[dumps.index(begun)] = replace(begun, piece=replace(begun.piece, dump=whole))
    return dumps


def _pieces(node: str, where: str, text: str) -> Iterator[Piece]:
    """What stands in a fence: a file that configures the node where its dump is a path, else what a paste may hold."""
    is_path = "/" in where.removeprefix(f"{node}/") or where.endswith(_FILES)
    configured = config_dumps(text, where) if is_path else ()
    yield from [Piece("", dump) for dump in configured] or pieces(text, where)


def _alike(first: NodeDump, second: NodeDump) -> bool:
    facts = second.piece.dump.facts.keys()
    return first.node == second.node and bool(facts) and facts <= first.piece.dump.facts.keys()


def try_page(rule: Rule, page: RulePage) -> tuple[list[Tried], tuple[str, ...]]:
    """Every case, and what is wrong with the page itself: an outcome without a case, a fact declared but not read.

    Raises BadPage for a case that cannot be read.
    """
    reads: set[str] = set()
    cases = cases_of(page)
    tried = [Tried(case, tuple(_complaints(rule, case, reads))) for case in cases]
    about_page = [
        f"no case under '### {word}'"
        for word, outcome in (("Fires", "fires"), ("Quiet", "quiet"), ("Not checked", "not-checked"))
        if not any(case.expects == outcome for case in cases)
    ]
    if unread := sorted((rule.needs | rule.helps) - reads):
        about_page.append(f"declared but read in no case: {', '.join(unread)}")
    return tried, tuple(about_page)


def _complaints(rule: Rule, case: Case, reads: set[str]) -> Iterator[str]:
    nodes = nodes_in(case)
    for node in nodes:
        for seen in node.unread:
            yield f"{seen}: not understood: {seen.text}"
    diagnoses: list[Diagnosis] = []
    verdicts: set[Verdict] = set()
    for node in nodes:
        diagnosed, outcome = try_rule(rule, node, reads)
        diagnoses += diagnosed
        verdicts.add(outcome.verdict)
        if outcome.verdict is Verdict.CRASHED:
            yield f"crashed on {node.name}: {outcome.traceback.strip().splitlines()[-1]}"
    expected = Verdict(case.expects)
    if expected is Verdict.FIRES:
        if not diagnoses:
            yield f"does not fire ({_list(verdicts)})"
        yield from _quoted(case, diagnoses)
    elif expected is Verdict.QUIET:
        # Not checked is not quiet, and a look-alike that no node of the role shows is none.
        if diagnoses:
            yield f"fires: {diagnoses[0].message}"
        elif Verdict.QUIET not in verdicts or Verdict.NOT_CHECKED in verdicts:
            yield f"is not quiet but {_list(verdicts)}"
    elif Verdict.NOT_CHECKED not in verdicts:
        yield f"is checked ({_list(verdicts)})"


def _quoted(case: Case, diagnoses: Sequence[Diagnosis]) -> Iterator[str]:
    quoted = {(item.seen.where, item.seen.line) for d in diagnoses for item in d.evidence if item.seen.line is not None}
    for where, line in sorted(case.cited - quoted):
        yield f"{where}:{line} is marked but not quoted"
    for where, number in sorted(quoted - case.cited):
        yield f"{where}:{number} is quoted but not marked"
    said = {diagnosis.message for diagnosis in diagnoses}
    for message in case.messages:
        if message not in said:
            yield f"does not say: {message} (says: {' | '.join(sorted(said))})"
    identities = [(d.rule, d.node, tuple(sorted(d.about.items()))) for d in diagnoses]
    if len(set(identities)) < len(identities):
        yield "two findings are about the same thing"


def _list(verdicts: set[Verdict]) -> str:
    return ", ".join(sorted(verdicts)) or "the case has no node"
