"""/etc/network/interfaces and interfaces.d of ifupdown, ifupdown2 and ifupdown-ng: interfaces(5).

What `pre-up`, `up` and `post-up` run is read as a shell's commands (parse/shell), in the order of the stanza. `source`
is not followed: each file is read for itself.
"""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.network import NetworkPlan, numbered, read_prefix, set_aside
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_ip, read_link_name

_PATH = re.compile(r"(?:^|[/_.-])interfaces(?:\.d/[^/]+|\.j2|\.txt)?$")
_IN_DIRECTORY = re.compile(r"interfaces\.d/[^/]+$")
_BEGINS = frozenset(
    "auto iface mapping source source-directory source-dir rename template no-auto-down no-scripts".split()
)
_FAMILIES = frozenset({"inet", "inet6", "ipx", "can", "bluetooth"})
_PRE_UP, _UP = frozenset({"pre-up"}), frozenset({"up", "post-up"})
_STATIC = frozenset({"static", "v4tunnel", "tunnel", "6to4"})
_TUNNELS = {"ipip": "ipip", "gre": "gre", "sit": "sit"}
# A command of these may give the host an address, a route, a setting, a rule.
_MATTERS = re.compile(
    r"\b(?:ip|ifconfig|route|sysctl|arptables|ip6?tables|ipvsadm|nft)(?= )|\.sh\b|/proc/sys|/etc/init\.d/"
)
_SCRIPT = re.compile(r"\.sh\b|/etc/init\.d/|\bnft ")


@dataclass(slots=True)
class _Stanza:
    """An `iface` stanza: its options in order, each with its line."""

    name: str
    family: str
    method: str
    seen: Seen
    options: list[tuple[str, str, Seen]] = field(default_factory=list)

    def get(self, key: str) -> str:
        return next((value for name, value, _ in self.options if name == key), "")


@dataclass(slots=True)
class _Interfaces:
    """A file: its stanzas, the names and patterns that are brought up at boot, and the lines of no stanza."""

    stanzas: list[_Stanza] = field(default_factory=list)
    brought_up: list[str] = field(default_factory=list)
    sources: list[Seen] = field(default_factory=list)
    unread: list[Seen] = field(default_factory=list)

    def at_boot(self, name: str) -> bool:
        # No host goes without lo: where this file does not bring it up, another one does.
        return (
            name == "lo"
            or name in self.brought_up
            or any(
                fnmatchcase(name, pattern.removeprefix("/"))
                for pattern in self.brought_up
                if pattern[:1] == "/" or "*" in pattern
            )
        )


def dump_of(text: str, where: str) -> Dump | None:
    """The rows of such a file; None for a text that is none."""
    named = _PATH.search(where) is not None
    file = _parsed(numbered(text, where))
    if not file.stanzas and not (named and file.brought_up):
        return None
    if not named and file.unread:
        return None
    if (copy := set_aside("interfaces", "a configuration of ifupdown", text, where)) is not None:
        return copy
    plan = NetworkPlan()
    plan.unread += file.unread
    alone = not file.sources and not _IN_DIRECTORY.search(where)
    for stanza in file.stanzas:
        if file.at_boot(stanza.name):
            _stanza(stanza, plan)
        elif not alone:  # another file may bring it up
            plan.unread += [seen for key, _, seen in stanza.options if key == "address"]
    return plan.dump()


def _parsed(lines: Iterable[Seen]) -> _Interfaces:
    file = _Interfaces()
    stanza: _Stanza | None = None
    inside = False  # of a mapping or something else that is passed over
    for seen, line in _joined(lines):
        words = line.split()
        first = words[0]
        if first == "iface":
            inside = False
            stanza = _stanza_of(words, seen)
            if stanza is None:
                file.unread.append(seen)
                inside = True
            else:
                file.stanzas.append(stanza)
        elif first == "auto" or first.startswith("allow-"):
            stanza, inside = None, False
            file.brought_up += words[1:]
        elif first in _BEGINS:
            stanza, inside = None, first in ("mapping", "template")
            if first.startswith("source"):
                file.sources.append(seen)
        elif stanza is not None:
            stanza.options.append((first, line[len(first) :].strip(), seen))
        elif not inside:
            file.unread.append(seen)
    return file


def _joined(lines: Iterable[Seen]) -> Iterable[tuple[Seen, str]]:
    """Lines that a backslash makes go on are one; comments are lines of their own."""
    first: Seen | None = None
    parts: list[str] = []
    for seen in lines:
        line = seen.text.strip()
        if first is None and (not line or line.startswith("#")):
            continue
        first = first or seen
        parts.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            if joined := " ".join(parts).strip():
                yield first, joined
            first, parts = None, []
    if first is not None and (joined := " ".join(parts).strip()):
        yield first, joined


