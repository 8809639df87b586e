"""The words of a ladder: a walk as its steps, one below the other, for a terminal and for a page."""

from collections.abc import Iterable, Sequence

from lvsdoctor.language import template, translated
from lvsdoctor.model.walk import HARMLESS, ClientClass, ClientPlace, Decided, StepVerdict
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.walks import AlikeWalks, real_server, step_name


def headline(alike: AlikeWalks, answering: Sequence[str]) -> str:
    """`through rs2, rs3 (67 % of new connections, rs2 is shown): on the real server, reply route`."""
    walk, servers = alike.shown, alike.real_servers
    remarks = []
    if servers and walk.client.place is not ClientPlace.HEALTH_CHECK:
        remarks.append(translated("{share} of new connections", share=walk_share(alike.share)))
    if len(servers) > 1:
        remarks.append(translated("{server} is shown", server=servers[0]))
    if len(answering) > 1:
        remarks.append(translated("if {host} answers for the VIP", host=walk.answering or translated("no host")))
    text = translated("before a real server is chosen")
    if servers:
        text = translated("through {servers}", servers=wording.some(servers))
    if remarks:
        text = translated("{share} ({names})", share=text, names=wording.listed(remarks))
    if (deciding := walk.deciding) is None:
        return text
    host = deciding.step.node
    if host == real_server(walk) and len(servers) > 1:
        host = translated("the real server")
    return translated("{walks}: on {host}, {step}", walks=text, host=host, step=step_name(deciding, walk))


def walk_share(share: float) -> str:
    """`33 %`."""
    return translated("less than 1 %") if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")


def ladder_key(alike: AlikeWalks) -> tuple[object, ...]:
    """What makes ladders the same but for the client."""
    address = str(alike.shown.client.address)
    steps = ((v.step.node, v.step.decision, v.decided, v.why.replace(address, "{}")) for v in alike.shown.steps)
    return (alike.outcome, alike.real_servers, *steps)


def assumed_client(client: ClientClass) -> str:
    """What the evidence lacks of clients that are assumed."""
    if client.place is ClientPlace.HEALTH_CHECK:
        return translated("the evidence shows no health check of the director")
    return translated("the evidence shows no such client; {address} stands for them", address=client.address)


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


# All that verdict_word() may say, and what stands at the end of a walk that is served.
VERDICTS = tuple(map(template, ("ok", "unknown", "harms", "DIES", "no", "served")))


def verdict_word(verdict: StepVerdict, *, deciding: bool) -> str:
    """`ok`, `unknown`, `harms` (others, later), `DIES` for the step that ends the walk, `no` for another."""
    if verdict.decided is Decided.YES:
        return "ok"
    if verdict.decided is Decided.UNKNOWN:
        return "unknown"
    if verdict.step.decision in HARMLESS:
        return "harms"
    return "DIES" if deciding else "no"
