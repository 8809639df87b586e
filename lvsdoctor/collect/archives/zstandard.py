"""The one door to zstd: the standard library has it from Python 3.14 on, backports.zstd before."""

from importlib import import_module
from typing import Any

from lvsdoctor.collect.archives.errors import NotInstalled


def zstd() -> Any:
    """The module. Raises NotInstalled."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise NotInstalled("is compressed by zstd: install lvsdoctor[zstd] (backports.zstd), or decompress it by unzstd")
