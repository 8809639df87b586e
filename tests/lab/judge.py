"""Lets the guest and the scanner judge the same cluster, and says where they disagree."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from ipaddress import ip_address
from itertools import count

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis, Examination, Verdict
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from tests.lab.cluster import BASES, PORT, Cluster
from tests.lab.cluster6 import BASES6
from tests.lab.fix_scripts import body, rule_named, scripts_for
from tests.lab.guest import MODULES, Guest, guest_with, guest_without
from tests.lab.scenarios import Scenario
from tests.lab.symptoms import Measured, measured
from tests.lab.walks import Comparison, comparisons

SOCKETS = "tail -n +1 /proc/net/tcp /proc/net/udp /proc/net/tcp6 /proc/net/udp6"
# What an operator would send in, in words of the commands that our parsers read. Most of a scenario's time goes into
# them: as few processes as can be (tests/lab/inside_dumps.py), and not all of `sysctl -a`.
DUMPS = (
    "ip -d addr",
    "ip route show table all",
    "ip rule",
    "ip neigh",
    "sysctl net.ipv4.conf net.ipv4.ip_forward net.ipv4.vs net.netfilter.nf_conntrack_tcp_loose",
    "arptables-legacy -nvL",
    "iptables-legacy-save",
    SOCKETS,
)
# An IPv6 cluster has no packet to filter for arptables, and its routes and rules are shown by `ip -6` alone.
DUMPS6 = (
    "ip -d addr",
    "ip -6 route show table all",
    "ip -6 rule",
    "ip neigh",
    "ip -6 neigh show proxy",
    "sysctl net.ipv6.conf net.ipv4.vs net.netfilter.nf_conntrack_tcp_loose",
    SOCKETS,
)
DIRECTORS_DUMP = "ipvsadm -Sn"
ALL_BASES = BASES | BASES6
REQUESTS = 4
_numbers = count(1)


@cache
def rules() -> Sequence[Rule]:
    return load_rules()


@dataclass(frozen=True, slots=True)
class Running:
    """A cluster that runs in a guest."""

    guest: Guest
    number: int
    cluster: Cluster

    def run(self, host: str, commands: Sequence[str]) -> Iterator[str]:
        """What went wrong with the commands, if anything."""
        answers = self.guest.ask("run", number=self.number, host=host, commands=list(commands))
        for command, (status, output) in zip(commands, answers, strict=True):
            if status != 0:
                yield f"on {host}: {command}: exit {status}: {output.strip()}"

    def measure(self, clients: Sequence[str] = (), flush: bool = True, stats: bool = False) -> Measured:
        """`stats`: with the directors' counters, for which the kernel takes two seconds."""
        cluster = self.cluster
        said = {
            "vip": cluster.vip,
            "port": PORT,
            "protocol": cluster.protocol,
            "directors": cluster.directors,
            "clients": list(clients or cluster.clients),
            "requests": REQUESTS,
            "flush": flush,
            "stats": stats,
            "checks": {
                # What listens on another port is checked there, as its operator would.
                name: (rip, next(iter(cluster.hosts[name].serves), PORT))
                for name, rip in cluster.real_servers.items()
            },
            "asks": cluster.asks,
            "router": "router",
        }
        return measured(cluster, self.guest.ask("measure", number=self.number, request=said), REQUESTS)

    def dumps(self, hosts: Sequence[str] = (), more: Sequence[str] = ()) -> dict[str, dict[str, str]]:
        """Host: command: its output."""
        wanted = hosts or (*self.cluster.directors, *self.cluster.real_servers)
        usual = DUMPS6 if ":" in self.cluster.vip else DUMPS
        own = {name: [DIRECTORS_DUMP] if name in self.cluster.directors else [] for name in wanted}
        commands = {name: [*usual, *table, *more] for name, table in own.items()}
        found: dict[str, dict[str, str]] = self.guest.ask("dump", number=self.number, hosts=commands)
        return found


@contextmanager
def running(guest: Guest, cluster: Cluster) -> Iterator[Running]:
    """The cluster, built in the guest and taken down again."""
    number = next(_numbers)
    if cluster.modules:
        guest.ask("modprobe", modules=list(cluster.modules))
    guest.ask("build", number=number, **cluster.as_request())
    try:
        yield Running(guest, number, cluster)
    finally:
        guest.ask("close", number=number)


