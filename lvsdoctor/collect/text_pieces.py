"""The dumps of a text, whatever it is: an engine's answers, a configuration file, a file of /proc, or a paste."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath

from lvsdoctor.collect.file_names import names_the_host
from lvsdoctor.collect.supportconfig import without_headings
from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import ConfiguredFile, conf_path
from lvsdoctor.parse.config import config_dumps, kinds_of
from lvsdoctor.parse.config.build_files import build_file
from lvsdoctor.parse.fleet.engines import answers_in, fleet_pieces
from lvsdoctor.parse.identity import hostname_in
from lvsdoctor.parse.paste.stream import Piece, pieces
from lvsdoctor.parse.proc_sys import values_shown
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.wrapped.plain_text import plain_text


def tells(piece: Piece) -> bool:
    return bool(piece.dump.facts)


def pieces_of(text: str, where: str, host: str = "") -> Iterator[Piece]:
    """The pieces of a text that the evidence calls `where`. `host`: whose it is, if the user says so."""
    if (inner := plain_text(text)) is not None:
        # A line of such a document has no number that an editor shows: they are counted in its text.
        yield from _pieces_of_text(inner, f"{where} (text)")
    else:
        yield from _pieces_of_text(text, where, host)


def _pieces_of_text(text: str, where: str, host: str = "") -> Iterator[Piece]:
    # One word is a host's name only where the file's name says so: notes.txt may hold "fixed".
    if names_the_host(where) and (name := hostname_in(text.strip().split("\n", 1))):
        yield Piece(name, Dump(host=name))
        return
    if answers := answers_in(text):
        yield from fleet_pieces(answers, where, "" if where == "stdin" else PurePath(where).name)
        return
    if (built := build_file(text, where)) is not None:
        yield Piece("", Dump(unread_kinds=(built,)))
        return
    if configured := config_dumps(text, where, host):
        yield from (Piece(dump.host, named_where_unread(dump, text, where)) for dump in configured)
        return
    if "proc/sys/" in where:
        path = f"/proc/sys/{where.rpartition('proc/sys/')[2]}"
        lines = [Seen(where, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if (values := values_shown(lines, ("cat", path))) is not None:
            yield Piece("", values)
            return
    parts = list(pieces(without_headings(text), where))
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")) and not any(map(tells, parts)):
        from lvsdoctor.parse.wrapped.json_strings import json_strings  # few texts are JSON that nobody knows

        if (inner := json_strings(text)) is not None:
            yield from pieces(inner, f"{where} (text)")
            return
    yield from parts
    silent = not any(tells(part) or part.dump.unread or part.dump.unread_kinds or part.host for part in parts)
    if silent and (seen := _comments_alone(text, where)) is not None:
        yield Piece("", _of_comments(text, seen))


def named_where_unread(dump: Dump, text: str, where: str) -> Dump:
    """A configuration of which no row was understood, called by its name."""
    module = next((kind.module for kind in kinds_of(text, where)), "")
    if dump.facts or not dump.unread or dump.unread_kinds or not (module in _FACES or module in _NAMES):
        return dump
    if module in _NAMES:
        kind = Unread(module.rpartition(".")[2], _NAMES[module], dump.unread[0])
    else:
        from lvsdoctor.parse.faces import FACES  # few scans meet one

        kind = FACES[_FACES[module]].unread(dump.unread[0])
    return replace(dump, unread_kinds=(replace(kind, name=f"{kind.name} without a row that was understood"),))


_FACES = {"config.keepalived_conf": "keepalived", "config.ldirectord_cf": "ldirectord"}
_NAMES = {
    "config.ansible": "an Ansible playbook", "config.systemd_unit": "a systemd unit", "shell.script": "a shell script",
    "config.ifcfg": "an ifcfg file", "config.interfaces": "an interfaces file", "config.netplan": "a netplan file",
    "config.networkd": "a file of systemd-networkd", "config.nm_keyfile": "a NetworkManager keyfile",
}  # fmt: skip


def _of_comments(text: str, seen: Seen) -> Dump:
    """A file of which nothing is in force; one of sysctl.d, with settings that are commented out, sets nothing."""
    if _SETTING_OUT.search(text):
        return Dump(
            {"configured-sysctl": (ConfiguredFile(conf_path(seen.where), excerpt=True),)}, origin=Origin.CONFIGURED
        )
    return Dump(unread_kinds=(Unread("comments", "a file in which each line is a comment", seen, needed=False),))


_SETTING_OUT = re.compile(r"^[ \t]*[#;]+[ \t]*net[./]\w{1,20}[./][\w./-]{1,100}[ \t]*=[ \t]*\d", re.MULTILINE)


def _comments_alone(text: str, where: str) -> Seen | None:
    """The first line of a text that has comments and nothing else."""
    lines = [Seen(where, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return lines[0] if lines and all(seen.text.lstrip().startswith(("#", ";")) for seen in lines) else None


def counted(parts: Sequence[Piece], where: str) -> Sequence[Piece]:
    """The pieces of a file, the lines of one without any dump counted."""
    if any(tells(piece) or piece.host for piece in parts):
        return parts
    lines = sum(len(piece.dump.unread) for piece in parts)
    kinds = tuple(kind for piece in parts for kind in piece.dump.unread_kinds)
    note = (Seen(where, None, f"({lines} lines, no dump among them)"),) if lines else ()
    return [Piece("", Dump(unread=note, unread_kinds=kinds))] if note or kinds else []
