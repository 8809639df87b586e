"""Words above parts of a text that the parts themselves prove to be names of hosts.

A name of letters (`## frontal`) could be any word, and the word before it be of another language. But where several
such words stand in the same dress, and one interface has two MAC addresses below two of them, the parts are of two
hosts, and the words are their names.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lvsdoctor.parse.paste.commands import SHOWING
from lvsdoctor.parse.paste.host_words import may_be_host_name
from lvsdoctor.parse.paste.margins import begins
from lvsdoctor.parse.paste.patterns import pattern

_LONGEST = 80
_NEAR = 8  # lines with text between the name and the first of a dump
# ip addr and ip link, -o and -br, ifconfig of today and of net-tools 1.60
_LINK = pattern(r"\s*(?:\d{1,6}:\s+(?P<ip>[\w.-]+)(?:@\S+)?:\s|(?P<ifconfig>[a-z][\w.-]*):?\s+(?:flags=|Link encap:))")
_MAC = pattern(r".*(?:link/ether|\bether|\bHWaddr)\s+(?P<mac>(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})\b")
_BRIEF = pattern(r"(?P<link>[a-z][\w.-]*)(?:@\S+)?\s+(?:UP|DOWN|UNKNOWN)\s+(?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}) <")
_COMMAND = pattern(r"\s*[-\u2013:\uff1a|/]\s+(?P<command>\S.*)")
_WORD = pattern(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
_SHORT = pattern(r"[a-z]\d{1,3}")  # w1: elsewhere it could be a step, or a time
_ANY_ROLE = pattern(r"([【\[(\uff08])[^【】\[\]()\uff08\uff09]{1,20}([】\])\uff09])|\d+")
# A file that is called after its host (head and tail, a mail's attachments), and a command before the name.
_FILE = pattern(r"==> (?:\./)?(?P<name>[A-Za-z0-9][\w-]{1,63})(?P<end>\.(?:txt|log|out))? <==")
_CODE = pattern(r"`(?P<command>[^`]{2,60})`")
_SIGNS = " \t:\uff1a*`=#~_-|<>[]()【】\"'"


@dataclass(frozen=True, slots=True)
class NamedPart:
    """The host that a line names, and the command whose output follows ("")."""

    host: str
    command: str = ""


def proved_names(lines: Sequence[str]) -> Mapping[int, NamedPart]:
    """The lines that name a host, by their numbers, which are counted from 1."""
    if sum(1 for line in lines if "ether" in line or "HWaddr" in line or ("<" in line and _BRIEF.match(line))) < 2:
        return {}
    macs = list(_macs(lines))
    if not _contradicting(macs):
        return {}
    dresses: dict[tuple[str, str], dict[int, NamedPart]] = defaultdict(dict)
    for number, line in enumerate(lines, 1):
        if (found := _candidate(line)) is not None and _evidence_follows(lines, number):
            dresses[found[0]][number] = found[1]
    proved: dict[int, NamedPart] = {}
    for dress in dresses.values():
        if len({part.host for part in dress.values()}) > 1 and _apart(dress, macs):
            proved.update(dress)
    return proved


def _macs(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """The interfaces' MAC addresses, by line: (number, interface, MAC)."""
    link = ""
    for number, line in enumerate(lines, 1):
        if not line[:1].isspace() or ": " in line[:20]:
            if found := _BRIEF.match(line):
                yield number, found["link"], found["mac"].lower()
                continue
            head = _LINK.match(line)
            link = (head["ip"] or head["ifconfig"]) if head else link if line[:1].isspace() else ""
        if link and (" " in line) and (mac := _MAC.match(line)):
            yield number, link, mac["mac"].lower()


def _contradicting(macs: Sequence[tuple[int, str, str]]) -> bool:
    by_link: dict[str, set[str]] = defaultdict(set)
    for _, link, mac in macs:
        by_link[link].add(mac)
    return any(len(found) > 1 for found in by_link.values())


def _candidate(line: str) -> tuple[tuple[str, str], NamedPart] | None:
    """How the line is dressed, and what it names: it ends with a name, or with a name and a command."""
    text = line.strip()
    if not 3 <= len(text) <= _LONGEST or line[:1].isspace():
        return None
    if file := _FILE.fullmatch(text):
        known = may_be_host_name(file["name"])
        return (("==>", file["end"] or ""), NamedPart(file["name"])) if known else None
    shown = _CODE.search(text)
    output = shown["command"] if shown and SHOWING.match(shown["command"]) else ""
    text = text.replace(f"`{output}`", "``", 1) if output else text
    for word in _WORD.finditer(text):
        rest = text[word.end() :]
        behind = _COMMAND.fullmatch(rest)
        command = behind["command"].strip(_SIGNS) if behind else ""
        if (command and not SHOWING.match(command)) or (not command and rest.strip(_SIGNS)):
            continue
        lead = text[: word.start()]
        if not (may_be_host_name(word[0]) or _SHORT.fullmatch(word[0])) or len(lead.split()) > 5 or lead[-1:].isalnum():
            continue
        dress = (_ANY_ROLE.sub(r"\1\2", lead), "" if command else rest)
        return dress, NamedPart(word[0], command or output)
    return None


def _evidence_follows(lines: Sequence[str], number: int) -> bool:
    near = 0
    for line in lines[number : number + 30]:
        if not line.strip():
            continue
        if begins(line):
            return True
        near += 1
        if near == _NEAR:
            break
    return False


def _apart(names: Mapping[int, NamedPart], macs: Sequence[tuple[int, str, str]]) -> bool:
    """Has an interface another MAC address below each of two names, and none of them two below one name?"""
    numbers = sorted(names)
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for begin, end in zip(numbers, [*numbers[1:], None], strict=True):
        for number, link, mac in macs:
            if number > begin and (end is None or number < end):
                seen[link, names[begin].host].add(mac)
    if any(len(found) > 1 for found in seen.values()):
        return False
    by_link: dict[str, set[str]] = defaultdict(set)
    for (link, _), found in seen.items():
        by_link[link] |= found
    return any(len(found) > 1 for found in by_link.values())