def _stanza_of(words: list[str], seen: Seen) -> _Stanza | None:
    if len(words) < 2 or read_link_name(words[1].partition(":")[0]) is None:
        return None
    if len(words) >= 4 and words[2] in _FAMILIES:
        return _Stanza(words[1], words[2], words[3], seen)
    # ifupdown-ng and ifupdown2: addresses of both families in a stanza without either.
    bare = len(words) == 2 or words[2] in ("inherits", "use")
    return _Stanza(words[1], "", "static", seen) if bare else None


def _stanza(stanza: _Stanza, plan: NetworkPlan) -> None:
    link = stanza.name.partition(":")[0]
    if stanza.family in ("ipx", "can", "bluetooth"):
        return
    mode = stanza.get("mode") if stanza.method == "tunnel" else "sit" if stanza.method in ("v4tunnel", "6to4") else ""
    parent = stanza.get("vlan-raw-device") or stanza.get("vlan_raw_device") or None
    if parent is None and re.fullmatch(r"[^.:]+\.\d+", stanza.name):
        parent = stanza.name.partition(".")[0]
    bridge = stanza.get("bridge_ports") or stanza.get("bridge-ports")
    bond = stanza.get("bond-slaves") or stanza.get("slaves") or stanza.get("bond_slaves")
    kind = _TUNNELS.get(mode) or ("bridge" if bridge else "bond" if bond else "vlan" if parent else None)
    master = stanza.get("bond-master") or stanza.get("bond_master") or None
    detail = {"remote": stanza.get("endpoint"), "local": stanza.get("local")} if mode else {}
    detail |= {"dhcp": "4"} if stanza.method in ("dhcp", "bootp", "auto") and stanza.family != "inet6" else {}
    plan.link(stanza.name, stanza.seen, kind=kind, parent=parent, master=master,
              detail={key: value for key, value in detail.items() if value})  # fmt: skip
    for ports in (bridge, bond):
        for port in ports.split():
            if port not in ("none", "all", "regex", "auto", "noregex") and read_link_name(port) is not None:
                plan.link(port, stanza.seen, master=link)
    before = _commands(stanza, _PRE_UP, plan)
    mark = plan.mark
    _addresses(stanza, link, plan)
    order = [*before, *plan.addresses_since(mark), *_commands(stanza, _UP, plan)]
    plan.add("configured-order", order)


def _addresses(stanza: _Stanza, link: str, plan: NetworkPlan) -> None:
    if stanza.method not in _STATIC:
        # ifupdown2 gives a `loopback`, `manual` or `dhcp` interface its addresses, too; ifupdown does not.
        plan.unread += [seen for key, _, seen in stanza.options if key == "address"]
        return
    netmask = stanza.get("netmask")
    flags = {"deprecated"} if stanza.get("preferred-lifetime") == "0" else set()
    for key, value, seen in stanza.options:
        words = value.split()
        if key == "address" and value:
            most = 128 if ":" in value else 32
            prefixlen = read_prefix(netmask, most=most) if netmask and "/" not in value else None
            peer = stanza.get("pointopoint")
            if len(words) == 1:
                plan.address(value, stanza.name, seen, prefixlen=prefixlen, flags=flags, scope=stanza.get("scope"),
                             peer=peer if read_ip(peer) is not None else "")  # fmt: skip
            else:
                plan.refuse(seen)
        elif key == "gateway" and value:
            metric = ["metric", stanza.get("metric")] if stanza.get("metric") else []
            plan.route(["default", "via", words[0], *metric], link, seen)


def _commands(stanza: _Stanza, keys: Container[str], plan: NetworkPlan) -> Sequence[Any]:
    """What the commands of a stanza do is added to the plan; the addresses and settings that they make, in order."""
    from lvsdoctor.parse.shell.effects import Effects, has_effect
    from lvsdoctor.parse.shell.lines import pipelines_of
    from lvsdoctor.parse.shell.words import Scope

    effects, scope = Effects(), Scope()
    scope.set("IFACE", stanza.name)
    scope.set("IF_ADDRESS", stanza.get("address").partition("/")[0])
    for key, value, seen in stanza.options:
        if key not in keys or not _MATTERS.search(value[:2000]):
            continue
        pipelines = pipelines_of(value, seen, scope)
        if pipelines is not None and any(map(has_effect, pipelines)):
            effects.run_all(pipelines)
        elif pipelines is None or _SCRIPT.search(value[:2000]):
            plan.refuse(seen)
    dump = effects.dump(Origin.CONFIGURED)
    plan.unread += dump.unread
    for fact, rows in dump.facts.items():
        if fact != "configured-order":
            plan.add(fact, rows)
    return dump.facts.get("configured-order", ())
