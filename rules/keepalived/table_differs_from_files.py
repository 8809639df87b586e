"""A director's IPVS table is not the one that its files make."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Citation, Finding, Fix, Node, Severity, TableDifference, assume, cite, rule, table_drift

NOT_LOADED = "{node} does not have virtual service {service}, which its files configure"
EXTRA_SERVICE = "{node} has virtual service {service}, which its files do not configure"
EXTRA_SERVER = "{node} has real server {real} for {service}, which its files do not list"
OTHERWISE = "{node} has {what} {value} for {service}{of}, and its files configure {another}"
UNANSWERED = "Clients of {service} get no answer from {node}."
LOST = "After a boot or a reload, clients of {service} get no answer from {node}."
FEWER = "After a boot or a reload, {real} gets no clients of {service}."
CHANGED = "After a boot or a reload, {node} treats clients of {service} differently."
FIX = Fix(
    now=("# decide which of both is right, correct the other one, and load the file: keepalived --config-test first",),
    persist=("# the file is what lasts: reload keepalived, ldirectord or the saved rules after the change",),
)


@rule(
    name="table-differs-from-files",
    code="KA007",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs", "configured-ipvs"},
    helps={"addresses", "links"},
    cause=True,
)
def table_differs_from_files(node: Node) -> Iterator[Finding]:
    for row, running in table_drift(node):
        real = f"{row.real.ip}:{row.real.port}" if row.real is not None else ""
        yield Finding(
            OTHERWISE if row.what else EXTRA_SERVER if real else EXTRA_SERVICE if running else NOT_LOADED,
            clients=CHANGED if row.what else FEWER if real else LOST if running else UNANSWERED,
            about={"service": row.service, "real": real, "what": row.what},
            of=f", real server {real}" if real else "",
            value=row.value,
            another=row.another,
            severity=Severity.NOTE if row.what == "weight" and row.another != "0" else None,
            evidence=[*_lines(row, running)],
            fix=FIX,
        )


def _lines(row: TableDifference, running: bool) -> Iterator[Citation]:
    yield cite(row.line, "in the table that runs" if running else "in the files")
    if (other := row.other_line) is not None:
        yield cite(other, "in the files")
    if running and not row.what:
        yield assume("configured-ipvs", "no other file or program makes this row", settle="systemctl list-units")
