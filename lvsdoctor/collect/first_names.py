"""The first of very many names, where a directory may hold any number."""

# Content decides what a dump is; only where there are too many files those with such a name are read first.
_LIKELY = ("ip", "arp", "sysctl", "host", "uname", "route", "rule", "neigh", "link", "addr", "lvs", "keepalived")


class FirstNames:
    """The first `most` of any number of names, in the memory that twice as many take."""

    def __init__(self, most: int) -> None:
        self._most = max(0, most)
        self._names: list[str] = []
        self.dropped = 0
        self.first_dropped = ""

    def add(self, name: str) -> None:
        self._names.append(name)
        if len(self._names) > 2 * self._most:
            self._cut()

    @property
    def names(self) -> list[str]:
        self._cut()
        return self._names

    def _cut(self) -> None:
        self._names.sort(key=_likely_first)
        if dropped := self._names[self._most :]:
            self.dropped += len(dropped)
            self.first_dropped = min(dropped[0], self.first_dropped or dropped[0], key=_likely_first)
            del self._names[self._most :]


def _likely_first(name: str) -> tuple[bool, str]:
    return not any(word in name for word in _LIKELY), name
