"""Drop-ins of systemd-networkd: which links they are for, their file of the same tree says (systemd.network(5)).

10-uplink.network.d/vip.conf adds to 10-uplink.network, which may lie in another one of networkd's directories.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from lvsdoctor.collect.any_tree import Entry
from lvsdoctor.parse.config import comments_in
from lvsdoctor.parse.config.networkd import dump_of, links_of
from lvsdoctor.parse.reader import Dump

_BELOW = ".network.d/"


class DropIns:
    """The files of a node that drop-ins are for, by their names: the one in /etc counts before others."""

    def __init__(self, files: Sequence[Entry], text_of: Callable[[Entry], str | None]) -> None:
        self._text_of = text_of
        below = (file.path.rpartition("/")[0] for file in files if _BELOW in file.path)
        wanted = {directory.rpartition("/")[2].removesuffix(".d") for directory in below}
        self._files = {file.name: file for file in reversed(files) if file.name in wanted}
        self._files |= {file.name: file for file in files if file.name in wanted and "etc/systemd/" in file.path}

    def dump_for(self, file: Entry, text: str, where: str) -> Dump | None:
        """The dump of a drop-in whose file is there; None for others."""
        directory = file.path.rpartition("/")[0].rpartition("/")[2]
        main = self._files.get(directory.removesuffix(".d")) if _BELOW in file.path else None
        known = self._text_of(main) if main is not None and file.name.endswith(".conf") else None
        if main is None or known is None:
            return None
        dump = dump_of(text, where, links_of(known, main.path))
        return None if dump is None else replace(dump, comments=comments_in(text, where))
