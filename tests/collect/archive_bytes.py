"""Archives as tests need them, put together in memory: honest ones, and those that no tool makes."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def zstd_compress(data: bytes) -> bytes:
    module = pytest.importorskip("backports.zstd", reason="backports.zstd is not installed")
    packed: bytes = module.compress(data)
    return packed


def tar_of(
    files: Mapping[str, bytes | str], links: Mapping[str, str] | None = None, others: Iterable[tarfile.TarInfo] = ()
) -> bytes:
    """A tar of files, symbolic links by what they say, and other members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            tar.addfile(member(name, tarfile.SYMTYPE, target))
        for info in others:
            tar.addfile(info)
    return buffer.getvalue()


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_of(files: Mapping[str, bytes | str], links: Mapping[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for name, target in (links or {}).items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, target)
    return buffer.getvalue()


def tar_of_directory(top: Path, prefix: str = "", kind: int = tarfile.PAX_FORMAT) -> bytes:
    """A directory as tar packs it, below `prefix`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as tar:
        tar.add(top, arcname=prefix or ".")
    return buffer.getvalue()


def zip_of_directory(top: Path, prefix: str = "") -> bytes:
    files = {f"{prefix}{path.relative_to(top)}": path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file()}
    return zip_of(files)
