"""What to type after a scan: the verb `fix` with what decided the scan."""

from argparse import Namespace
from os import environ

from lvsdoctor.sanitize import word

# The options of `scan` that `fix` has as well, and that change what is found.
_FLAGS = (("--role", "role"), ("--netns", "netns"), ("--config", "config"), ("--baseline", "baseline"))
_REPEATED = (
    ("--vip", "vip"),
    ("--segment", "segments"),
    ("--rules", "rules"),
    ("--select", "select"),
    ("--ignore", "ignore"),
)


def fix_command(options: Namespace) -> str:
    """`lvsdoctor fix dumps/`; "" where `fix` cannot read what was scanned. Of the options as they were typed."""
    if options.of_node or options.supposed:
        return ""
    # sudo has a PATH of its own, so what it ran is named by its place (README).
    live_by_sudo = not options.paths and "SUDO_USER" in environ
    words = ['sudo "$(command -v lvsdoctor)"' if live_by_sudo else "lvsdoctor", "fix"]
    for flag, name in _FLAGS:
        value = getattr(options, name)
        words += [flag, word(str(value))] if value and value != "auto" else []
    for flag, name in _REPEATED:
        words += [part for value in getattr(options, name) for part in (flag, word(str(value)))]
    words += ["--no-accept"] if options.no_accept else []
    words += [word(path) for path in options.paths]
    return " ".join([*words, *(["<", "FILE"] if "-" in options.paths else [])])
