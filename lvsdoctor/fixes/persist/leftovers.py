"""What the findings' own lines say of lasting, as parts: settings, modules, and what is left for a person."""

import re
from collections.abc import Iterable, Iterator
from shlex import split

from lvsdoctor.fixes.persist.parts import ByHand, OwnLine, Part, Run, Settings

# `set_sysctls` writes these (lvsdoctor/fixes/commands/settings.py), and rules write the others in the same words.
_APPENDED = re.compile(r"(?P<words>(?:printf '%s\\n'|echo) .+) >> (?P<path>/etc/[\w./-]+)", re.ASCII)
_NETWORK = re.compile(
    r"# in the network configuration of the host|# \S+ on \S+ becomes \S+ on \S+$|"
    r"# where keepalived moves it: virtual_ip"
)
_IPVS = "# in keepalived.conf, ldirectord.cf or the saved rules"


def parts_of(lines: Iterable[str], *, network: bool, ipvs: bool) -> Iterator[Part]:
    """The lines as parts, each once. Comments about the network's configuration or about the IPVS table are left out
    where that is said in other words."""
    comments: list[str] = []
    settings: dict[str, dict[str, str]] = {}
    for line in dict.fromkeys(lines):
        if appended := _APPENDED.fullmatch(line):
            path = appended["path"]
            for text in _wanted(appended["words"]):
                key, equals, value = text.partition(" = ")
                if equals and "/sysctl" in path:
                    settings.setdefault(path, {})[key] = value
                else:
                    yield OwnLine(path, text)
        elif not line.lstrip().startswith("#"):
            yield Run("as the finding says", line)
        elif not (network and _NETWORK.match(line)) and not (ipvs and line.startswith(_IPVS)):
            comments.append(line.lstrip("# "))
    for path, pairs in settings.items():
        yield Settings(path, tuple(pairs.items()))
    if comments:
        yield ByHand("what the findings say of it", tuple(comments))


def _wanted(text: str) -> list[str]:
    """The lines that printf or echo writes."""
    words = split(text)
    return words[2:] if words[0] == "printf" else [" ".join(words[1:])]
