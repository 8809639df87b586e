"""ConfigMaps of Kubernetes that a workload in another file of the tree mounts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from lvsdoctor.collect.any_tree import Entry
from lvsdoctor.parse.config import comments_in
from lvsdoctor.parse.config.kube_volumes import ConfigMaps
from lvsdoctor.parse.config.kubernetes import dumps_of, maps_and_mounts
from lvsdoctor.parse.reader import Dump

_MOST_FILES = 500


@lru_cache(maxsize=_MOST_FILES)  # each directory of a tree asks for the same files
def _read(text: str, where: str) -> tuple[ConfigMaps, set[str]]:
    return maps_and_mounts(text, where)


class MountedMaps:
    """The dumps of the manifests of a node that need those of other files."""

    def __init__(
        self, files: Iterable[Entry], text_of: Callable[[Entry], str | None], where_of: Callable[[Entry], str]
    ) -> None:
        self._maps: dict[str, ConfigMaps] = {}
        self._mounted: dict[str, set[str]] = {}
        texts = {file: text_of(file) or "" for file in islice(files, _MOST_FILES)}
        if not any("hostNetwork" in text for text in texts.values()):
            return
        for file, text in texts.items():
            if "onfigMap" in text:
                where = where_of(file)
                self._maps[where], self._mounted[where] = _read(text, where)

    def dumps_for(self, text: str, where: str) -> Sequence[Dump] | None:
        """The dumps of a manifest that mounts what another file holds, or is mounted by one; None for others."""
        if where not in self._maps:
            return None
        others = [maps for other, maps in self._maps.items() if other != where]
        named = [name for maps in others for name in maps]
        maps = {name: texts for known in others for name, texts in known.items() if named.count(name) == 1}
        mounted = {name for other, names in self._mounted.items() if other != where for name in names}
        if self._mounted[where].isdisjoint(maps) and mounted.isdisjoint(self._maps[where]):
            return None
        comments = comments_in(text, where) if "lvsdoctor:" in text else ()
        return [replace(dump, comments=comments) for dump in dumps_of(text, where, maps, mounted)]
