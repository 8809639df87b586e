"""Where the installed parts live: inside the package when installed, beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def home(part: str) -> Path:
    """The directory of `rules`, `reports` or `examples`. Raises FileNotFoundError if the installation lacks it."""
    for candidate in (_PACKAGE / part, _PACKAGE.parent / part):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"this installation of lvsdoctor has no {part} directory")


def report_formats() -> dict[str, Path]:
    """The formats that reports can be written in, and the file that writes each (reports/as_NAME.py)."""
    return {file.stem.removeprefix("as_"): file for file in sorted(home("reports").glob("as_*.py"))}
