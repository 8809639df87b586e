"""Follows commands that run another one: sudo and watch on the same host, others elsewhere (`elsewhere.py`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lvsdoctor.parse.paste.elsewhere import ENTERING, Entered, remote, script_words, without_options
from lvsdoctor.parse.paste.patterns import pattern

_SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh", "fish", "busybox", "login"))
_ASSIGNMENT = pattern(r"[A-Za-z_]\w*=")


@dataclass(frozen=True, slots=True)
class CommandPlace:
    """Where a command ran, and its words.

    `inside` is the place if it is not the host of the prompt. `local`: the name says it only together with that host's.
    `stays`: it is a shell, and the commands of the prompts that follow run there, too, which may look as before
    (`same_prompt`).
    """

    words: list[str]
    inside: str = ""
    local: bool = False
    stays: bool = False
    same_prompt: bool = False


def place_of(words: list[str]) -> CommandPlace:
    """Follow sudo, ssh, docker exec and their like to the command that they run."""
    inside, local, stays, same_prompt = "", True, False, True
    for _ in range(12):  # nobody nests deeper, and a stranger's line must not keep us
        entered = _entered(words)
        if entered is None:
            break
        if entered.name:
            absolute = not entered.local
            inside = entered.name if absolute or not inside else f"{inside}/{entered.name}"
            local = False if absolute else local
            same_prompt = same_prompt and entered.same_prompt
        words, stays = entered.words, not entered.words
        if stays:
            break
    if words:
        words = [words[0].rpartition("/")[2] or words[0], *words[1:]]
    return CommandPlace(words, inside, bool(inside) and local, stays, same_prompt)


def _entered(words: list[str]) -> Entered | None:
    if not words:
        return None
    while len(words) > 1 and _ASSIGNMENT.match(words[0]):
        words = words[1:]
    first = words[0].rpartition("/")[2]
    if first == "docker-compose":
        first, words = "docker", ["docker", "compose", *words[1:]]
    if first in _CARRIERS:
        return _carried(first, words[1:])
    if first in _SHELLS:
        return _shell(words[1:])
    if first == "su":
        return _su(words[1:])
    entering = ENTERING.get(first)
    return entering(words[1:]) if entering else None


# -- on the same host -------------------------------------------------------------------------------------------------

# What carries a command, and which of its options take a value of their own.
_CARRIERS: Mapping[str, str] = {
    "sudo": "-u -g -h -p -C -T -U -r -t --user --group", "doas": "-u -C", "watch": "-n --interval -q", "time": "-f -o",
    "env": "-u -C -S", "nice": "-n", "ionice": "-c -n -p", "timeout": "-k -s", "stdbuf": "-i -o -e", "nohup": "",
    "exec": "-a", "command": "", "setsid": "", "unbuffer": "", "strace": "-e -o -s -p", "chrt": "", "taskset": "",
    "microk8s": "", "k3s": "", "minikube": "", "proxychains": "", "xargs": "-n -I -P -L -d", "sshpass": "-p -f -d -P",
}  # fmt: skip


def _carried(first: str, words: list[str]) -> Entered | None:
    rest = without_options(words, _CARRIERS[first].split())
    while rest and _ASSIGNMENT.match(rest[0]):
        rest = rest[1:]
    if first == "timeout" and rest and rest[0][:1].isdigit():
        rest = rest[1:]
    if first == "minikube" and rest[:1] == ["ssh"]:
        return remote("minikube", rest[1:])
    if not rest and first == "sudo" and not {"-i", "-s", "-iu", "-su", "--login", "--shell"}.isdisjoint(words):
        return Entered([])
    return Entered(rest) if rest else None


def _shell(words: list[str]) -> Entered | None:
    """`sh -c 'ip addr'` runs that; without words it is a shell whose prompts follow."""
    for number, word in enumerate(words):
        if re.fullmatch(r"-\w*c", word):
            return Entered(script_words(words[number + 1 :][:1]))
        if not word.startswith("-"):
            return None if number == 0 and word not in _SHELLS else _shell(words[number + 1 :])
    return Entered([])


def _su(words: list[str]) -> Entered | None:
    for number, word in enumerate(words):
        if word in ("-c", "--command", "-lc"):
            return Entered(script_words(words[number + 1 :][:1]))
    return Entered([])
