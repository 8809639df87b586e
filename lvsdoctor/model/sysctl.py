"""Sysctl settings, spelled as `sysctl -a` spells them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, overload

from lvsdoctor.model.seen import Seen

# What the kernel starts with when nobody writes (net/ipv4/devinet.c: ipv4_devconf, ipv4_devconf_dflt). Distributions
# differ, which is why a verdict that rests on one of these is never more than likely.
IPV4_CONF_DEFAULTS: Mapping[str, int] = MappingProxyType(
    {
        "arp_ignore": 0,
        "arp_announce": 0,
        "arp_filter": 0,
        "arp_notify": 0,
        "arp_accept": 0,
        "drop_gratuitous_arp": 0,
        "proxy_arp": 0,
        "proxy_arp_pvlan": 0,
        "medium_id": 0,
        "rp_filter": 0,
        "accept_local": 0,
        "route_localnet": 0,
        "src_valid_mark": 0,
        "forwarding": 0,
        "send_redirects": 1,
        "accept_redirects": 1,
        "secure_redirects": 1,
        "shared_media": 1,
        "accept_source_route": 1,
        "promote_secondaries": 0,
        "log_martians": 0,
        "ignore_routes_with_linkdown": 0,
    }
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One sysctl: `key` as `sysctl -a` spells it (a dot inside a link's name is a slash), `raw` its value's text.

    `assumed` says that the evidence lacks the key and the kernel's own default stands in for it.
    """

    key: str
    raw: str
    seen: Seen
    assumed: bool = False

    @property
    def value(self) -> int:
        """The value as a number, as the kernel reads it (0x is hexadecimal, a leading 0 octal).

        kernel/sysctl.c: strtoul_lenient(). Raises ValueError if it is none.
        """
        word = next(iter(self.raw.split()), "")
        octal = len(word) > 1 and word[0] == "0" and word[1:].isdigit()
        return int(word, 8) if octal else int(word, 0)

    @property
    def is_number(self) -> bool:
        try:
            return self.value is not None
        except ValueError:
            return False


def kernel_default(key: str) -> Setting | None:
    """The documented default of a key of net.ipv4.conf, marked as assumed; None for any other."""
    name = key.rpartition(".")[2]
    if not key.startswith("net.ipv4.conf.") or name not in IPV4_CONF_DEFAULTS:
        return None
    raw = str(IPV4_CONF_DEFAULTS[name])
    return Setting(key, raw, Seen("kernel default", None, f"{key} = {raw}"), assumed=True)


# A line that says `key = value`: its file, number and text. `sysctl -a` has a thousand of them, rules read thirty.
Line = tuple[str, int, str]
# The keys, the lines by their parts, and what is no plain line by its place.
_Columns = tuple[Sequence[str], tuple[Sequence[Any], ...], Mapping[int, "Setting"]]


def _setting(key: str, row: Setting | Line) -> Setting:
    if isinstance(row, Setting):
        return row
    where, number, text = row
    return Setting(key, text.partition("=")[2].strip(), Seen(where, number, text))


class SettingRows(Sequence[Setting]):
    """The assignments of one dump, in order; a line becomes a Setting when it is asked for."""

    __slots__ = ("_columns", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, Setting | Line]] = ()) -> None:
        self._pairs: list[tuple[str, Setting | Line]] | None = list(pairs)
        self._columns: _Columns | None = None

    @property
    def by_key(self) -> list[tuple[str, Setting | Line]]:
        """Each assignment with its key."""
        if self._pairs is None:
            assert self._columns is not None
            keys, lines, settings = self._columns
            pairs: list[tuple[str, Setting | Line]] = list(zip(keys, zip(*lines, strict=True), strict=True))
            for place, setting in settings.items():
                pairs[place] = keys[place], setting
            self._pairs, self._columns = pairs, None
        return self._pairs

    @property
    def keys(self) -> Sequence[str]:
        """The key of each assignment."""
        return [key for key, _ in self.by_key] if self._columns is None else self._columns[0]

    def __reduce__(self) -> tuple[object, ...]:
        # A thousand lines of a file follow each other: pickled one by one they cost as much as reading them anew.
        pairs = self.by_key
        settings = {place: row for place, (_, row) in enumerate(pairs) if isinstance(row, Setting)}
        lines = [("", 0, "") if place in settings else row for place, (_, row) in enumerate(pairs)]
        return _of_columns, (self.keys, tuple(zip(*lines, strict=True)) or ((), (), ()), settings)

    def __len__(self) -> int:
        return len(self.by_key if self._columns is None else self._columns[0])

    @overload
    def __getitem__(self, at: int) -> Setting: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Setting]: ...
    def __getitem__(self, at: int | slice) -> Setting | Sequence[Setting]:
        if isinstance(at, slice):
            return [_setting(key, row) for key, row in self.by_key[at]]
        return _setting(*self.by_key[at])


def _of_columns(*columns: Any) -> SettingRows:
    """Rows that stay columns until somebody asks for one: another process may be the one that does."""
    rows = SettingRows()
    rows._pairs, rows._columns = None, columns
    return rows


class SysctlTable(Mapping[str, Setting]):
    """The settings of a node by their keys, of several dumps the last assignment; made when they are asked for."""

    __slots__ = ("_dumps", "_known")

    def __init__(self, dumps: Iterable[Sequence[Setting]]) -> None:
        self._dumps = tuple(dumps)
        self._known: dict[str, Setting | Line] | None = None

    @property
    def _rows(self) -> dict[str, Setting | Line]:
        if self._known is None:
            self._known = {}
            for rows in self._dumps:
                self._known.update(rows.by_key if isinstance(rows, SettingRows) else ((row.key, row) for row in rows))
            self._dumps = ()
        return self._known

    def __getitem__(self, key: str) -> Setting:
        row = self._rows[key]
        if not isinstance(row, Setting):
            row = self._rows[key] = _setting(key, row)
        return row

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __bool__(self) -> bool:
        return any(self._dumps) if self._known is None else bool(self._known)


def conf_key(link: str, name: str, family: int = 4) -> str:
    """The key of an interface setting; `link` may be all or default. A dot in a link's name becomes a slash."""
    return f"net.ipv{family}.conf.{link.replace('.', '/')}.{name}"


def canonical_key(text: str) -> str:
    """`net/ipv4/conf/eth0.100/arp_ignore` and `net.ipv4.conf.eth0/100.arp_ignore` are one key (sysctl.d(5)).

    The first separator decides which spelling it is.
    """
    dot, slash = text.find("."), text.find("/")
    if slash != -1 and (dot == -1 or slash < dot):
        return text.translate(str.maketrans("./", "/."))
    return text
