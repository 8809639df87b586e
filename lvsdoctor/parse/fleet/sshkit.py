"""What SSHKit prints, which carries commands for Capistrano and Kamal: a line names the host of a command, and what
the command printed bears the command's number."""

from collections.abc import Sequence

from lvsdoctor.parse.fleet.answer import FleetAnswer
from lvsdoctor.parse.paste.patterns import pattern

ENGINE = "Capistrano"
_RUNS = pattern(
    r"\s{0,8}[A-Z]{4,6} ?\[(?P<number>[0-9a-f]{8})\] Running (?P<command>.{1,4000}?)"
    r"(?: as \S{1,64}@| on )(?P<host>[A-Za-z0-9][\w.-]{0,252})(?::\d{1,5})?"
)
_LINE = pattern(r"\s{0,8}[A-Z]{4,6} ?\[(?P<number>[0-9a-f]{8})\] ?\t(?P<line>.*)")
_CARRIER = "/usr/bin/env "


def of_sshkit(lines: Sequence[str]) -> list[FleetAnswer] | None:
    """An answer for each command, below the command itself; None where no line names a host."""
    hosts: dict[str, str] = {}
    printed: dict[str, tuple[list[str], list[int | None]]] = {}
    for at, line in enumerate(lines, start=1):
        if runs := _RUNS.fullmatch(line.rstrip()):
            command = runs["command"].removeprefix(_CARRIER)
            hosts[runs["number"]], printed[runs["number"]] = runs["host"], ([f"$ {command}"], [None])
        elif (row := _LINE.fullmatch(line.rstrip("\r"))) and row["number"] in hosts:
            rows, numbers = printed[row["number"]]
            rows.append(row["line"])
            numbers.append(at)
    return [FleetAnswer(ENGINE, host, *printed[number]) for number, host in hosts.items()] or None
