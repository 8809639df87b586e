"""Which configurations of kube-proxy are deployed, where kustomizations change those that others take in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import dirname

from lvsdoctor.model.kube import KubeProxy, Kustomization

_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Overlays:
    """The kustomizations of a tree, by their directories."""

    by_directory: Mapping[str, Kustomization]

    @classmethod
    def of(cls, rows: Iterable[object]) -> "Overlays":
        return cls({dirname(row.seen.where): row for row in rows if isinstance(row, Kustomization)})

    def replaced(self, proxy: KubeProxy, proxies: Sequence[KubeProxy]) -> bool:
        """Is it taken in by others alone, each of which puts another configuration in its place?"""
        roots = [row for row in self._roots() if self._takes_in(row, proxy.seen.where)]
        return bool(roots) and all(self._replaces(row, proxy, proxies) for row in roots)

    def undecided(self, proxy: KubeProxy) -> Kustomization | None:
        """A kustomization that changes this configuration in a way that is not known."""
        of_patches = (row for row in self.by_directory.values() if row.unread is not None)
        return next((row for row in of_patches if self._takes_in(row, proxy.seen.where)), None)

    def together(self, first: str, second: str) -> bool:
        """Are both files deployed by one kustomization?"""
        return any(self._has(row, first) and self._has(row, second) for row in self._roots())

    def _roots(self) -> list[Kustomization]:
        taken = {path for row in self.by_directory.values() for path in row.resources}
        return [row for directory, row in self.by_directory.items() if directory not in taken]

    def _takes_in(self, row: Kustomization, file: str, depth: int = 0) -> bool:
        if file in row.resources:
            return True
        below = (self.by_directory.get(path) for path in row.resources)
        return depth < _DEEPEST and any(each is not None and self._takes_in(each, file, depth + 1) for each in below)

    def _has(self, row: Kustomization, file: str, depth: int = 0) -> bool:
        if file == row.seen.where or file in row.patches or file in row.resources:
            return True
        below = (self.by_directory.get(path) for path in row.resources)
        return depth < _DEEPEST and any(each is not None and self._has(each, file, depth + 1) for each in below)

    def _replaces(self, row: Kustomization, proxy: KubeProxy, proxies: Sequence[KubeProxy], depth: int = 0) -> bool:
        own = {*row.patches, row.seen.where}
        if any(other is not proxy and other.seen.where in own for other in proxies):
            return True
        below = (self.by_directory.get(path) for path in row.resources)
        taking = [each for each in below if each is not None and self._takes_in(each, proxy.seen.where)]
        return depth < _DEEPEST and bool(taking) and all(
            self._replaces(each, proxy, proxies, depth + 1) for each in taking
        )  # fmt: skip
