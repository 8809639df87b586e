"""`sysctl -w`, and what is written into /proc/sys and into files that are applied at boot."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, canonical_key
from lvsdoctor.model.sysctl_d import SYSCTL_CONF, ConfiguredFile, ConfiguredLine, conf_path, is_glob
from lvsdoctor.parse.shell.command import Line, OutputFile, ShellCommand, is_unknown
from lvsdoctor.parse.shell.state import HostState
from lvsdoctor.parse.sysctl import is_key, is_numeric

_PROC = "/proc/sys/"
_KEY = re.compile(r"[a-z]+[./][^\s=:]+")
_LOADS = re.compile(r"-[a-zA-Z]*p|--load(?:=.*)?")


def is_proc(path: str) -> bool:
    return path.startswith(_PROC)


# -- sysctl(8) --------------------------------------------------------------------------------------------------------


def changes(command: ShellCommand) -> bool:
    words = command.words[1:]
    return any("=" in word for word in words) or any(map(_LOADS.fullmatch, words)) or "--system" in words


def apply(state: HostState, command: ShellCommand) -> bool:
    words = list(command.words[1:])
    if "--system" in words or any(map(_LOADS.fullmatch, words)):
        named = [word.partition("=")[2] or word for word in words if not word.startswith("-") or "=" in word]
        return _load(state, named, whole="--system" in words)
    known = True
    for word in words:
        if word.startswith("-"):
            continue
        key, sign, value = word.partition("=")
        if sign and not _write(state, key.strip(), value.strip(), command.seen):
            known = False
    return known


def _load(state: HostState, named: Sequence[str], *, whole: bool) -> bool:
    """`sysctl -p`: what this script wrote into the file counts from here on. What else is in it is not known."""
    paths = [*state.files] if whole else [path for path in named or [SYSCTL_CONF] if path in state.files]
    for path in sorted(paths):
        for line in state.files[path].lines:
            state.set(replace(line, file=""))
    return True


def _line(key: str, value: str, seen: Seen, file: str = "") -> ConfiguredLine | None:
    key = canonical_key(key)
    if not _KEY.fullmatch(key) or not (is_key(key) or is_glob(key)) or is_unknown(key + value) or not value:
        return None
    wrong = is_numeric(key) and not Setting(key, value, seen).is_number
    return None if wrong else ConfiguredLine(key, value, seen, file)


def _write(state: HostState, key: str, value: str, seen: Seen) -> bool:
    line = None if is_glob(key) else _line(key, value, seen)
    if line is not None:
        state.set(line)
    return line is not None


# -- writing into files -----------------------------------------------------------------------------------------------


def output_of(command: ShellCommand) -> list[Line] | None:
    """The lines that echo, printf, and cat of a here-document print; None for another command."""
    if command.program == "echo":
        words, escapes = list(command.words[1:]), False
        while words and re.fullmatch(r"-[neE]+", words[0]):
            escapes = "e" in words.pop(0) or escapes
        text = " ".join(words)
        text = text.replace("\\n", "\n") if escapes else text
    elif command.program == "printf" and len(command.words) > 1:
        text = _printed(command.words[1], command.words[2:])
    elif command.program == "cat" and len(command.words) == 1 and command.text is not None:
        return list(command.text)
    else:
        return None
    lines = text.split("\n")
    # A text that stands in the script with its own line breaks has a line of the script for each.
    rows = command.rows if len(command.rows) == len(lines) else [command.seen] * len(lines)
    return list(zip(lines, rows, strict=True))


def _printed(form: str, values: Sequence[str]) -> str:
    """printf(1): its form is used again as long as there are values."""
    form = form.replace("\\n", "\n").replace("\\t", "\t")
    wanted = len(re.findall(r"%[sdi]", form))
    if "%" not in form or not wanted:
        return form
    parts = []
    for at in range(0, max(len(values), 1), wanted):
        queue = [*values[at : at + wanted], *[""] * wanted]
        parts.append(re.sub(r"%[sdi]", lambda _, queue=queue: queue.pop(0), form))  # type: ignore[misc]
    return "".join(parts)


def write_proc(state: HostState, path: str, lines: Sequence[Line], seen: Seen) -> bool:
    """`echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore`; a `*` stands for each link, as in a `for` over the paths."""
    value = " ".join(text.strip() for text, _ in lines).strip()
    key = path.removeprefix(_PROC).strip("/")
    line = _line(re.sub(r"/+", "/", key), value, seen)
    if line is None:
        return False
    state.set(line)
    return True


def write_conf(state: HostState, target: OutputFile, lines: Sequence[Line]) -> None:
    """A file of sysctl.d, or a part of one: with `>>` what was there stays."""
    path = conf_path(target.path)
    rows: list[ConfiguredLine] = []
    for row, seen in _rows(lines, path):
        if row is None:
            state.note(seen)
        else:
            rows.append(row)
    known = state.files.get(path) if target.append else None
    before = known.lines if known is not None else ()
    excerpt = target.append and (known is None or known.excerpt)
    state.spend(len(before))
    state.files[path] = ConfiguredFile(path, (*before, *rows), excerpt=excerpt)


def rewrite_conf(state: HostState, path: str, lines: Sequence[Line]) -> None:
    """These in the place of the lines of the file that are known."""
    known = state.files.get(path)
    rows = tuple(row for row, _ in _rows(lines, path) if row is not None)
    state.files[path] = ConfiguredFile(path, rows, excerpt=known is None or known.excerpt)


def _rows(lines: Sequence[Line], path: str) -> Iterator[tuple[ConfiguredLine | None, Seen]]:
    for full, seen in lines:
        text = full.strip()
        if not text or text.startswith(("#", ";")):
            continue
        key, sign, value = text.partition("=")
        key = key.strip()
        if not sign and key.startswith("-"):
            yield ConfiguredLine(canonical_key(key[1:]), None, seen, path), seen
        else:
            yield (_line(key.lstrip("-").strip(), value.strip(), seen, path) if sign else None), seen


def is_host_file(path: str) -> bool:
    """Is it another file that configures the host, by the name that its program reads it under?"""
    return _HOST_FILE.search(path) is not None


_HOST_FILE = re.compile(
    r"/etc/keepalived/.+\.conf$|/keepalived\.conf$|/ldirectord\.cf$|/rc\.local$|/etc/init\.d/[^/]+$|/iptables/rules\.v[46]$"
    r"|/sysconfig/(?:ip6?tables|arptables|ipvsadm)$|/nftables\.conf$|/ipvsadm\.rules$|/systemd/system/.+\.service\.d/[^/]+\.conf$|/ifcfg-[^/]+$|/network/interfaces(?:\.d/[^/]+)?$|/netplan/[^/]+\.yaml$"
    r"|/systemd/network/.+\.(?:network|netdev|conf)$|/systemd/system/[^/]+\.service$|/[^/]+\.nmconnection$"
)


def is_conf(path: str) -> bool:
    """Is it a file that is applied at boot?"""
    return path == SYSCTL_CONF or ("/sysctl.d/" in path and path.endswith(".conf"))
