"""A tunnel's module that is loaded or unloaded, and brings a link of its own with it (modprobe(8))."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lvsdoctor.fixes.changes import link as links
from lvsdoctor.fixes.changes.kind import Phase, Readers, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed
from lvsdoctor.fixes.changes.rows import link_of, with_rows
from lvsdoctor.fixes.changes.subnet_routes import without_link
from lvsdoctor.model.change import Command, LoadModule, SetLink
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting, conf_key

NOUNS = (LoadModule,)

# Module, then the name of its link, its kind (`ip -d link`), and how `ip link` calls its addresses (link/ipip).
# net/ipv4/ipip.c: ipip_init_net(), net/ipv4/ip_gre.c: ipgre_init_net(), and so on.
_LINKS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "ipip": ("tunl0", "ipip", "ipip"),
        "ip_gre": ("gre0", "gre", "gre"),
        "sit": ("sit0", "sit", "sit"),
        "ip6_tunnel": ("ip6tnl0", "ip6tnl", "tunnel6"),
        "ip6_gre": ("ip6gre0", "ip6gre", "gre6"),
    }
)
_LOADED = "the module {module} is loaded, and brings the interface {link}"
_UNLOADED = "the module {module} is unloaded, and takes the interface {link} with it"


def _read(line: Line) -> tuple[LoadModule]:
    loads = line.words[:1] not in (("-r",), ("--remove",))
    names = line.words if loads else line.words[1:]
    if len(names) != 1 or names[0] not in _LINKS:
        raise NotFollowed("what comes with this module is not known here")
    return (LoadModule(names[0], loads),)


READERS: Readers = {("modprobe",): _read}


def spell(change: LoadModule) -> Command:
    return spelled(change, "modprobe", *([] if change.loads else ["-r"]), change.module)


def phase(change: LoadModule) -> Phase:
    return Phase.MODULE


def apply(node: Node, change: LoadModule) -> Node:
    """The node with the module's own link, which is down and starts with conf/default's settings (inetdev_init())."""
    if not node.has("links"):
        return node
    name, kind, type_ = _LINKS[change.module]
    if not change.loads:
        return _unloaded(node, name, change) if link_of(node, name) else node
    if any(kind in (other.kind, other.type) for other in node.links):
        return node
    made = Link(name, change.seen, flags=frozenset({"NOARP"}), mtu=1480, state="DOWN", type=type_, kind=kind)
    node = with_rows(node, "links", (*node.links, made))
    default = conf_key("default", "")
    settings: Mapping[str, Setting] = node.evidence.get("sysctl", {})
    keys = {key: conf_key(name, key.removeprefix(default)) for key in settings if key.startswith(default)}
    own = {key: Setting(key, settings[of].raw, change.seen) for of, key in keys.items()}
    return with_rows(node, "sysctl", {**settings, **{key: row for key, row in own.items() if key not in settings}})


def _unloaded(node: Node, name: str, change: LoadModule) -> Node:
    node = links.apply(node, SetLink(name, up=False, seen=change.seen))
    node = with_rows(node, "links", tuple(other for other in node.links if other.name != name))
    if node.has("addresses"):
        node = with_rows(node, "addresses", tuple(address for address in node.addresses if address.link != name))
    node = without_link(node, name, 4)
    settings: Mapping[str, Setting] = node.evidence.get("sysctl", {})
    own = conf_key(name, "")
    return with_rows(node, "sysctl", {key: row for key, row in settings.items() if not key.startswith(own)})


def describe(change: LoadModule, before: Node, after: Node) -> str:
    return (_LOADED if change.loads else _UNLOADED).format(module=change.module, link=_LINKS[change.module][0])


def impact(change: LoadModule, before: Node, after: Node) -> str:
    return "" if change.loads else "Every tunnel of this kind stops"


def undo(change: LoadModule, before: Node, after: Node) -> Iterator[Command]:
    yield spell(LoadModule(change.module, not change.loads))
