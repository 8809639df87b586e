"""Writes a report to a file that somebody else may be reading: whole, or not at all."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from lvsdoctor.cli.streams import was_closed


@contextmanager
def replacing(path: str) -> Iterator[TextIO]:
    """A stream whose text becomes the file's content when it is complete; until then, and if it never is, the file
    keeps what it has. Raises OSError.

    A pipe or a device is written as it is, and so is a file that no copy could take the place of: one in a directory
    that is closed to us, or whose owner we cannot give to another file.
    """
    before = _status(path)
    copy = None if _streamed(path, before) else _copy_beside(path, before)
    if copy is None:
        with _written(path) as stream:
            yield stream
        return
    temporary, target = copy
    try:
        with _written(temporary) as stream:
            yield stream
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _written(path: str) -> TextIO:
    if was_closed(path):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return open(path, "w", encoding="utf-8", newline="\n")


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _streamed(path: str, before: os.stat_result | None) -> bool:
    # /dev/stdout may well be a regular file, which the shell has opened and goes on writing to.
    return path.startswith(("/dev/", "/proc/")) or (before is not None and not stat.S_ISREG(before.st_mode))


def _copy_beside(path: str, before: os.stat_result | None) -> tuple[str, str] | None:
    """An empty file with the owner and mode of the one that it will replace, and that file; a link is followed."""
    target = os.path.realpath(path)
    # No suffix: node_exporter reads every *.prom of its directory.
    temporary = os.path.join(os.path.dirname(target), f".lvsdoctor-{os.urandom(8).hex()}")
    try:
        with open(temporary, "x"):
            pass
    except OSError:
        if before is None:
            raise
        return None
    try:
        if before is not None:
            os.chown(temporary, before.st_uid, before.st_gid)
            os.chmod(temporary, stat.S_IMODE(before.st_mode))
    except OSError:
        os.unlink(temporary)
        return None
    return temporary, target
