"""Lines of logs whose parts stand in another form, as syslog would have them: `journalctl -o json`, RFC 5424, and what
Docker keeps of a container (json-file).
"""

import json
from typing import Any

from lvsdoctor.parse.paste.patterns import pattern

_LONGEST = 65_536
_RFC5424 = pattern(
    r"(?:<\d{1,3}>)?1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) (?P<host>\S{1,253}) "
    r"(?P<program>\S{1,48}) (?P<process>\S{1,128}) \S{1,32} (?:-|(?:\[[^\]]{0,1000}\])+)(?: \ufeff?(?P<message>.*))?"
)
_PRETTY = pattern(r"\s*\"MESSAGE\"\s*:\s*(?P<value>\".*\"),?\s*")
_NOW = "2000-01-01T00:00:00Z"  # when a line was written is not asked


def as_syslog(text: str) -> str:
    """The line, or what it would be in syslog."""
    begin = text[:40].lstrip()
    if begin.startswith("{"):
        return _of_json(text)
    if begin.startswith('"MESSAGE"') and (pretty := _PRETTY.fullmatch(text[:_LONGEST])):
        message = _value(pretty["value"])
        return f"{_NOW} {message}" if isinstance(message, str) else text
    if begin.startswith(("<", "1 ")) and (row := _RFC5424.match(text[:_LONGEST])):
        return _line(row["host"], row["program"], row["process"], row["message"] or "", row["time"])
    return text


def _of_json(text: str) -> str:
    record = _value(text) if '"MESSAGE"' in text or '"log"' in text else None
    if not isinstance(record, dict):
        return text
    if isinstance(message := record.get("MESSAGE"), str):
        host, program = record.get("_HOSTNAME"), record.get("SYSLOG_IDENTIFIER") or record.get("_COMM")
        kernel = record.get("_TRANSPORT") == "kernel"
        process = record.get("_PID") or record.get("SYSLOG_PID")
        return _line(_word(host), "kernel" if kernel else _word(program), _word(process), message, _NOW)
    if isinstance(line := record.get("log"), str) and "stream" in record:
        return line.rstrip("\n")
    return text


def _line(host: str, program: str, process: str, message: str, time: str) -> str:
    """`-` stands for what is not known."""
    tag = program if program not in ("", "-") else ""
    number = f"[{process}]" if tag and process.isdecimal() else ""
    named = f"{host} {tag}{number}: " if tag and host not in ("", "-") else f"{tag}{number}: " if tag else ""
    return f"{time} {named}{message}"


def _word(value: Any) -> str:
    return value if isinstance(value, str) and value and not any(map(str.isspace, value)) else ""


def _value(text: str) -> Any:
    if len(text) > _LONGEST:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
