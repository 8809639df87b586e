"""A setting that is written (sysctl(8)).

net/ipv4/devinet.c: devinet_conf_proc(), devinet_copy_dflt_conf(), devinet_sysctl_forward(), inet_forward_change().
"""

from collections.abc import Iterator, Mapping

from lvsdoctor.fixes.changes.difference import changed_settings
from lvsdoctor.fixes.changes.kind import Phase, Readers, run
from lvsdoctor.fixes.changes.line import Line, NotFollowed
from lvsdoctor.fixes.changes.rows import with_rows
from lvsdoctor.model.change import Command, SetSysctl
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, canonical_key, conf_key
from lvsdoctor.sanitize import command, word

NOUNS = (SetSysctl,)

_CONF = "net.ipv4.conf."
FORWARDING = ("net.ipv4.ip_forward", conf_key("all", "forwarding"))  # one variable, two names
_FROM_TO = "{key} from {old} to {new}"
_UNKNOWN_BEFORE = "{key} to {new}; what it was is not in the evidence"
_ALREADY = "{key} is {new} already"
_ALONG = "; the kernel changes with it: {others}"
_MORE = "{count} more"
_NOT_KNOWN = "# {key} was not in the evidence: look with `{look}` before, and write that back"
# Of a setting's name: the value that cuts, and what it cuts.
_CUTS = {
    "forwarding": ("0", "What this host passes on for others stops"),
    "ip_forward": ("0", "What this host passes on for others stops"),
    "proxy_arp": ("0", "Who reaches other hosts through this one by proxy ARP no longer does"),
    "rp_filter": ("1", "Packets that come in by another interface than their replies leave by are dropped"),
    "arp_ignore": ("8", "It answers no ARP request any more, not for its own addresses either"),
    "accept_local": ("0", "Packets from this host's own addresses are dropped where they come in"),
    "route_localnet": ("0", "Packets to 127.0.0.0/8 that come in by a wire are dropped"),
}


def _read(line: Line) -> tuple[SetSysctl, ...]:
    options = [word for word in line.words if word.startswith("-")]
    if not {"-w", "--write", "-q", "--quiet", "-e", "--ignore"}.issuperset(options):
        raise NotFollowed("it reads its settings from files, or these options of sysctl are not known here")
    settings = [word.partition("=") for word in line.words if "=" in word and not word.startswith("-")]
    return tuple(SetSysctl(canonical_key(key.strip()), value.strip()) for key, _, value in settings)


READERS: Readers = {("sysctl",): _read}


def write(settings: Mapping[str, object]) -> Command:
    """One command that writes several settings."""
    changes = [SetSysctl(key, str(value)) for key, value in settings.items()]
    return Command(command("sysctl", "-w", *(f"{change.key}={change.value}" for change in changes)), changes)


def spell(change: SetSysctl) -> Command:
    return write({change.key: change.value})


def phase(change: SetSysctl) -> Phase:
    silences = change.key.rpartition(".")[2] in ("arp_ignore", "arp_announce") and change.value != "0"
    return Phase.SILENCE if silences else Phase.SETTING


def apply(node: Node, change: SetSysctl) -> Node:
    """The node with a setting written, and with those that the kernel writes along with it.

    A link's own value is no copy of conf/all; conf/default's is copied to the links that nobody ever gave a value or an
    address, and `forwarding` of all to every link.
    """
    if not node.has("sysctl") or not _exists(node, change.key):
        return node
    new = Setting(change.key, _as_shown(change.key, change.value), change.seen)
    if change.key.startswith((_CONF, "net.ipv4.ip_forward")) and not new.is_number:
        return node  # EINVAL
    settings: Mapping[str, Setting] = node.evidence["sysctl"]
    old = settings.get(change.key)
    written = {change.key: new}
    if change.key in FORWARDING:
        if old is None or old.value != new.value:
            written = _forwarding_follows(settings, new) | written
    elif change.key.startswith(conf_key("default", "")) and not change.key.endswith(".forwarding"):
        written = _links_follow(node, settings, old, new) | written
    if all(_same(settings.get(key), setting) for key, setting in written.items()):
        return node
    return with_rows(node, "sysctl", {**settings, **written})


