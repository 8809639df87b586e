"""Writes docs/lvsdoctor.1, the manual page, from the parser that --help shows; with --check only compares (exit 1)."""

import sys
from pathlib import Path

from generated import keep

from lvsdoctor.cli.parser import EXIT_CODES, whole_parser
from lvsdoctor.cli.verbs import Verb, verb_of

PAGE = Path(__file__).parents[1] / "docs/lvsdoctor.1"
HEAD = r""".\" Made by `make manual` from the options themselves.
.TH LVSDOCTOR 1 "" lvsdoctor "User Commands"
.SH NAME
lvsdoctor \- the doctor for Linux Virtual Server (IPVS) deployments
.SH SYNOPSIS
"""
DESCRIPTION = """
lvsdoctor reads what directors and real servers say about themselves, works out what the Linux kernel would do with
that, and names the known pitfalls. Every finding quotes the lines it rests on and says how to fix it. It reads; it
changes nothing. What it prints as a fix is run by you.
"""
EXAMPLES = (
    ("Look at this node, which misbehaves:", "sudo lvsdoctor scan"),
    ("Read somebody else's dumps, a directory for each node:", "lvsdoctor scan case-4711/"),
    (
        "Guard the configuration in a repository:",
        "lvsdoctor scan golden/ -f terminal -f sarif=lvs.sarif -f junit=lvs.xml",
    ),
    ("Ask the segment who answers for a VIP:", "sudo lvsdoctor probe 192.0.2.10"),
    (
        "Follow a client's connection, and see where it is lost:",
        "lvsdoctor trace 192.0.2.10:80 --from 198.51.100.7 case/",
    ),
    ("Read why, and when it is fine after all:", "lvsdoctor explain arp-ignore-only-on-lo"),
)
TAIL = r""".SH SEE ALSO
.BR ipvsadm (8),
.BR keepalived.conf (5),
.BR sysctl.d (5),
.BR ip\-address (8),
.BR arping (8)
"""


def page() -> str:
    """The whole page, as man(7) has it."""
    program = verb_of(whole_parser())
    lines = [".B lvsdoctor\n.I VERB\n.RI [ OPTION\\ ... ]\n.SH DESCRIPTION", _text(DESCRIPTION), ".SH VERBS"]
    for verb in program.verbs:
        lines += _verb(verb, f"lvsdoctor {verb.name}")
    lines += [".SH EXIT STATUS", _verbatim(EXIT_CODES.partition("\n")[2]), ".SH EXAMPLES"]
    for says, command in EXAMPLES:
        lines += [".TP", _text(says), f".B {_plain(command)}"]
    return HEAD + "\n".join(lines) + "\n" + TAIL


def _verb(verb: Verb, path: str) -> list[str]:
    lines = [f".SS {_quoted(f'{path} {verb.usage}')}"]
    lines.append(
        _described(verb.description) if verb.description else _text(f"{verb.help[:1].upper()}{verb.help[1:]}.")
    )
    for option in (*verb.arguments, *(o for o in verb.options if "--help" not in o.names)):
        lines += [".TP", f".B {_plain(option.shown)}", _text(option.help)]
    if verb.epilog:
        lines += [".PP", _verbatim(verb.epilog)]
    for below in verb.verbs:
        lines += _verb(below, f"{path} {below.name}")
    return lines


def _described(text: str) -> str:
    """Paragraphs; lines that are indented stand as they are."""
    parts = []
    for paragraph in text.split("\n\n"):
        indented = any(line.startswith("  ") for line in paragraph.splitlines())
        parts.append(_verbatim(paragraph) if indented else _text(paragraph))
    return "\n.PP\n".join(parts)


def _verbatim(text: str) -> str:
    return ".nf\n" + "\n".join(map(_line, text.strip("\n").splitlines())) + "\n.fi"


def _text(text: str) -> str:
    return "\n".join(_line(line.strip()) for line in text.strip().splitlines())


def _line(text: str) -> str:
    """One that roff must not take for a request."""
    return ("\\&" if text.startswith((".", "'")) else "") + _plain(text)


def _plain(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("`", "\\(ga")


def _quoted(text: str) -> str:
    return f'"{_plain(text)}"'


if __name__ == "__main__":
    sys.exit(keep(PAGE, page(), "manual"))
