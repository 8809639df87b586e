"""Walks as plain data, as JSON has them: keys are never renamed, only added (lvsdoctor-trace-1.schema.json)."""

from collections.abc import Iterable
from typing import Any

from lvsdoctor.model.segment import NetworkSegment
from lvsdoctor.model.walk import StepVerdict, Walk
from lvsdoctor.reporting.as_data import citation, segment
from lvsdoctor.reporting.walks import real_server


def walks_as_data(walks: Iterable[Walk], segments: Iterable[NetworkSegment] = ()) -> dict[str, Any]:
    """All walks, in their order, and the network segments that they go by."""
    return {
        "schema": "lvsdoctor-trace/1",
        "walks": list(map(_walk, walks)),
        "segments": list(map(segment, segments)),
    }


def _walk(walk: Walk) -> dict[str, Any]:
    client = walk.client
    return {
        "from": str(client.address),
        "service": walk.service,
        "real_server": real_server(walk),
        "evidenced": client.evidenced,
        "outcome": walk.outcome.value,
        "share": round(walk.share, 4),
        "steps": [_step(verdict) for verdict in walk.steps],
        "client": {
            "place": client.place.value,
            "prefix": None if client.prefix is None else str(client.prefix),
            "router": None if client.router is None else str(client.router),
            "evidence": list(map(citation, client.because)),
        },
        "answering": walk.answering,
        "vip": str(walk.vip),
        "port": walk.port,
        "rip": None if walk.rip is None else str(walk.rip),
    }


def _step(verdict: StepVerdict) -> dict[str, Any]:
    return {
        "node": verdict.step.node,
        "decision": verdict.step.decision.value,
        "verdict": verdict.decided.value,
        "reason": verdict.why,
        "evidence": list(map(citation, verdict.because)),
        "subject": verdict.step.subject,
        "settle": verdict.settle or None,
    }
