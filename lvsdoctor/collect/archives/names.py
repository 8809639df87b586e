"""What archives are called."""

import re

_ARCHIVE = re.compile(r"\.(?:t(?:ar\.)?(?:gz|bz2?|xz|zst)|tar|zip|gz|bz2|xz|zst|tgz)$", re.I)


def looks_like_an_archive(name: str) -> bool:
    return _ARCHIVE.search(name) is not None


def stem_of(name: str) -> str:
    """rs1 of rs1.tar.gz; other names stay."""
    return _ARCHIVE.sub("", name) or name