def _same(old: Setting | None, new: Setting) -> bool:
    return old is not None and (old.raw, old.assumed) == (new.raw, new.assumed)


def _exists(node: Node, key: str) -> bool:
    """A link that is not there has no settings."""
    if not key.startswith(_CONF) or not node.has("links"):
        return True
    scope = key.removeprefix(_CONF).rpartition(".")[0]
    return scope in ("all", "default") or any(conf_key(link.name, "") == f"{_CONF}{scope}." for link in node.links)


def same_value(row: Setting, other: Setting) -> bool:
    """Would the kernel show the same for both? (It shows 0x2 as 2.)"""
    return _as_shown(row.key, row.raw) == _as_shown(other.key, other.raw)


def _as_shown(key: str, value: str) -> str:
    setting = Setting(key, value, Seen("", None, ""))
    return str(setting.value) if len(value.split()) == 1 and setting.is_number else value


def _forwarding_follows(settings: Mapping[str, Setting], new: Setting) -> dict[str, Setting]:
    """inet_forward_change(): the other name, conf/default and every link follow; all.accept_redirects turns round."""
    redirects = conf_key("all", "accept_redirects")
    follow = [key for key in settings if key.startswith(_CONF) and key.endswith(".forwarding")]
    values = {key: new.raw for key in (*follow, *FORWARDING) if key in settings}
    if redirects in settings:
        values[redirects] = str(int(not new.value))
    return {key: Setting(key, raw, new.seen) for key, raw in values.items()}


def _links_follow(node: Node, settings: Mapping[str, Setting], old: Setting | None, new: Setting) -> dict[str, Setting]:
    """Which links nobody ever gave a value or an address cannot be seen: taken for such are those without an address
    whose value is conf/default's. Those with one keep theirs, also where the evidence does not say it."""
    name = new.key.rpartition(".")[2]
    with_address = {address.link for address in node.addresses} if node.has("addresses") else set()
    changed: dict[str, Setting] = {}
    for link in node.links if node.has("links") else ():
        key = conf_key(link.name, name)
        own = settings.get(key)
        if link.name in with_address:
            if own is None and old is not None:
                changed[key] = Setting(key, old.raw, old.seen, assumed=True)
        elif own is not None and old is not None and own.raw == old.raw:
            changed[key] = Setting(key, new.raw, new.seen)
    return changed


def describe(change: SetSysctl, before: Node, after: Node) -> str:
    settings = changed_settings(before, after)
    old, new = settings.get(change.key, (None, None))
    others = [
        _FROM_TO.format(key=key, old=was.raw, new=now.raw)
        for key, (was, now) in settings.items()
        if key != change.key and was is not None and now is not None
    ]
    more = [*others[:2], *([_MORE.format(count=len(others) - 2)] if len(others) > 2 else [])]
    along = _ALONG.format(others=", ".join(more)) if more else ""
    if old is not None and new is not None:
        return _FROM_TO.format(key=change.key, old=old.raw, new=new.raw) + along
    known = change.key in before.evidence.get("sysctl", {})
    return (_ALREADY if known else _UNKNOWN_BEFORE).format(key=change.key, new=change.value) + along


def impact(change: SetSysctl, before: Node, after: Node) -> str:
    value, text = _CUTS.get(change.key.rpartition(".")[2], ("", ""))
    return text if change.value == value and change.key in changed_settings(before, after) else ""


def undo(change: SetSysctl, before: Node, after: Node) -> Iterator[str]:
    """The setting itself first, then what the kernel has changed along with it, once or twice."""
    old: Mapping[str, Setting] = before.evidence["sysctl"]
    if change.key in old:
        line = write({change.key: old[change.key].raw})
        after = run([line], after, apply)
        yield line
    now: Mapping[str, Setting] = after.evidence["sysctl"]
    others = {key: row.raw for key, row in old.items() if key != change.key and now[key].raw != row.raw}
    if others:
        yield write(others)
    if change.key not in old:
        yield _NOT_KNOWN.format(key=word(change.key), look=command("sysctl", change.key))
