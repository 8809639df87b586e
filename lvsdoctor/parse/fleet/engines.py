"""Which engine brought this text, and what each host says in it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.parse.fleet.answer import FleetAnswer
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.stream import Piece, pieces
from lvsdoctor.parse.paste.table_rows import OUTPUTS
from lvsdoctor.parse.renumber import renumbered

# What a document with answers in it has: an output, or lines of hosts.
_OUTPUTS = pattern(
    r"\"(?:stdout|Stdout|StandardOutputContent|output|Output|out|result|merged_output|unreachable)\"\s{0,8}:"
)
_LINE_OF_A_HOST = pattern(
    r"\"(?:node|podName|host(?:\.?name)?)\"\s{0,8}:(?:\s{0,8}\{[^{}]{0,1000}\})?[^{}]{0,1000}\"(?:log|message|line)\"|"
    r"\"(?:log|message|line)\"\s{0,8}:[^{}]{0,1000}\"(?:node|podName|host(?:\.?name)?)\"\s{0,8}:"
)
_BEGIN = 20_000
_COLOUR = pattern(r"\x1b\[[0-9;]{0,20}m")
# A line of another engine: a host's name, maybe in brackets, and what it printed. Prompts have a sign.
_DRESSED = pattern(
    r"[\w.@-]{1,80} +\| | {0,8}(?:\*\* )?\[?[\w.@:+ -]{1,80}(?:\] |\||\t|\u203a|\s)[^#$]*$"
    r"|(?:\S{1,32} )?\[[^\]\s]{1,253}(?: [^\]\s]{1,80})?\]\[[A-Z]{3,9}\] |\^|\S{1,200} \((?:remote|local)-exec\): "
)
_OWN_WORDS = pattern(r"--> |==> \S{1,253}: |\[[\w.@:-]{1,253}\] ")
# A value of YAML that paste/ does not take apart: in quotes, or of Juju's unit.
YAML_VALUE = pattern(r"[A-Za-z0-9][\w.-]{0,252}(?:: [\"'].+|/\d{1,6}:\s*)$")
_OUTPUT = pattern(rf"(?i)[,;\t\"](?:{'|'.join(sorted(OUTPUTS))})(?:[,;\t\"\r]|$)")
_COMMAND_OF_SSHKIT = pattern(r"(?m)^\s{0,8}[A-Z]{4,6} ?\[[0-9a-f]{8}\] Running \S")
_OF_ANSIBLE = (" => ", "] =>", "| (stdout)", " >>\n", " >>\r\n", " | stdout: ")


def answers_in(text: str) -> list[FleetAnswer] | None:
    """None for a text that no engine brought; what gives it away is in its first lines."""
    if "\x1b[" in text:
        text = _COLOUR.sub("", text)
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
    begin = text[:200].lstrip("\ufeff \t\r\n")
    if begin.startswith("{'"):
        from lvsdoctor.parse.fleet.records import of_python

        return of_python(text.lstrip("\ufeff"))
    if begin.startswith(("{", "[{", "[ {", "[\n")):
        from lvsdoctor.parse.fleet.documents import of_json

        known = _OUTPUTS.search(text) or _LINE_OF_A_HOST.search(text[:_BEGIN]) or _may_be_salt(text)
        return of_json(text.lstrip("\ufeff")) if known else None
    lines = text.split("\n")
    if any(sign in text for sign in _OF_ANSIBLE):
        from lvsdoctor.parse.fleet.ansible_output import of_ansible

        if answers := of_ansible(lines, streams="==> lvsdoctor " in text):
            return answers
    if begin.startswith("[pod/"):
        from lvsdoctor.parse.fleet.prefixed import of_kubectl

        return of_kubectl(lines)
    first = begin.partition("\n")[0]
    if ("," in first or ";" in first or "\t" in first) and may_name_columns(first):
        from lvsdoctor.parse.fleet.tables import of_table

        return of_table(text.lstrip("\ufeff"))
    if begin.startswith("--------"):
        from lvsdoctor.parse.fleet.prefixed import of_rules

        if answers := of_rules(lines, streams="==> lvsdoctor " in text):
            return answers
    if "] Running " in text and _COMMAND_OF_SSHKIT.search(text):
        from lvsdoctor.parse.fleet.sshkit import of_sshkit

        if answers := of_sshkit(lines):
            return answers
    if "onnection to " in text or "Permanently added '" in text:
        from lvsdoctor.parse.fleet.blocks import of_ssh

        if answers := of_ssh(lines):
            return answers
    if "\n  * " in text and ("- changed=" in text or "- FAILED!!!" in text):
        from lvsdoctor.parse.fleet.blocks import of_selective

        if answers := of_selective(lines):
            return answers
    if begin.startswith(("---------", "*", "v")) or first.rstrip().endswith("****"):
        from lvsdoctor.parse.fleet.blocks import of_blocks

        if answers := of_blocks(lines):
            return answers
    if YAML_VALUE.match(first):
        from lvsdoctor.parse.fleet.blocks import of_yaml

        if answers := of_yaml(text.lstrip("\ufeff")):
            return answers
    if (": " in first or ":\t" in first) and not first[0].isspace():
        from lvsdoctor.parse.fleet.prefixed import of_prefixes

        if answers := of_prefixes(lines):
            return answers
    # An indentation belongs to the dress.
    first = next(filter(str.strip, lines[:20]), "")
    if _DRESSED.match(first) or _OWN_WORDS.match(first):
        from lvsdoctor.parse.fleet.dressed import of_other_prefixes

        return of_other_prefixes(lines)
    return None


def may_name_columns(first: str) -> bool:
    """Is it the head of a table with a column for what commands printed?"""
    return _OUTPUT.search(first) is not None


def _may_be_salt(text: str) -> bool:
    return "\\n" in text and '"nftables"' not in text[:200]


def fleet_pieces(answers: Sequence[FleetAnswer], where: str, name: str = "") -> Iterator[Piece]:
    """What each answer holds, of the host that the engine names, or that the answer names itself: a stream does.

    `name` is that of the file, where an answer has no other.
    """
    taken: Counter[str] = Counter()
    for answer in answers:
        host = answer.host or name
        place = where
        if answer.inside:
            taken[host] += 1
            number = f" {taken[host]}" if taken[host] > 1 else ""
            place = f"{where} ({host or 'stdout'}{number})" if where != host else f"{where} (stdout{number})"
        numbers = answer.numbers

        def line_of(line: int, numbers: Sequence[int | None] = numbers) -> int | None:
            return numbers[line - 1] if 0 < line <= len(numbers) else None

        for piece in pieces("\n".join(answer.lines), place):
            dump = renumbered(piece.dump, place, line_of)
            if not host:
                yield replace(piece, dump=dump)
            elif piece.own:
                yield replace(piece, dump=dump, engine=answer.engine, carrier=host)
            else:
                yield Piece(host, replace(dump, host=""), engine=answer.engine, carrier=host)
