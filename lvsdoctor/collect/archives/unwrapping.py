"""The directories that an archive was packed with and that say nothing: dumps/ of dumps.tar.gz."""

from lvsdoctor.collect.archives.contents import Contents, Directory
from lvsdoctor.collect.file_names import PARTS, looks_like_a_host, names_a_dump

# A directory that says what lies in it is no wrapping: hosts/rs1, etc/sysctl.d, ip-addr/rs1.txt.
_KEPT = PARTS | frozenset(
    "hosts nodes machines insights_commands roles group_vars host_vars playbooks inventory network-scripts".split()
)


def unwrap(contents: Contents) -> None:
    """Leave out directories that hold nothing but another, as who unpacks an archive looks into them first."""
    waiting = [contents.top]
    while waiting:
        here = waiting.pop()
        name = _unwrapped(here) if here.archive else ""
        if here is contents.top and name and (looks_like_a_host(name) or not looks_like_a_host(contents.name)):
            contents.name = name
        waiting += [entry for entry in here.entries.values() if isinstance(entry, Directory)]


def _unwrapped(archive: Directory) -> str:
    """The name of the innermost directory that was left out, "" if there was none."""
    last = ""
    while len(archive.entries) == 1:
        ((name, inner),) = archive.entries.items()
        if not isinstance(inner, Directory) or inner.archive or name in _KEPT or names_a_dump(name):
            break
        archive.entries, last = inner.entries, name
    return last
