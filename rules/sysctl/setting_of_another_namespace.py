"""A file of the host sets a key that matters in one of its network namespaces, where the file is not applied."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, elsewhere_set, rule, set_sysctls

NOT_HERE = "{node} runs with {key} = {value}, and a file that {host} applies to itself alone sets {wanted}"
CLIENTS = "{node} treats packets of clients as if the file had no such line."
OWN_LINK = "an interface of this network namespace, and not of the host"
FILE = "is applied in the network namespace of the host alone"
LATER = "# better, have the program that makes the network namespace set it, after the interfaces are there"


@rule(
    name="setting-of-another-namespace",
    code="SYS007",
    severity=Severity.WARNING,
    needs={"sysctl"},
    helps={"ipvs", "links", "configured-sysctl"},
)
def setting_of_another_namespace(node: Node) -> Iterator[Finding]:
    for other in elsewhere_set(node):
        lines = [cite(other.running, "the value that is in force"), cite(other.line, FILE)]
        if other.link is not None:
            lines.append(cite(other.link, OWN_LINK))
        yield Finding(
            NOT_HERE,
            clients=CLIENTS,
            about={"key": other.running.key},
            value=other.running.raw,
            wanted=other.line.raw,
            host=other.host.name,
            evidence=lines,
            fix=Fix(now=set_sysctls({other.running.key: other.line.value}).now, persist=(LATER,)),
        )
