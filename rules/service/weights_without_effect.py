"""Real servers have different weights, and the scheduler of their service only asks whether a weight is 0."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.rulekit import (
    SAVE_TABLE,
    Finding,
    Fix,
    Node,
    Severity,
    VirtualService,
    cite,
    command,
    edit_service,
    rule,
)

IGNORES = "{node} gives every real server of {service} the same share, as scheduler {scheduler} ignores weights"
CLIENTS = (
    "{small} with weight {least} gets as many connections as {large} with weight {most}. It may be too slow for them."
)
WEIGHTED = {"rr": "wrr", "lc": "wlc", "dh": ""}


@rule(name="weights-without-effect", code="SCH003", severity=Severity.WARNING, role="director", needs={"ipvs"})
def weights_without_effect(node: Node) -> Iterator[Finding]:
    for service in node.services:
        if service.scheduler not in WEIGHTED:
            continue
        reals = sorted((real for real in service.destinations if real.weight), key=lambda real: real.weight or 0)
        if not reals or reals[0].weight == reals[-1].weight:
            continue
        least, most = reals[0], reals[-1]
        yield Finding(
            IGNORES,
            clients=CLIENTS,
            about={"service": service},
            scheduler=service.scheduler,
            small=least.ip or least.shown,
            large=most.ip or most.shown,
            least=least.weight,
            most=most.weight,
            evidence=[
                cite(service, "{scheduler} uses a weight of 0 alone", scheduler=service.scheduler),
                cite(most, "weight {weight}", weight=most.weight),
                cite(least, "weight {weight}", weight=least.weight),
            ],
            fix=_fix(service),
        )


def _fix(service: VirtualService) -> Fix:
    name, better = command(*str(service).split()), WEIGHTED[service.scheduler]
    if not better:
        line = f"# give {name} a scheduler that uses weights (wrr, wlc, sh, mh), or all real servers the same weight"
        return Fix(now=(line,), persist=(line,))
    line = edit_service(replace(service, scheduler=better), ())
    return Fix(now=(line,), persist=(f"{SAVE_TABLE} scheduler {better} for {name}",))
