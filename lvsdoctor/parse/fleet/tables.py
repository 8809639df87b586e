"""Answers in a table of values between commas (RFC 4180), tabs or semicolons, with a head that names the columns."""

import csv
from collections.abc import Iterator, Sequence
from itertools import groupby

from lvsdoctor.parse.fleet.answer import FleetAnswer
from lvsdoctor.parse.paste.host_words import may_be_host_name
from lvsdoctor.parse.paste.table_rows import COMMANDS, HOSTS, OUTPUTS

ENGINE = "the table"
_MOST = 1_000_000  # rows


def of_table(text: str) -> list[FleetAnswer] | None:
    """None where a row has no host, as in a table of another kind."""
    head = text.partition("\n")[0]
    if (known := _places(head)) is None:
        return None
    separator, host_at, output_at, command_at = known
    lines = text.replace("\r\n", "\n").split("\n")
    before = csv.field_size_limit(2**31 - 1)
    try:
        rows = list(_rows(lines, separator, (host_at, output_at, command_at)))
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(before)
    if not rows or len(rows) > _MOST or not all(may_be_host_name(host) for host, *_ in rows):
        return None
    answers = []
    for (host, command), group in groupby(rows, key=lambda row: (row[0], row[1])):
        shown: list[str] = [f"$ {command}"] if command else []
        numbers: list[int | None] = [None] * len(shown)
        for _, _, output, first in group:
            printed = output.split("\n")
            shown += printed
            numbers += [first + number for number in range(len(printed))] if first else [None] * len(printed)
        answers.append(FleetAnswer(ENGINE, host, shown, numbers))
    return answers


def _rows(
    lines: Sequence[str], separator: str, places: tuple[int, int, int | None]
) -> Iterator[tuple[str, str, str, int]]:
    """Each row's host, command, output, and the number of the output's first line (0: not known)."""
    host_at, output_at, command_at = places
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    next(reader)
    end = reader.line_num
    for cells in reader:
        begin, end = end + 1, reader.line_num
        if not cells:
            continue
        if len(cells) <= max(host_at, output_at, command_at or 0):
            yield "", "", "", 0
            continue
        output = cells[output_at].removesuffix("\n")
        if "\n" not in output and "\\n" in output:
            output = output.replace("\\n", "\n").replace("\\t", "\t")
        others = sum(cell.count("\n") for place, cell in enumerate(cells) if place != output_at)
        first = (
            begin if not others and output.count("\n") in (0, end - begin) and begin + output.count("\n") <= end else 0
        )
        command = " ".join(cells[command_at].split()) if command_at is not None else ""
        yield cells[host_at].strip(), command, output, first


def _places(head: str) -> tuple[str, int, int, int | None] | None:
    for separator in (",", ";", "\t"):
        names = [name.strip().strip('"').lower() for name in head.lstrip("\ufeff").rstrip("\r").split(separator)]
        host = next((place for place, name in enumerate(names) if name in HOSTS), None)
        output = next((place for place, name in enumerate(names) if name in OUTPUTS), None)
        if host is not None and output is not None:
            return separator, host, output, next((p for p, name in enumerate(names) if name in COMMANDS), None)
    return None
