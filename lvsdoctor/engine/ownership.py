"""Who can change the programs of a directory: what root runs must be root's, and so must all that leads there."""

import os
import stat
from collections.abc import Iterator

_MOST_LINKS = 40  # as many as Linux follows


class WritableByOthers(Exception):
    """Another user than root can change what a path leads to; the message says where and why."""


def check_only_root_can_write(directory: str) -> None:
    """The directory, everything in it, and the way there: directories above, and links with what they lead to.

    Raises WritableByOthers, and OSError for what cannot be looked at. Only root is protected: any other user runs in
    their own name what they have named. Nobody else can change what has passed, so it may be opened afterwards.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    # Whoever owns the top can change everything. In a user namespace, where 0 is not the host's root, it is another.
    owners = {0, os.stat("/").st_uid}
    passed = set[str]()
    for path in _all_of(directory if os.path.isabs(directory) else os.path.join(os.getcwd(), directory)):
        *above, last = _entries_to(path)
        for entry in above:
            if entry not in passed:
                _check(entry, owners, leads_on=True)
                passed.add(entry)
        _check(last, owners, leads_on=False)


def _all_of(directory: str) -> Iterator[str]:
    yield directory

    def fail(error: OSError) -> None:
        raise error

    for where, directories, files in os.walk(directory, onerror=fail):
        yield from (os.path.join(where, name) for name in (*directories, *files))


def _entries_to(path: str) -> Iterator[str]:
    """Every directory and link that decides what an absolute path is, and at last the thing itself, if there is one."""
    here, ahead, links = "/", [name for name in path.split("/") if name not in ("", ".")], 0
    yield here
    while ahead:
        name = ahead.pop(0)
        here = os.path.dirname(here) if name == ".." else os.path.join(here, name)
        if not os.path.lexists(here):
            return
        yield here
        if os.path.islink(here):
            links += 1
            if links > _MOST_LINKS:
                return
            target = os.readlink(here)
            here = "/" if target.startswith("/") else os.path.dirname(here)
            ahead = [name for name in target.split("/") if name not in ("", ".")] + ahead


def _check(entry: str, owners: set[int], *, leads_on: bool) -> None:
    status = os.lstat(entry)
    if status.st_uid not in owners:
        raise WritableByOthers(f"{entry} belongs to another user (uid {status.st_uid})")
    if stat.S_ISLNK(status.st_mode):
        return  # its permissions mean nothing
    # Where the sticky bit is set, as for /tmp, nobody can rename or remove what is another's.
    if status.st_mode & 0o022 and not (leads_on and status.st_mode & stat.S_ISVTX):
        raise WritableByOthers(f"{entry} can be written by others (mode {stat.S_IMODE(status.st_mode):04o})")
