"""A setting that matters to IPVS runs with another value than the files of the host set."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Finding,
    Fix,
    Node,
    Severity,
    TimeoutDifference,
    cite,
    command,
    concerns,
    differing,
    rule,
    set_for_good,
    set_sysctls,
    timeout_drift,
)

TIMEOUT = "{node} runs with an IPVS timeout {name} of {value} seconds, and its files set {another}"
FORGETS = "IPVS forgets idle connections of clients after {value} seconds, not after {another}."


@rule(
    name="runtime-differs-from-files",
    code="SYS002",
    severity=Severity.WARNING,
    general=True,
    needs={"configured-sysctl", "sysctl"},
    helps={"links", "ipvs", "memberships", "ipvs-timeouts"},
    suffice={"configured-timeouts"},
)
def runtime_differs_from_files(node: Node) -> Iterator[Finding]:
    for item in timeout_drift(node):
        yield _timeout(item)
    for concern in concerns(node):
        other = differing(node, concern)
        if other is None:
            continue
        key = other.running.key
        lasting = set_for_good(key, other.running.value, other.deciding)
        yield Finding(
            "{node} runs with {key} = {value}, and its files set {other} at the next boot",
            clients=("After a boot " if other.now_good else "Until the next boot ") + concern.clients,
            about={"key": key},
            value=other.running.raw,
            other=other.deciding.raw,
            evidence=[
                cite(other.running, "the value that is in force"),
                cite(other.deciding, "the value after the next boot"),
            ],
            fix=lasting if other.now_good else set_sysctls({key: other.deciding.value}),
        )
    if (absent := node.unseen("configured-sysctl")) is not None:
        raise absent


def _timeout(item: TimeoutDifference) -> Finding:
    wanted = item.other
    return Finding(
        TIMEOUT,
        clients=FORGETS,
        about={"timeout": item.name},
        name=item.name,
        value=item.value,
        another=item.another,
        evidence=[cite(item.row, "tcp, tcpfin and udp, in seconds"), cite(wanted, "what the files set")],
        fix=Fix(
            now=(command("ipvsadm", "--set", wanted.tcp, wanted.tcpfin, wanted.udp),),
            persist=("# if the program of this file does not set it, run the command at boot, after that program",),
        ),
    )
