"""Lines of a log that name what happens to LVS: of the kernel, keepalived, ldirectord and others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a log, and how often the log repeats it: `seen` is the last of `count` lines, `first` the first.

    `event` is the key of its pattern (parse/log_patterns.py), `fields` what the pattern's groups match in the last
    line, `subject` those of them that tell it from others of that event. `host` is the name that the log gives.
    """

    program: str
    message: str
    event: str
    subject: str
    seen: Seen
    first: Seen
    count: int = 1
    fields: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
