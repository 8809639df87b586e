"""Connections that clients open fail at a host, and no other rule explains it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Fix, Node, Severity, broken_paths, command, rule

LOSES = "{node} loses connections to {service} from {whose} ({decision}): {why}"

IF_ANY = "If such clients connect, their connections hang or are refused."


@rule(
    name="path-broken",
    code="PATH001",
    severity=Severity.ERROR,
    needs={},
    # What a walk reads. That another host is looked at, and which facts of it, depends on the cluster.
    helps={
        "addresses", "connections", "health-checks", "ipvs", "iptables", "links", "local-routes", "neighbours",
        "policy-rules", "routes", "sockets", "sync-daemons", "sysctl",
    },
    explains=Decision.RETURN_PATH,  # a finding names its own
    unless_explained=True,
)  # fmt: skip
def path_broken(node: Node) -> Iterator[Finding]:
    for broken in broken_paths(node):
        verdict = broken.verdict
        refused = verdict.step.decision is Decision.LISTENER
        doubt = Severity.WARNING if broken.evidenced else Severity.NOTE
        shown = command("lvsdoctor", "trace", broken.vip, "--from", broken.client)
        yield Finding(
            LOSES,
            clients=("These connections are refused." if refused else "These connections hang.")
            if broken.connects or broken.of_all
            else IF_ANY,
            severity=None if broken.connects else Severity.ERROR if broken.of_all else doubt,
            about={"service": broken.service, "vip": broken.vip, "decision": verdict.step.decision.value},
            whose=" and ".join(broken.clients),
            why=verdict.why,
            explains=verdict.step.decision,
            decided_by=verdict.because[0].seen if verdict.because else None,
            evidence=[*verdict.because, *broken.because],
            fix=Fix(now=(f"# this shows the path of the packet: {shown} PATH",)),
        )
