"""The ladders of walks for a page: of each kind of clients those that die or are not known; the served are counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from lvsdoctor.language import translated
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.walk import ClientClass, Decided, Served, Walk
from lvsdoctor.reporting.ladder import (
    assumed_client,
    headline,
    ladder_key,
    settling_of,
    step_reason,
    verdict_word,
)
from lvsdoctor.reporting.summary import cited_once
from lvsdoctor.reporting.walks import (
    AlikeWalks,
    alike_walks,
    clients,
    first_steps,
    service_name,
    service_sentences,
    step_name,
)

MOST_LADDERS, MOST_SERVICES = 60, 40  # of a page; trace has all
_MOST_ROWS = 4  # quoted below a step


@dataclass(frozen=True, slots=True)
class Rung:
    """A step: who decides, how, what, why; what is quoted of it, and the commands that would tell, with their hosts."""

    node: str
    verdict: str
    step: str
    reason: str
    quoted: tuple[Citation, ...] = ()
    settle: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """Walks that are alike, and the steps of the first; `same_as`: these steps stand with other clients already."""

    outcome: Served
    headline: str
    client: str
    rungs: tuple[Rung, ...]
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class ClientLadders:
    """Clients of one kind: how many of their walks are served, and the ladders of the others."""

    name: str
    note: str
    walks: int
    served: int
    ladders: tuple[Ladder, ...]


@dataclass(frozen=True, slots=True)
class ServiceLadders:
    """A service in sentences, and in walks; `left_out` ladders are not shown."""

    name: str
    sentences: tuple[str, ...]
    clients: tuple[ClientLadders, ...]
    left_out: int = 0


def page_ladders(walks: Sequence[Walk]) -> tuple[list[ServiceLadders], int]:
    """The services in the order of the walks, and how many a page leaves out: first those that are all served."""
    groups = [(name, list(rows)) for name, rows in groupby(walks, key=service_name)]
    groups.sort(key=lambda group: all(walk.outcome is Served.SERVED for walk in group[1]))
    room, services = MOST_LADDERS, list[ServiceLadders]()
    for name, rows in groups[:MOST_SERVICES]:
        shown: dict[tuple[object, ...], str] = {}
        by_client, left_out = list[ClientLadders](), 0
        for _, group in groupby(rows, key=lambda walk: (walk.client.place, walk.client.address)):
            of_client = list(group)
            open_ones = [alike for alike in alike_walks(of_client) if alike.outcome is not Served.SERVED]
            left_out += max(0, len(open_ones) - room)
            by_client.append(_of_client(of_client, open_ones[:room], shown))
            room -= len(open_ones[:room])
        sentences = service_sentences(rows).get(name, ())
        services.append(ServiceLadders(name, tuple(sentences), tuple(by_client), left_out))
    return services, len(groups[MOST_SERVICES:])


def _of_client(
    walks: Sequence[Walk], alike: Iterable[AlikeWalks], shown: dict[tuple[object, ...], str]
) -> ClientLadders:
    client = walks[0].client
    answering = list(dict.fromkeys(walk.answering for walk in walks))
    served = sum(walk.outcome is Served.SERVED for walk in walks)
    ladders = tuple(_ladder(group, answering, shown) for group in alike)
    return ClientLadders(clients(client), _note(client), len(walks), served, ladders)


def _note(client: ClientClass) -> str:
    if client.evidenced:
        row = f" ({client.because[0].seen})" if client.because else ""
        return translated("evidenced: {address}", address=f"{client.address}{row}")
    return translated("assumed: {why}", why=assumed_client(client))


def _ladder(alike: AlikeWalks, answering: Sequence[str], shown: dict[tuple[object, ...], str]) -> Ladder:
    walk, key = alike.shown, ladder_key(alike)
    address = str(walk.client.address)
    head = headline(alike, answering)
    if before := shown.get(key):
        return Ladder(alike.outcome, head, address, (), same_as=before)
    shown[key] = clients(walk.client)
    rungs = list[Rung]()
    for verdict in first_steps(walk):
        deciding = verdict == walk.deciding
        rows = [row for own in alike.deciding for row in own.because] if deciding else list(verdict.because[:1])
        quoted = tuple(cited_once(rows))[:_MOST_ROWS] if deciding or verdict.decided is Decided.NO else ()
        settle = settling_of(alike.deciding) if deciding else ()
        word = verdict_word(verdict, deciding=deciding)
        step = step_name(verdict, walk)
        rungs.append(Rung(verdict.step.node, word, step, step_reason(verdict), quoted, settle))
    return Ladder(alike.outcome, head, address, tuple(rungs))
