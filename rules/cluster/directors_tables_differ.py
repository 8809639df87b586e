"""Two directors of one VIP have different tables: after a failover clients get another service."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Finding,
    Fix,
    Node,
    PairDifference,
    Severity,
    assume,
    cite,
    pair_differences,
    rule,
)

NO_SERVICE = "{having} has virtual service {service}, and {lacking} does not have it"
NO_REAL_SERVER = "{having} lists real server {real} for {service}, and {lacking} does not list it"
OTHERWISE = "{having} and {lacking} differ for {service}{of}: {what} is {value} and {another}"
UNANSWERED = "When {lacking} becomes active, clients of {service} get no answer."
FEWER = "When {lacking} becomes active, {real} gets no clients of {service}."
CHANGED = "When the other director becomes active, clients of {service} are treated differently."

FIX = Fix(
    now=("# give both directors the same table: compare ipvsadm -Sn of both, and the files that it comes from",),
    persist=("# one source for keepalived.conf, ldirectord.cf or the saved rules of both directors",),
)


@rule(
    name="directors-tables-differ",
    code="CL002",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs"},
    helps={"addresses", "links", "configured-ipvs"},
)
def directors_tables_differ(node: Node) -> Iterator[Finding]:
    for pair in pair_differences(node):
        row, real = pair.difference, pair.difference.real
        named = f"{real.ip}:{real.port}" if real is not None else ""
        peer = pair.lacking if pair.having is node else pair.having
        yield Finding(
            OTHERWISE if row.what else NO_REAL_SERVER if real is not None else NO_SERVICE,
            clients=CHANGED if row.what else FEWER if real is not None else UNANSWERED,
            about={"service": row.service, "peer": peer.name, "real": named, "what": row.what},
            having=pair.having.name,
            lacking=pair.lacking.name,
            of=f", real server {named}" if named else "",
            value=row.value,
            another=row.another,
            evidence=[*_lines(pair)],
            fix=FIX,
        )


def _lines(pair: PairDifference) -> Iterator[Citation]:
    row = pair.difference
    yield cite(row.line, "the row of {host}", host=pair.having.name)
    if (other := row.other_line) is not None:
        yield cite(other, "the row of {host}", host=pair.lacking.name)
    if pair.taken_out:
        text = f"no health check of {pair.lacking.name} removed this real server"
        yield assume("configured-ipvs", text, settle="cat /etc/keepalived/keepalived.conf")
    if pair.may_be_local:
        yield assume("addresses", f"the real server is no address of {pair.lacking.name}")
