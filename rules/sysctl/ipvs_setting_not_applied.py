"""A file of sysctl.d sets a key of net.ipv4.vs, and the director runs with another value."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, not_applied, rule, set_sysctls

DEFAULT = "the default of the kernel: ip_vs was loaded after the files were applied"
OTHER = "the value that is in force"
LOAD = "printf '%s\\n' ip_vs > /etc/modules-load.d/ip_vs.conf"


@rule(
    name="ipvs-setting-not-applied",
    code="SYS004",
    severity=Severity.WARNING,
    role="director",
    needs={"configured-sysctl", "sysctl"},
    helps={"links"},
)
def ipvs_setting_not_applied(node: Node) -> Iterator[Finding]:
    for lost in not_applied(node):
        key = lost.running.key
        now = set_sysctls({key: lost.line.value}).now
        yield Finding(
            "{node} runs with {key} = {value}, and its files set {wanted}",
            clients="IPVS treats connections of clients as if the file had no such line.",
            about={"key": key},
            value=lost.running.raw,
            wanted=lost.line.raw,
            evidence=[
                cite(lost.running, DEFAULT if lost.default else OTHER),
                cite(lost.line, "has no effect before ip_vs is loaded" if lost.default else "what the files set"),
            ],
            fix=Fix(now=now, persist=(f"# have ip_vs loaded before the files are applied: {LOAD}",)),
        )
    if (absent := node.unseen("configured-sysctl")) is not None:
        raise absent
