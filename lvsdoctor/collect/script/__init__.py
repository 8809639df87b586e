"""The POSIX sh script that shows what the network of a host runs with, for hosts where lvsdoctor is not."""

from pathlib import Path


def script() -> str:
    """Its text."""
    return Path(__file__).with_name("collect.sh").read_text(encoding="utf-8")
