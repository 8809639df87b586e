"""A setting that matters to IPVS runs with another value than the files of sysctl.d set at the next boot."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, cite, concerns, differing, rule, set_for_good, set_sysctls


@rule(
    name="runtime-differs-from-files",
    code="SYS002",
    severity=Severity.WARNING,
    needs={"configured-sysctl", "sysctl"},
    helps={"links", "ipvs", "memberships"},
)
def runtime_differs_from_files(node: Node) -> Iterator[Finding]:
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
