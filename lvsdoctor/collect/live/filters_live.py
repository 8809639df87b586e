"""Packet filters of the running kernel, as iptables-save, ip6tables-save and `nft -j list ruleset` show them.

Each of them is run only where its tables are in the kernel already: it would load the modules otherwise. What the
kernel does not have has no rule.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.collect.errors import CannotSee
from lvsdoctor.collect.live import procfs
from lvsdoctor.collect.live.command import output_of, program
from lvsdoctor.collect.merging import merged
from lvsdoctor.model.coverage import Coverage, Origin, Partial, Unread
from lvsdoctor.model.packet_filter import FilterTable
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.table_filters import TableFilters
from lvsdoctor.parse.nft.nft_json import NftJson
from lvsdoctor.parse.reader import Dump, Reader

SAVE = {"iptables": "iptables-save", "ip6tables": "ip6tables-save"}
NAMES = {"iptables": "ip_tables_names", "ip6tables": "ip6_tables_names"}
NFT = ("nft", "-j", "list", "ruleset")
NO_COMMANDS = "Packet filters were not read (--no-commands): see iptables-save, ip6tables-save and nft list ruleset."
NOT_ROOT = "Packet filters could not be read without root: run lvsdoctor as root."
ONLY_IPTABLES = "nft is not installed, so tables that iptables does not show were not read"
# The programs of both implementations, by the file that runs: a link of the package, or of alternatives.
_OF_LEGACY, _OF_NFT = ("legacy", "xtables-multi"), ("nft",)
_ABSENT = ("Protocol not supported", "Operation not supported", "No such file or directory", "Invalid argument")


@dataclass(frozen=True, slots=True)
class LiveFilters:
    """The tables of one fact, what is not whole of them, and what tells that there are rules."""

    tables: tuple[FilterTable, ...]
    coverage: Coverage | None
    kinds: tuple[Unread, ...]


def ruleset() -> Dump | None:
    """What nf_tables holds; None where it is not in the kernel. Raises CannotSee."""
    if not procfs.mounted():
        raise CannotSee("Packet filters could not be read: /proc is not mounted; mount it or see iptables-save.")
    present = procfs.in_kernel("nf_tables")
    if present is None:
        raise CannotSee("Whether nf_tables filters packets cannot be asked without loading it: see nft list ruleset.")
    if not present:
        return None
    path = program("nft")
    if path is None:
        return Dump(dict.fromkeys(SAVE, ()), partial=Partial(ONLY_IPTABLES))
    try:
        text = output_of((path, *NFT[1:]))
    except CannotSee as problem:
        if any(reason in str(problem) for reason in _ABSENT) and not os.path.exists("/sys/module/nf_tables"):
            return None  # a kernel without modules, and without nf_tables
        if "not permitted" in str(problem):
            raise CannotSee(NOT_ROOT) from None
        raise
    return _read(NftJson, NFT, text)


def filters(fact: str, nft: Dump | None) -> LiveFilters:
    """The tables of `iptables` or `ip6tables`: of nf_tables as `nft` shows them, and of iptables. Raises CannotSee."""
    dumps = [] if nft is None else [nft]
    for command in _needed(fact, nft):
        dumps.append(_read(TableFilters, (os.path.basename(command),), output_of((command,))))
    tables = merged(fact, [dump.facts.get(fact, ()) for dump in dumps]) if dumps else ()
    partial = next((dump.partial for dump in dumps if dump.partial is not None), None)
    kinds = tuple(kind for dump in dumps for kind in dump.unread_kinds)
    return LiveFilters(tables, None if partial is None else Coverage(Origin.RUNTIME, partial), kinds)


def _needed(fact: str, nft: Dump | None) -> Iterator[str]:
    """The programs that show what the kernel has of iptables."""
    try:
        names = procfs.read(f"{procfs.NET}/{NAMES[fact]}")
    except PermissionError:
        raise CannotSee(NOT_ROOT) from None
    if names:
        path = _save(fact, _OF_LEGACY)
        if path is None:
            raise CannotSee(f"{SAVE[fact]} does not show the tables of {fact}-legacy here: see {fact}-legacy-save.")
        yield path
    if nft is not None and (nft.partial is not None or _needs_words(nft.facts.get(fact, ()))):
        path = _save(fact, _OF_NFT)
        if path is not None:
            yield path
        elif nft.partial is not None and nft.partial.reason == ONLY_IPTABLES:
            raise CannotSee("nf_tables may filter packets here, and nft is not installed: see nft list ruleset.")


def _save(fact: str, kinds: Sequence[str]) -> str | None:
    """iptables-save where it is of that implementation. The other would load its modules, and show other tables."""
    path = program(SAVE[fact])
    if path is None:
        return None
    name = os.path.basename(os.path.realpath(path))
    return path if any(kind in name for kind in kinds) else None


def _needs_words(tables: Sequence[FilterTable]) -> bool:
    """Does nft show rules of iptables whose words it does not know?"""
    return any(
        statement.text.startswith("xt ") for table in tables for rule in table.rules for statement in rule.unknown
    )


def _read(kind: type[Reader], command: Sequence[str], text: str) -> Dump:
    reader, shown = kind(), " ".join(command)
    reader.set_command(command)
    lines = [line for line in text.splitlines() if line.strip()]
    taken = [reader.feed(Seen(shown, number, line)) for number, line in enumerate(lines, start=1)]
    if not lines:
        return Dump(dict.fromkeys(SAVE, ()))
    dump = reader.dump()
    if not all(taken) or not dump.facts:
        raise CannotSee(f"The output of {shown} was not understood: see {shown}.")
    return dump
