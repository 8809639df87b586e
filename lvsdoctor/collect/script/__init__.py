"""The POSIX sh script that shows what the network of a host runs with, for hosts where lvsdoctor is not."""

from pathlib import Path
from typing import BinaryIO

_FILE = Path(__file__).with_name("collect.sh")


def script() -> str:
    """Its text."""
    return _FILE.read_text(encoding="utf-8")


def opened() -> BinaryIO:
    """Its text as a file that a shell can read."""
    return _FILE.open("rb")
