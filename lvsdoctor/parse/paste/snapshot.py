"""The stream of `lvsdoctor collect`: a heading that names the host, then command, output and how it ended, in turn.

    ==> lvsdoctor 1 HOST NETNS <==
    ==> $ COMMAND <==
    its output; a line that begins with `==> ` has a blank before it
    ==> rc N ok|missing|refused|timeout <==

Nothing in an output is a prompt or a heading here, whatever it looks like. A command that is not there, or that needs
root, has told nothing; one that printed nothing has told all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.coverage import Origin, Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import SocketTable
from lvsdoctor.model.sysctl import SettingRows
from lvsdoctor.model.sysctl_d import DIRECTORIES, ConfiguredFile, conf_path
from lvsdoctor.parse.config.shown import shown_path
from lvsdoctor.parse.gaps import NO_END
from lvsdoctor.parse.paste.commands import words_of
from lvsdoctor.parse.paste.echo import Echo
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.sections import Section, of_output
from lvsdoctor.parse.reader import Dump

MISSING = "`{command}` is not installed on this host"
REFUSED = "`{command}` was refused: it needs root"
TIMEOUT = "`{command}` did not end in time"
FAILED = "`{command}` ended with exit code {code}"
LATER = "this is a stream of another version of lvsdoctor collect"

_HEAD = pattern(
    r"==> lvsdoctor (?P<version>\d{1,4}) (?P<host>[A-Za-z0-9._:-]{1,253}) (?P<netns>[A-Za-z0-9._:-]{1,253}) <=="
)
_HEADS = re.compile(rf"^{_HEAD.pattern}[ \t\r]*$", re.MULTILINE)
_COMMAND = pattern(r"==> \$ (?P<command>\S.{0,500}?) <==")
_END = pattern(r"==> rc (?P<code>\d{1,3}) (?P<state>ok|missing|refused|timeout) <==")
_UNAME = pattern(r"Linux \S{1,253} (?P<kernel>\d{1,3}\.\d{1,5}[\w.+~-]{0,100}) #\d")
_REASONS = {"missing": MISSING, "refused": REFUSED, "timeout": TIMEOUT}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One stream in a text: whose it is, and its lines from `first` up to `end`, counted from 0."""

    host: str
    netns: str
    version: int
    first: int
    end: int

    @property
    def name(self) -> str:
        return self.host if self.netns == "-" else f"{self.host}/{self.netns}"


@dataclass(slots=True)
class _Block:
    """A command, its output from line `first` up to `end`, and how it ended (`ending`: no line tells)."""

    command: tuple[str, ...]
    seen: Seen
    first: int
    end: int
    code: int = 0
    state: str = ""
    ending: Seen | None = None


def is_stream(text: str) -> bool:
    """Does a stream begin in this text?"""
    return "==> lvsdoctor " in text and _HEADS.search(text) is not None


def heads(text: str) -> Iterator[str]:
    """The hosts that the streams in this text name themselves."""
    return (head["host"] for head in _HEADS.finditer(text)) if "==> lvsdoctor " in text else iter(())


def snapshots(lines: Sequence[str]) -> list[Snapshot]:
    """The streams in these lines, in order."""
    begins = [(number, head) for number, line in enumerate(lines) if (head := _head(line))]
    ends = [number for number, _ in begins[1:]] + [len(lines)]
    return [
        Snapshot(head["host"], head["netns"], int(head["version"]), number + 1, end)
        for (number, head), end in zip(begins, ends, strict=True)
    ]


def _head(line: str) -> re.Match[str] | None:
    return _HEAD.fullmatch(line.rstrip()) if line.startswith("==> lvsdoctor ") else None


def sections_of(snapshot: Snapshot, lines: Sequence[str], where: str) -> Iterator[Section]:
    """Its commands, each a section with the dumps that it printed."""
    if snapshot.version != 1:
        seen = Seen(where, snapshot.first, lines[snapshot.first - 1].rstrip())
        yield Section(Echo(host=snapshot.name), seen, unread=[seen])
        return
    blocks, stray = _blocks(snapshot, lines, where)
    plain = [line[1:] if line.startswith(" ==> ") else line for line in lines[: snapshot.end]]
    if stray:
        yield Section(Echo(host=snapshot.name), None, unread=stray)
    for block in blocks:
        section = of_output(Echo(block.command, snapshot.name), block.seen, plain, (block.first, block.end), where)
        yield _judged(section, block)


