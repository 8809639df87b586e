"""What archives are called."""

import re

_ARCHIVE = re.compile(r"\.(?:t(?:ar\.)?(?:gz|bz2?|xz|zst)|tar|zip|gz|bz2|xz|zst|tgz)$", re.I)

# A zip or compressed by its first bytes, and no bundle of dumps.
_DOCUMENT = re.compile(
    r"\.(?:docx|xlsx|pptx|od[tspg]|jar|war|whl|egg|apk|epub|vsdx|kmz|xpi|crx|svgz|journal|mo|pcap\w*|core|rpm|deb|iso|img"
    r"|ko|vmdk|qcow2|rdb|dump)$",
    re.I,
)

_WRITTEN = re.compile(r"\.(?:docx|odt)$", re.I)


def is_written_text(name: str) -> bool:
    """Is it a word processor's file, a zip with a text in it?"""
    return _WRITTEN.search(name) is not None


def looks_like_an_archive(name: str) -> bool:
    return _ARCHIVE.search(name) is not None


def stem_of(name: str) -> str:
    """rs1 of rs1.tar.gz; other names stay."""
    return _ARCHIVE.sub("", name) or name


def may_hide_an_archive(name: str) -> bool:
    """May a file of this name be an archive whose name does not say so? Then its first bytes tell."""
    return _DOCUMENT.search(name) is None
