"""The fixes as a POSIX shell script.

What comes from dumps stands in it as a quoted word, or in a comment that cannot end before its line does.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from lvsdoctor.cli.fix.document import FixDocument, NodeFixes
from lvsdoctor.cli.fix.wording import (
    DONE_BEFORE,
    careful,
    heading,
    lasting_remarks,
    lasting_title,
    left_over,
    only_once,
    spoken,
    undoing,
)
from lvsdoctor.fixes.persist.parts import ByHand, OwnFile, OwnLine, Part, Run, Settings
from lvsdoctor.sanitize import command, legible, word

_STEP = """\
step() {
    printf '%s\\n' "$1"
}
"""
_ONCE = """\
# Runs a command. That it was done before is no failure.
once() {
    if said=$("$@" 2>&1); then
        return
    fi
    case $said in
    PATTERNS)
        printf '   done before: %s\\n' "$said"
        ;;
    *)
        printf '%s\\n' "$said" >&2
        exit 1
        ;;
    esac
}
"""
_BACKUP = """\
# Keeps the file as it was before any such script changed it; without such a file, an empty one.
backup() {
    mkdir -p "$(dirname "$1")"
    touch "$1"
    if [ ! -e "$1.before-lvs" ]; then
        cp -p "$1" "$1.before-lvs"
    fi
}
"""
_SETTING = """\
# The file sets the key to the value, and says so once.
setting() {
    backup "$1"
    others='{ name = $0; sub(/=.*/, "", name); gsub(/^[ \\t]*-|[ \\t]/, "", name) } name != ENVIRON["key"]'
    kept=$(key=$2 awk "$others" "$1")
    printf '%s\\n' ${kept:+"$kept"} "$2 = $3" > "$1"
}
"""
_LINE = """\
# The file has the line.
line() {
    backup "$1"
    if ! grep -qxF -e "$2" "$1"; then
        printf '%s\\n' "$2" >> "$1"
    fi
}
"""
_FILE = """\
# The standard input becomes the file.
file() {
    mkdir -p "$(dirname "$2")"
    : > "$2"
    chmod "$1" "$2"
    cat > "$2"
}
"""
_END = "END_OF_FILE"


def script(document: FixDocument) -> str:
    """The whole script: for several nodes one, which does what is said for the host that it runs on."""
    lines = ["#!/bin/sh", *_comments(_head(document))]
    if document.fixes:
        # Words from dumps and awk's program are quoted on purpose: $(this) in a name is a name.
        lines += ["# shellcheck disable=SC2016", "set -eu", "export LC_ALL=C", "", *_helpers(document.fixes)]
        for number, fixes in enumerate(document.fixes, 1):
            lines += [*_now(number, fixes), "", *_last(number, fixes), ""]
        lines += _choice(document.fixes)
    return "\n".join([*lines, *_comments(left_over(document))]) + "\n"


def _comments(texts: Iterable[str], indent: str = "") -> Iterator[str]:
    for text in texts:
        yield f"{indent}# {legible(text)}".rstrip()


def _head(document: FixDocument) -> Iterator[str]:
    yield document.made
    yield from document.unjudged
    if not document.fixes:
        yield "This script runs no command."
        return
    yield from ("What it clears:", "")
    for fixes in document.fixes:
        yield from map(heading, fixes.cleared)
    run = f"  {document.inside}sh THIS_SCRIPT"
    yield from ("", f"{run} [NODE]          all of it; NODE where the host has another name")
    yield f"{run} --now [NODE]    without what makes it last over a reboot"
    yield from ("", "Then look again: lvsdoctor scan", "")


def _helpers(all_fixes: Sequence[NodeFixes]) -> Iterator[str]:
    """The functions that the steps use, and no others."""
    kinds = {type(part) for fixes in all_fixes for part in fixes.lasts}
    once = any(only_once(step.changes) for fixes in all_fixes for step in fixes.steps)
    patterns = " | ".join(f"*'{text}'*" for text in DONE_BEFORE)
    for wanted, text in (
        (True, _STEP),
        (once, _ONCE.replace("PATTERNS", patterns)),
        (kinds & {Settings, OwnLine}, _BACKUP),
        (Settings in kinds, _SETTING),
        (OwnLine in kinds, _LINE),
        (OwnFile in kinds, _FILE),
    ):
        if wanted:
            yield text


def _now(place: int, fixes: NodeFixes) -> Iterator[str]:
    yield from _comments([f"{fixes.node}: now"])
    yield f"now_{place}() {{"
    number = 0
    for step, cuts in careful(fixes):
        if step.only_a_remark:
            yield _step_line(spoken(step))
            continue
        number += 1
        yield _step_line(f"{number}. {spoken(step)}")
        yield from _comments((*cuts, *undoing(step)), "    ")
        yield f"    {'once ' if only_once(step.changes) else ''}{step.command}"
    yield "}"


def _last(number: int, fixes: NodeFixes) -> Iterator[str]:
    yield from _comments([f"{fixes.node}: what makes it last{fixes.network and '; '}{fixes.network}"])
    yield f"last_{number}() {{"
    for part in fixes.lasts:
        yield _step_line(lasting_title(part))
        yield from _comments(lasting_remarks(part), "    ")
        yield from _written(part)
    if not fixes.lasts:
        yield _step_line("Nothing of it needs to last over a reboot.")
    yield "}"


def _step_line(text: str) -> str:
    return f"    {command('step', text)}"


def _written(part: Part) -> Iterator[str]:
    match part:
        case Settings():
            for key, value in part.pairs:
                yield f"    {command('setting', part.path, key, value)}"
        case OwnLine():
            yield f"    {command('line', part.path, part.line)}"
        case OwnFile():
            lines = part.text.rstrip("\n").split("\n")
            end = next(end for number in count() if (end := f"{_END}{number or ''}") not in lines)
            yield f"    {command('file', part.mode, part.path)} << '{end}'"
            yield from (*lines, end)
        case Run():
            if part.unless:
                yield f"    if ! {part.unless} > /dev/null 2>&1; then"
                yield f"        {part.command}"
                yield "    fi"
            else:
                yield f"    {part.command}"
        case ByHand():
            pass


def _choice(all_fixes: Sequence[NodeFixes]) -> Iterator[str]:
    """What is done on which host."""
    yield "last=yes"
    yield 'if [ "${1:-}" = --now ]; then'
    yield "    last=no"
    yield "    shift"
    yield "fi"
    yield "node=${1:-$(uname -n)}"
    yield "case $node in"
    for number, fixes in enumerate(all_fixes, 1):
        yield f"{word(fixes.node)})"
        yield f"    now_{number}"
        yield f'    if [ "$last" = yes ]; then last_{number}; fi'
        yield "    ;;"
    names = command(*(fixes.node for fixes in all_fixes))
    yield "*)"
    yield f"    printf '%s\\n' \"Nothing here is for a host named $node. It is for:\" {names} >&2"
    yield "    exit 2"
    yield "    ;;"
    yield "esac"
