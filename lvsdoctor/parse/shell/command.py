"""One command of a script or a prompt: its words, where its output goes, and what is written into it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lvsdoctor.model.seen import Seen

# What stands in a word for a value that nothing in the text tells, and for the first argument of a script.
UNKNOWN, FIRST = "\0", "\1"
_LACKING = re.compile(f"[{UNKNOWN}{FIRST}]")

_SUBSTITUTED = re.compile(r"\$\{[^{}]*\}")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
# Each runs the command behind it on this host; the options of theirs that take a value.
_CARRIERS = {
    "sudo": ("-u", "-g", "-p", "-C", "-h", "-U"), "nohup": (), "exec": (), "command": (), "builtin": (), "env": ("-u",),
    "time": (), "nice": ("-n",), "ionice": ("-c", "-n"), "busybox": (), "doas": ("-u",), "setsid": (),
    "timeout": ("-k", "-s"), "stdbuf": ("-i", "-o", "-e"), "logsave": (),
}  # fmt: skip
SHELLS = frozenset({"sh", "bash", "dash", "ash"})


# A line that is written somewhere, as the shell makes it, and the line of the script that says it.
Line = tuple[str, Seen]


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that takes the standard output; `append` is `>>`. A `glob` is one that the shell would spread."""

    path: str
    append: bool = False
    glob: bool = False


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """A simple command, the line `seen` that says it. `text` are the lines of its here-document. `uncertain`: it runs
    only under a condition that cannot be known. `rows` are its own lines, where it has several."""

    words: tuple[str, ...]
    seen: Seen
    outputs: tuple[OutputFile, ...] = ()
    text: tuple[Line, ...] | None = None
    uncertain: bool = False
    rows: tuple[Seen, ...] = ()

    @property
    def program(self) -> str:
        return self.words[0].rpartition("/")[2] if self.words else ""

    @property
    def known(self) -> bool:
        """Is every word of it known?"""
        return not any(map(is_unknown, self.words))

    def carried(self) -> "ShellCommand":
        """The command that `sudo` and the like only carry."""
        words = list(self.words)
        for _ in range(8):
            while words and _ASSIGNMENT.match(words[0]):
                del words[0]
            program = words[0].rpartition("/")[2] if words else ""
            if program == "action" and len(words) > 2:  # the init scripts of Red Hat: a message, then a command
                del words[:2]
                continue
            if program not in _CARRIERS:
                break
            del words[0]
            while words and words[0].startswith("-"):
                option = words.pop(0)
                if option in _CARRIERS[program] and words:
                    del words[0]
            if program == "timeout" and words:
                del words[0]
        return self if len(words) == len(self.words) else replace(self, words=tuple(words))


Pipeline = Sequence[ShellCommand]


def is_glob(raw: str) -> bool:
    """Would the shell spread this word over paths? The * of `${x%:*}` is none for that."""
    return "*" in _SUBSTITUTED.sub("", raw)


def is_unknown(text: str) -> bool:
    return _LACKING.search(text) is not None


def verb_of(word: str, verbs: Sequence[str]) -> str:
    """The first of `verbs` that a word begins, as iproute2 takes any beginning (lib/utils.c: matches())."""
    return next((verb for verb in verbs if word and verb.startswith(word)), "")
