"""sysctl.conf and the files of sysctl.d of this host, as systemd-sysctl and sysctl(8) will read them at boot."""

import os
from collections.abc import Iterator
from pathlib import Path

from lvsdoctor.model.sysctl_d import DIRECTORIES, SYSCTL_CONF, ConfiguredFile, ConfiguredLine
from lvsdoctor.parse.paste.stream import pieces

_LARGEST = 1024 * 1024


def configured_files(root: Path = Path("/")) -> Iterator[ConfiguredFile]:
    """Each file under its path, a link with what it says. Raises OSError for what may not be read."""
    visited = set()
    for directory in DIRECTORIES:
        real = os.path.realpath(root / directory.lstrip("/"))
        if real in visited or not os.path.isdir(real):  # /lib is /usr/lib nowadays
            continue
        visited.add(real)
        for name in sorted(os.listdir(real)):
            if name.endswith(".conf"):
                yield from _file(Path(real, name), f"{directory}/{name}")
    yield from _file(root / SYSCTL_CONF.lstrip("/"), SYSCTL_CONF)


def _file(place: Path, path: str) -> Iterator[ConfiguredFile]:
    leads_to = os.readlink(place) if place.is_symlink() else ""
    lines: tuple[ConfiguredLine, ...] = ()
    if place.is_file():
        with place.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", errors="backslashreplace")
        parts = (part for piece in pieces(text, path) for part in piece.dump.facts.get("configured-sysctl", ()))
        lines = tuple(line for part in parts for line in part.lines)
    if leads_to or place.is_file():
        yield ConfiguredFile(path, lines, leads_to)