def nodes_from(dumps: dict[str, dict[str, str]], options: Sequence[str] = ()) -> Sequence[Node]:
    """As `lvsdoctor scan` reads them; a command is the file's name."""
    said = dict(zip(options[::2], options[1::2], strict=True))
    found = [
        NodeDump(piece, host, host)
        for host, outputs in dumps.items()
        for command, text in outputs.items()
        for piece in pieces(text or f"# {command}\n", f"{host}/{command}")
    ]
    vips = [ip_address(said["--vip"])] if "--vip" in said else []
    return with_standing(nodes_of(found), role=said.get("--role", "auto"), vips=vips)


# -- one scenario -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """What both said of a scenario, and how it differs from what was to be proved.

    `before` is the judgement of the first try, where there was a second. `walks`: of each look at the cluster.
    """

    complaints: tuple[str, ...]
    account: tuple[str, ...]
    walks: tuple[Comparison, ...]
    before: "Judged | None" = None

    def __str__(self) -> str:
        lines = "\n".join([*self.complaints, "--", *self.account])
        return lines if self.before is None else f"{lines}\n-- the first try:\n{self.before}"


@dataclass(slots=True)
class Account:
    """What is written down of a scenario while it is judged."""

    lines: list[str] = field(default_factory=list)
    walks: list[Comparison] = field(default_factory=list)


def judge_again_if_wrong(guest: Guest, scenario: Scenario) -> Judged:
    """A cluster in a loaded guest may be disturbed: what fails is tried once more, and the lab's table names it.

    A rule that is wrong is wrong both times: nothing in a scenario is drawn.
    """
    first = judge(guest, scenario)
    return replace(judge(guest, scenario), before=first) if first.complaints else first


def judge(guest: Guest, scenario: Scenario) -> Judged:
    """Run a scenario: broken, flagged, fixed, healed, quiet; or healthy and quiet."""
    if scenario.lacks:
        with guest_without(scenario.lacks) as own:
            return judge(own, replace(scenario, lacks=()))
    if scenario.alone or not set(scenario.modules) <= set(MODULES):
        # The first load of a module waits for each namespace that is being taken down, and once in some hundred one of
        # them never is.
        with guest_with([*MODULES, *scenario.modules]) as own:
            return judge(own, replace(scenario, modules=(), alone=False))
    account = Account()
    with running(guest, _cluster(scenario)) as lab:
        changes = [*scenario.on.items(), *scenario.then.items()]
        complaints = [wrong for host, commands in changes for wrong in lab.run(host, commands)]
        if not complaints:
            prove = _prove_fires if scenario.kind == "fires" else _prove_quiet
            complaints = list(prove(lab, scenario, account))
    return Judged(tuple(complaints), tuple(account.lines), tuple(account.walks))


def _cluster(scenario: Scenario) -> Cluster:
    base = ALL_BASES[scenario.base]()
    ports = {name: int(port or PORT) for name, _, port in (place.partition(":") for place in scenario.serves)}
    hosts = {name: replace(base.hosts[name], serves=(port,)) for name, port in ports.items()}
    hosts = {**base.hosts, **hosts}
    hosts |= {name: replace(hosts[name], transparent=True) for name in scenario.transparent}
    return replace(base, hosts=hosts | {name: replace(hosts[name], announces=True) for name in scenario.announces})


def _prove_fires(lab: Running, scenario: Scenario, account: Account) -> Iterator[str]:
    before, nodes, examination = _look(lab, scenario, account, "before")
    for symptom in set(scenario.shows) - set(before.symptoms):
        yield f"does not show {symptom!r}"
    if not scenario.shows:
        yield "says nothing that it shows"
    yield from _crashed(examination)
    found = [diagnosis for diagnosis in examination.diagnoses if diagnosis.rule == scenario.rule]
    if not found:
        yield f"the rule does not fire: {'; '.join(_outcomes(examination, scenario.rule))}"
        return
    for diagnosis in _errors(examination):
        if diagnosis.rule not in (scenario.rule, *scenario.also):
            yield f"another rule says error: {diagnosis.rule}: {diagnosis.message}"
    fixes = list(_commands_of(found))
    if not fixes and not scenario.by_hand:
        yield "the fix has no command"
    asked = [line for diagnosis in found for line in diagnosis.fix.now if line.lstrip().startswith("#")]
    if scenario.by_hand and not asked:
        yield "the fix asks for nothing by hand"
    for host, by_hand in scenario.by_hand.items():
        account.lines += [f"by hand on {host}: {command}" for command in by_hand]
        yield from lab.run(host, by_hand)
    # A host that is not in the scan is called by its RIP.
    names = {rip: name for name, rip in lab.cluster.real_servers.items()}
    # As `lvsdoctor fix --select RULE` prints it: a rule's fix has to heal by itself.
    scripts = scripts_for(nodes, [rule_named(scenario.rule)], scenario.options)
    for host, text in scripts.now.items():
        account.lines += [f"script on {host}: {line.strip()}" for line in body(text, host)]
        yield from (f"the script fails {wrong}" for wrong in lab.run(host, [text]))
    for host, commands in _commands_of(scripts.untried):
        account.lines += [f"fix on {host}: {command}" for command in commands]
        yield from (f"the fix fails {wrong}" for wrong in lab.run(names.get(host, host), commands))

    after, _, examination = _look(lab, scenario, account, "after the fix")
    for symptom in set(after.symptoms) - set(scenario.remains):
        yield f"after the fix still: {symptom}"
    for diagnosis in examination.diagnoses:
        wrong = diagnosis.rule == scenario.rule or diagnosis.severity is Severity.ERROR
        if wrong and diagnosis.rule not in scenario.still:
            yield f"after the fix {diagnosis.rule} says {diagnosis.severity}: {diagnosis.message}"
    yield from _crashed(examination)


def _prove_quiet(lab: Running, scenario: Scenario, account: Account) -> Iterator[str]:
    if not scenario.why:
        yield "does not say why it is fine"
    measured, _, examination = _look(lab, scenario, account, "as it is")
    for symptom in set(measured.symptoms) - set(scenario.remains):
        yield f"is not healthy: {symptom}"
    for diagnosis in examination.diagnoses:
        if diagnosis.rule == scenario.rule or diagnosis.severity is Severity.ERROR:
            yield f"{diagnosis.rule} says {diagnosis.severity}: {diagnosis.message}"
    yield from _crashed(examination)
    verdicts = {outcome.verdict for outcome in examination.outcomes if outcome.rule == scenario.rule}
    if Verdict.QUIET not in verdicts and Verdict.FIRES not in verdicts:
        yield f"the rule is not quiet: {', '.join(sorted(verdicts))}"


def _look(
    lab: Running, scenario: Scenario, account: Account, when: str
) -> tuple[Measured, Sequence[Node], Examination]:
    measured = lab.measure(scenario.clients, scenario.flush)
    nodes = nodes_from(lab.dumps(scenario.scan, scenario.dumps), scenario.options)
    examination = examine(nodes, rules())
    account.lines += [f"{when}: {client} was served by {_names(names)}" for client, names in measured.served.items()]
    account.lines += [f"{when}: {symptom}" for symptom in measured.symptoms]
    account.lines += [f"{when}: {found.severity}: {found.rule}: {found.message}" for found in examination.diagnoses]
    compared = comparisons(nodes, measured)
    account.walks += compared
    account.lines += [f"{when}: {comparison}" for comparison in compared if comparison.wrong]
    return measured, nodes, examination


def _names(names: Sequence[str | None]) -> str:
    return " ".join(name or "nobody" for name in names)


def _outcomes(examination: Examination, rule: str) -> Iterator[str]:
    """What the rule answered for each host, and what it lacked."""
    for outcome in examination.outcomes:
        if outcome.rule == rule:
            lacking = ", ".join(f"{missing.fact}: {missing.reason}" for missing in outcome.missing)
            yield f"{outcome.node}: {outcome.verdict}{f' ({lacking})' if lacking else ''}"


def _errors(examination: Examination) -> list[Diagnosis]:
    return [diagnosis for diagnosis in examination.diagnoses if diagnosis.severity is Severity.ERROR]


def _crashed(examination: Examination) -> Iterator[str]:
    for outcome in examination.outcomes:
        if outcome.verdict is Verdict.CRASHED:
            yield f"{outcome.rule} crashed on {outcome.node}:\n{outcome.traceback}"


def _commands_of(diagnoses: Sequence[Diagnosis]) -> Iterator[tuple[str, list[str]]]:
    """The fixes' commands for each host, as their user would paste them: each once, without the comments."""
    seen = set()
    for diagnosis in diagnoses:
        host = diagnosis.fix.node or diagnosis.node
        commands = [line for line in diagnosis.fix.now if not line.lstrip().startswith("#")]
        if commands and (host, *commands) not in seen:
            seen.add((host, *commands))
            yield host, commands
