"""Real files of the network: at least 95 of 100 of their lines with addresses are read, and the others are unread."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsdoctor.parse.config import config_dump

SHARED = Path(__file__).parents[3].parent / "shared"
FILES = re.compile(
    r"/(?:ifcfg-[^/]+|network/interfaces(?:\.d/[^/]+)?|netplan/[^/]+\.yaml|[^/]+\.(?:network|netdev|nmconnection))$"
    r"|/(?:ifcfg|interfaces|netplan|networkd|nmconnection)/[^/]+$"
)
OF_ADDRESS = re.compile(
    r"\s*(?:- *[\"']?|IPADDR\w*=[\"']?|IPV6ADDR\w*=|[Aa]ddress(?:es)?\d* *[=\s]:? *)[0-9a-fA-F]+[.:][0-9a-fA-F.:]+"
)


def files() -> Iterator[tuple[str, str]]:
    for folder in ("corpus", "cases"):
        for path in sorted((SHARED / folder).rglob("*")):
            if FILES.search(path.as_posix()) and path.is_file():
                yield path.relative_to(SHARED).as_posix(), path.read_bytes().decode("utf-8", "backslashreplace")


def test_lines_with_addresses_are_read() -> None:
    texts = dict(files())
    if not texts:
        pytest.skip("no files of the network in ../shared/corpus and ../shared/cases")
    wanted = read = 0
    for where, text in texts.items():
        dump = config_dump(text, where)
        assert dump is not None, where
        lines = {number for number, line in enumerate(text.split("\n"), 1) if OF_ADDRESS.match(line)}
        rows = {row.seen.line for row in dump.facts.get("configured-addresses", ())}
        wanted, read = wanted + len(lines), read + len(lines & rows)
    assert wanted
    assert read >= 0.95 * wanted
