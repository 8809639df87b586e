"""Finds the lines between dumps that tell what comes next: prompts, headings, lines of ansible, pssh and watch."""

from dataclasses import dataclass

from lvsdoctor.parse.paste.commands import SHOWING, before_operators, simple_commands, words_of
from lvsdoctor.parse.paste.elsewhere import ENTERING
from lvsdoctor.parse.paste.entering import place_of
from lvsdoctor.parse.paste.headings import Heading, heading_in
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.prompts import prompt_in

_ANSIBLE = pattern(r"^(?P<host>\S+) \| (?:SUCCESS|CHANGED|FAILED|UNREACHABLE)\S* ")
_PSSH = pattern(r"^\[\d+\] \d\d:\d\d:\d\d \[(?:SUCCESS|FAILURE)\] (?P<host>[\w.@-]+(?=:\d{1,5}(?:\s|$))|[\w.@:-]+)")
_WATCH = pattern(
    r"^(?:Every|Alle|Cada|Toutes les|Ogni|每隔?|A cada|Каждые) ?[\d.,]+ ?\w{1,2}[:\uff1a] ?"
    r"(?P<command>.+?)\s{2,}(?P<host>[\w.-]+): "
)
# `ip addr show:` and `ip addr output:` above the output; 2001:db8:: is an address.
_COLON = pattern(r"(?<=[^:\s])(?:\s(?:output|results?|shows|says|gives|prints)|\s?的?(?:输出|结果))?\s?[:\uff1a]\s*$")
_LOGIN = pattern(r"(?!(?:Last|last|Previous|Failed) )(?P<host>[A-Za-z0-9][\w.-]{0,252}) login: [A-Za-z_][\w.-]{0,31}")
_LEAVING = pattern(r"exit|logout|(?:Shared )?[Cc]onnection to \S+ closed\.?")


@dataclass(frozen=True, slots=True)
class Echo:
    """The words of a command whose output follows, and the host of the prompt or heading ("" where none was named).

    `whole` is false where a pipe or a redirection may have kept part of the output back. `inside` is where the command
    ran if not on that host: a namespace, a container (`local`: of that host alone), another host. It `stays` if it is a
    shell; its prompts may be the `same_prompt` as before. `leaves` is the end of such a shell. `asked`: somebody
    talks of these hosts, and what follows may be of another than what stands above.
    """

    command: tuple[str, ...] = ()
    host: str = ""
    whole: bool = True
    inside: str = ""
    local: bool = False
    stays: bool = False
    same_prompt: bool = False
    leaves: bool = False
    heading: bool = False
    asked: tuple[str, ...] = ()


def echo_in(line: str, *, comment: bool = False) -> Echo | None:
    """What a line between dumps tells, or None for a line of a dump.

    A `comment` among settings tells less: `# ip addr` is a root's prompt, `## rs1` a heading, other words are comment.
    """
    if len(line) > 1000:
        return None
    text = line.strip()
    if not text:
        return None
    if comment:
        bare = text.lstrip("#; \t")
        if not bare:
            return None
        if (prompt := prompt_in(bare)) or SHOWING.match(bare):
            return _echo(prompt.command, prompt.host) if prompt else _echo(bare, "")
        if bare.partition(" ")[0] in ENTERING and (echo := _echo(bare, "")).inside and _shows(echo):
            return echo
        heading = heading_in(text, comment=True) if text.startswith("##") else None
        return of_heading(heading) if heading else None
    if prompt := prompt_in(text):
        return _echo(prompt.command, prompt.host)
    if found := _ANSIBLE.match(text) or _PSSH.match(text):
        return Echo(host=found["host"].rpartition("@")[2])
    if found := _WATCH.match(text):
        return _echo(found["command"], found["host"])
    if " login: " in text and (console := _LOGIN.fullmatch(text)):  # getty, on a console
        return Echo(host=console["host"])
    if _LEAVING.fullmatch(text):
        return Echo(leaves=True)
    if heading := heading_in(text):
        return of_heading(heading)
    return _echo(text, "") if SHOWING.match(text) else None


def _shows(echo: Echo) -> bool:
    return SHOWING.match(" ".join(echo.command)) is not None


def of_heading(heading: Heading) -> Echo:
    """What follows a heading is of its host, whoever's prompts were above."""
    echo = _echo(heading.command, heading.host) if heading.command else Echo(host=heading.host)
    return Echo(echo.command, echo.host, echo.whole, echo.inside, echo.local, heading=True)


def _echo(line: str, host: str) -> Echo:
    """A command line without what only carries it; of several commands in it the only one whose output is read."""
    line = _COLON.sub("", line)
    simple = list(simple_commands(words_of(line)))[:32]
    if simple and simple[0][:1] in (["exit"], ["logout"]):
        return Echo(("exit",), host, leaves=True)
    calls = []
    for words in simple:
        kept, whole = before_operators(words)
        place = place_of(kept)
        inner = list(simple_commands(place.words))
        for number, call in enumerate(inner or [[]]):
            command, all_of_it = before_operators(call)
            command = place_of(command).words if number else command
            calls.append((place, command, whole and all_of_it))
    entered = next((place for place, _, _ in calls if place.inside or place.stays), None)
    # What ran where can be told of one command alone; of two the outputs may be anywhere.
    showing = [call for call in calls if SHOWING.match(" ".join(call[1]))] if len(calls) > 1 else calls
    command, whole = (showing[0][1], showing[0][2]) if len(showing) == 1 else ([], not calls)
    if entered is None:
        return Echo(tuple(command), host, whole)
    return Echo(tuple(command), host, whole, entered.inside, entered.local, entered.stays, entered.same_prompt)
