"""What of a node's sysctl.d says something without a setting: a file that replaces another by its name, a link."""

from collections.abc import Iterator

from lvsdoctor.collect.any_tree import AnyTree, Entry
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.sysctl_d import DIRECTORIES, ConfiguredFile, conf_path
from lvsdoctor.parse.paste.stream import Piece
from lvsdoctor.parse.reader import Dump

# Where a collected tree of a host has them (model/sysctl_d.py: DIRECTORIES).
SYSCTL_FILES = ("etc/sysctl.conf", *(directory.lstrip("/") for directory in DIRECTORIES))


def without_settings(data: bytes, where: str) -> Piece | None:
    """An empty file of sysctl.d, or one of comments alone: a file of its name in a directory behind does not count."""
    path = conf_path(where)
    if path.rpartition("/")[0] not in DIRECTORIES or not path.endswith(".conf") or "sysctl.d" not in where:
        return None
    lines = (line.strip() for line in data[:65536].splitlines())
    only_comments = len(data) <= 65536 and all(line.startswith((b"#", b";")) for line in lines if line)
    return _piece(ConfiguredFile(path)) if only_comments and b"lvsdoctor:" not in data else None


def linked_files(tree: AnyTree, directory: Entry, prefix: str) -> Iterator[Piece]:
    """The links of sysctl.d directories below: 99-sysctl.conf to /etc/sysctl.conf, or a mask to /dev/null. `prefix` is
    what the evidence calls the top of the tree."""
    for path, target in tree.sysctl_links.items():
        if not directory.path or path.startswith(f"{directory.path}/"):
            yield _piece(ConfiguredFile(conf_path(f"{prefix}{path}"), (), target))


def _piece(file: ConfiguredFile) -> Piece:
    return Piece("", Dump({"configured-sysctl": (file,)}, origin=Origin.CONFIGURED))
