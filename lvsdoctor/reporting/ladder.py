"""The words of a ladder: a walk as its steps, one below the other, for a terminal and for a page."""

from collections.abc import Iterable, Sequence

from lvsdoctor.model.walk import HARMLESS, ClientClass, ClientPlace, Decided, StepVerdict
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.walks import AlikeWalks, real_server, step_name


def headline(alike: AlikeWalks, answering: Sequence[str]) -> str:
    """`through rs2, rs3 (67 % of new connections, rs2 is shown): on the real server, reply route`."""
    walk, servers = alike.shown, alike.real_servers
    remarks = []
    if servers and walk.client.place is not ClientPlace.HEALTH_CHECK:
        remarks.append(f"{walk_share(alike.share)} of new connections")
    if len(servers) > 1:
        remarks.append(f"{servers[0]} is shown")
    if len(answering) > 1:
        remarks.append(f"if {walk.answering or 'no host'} answers for the VIP")
    text = f"through {wording.some(servers)}" if servers else "before a real server is chosen"
    text += f" ({', '.join(remarks)})" if remarks else ""
    if (deciding := walk.deciding) is None:
        return text
    host = deciding.step.node if deciding.step.node != real_server(walk) or len(servers) < 2 else "the real server"
    return f"{text}: on {host}, {step_name(deciding, walk)}"


def walk_share(share: float) -> str:
    """`33 %`."""
    return "less than 1 %" if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")


def ladder_key(alike: AlikeWalks) -> tuple[object, ...]:
    """What makes ladders the same but for the client."""
    address = str(alike.shown.client.address)
    steps = ((v.step.node, v.step.decision, v.decided, v.why.replace(address, "{}")) for v in alike.shown.steps)
    return (alike.outcome, alike.real_servers, *steps)


def assumed_client(client: ClientClass) -> str:
    """What the evidence lacks of clients that are assumed."""
    if client.place is ClientPlace.HEALTH_CHECK:
        return "the evidence shows no health check of the director"
    return f"the evidence shows no such client; {client.address} stands for them"


def settling_of(deciding: Iterable[StepVerdict]) -> tuple[tuple[str, str], ...]:
    """The hosts and the commands that would tell, or show what was assumed, each once."""
    commands = (
        (verdict.step.node, command)
        for verdict in deciding
        for command in (verdict.settle, *(row.settle for row in verdict.because))
        if command
    )
    return tuple(dict.fromkeys(commands))


def step_reason(verdict: StepVerdict) -> str:
    """Why, without the host's name at its beginning: a ladder has it in its first column."""
    return verdict.why.removeprefix(f"{verdict.step.node} ")


def verdict_word(verdict: StepVerdict, *, deciding: bool) -> str:
    """`ok`, `unknown`, `harms` (others, later), `DIES` for the step that ends the walk, `no` for another."""
    if verdict.decided is Decided.YES:
        return "ok"
    if verdict.decided is Decided.UNKNOWN:
        return "unknown"
    if verdict.step.decision in HARMLESS:
        return "harms"
    return "DIES" if deciding else "no"
