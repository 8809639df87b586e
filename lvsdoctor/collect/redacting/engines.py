"""What an engine brought, redacted: each host's answer as a result of Ansible, whatever engine it was."""

import json
from collections.abc import Iterator, Sequence

from lvsdoctor.collect.redacting.texts import kept_of_answer, redacted
from lvsdoctor.collect.redacting.words import OddAddress, Redactor
from lvsdoctor.parse.fleet.answer import FleetAnswer
from lvsdoctor.parse.paste.host_words import is_role


def redacted_answers(answers: Sequence[FleetAnswer], where: str, redactor: Redactor) -> tuple[str, int]:
    """The text that remains, and how many lines do not."""
    dropped = 0
    lines = []
    for answer in answers:
        text, gone = redacted(kept_of_answer("\n".join(answer.lines), where), redactor)
        dropped += gone
        lines.append(f"{_head(answer, redactor)}{json.dumps({'changed': True, 'rc': 0, 'stdout': text.rstrip()})}\n")
    return "".join(lines), dropped


def _head(answer: FleetAnswer, redactor: Redactor) -> str:
    """A file of Ansible's --tree names its host by its own name."""
    if not answer.host:
        return ""
    try:
        name = redactor.line(answer.host)
    except OddAddress:
        name = answer.host
    kept = name != answer.host or is_role(name)
    return f"{name if kept else redactor.host(name)} | CHANGED => "


def texts_of(answers: Sequence[FleetAnswer]) -> Iterator[str]:
    """What each answer holds."""
    return ("\n".join(answer.lines) for answer in answers)
