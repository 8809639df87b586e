"""A scheduler that hashes clients to real servers has no fallback, and one of the real servers is unavailable."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    SAVE_TABLE,
    Decision,
    Destination,
    Finding,
    Fix,
    Node,
    Severity,
    VirtualService,
    assume,
    cite,
    command,
    edit_service,
    flags_shown,
    rule,
    takes_requests,
    unavailable,
)

HASHES = ("mh", "sh", "dh")
REFUSES = "{node} refuses connections to {service} that scheduler {scheduler} assigns to {reals}"


@rule(
    name="hash-scheduler-without-fallback",
    code="SCH009",
    severity=Severity.ERROR,
    explains=Decision.REAL_SERVER,
    role="director",
    needs={"ipvs"},
    helps={"addresses", "links", "local-routes", "policy-rules", "routes"},
)
def hash_scheduler_without_fallback(node: Node) -> Iterator[Finding]:
    for service in tuple(node.services):
        lost = unavailable(service)
        if service.scheduler not in HASHES or f"{service.scheduler}-fallback" in service.flags or not lost:
            continue
        sure, doubt = bool(takes_requests(node, service)), []
        if not any(map(_served, lost)) and service.scheduler == "mh":
            doubt.append(assume("ipvs", "the weight was more than 0 before", settle="ipvsadm -Lnc"))
        if service.scheduler != "dh" and not flags_shown(service):
            doubt.append(assume("ipvs", f"the service does not have {service.scheduler}-fallback"))
        yield Finding(
            REFUSES,
            clients="While {node} holds the VIP, every connection that the hash assigns to {reals} is refused.",
            about={"service": service},
            scheduler=service.scheduler,
            reals=", ".join(str(real.ip or real.shown) for real in lost),
            severity=None if sure and not doubt else Severity.WARNING,
            evidence=[
                cite(service, "{scheduler} has no fallback here", scheduler=service.scheduler),
                *(cite(real, "weight 0" if real.weight == 0 else "at its upper threshold") for real in lost),
                *doubt,
            ],
            fix=_fix(service),
        )


def _served(real: Destination) -> bool:
    """mh places a real server by the last weight that was not 0: one that was added with 0 has no slot. Connections
    tell that it had one (net/netfilter/ipvs/ip_vs_ctl.c: __ip_vs_update_dest())."""
    counted = real.counters is not None and real.counters.connections
    return real.weight != 0 or bool(real.active or real.inactive or counted)


def _fix(service: VirtualService) -> Fix:
    name = command(*str(service).split())
    if service.scheduler == "dh":
        line = f"# dh has no fallback: give {name} another scheduler, or remove the real server instead of weight 0"
        return Fix(now=(line,), persist=(f"{SAVE_TABLE} another scheduler for {name}",))
    own = [flag for flag in service.flags if flag.startswith(f"{service.scheduler}-")]
    flags = [*own, f"{service.scheduler}-fallback"]
    return Fix(now=(edit_service(service, flags),), persist=(f"{SAVE_TABLE} {flags[-1]} for {name}",))