def _blocks(snapshot: Snapshot, lines: Sequence[str], where: str) -> tuple[list[_Block], list[Seen]]:
    """The blocks of a stream, and what stands between them."""
    blocks: list[_Block] = []
    stray: list[Seen] = []
    within: _Block | None = None
    for number in range(snapshot.first, snapshot.end):
        line = lines[number].rstrip()
        seen = Seen(where, number + 1, line)
        if not line.startswith("==> "):
            if within is None and line:
                stray.append(seen)
        elif within is not None and (ending := _END.fullmatch(line)):
            within.end, within.code, within.state, within.ending = number, int(ending["code"]), ending["state"], seen
            within = None
        elif command := _COMMAND.fullmatch(line):
            if within is not None:
                within.end = number
            within = _Block(tuple(words_of(command["command"])), seen, number + 1, snapshot.end)
            blocks.append(within)
        else:
            stray.append(seen)
    return blocks, stray


def _judged(section: Section, block: _Block) -> Section:
    """The section, whose dumps are whole only where the command ended as it should."""
    if block.command[:1] == ("uname",) and not section.dumps:
        _read_kernel(section)
    partial = _damage(block, bool(section.dumps))
    if partial is None:
        if not section.dumps and not section.unread and (answer := _silent(block)):
            section.dumps.append(answer)
        if block.state == "ok" and block.code == 0:
            section.dumps = [replace(dump, ended=True) if dump.facts else dump for dump in section.dumps]
        return section
    if block.state in ("missing", "refused"):
        section.dumps, section.unread = [], [] if facts_of(block.command) else section.unread
    dumps = [replace(dump, partial=dump.partial or partial) if dump.facts else dump for dump in section.dumps]
    known = {fact for dump in dumps for fact in dump.facts}
    lacking = {fact: rows for fact, rows in facts_of(block.command).items() if fact not in known}
    section.dumps = [*dumps, Dump(lacking, partial=partial)] if lacking else dumps
    # What printed nothing has told nothing.
    section.echo = replace(section.echo, whole=False)
    return section


def _read_kernel(section: Section) -> None:
    """The release that uname(1) prints for a host of any name, be it `(none)` or `_`."""
    if len(section.unread) == 1 and (uname := _UNAME.match(section.unread[0].text)):
        section.dumps, section.unread = [Dump({"kernel": (uname["kernel"],)})], []


def _damage(block: _Block, answered: bool) -> Partial | None:
    """Why not all of the output is there."""
    fields = {"command": " ".join(block.command), "code": str(block.code)}
    if block.ending is None:
        return Partial(NO_END, block.seen)
    if reason := _REASONS.get(block.state):
        # A file that is not there is no command that is not there.
        return Partial(reason, block.ending, fields) if not _absent_file(block) else None
    # sysctl(8) says itself which key it could not read.
    failed = block.code != 0 and not (answered and block.command[0] == "sysctl")
    return Partial(FAILED, block.ending, fields) if failed else None


def _absent_file(block: _Block) -> bool:
    return block.state == "missing" and bool(shown_path(block.command))


def _silent(block: _Block) -> Dump | None:
    """What an empty answer says that no reader has words for."""
    path = shown_path(block.command)
    if path and block.state == "ok" and conf_path(path).rpartition("/")[0] in DIRECTORIES and path.endswith(".conf"):
        return Dump({"configured-sysctl": (ConfiguredFile(conf_path(path)),)}, origin=Origin.CONFIGURED)
    if block.command[:1] == ("ipvsadm",) and "--stats" in block.command and block.state == "ok":
        return Dump({"ipvs-stats": ()})
    return None


def facts_of(command: tuple[str, ...]) -> dict[str, Sequence[Any]]:
    """The facts that this command would have told, without a row."""
    words = [word for word in command[1:] if not word.startswith("-")]
    match command[:1], words[:1]:
        case ("ip",), ["link"]:
            return {"links": ()}
        case ("ip",), ["addr"]:
            return {"addresses": ()}
        case ("ip",), ["route"]:
            return {"routes": (), "local-routes": ()}
        case ("ip",), ["rule"]:
            return {"policy-rules": ()}
        case ("ip",), ["neigh"]:
            return {"neighbours": ()}
        case ("sysctl",), _:
            return {"sysctl": SettingRows()}
        case ("ipvsadm",), _:
            return _of_ipvsadm(command)
        case ("nft",), _:
            return {"iptables": (), "ip6tables": ()}
        case ("journalctl",) | ("dmesg",), _:
            return {"log": ()}
        case ("ss",), _:
            return {"sockets": (SocketTable((), frozenset()),)}
    program = command[0].partition("-")[0]
    if program in ("iptables", "ip6tables"):
        return {program: ()}
    return {"arptables": (ArpTables(),)} if program == "arptables" else {}


def _of_ipvsadm(command: tuple[str, ...]) -> dict[str, Sequence[Any]]:
    if "--stats" in command:
        return {"ipvs-stats": ()}
    return {"ipvs": ()} if {"-Sn", "-Ln"}.intersection(command) else {}
