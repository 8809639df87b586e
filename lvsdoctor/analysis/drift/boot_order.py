"""A VIP that comes up before the settings that keep it quiet: in between the host answers for it, and asks with it.

The neighbour caches that learn it then keep it after the settings are made (net/ipv4/arp.c: arp_process()).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lvsdoctor.analysis.drift.boot_settings import Concern, configured, good_everywhere, hiding
from lvsdoctor.model.address import Address
from lvsdoctor.model.node import Node
from lvsdoctor.model.play_step import PlayStep
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine, ConfiguredSysctl

_BEFORE_THE_NETWORK = "if-pre-up.d/"


@dataclass(frozen=True, slots=True)
class EarlyVip:
    """`lines` are the first that a script sets of each setting, after the VIP is up. `by_network`: the address is the
    network's, which comes before the script. `by_play`: both are steps of a play."""

    address: Address
    lines: tuple[ConfiguredLine, ...]
    by_network: bool = False
    by_play: bool = False


def early_vips(node: Node) -> Iterator[EarlyVip]:
    """At most one for each VIP that the node hides. What a file of sysctl.d sets is there before any script.

    Reads configured-order and configured-sysctl; configured-addresses, links where collected.
    """
    everything: Sequence[Address | ConfiguredLine | PlayStep] = node.seen_rows("configured-order")
    order = [row for row in everything if not isinstance(row, PlayStep)]
    table = configured(node)
    wanted = [concern for concern in hiding() if good_everywhere(node, table, concern)]
    vips = {vip.ip for vip in node.hidden_vips if vip.ip.version == 4}
    early: dict[object, EarlyVip] = {}
    steps = groupby((row for row in everything if isinstance(row, PlayStep)), key=lambda step: step.play)
    plays = [tuple(step.row for step in rows) for _, rows in steps]
    scripts = [tuple(rows) for _, rows in groupby(order, key=lambda row: row.seen.where)]
    for rows, by_play in (*((rows, True) for rows in plays), *((rows, False) for rows in scripts)):
        for place, row in enumerate(rows):
            if isinstance(row, Address) and row.ip in vips:
                before, after = _lines(rows[:place]), _lines(rows[place + 1 :])
                given = _without(table, after) if by_play else table
                if late := _late(node, given, wanted, before, after):
                    early.setdefault(row.ip, EarlyVip(row, late, by_play=by_play))
    in_scripts = {row.seen for row in everything}
    lines = _lines(order)
    if not any(_BEFORE_THE_NETWORK in line.seen.where for line in lines):
        addresses: Sequence[Address] = (
            node.seen_rows("configured-addresses") if node.has("configured-addresses") else ()
        )
        for address in addresses:
            if address.ip in vips and address.seen not in in_scripts and (
                late := _late(node, table, wanted, (), lines)
            ):  # fmt: skip
                early.setdefault(address.ip, EarlyVip(address, late, by_network=True))
    yield from early.values()


def _without(table: ConfiguredSysctl, later: Sequence[ConfiguredLine]) -> ConfiguredSysctl:
    """What the files hold before a play writes these lines."""
    gone = {(line.key, line.seen) for line in later}
    files = [
        replace(file, lines=tuple(line for line in file.lines if (line.key, line.seen) not in gone))
        for file in table.given
    ]
    return ConfiguredSysctl(files, table.scopes)


def _lines(rows: Sequence[Address | ConfiguredLine]) -> tuple[ConfiguredLine, ...]:
    return tuple(row for row in rows if isinstance(row, ConfiguredLine))


def _late(
    node: Node,
    table: ConfiguredSysctl,
    wanted: Sequence[Concern],
    before: tuple[ConfiguredLine, ...],
    after: tuple[ConfiguredLine, ...],
) -> tuple[ConfiguredLine, ...]:
    """The first line of each setting that is not good with the lines `before`, among those that come `after`."""
    files = [*table.given, ConfiguredFile("", before, after_boot=True)]
    then = ConfiguredSysctl(files, table.scopes)
    missing = [concern for concern in wanted if not good_everywhere(node, then, concern)]
    first = (next((line for line in after if _sets(line, concern)), None) for concern in missing)
    return tuple(line for line in first if line is not None)


def _sets(line: ConfiguredLine, concern: Concern) -> bool:
    setting = line.setting(line.key)
    good = setting is not None and setting.is_number and setting.value in concern.good
    return good and line.key.rpartition(".")[2] == concern.name
