"""Keeps a generated file: written, or with --check only compared."""

import sys
from pathlib import Path


def keep(file: Path, text: str, target: str) -> int:
    """Write the text; with --check only say whether the file holds it (exit 1 if not, and the `make` target to run)."""
    if "--check" not in sys.argv[1:]:
        file.write_text(text, encoding="utf-8")
        return 0
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return 0
    print(f"{file.parent.name}/{file.name} is not up to date: run `make {target}`", file=sys.stderr)
    return 1
