"""Real servers of one service are listed with different forwarding methods."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    SAVE_TABLE,
    Citation,
    Destination,
    Finding,
    Fix,
    Forwarding,
    MixedMethods,
    Node,
    Severity,
    assume,
    change_real_server,
    cite,
    command,
    forwards,
    mixed_methods,
    route_lookup,
    rule,
)

ODD = "{node} sends requests for {service} to {reals} by {odd}, and to the other real servers by {usual}"
FAIL = "Requests fail at a real server that expects another method."
REFUTED = "Clients get no reply from {reals}, which is set up for {usual}."
EVEN = "{node} sends requests for {service} by different methods: {methods}"
_OPTIONS = {Forwarding.DR: "-g", Forwarding.TUN: "-i", Forwarding.NAT: "-m"}


@rule(
    name="mixed-forwarding-methods",
    code="SCH010",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs"},
    helps={"addresses", "links", "local-routes", "policy-rules", "routes", "sysctl"},
    cause=True,
)
def mixed_forwarding_methods(node: Node) -> Iterator[Finding]:
    known = node.has("addresses") or node.has("local-routes")
    for mix in mixed_methods(node):
        lost = [line for shown in mix.refuted for line in shown.because]
        lost += [line for real in mix.odd for line in _replies_end(node, real)] if known else []
        doubt = [] if known else [assume("addresses", "these addresses are on other hosts than the director")]
        yield Finding(
            ODD if mix.odd else EVEN,
            clients=REFUTED if mix.refuted else "Clients get no reply from {reals}." if lost else FAIL,
            about={"service": mix.service},
            severity=Severity.ERROR if lost else None,
            reals=", ".join(str(real.ip or real.shown) for real in mix.odd),
            odd=" and ".join(dict.fromkeys(_name(real) for real in mix.odd)),
            usual=mix.usual.value if mix.usual else "",
            methods=", ".join(f"{real.ip or real.shown} by {_name(real)}" for real in mix.sent),
            evidence=[*(cite(real, "by {how}", how=_name(real)) for real in mix.sent), *lost, *doubt],
            fix=_fix(mix),
        )


def _name(real: Destination) -> str:
    return real.forwarding.value if real.forwarding else real.method


def _replies_end(node: Node, real: Destination) -> tuple[Citation, ...]:
    """What shows that a masqueraded one gets no reply through: the director does not forward what comes from it."""
    if real.forwarding is not Forwarding.NAT or real.ip is None or real.ip.version != 4 or not node.has("sysctl"):
        return ()
    links = route_lookup(node, real.ip).links
    return tuple(line for link in links[:1] if not forwards(node, link) for line in forwards(node, link).because)


def _fix(mix: MixedMethods) -> Fix:
    name = command(*str(mix.service).split())
    if mix.usual is None:
        line = f"# choose one method for {name}, and set it with ipvsadm -e for each real server of the other"
        return Fix(now=(line,), persist=(f"{SAVE_TABLE} one method for {name}",))
    lines = [change_real_server("-e", mix.service, real, how=_OPTIONS[mix.usual]) for real in mix.odd]
    return Fix(now=tuple(lines), persist=(f"{SAVE_TABLE} one method for {name}",))
