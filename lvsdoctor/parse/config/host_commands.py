"""Commands that a file of another kind runs on a host: of a container, of a task. Nothing is executed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from lvsdoctor.model.coverage import Unread
from lvsdoctor.parse.config.embedded import Embedded
from lvsdoctor.parse.shell.command import SHELLS, Pipeline, ShellCommand
from lvsdoctor.parse.shell.effects import Effects
from lvsdoctor.parse.shell.interpreter import Interpreter
from lvsdoctor.parse.shell.state import Exhausted
from lvsdoctor.parse.shell.syntax import LARGEST_SCRIPT, MissingParser, parse

__all__ = ["UNKNOWN_VALUE", "Effects", "MissingParser", "run_script", "run_words", "unread_script"]

# Stands in a script for a value that is not known: a variable that nothing ever sets.
UNKNOWN_VALUE = "$__not_known__"


def run_script(
    effects: Effects,
    script: Embedded,
    variables: Mapping[str, str] | None = None,
    *,
    uncertain: bool = False,
    files: Mapping[str, Embedded] = MappingProxyType({}),
) -> None:
    """Runs a script on the host that `effects` stands for. `uncertain`: it may not run. `files`: other scripts that it
    may call, by their paths; each is run once. Raises MissingParser."""
    if len(script.text) > LARGEST_SCRIPT:
        effects.note(script.node)
        return
    preset = "".join(f"{name}={_quoted(value)}; " for name, value in (variables or {}).items() if name.isidentifier())
    text = preset + script.text

    others = {path: text for path, text in files.items() if text is not script}

    def run(pipeline: Pipeline) -> None:
        called = _script_called(pipeline[0])
        if len(pipeline) == 1 and called in others:
            inside = others.pop(called)
            unsure = uncertain or pipeline[0].uncertain
            run_script(effects, inside, variables, uncertain=unsure, files=others)
            return
        effects.run([_outer(command, script, uncertain=uncertain) for command in pipeline])

    try:
        Interpreter(text.split("\n"), script.node.where, run).follow(parse(text))
    except (Exhausted, RecursionError):
        effects.note(script.node)


def run_words(effects: Effects, words: Sequence[str], at: Embedded, *, uncertain: bool = False) -> None:
    """Runs one command, which no shell sees. Raises MissingParser where it is a script of a shell."""
    command = ShellCommand(tuple(words), at.node, uncertain=uncertain)
    effects.run([command])


def unread_script(kind: str, name: str, at: Embedded) -> Unread:
    """What to say of a script where the parser of scripts is missing."""
    return Unread(kind, f"{name} (reading it needs tree-sitter-bash: pip install 'lvsdoctor[golden]')", at.node)


def _script_called(command: ShellCommand) -> str:
    """The file that a command runs: `/scripts/up.sh`, `sh /scripts/up.sh`, `. /scripts/env`."""
    words = [word for word in command.carried().words if not word.startswith("-")]
    interpreted = len(words) > 1 and (words[0].rpartition("/")[2] in SHELLS or words[0] in (".", "source"))
    return words[1] if interpreted else words[0] if words else ""


def _outer(command: ShellCommand, script: Embedded, *, uncertain: bool) -> ShellCommand:
    text = command.text and tuple((line, script.outer(seen)) for line, seen in command.text)
    rows = tuple(map(script.outer, command.rows))
    uncertain = command.uncertain or uncertain
    return replace(command, seen=script.outer(command.seen), text=text, uncertain=uncertain, rows=rows)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"
