"""`ip address` and `ip link`, and where `ip route` and `ip rule` go: what these commands do to a host."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from ipaddress import ip_network

from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.inet_line import prefix_of
from lvsdoctor.parse.shell import ip_routes
from lvsdoctor.parse.shell.command import ShellCommand
from lvsdoctor.parse.shell.ip_call import CHANGING, SETTING_UP, IpCall, ip_call
from lvsdoctor.parse.shell.state import HostState, new_link
from lvsdoctor.parse.words import read_ip, read_link_name, read_network, split_options

_BATCH, _INPUT = ("-b", "-batch", "--batch"), ("-", "/dev/stdin")  # the grammar of bash leaves out a single dash
_SCOPES = {"0": "global", "253": "link", "254": "host", "200": "site"}


def changes(command: ShellCommand) -> bool:
    call = ip_call(command)
    if call is not None and call.object == "netns":
        return bool(call.words[1:]) and call.words[1].rpartition("/")[2] in SETTING_UP
    return call is not None and call.verb in CHANGING and call.words[:1] != ("cache",)


def of_batch(command: ShellCommand) -> Iterator[ShellCommand]:
    """The commands of `ip -batch - << EOF`, a line each, and its comments left out."""
    read = any(word in _BATCH for word in command.words[1:]) and command.words[-1] in (*_BATCH, *_INPUT)
    for line, seen in command.text or () if read and command.program == "ip" else ():
        if words := line.partition("#")[0].split():
            yield replace(command, words=("ip", *words), seen=seen, text=None)


def apply(state: HostState, command: ShellCommand) -> bool:
    """Does it; False for what is not understood, and for what happens in a network namespace."""
    call = ip_call(command)
    if call is None or call.elsewhere:
        return False
    match call.object:
        case "address":
            return _address(state, call, command.seen)
        case "link":
            return _link(state, call, command.seen)
        case "route":
            return ip_routes.change_route(state, call, command.seen)
    return ip_routes.change_rule(state, call, command.seen)


# -- addresses --------------------------------------------------------------------------------------------------------

_ADDRESS_WORDS = (
    "peer", "remote", "broadcast", "brd", "anycast", "scope", "dev", "label", "metric", "priority", "preference",
    "valid_lft", "preferred_lft", "proto", "local", "to",
)  # fmt: skip
_ADDRESS_FLAGS = frozenset(
    "home nodad mngtmpaddr noprefixroute autojoin optimistic secondary permanent dynamic".split()
)


def _address(state: HostState, call: IpCall, seen: Seen) -> bool:
    options, bare = split_options(call.words, _ADDRESS_WORDS)
    local = options.get("local") or next((word for word in bare if word not in _ADDRESS_FLAGS), "")
    name = options.get("dev", "").partition(":")[0]  # an alias is its link (net/core/dev_ioctl.c: dev_ifconf())
    if call.verb == "flush":
        return _flush(state, options, bare, name)
    flags = [word for word in bare if word != local]
    address = _new_address(local, name, options, flags, seen)
    if address is None or (call.family and call.family != address.ip.version):
        return False
    if call.verb == "delete":
        whole = "/" in local
        state.remove_addresses(
            lambda known: (
                known.link == name and known.ip == address.ip and (not whole or known.prefixlen == address.prefixlen)
            )
        )
        return True
    if call.verb in ("replace", "change"):
        state.remove_addresses(
            lambda known: known.link == name and known.ip == address.ip and known.prefixlen == address.prefixlen
        )
    state.add_address(address)
    return True


def _new_address(local: str, name: str, options: dict[str, str], flags: list[str], seen: Seen) -> Address | None:
    text, slash, length = local.partition("/")
    ip = read_ip(text)
    if ip is None or read_link_name(name) is None or (slash and not length) or not _ADDRESS_FLAGS.issuperset(flags):
        return None
    prefix = prefix_of(ip, length, options.get("peer", options.get("remote", "")))
    label = options.get("label", "")
    if prefix is None or (label and not label.startswith(name)):
        return None
    scope = options.get("scope", "")
    return Address(
        ip=ip,
        prefixlen=prefix[0],
        link=name,
        seen=seen,
        scope=_SCOPES.get(scope, scope) or _scope(ip),
        label="" if ip.version == 6 else label or name,
        flags=frozenset(flags) - {"permanent", "dynamic", "secondary"},
        peer=prefix[1],
        broadcast=_broadcast(ip, prefix[0], options.get("broadcast", options.get("brd", ""))),
    )


def _scope(ip: IP) -> str:
    """iproute2 ip/ipaddress.c: default_scope(); the kernel's own for IPv6 (net/ipv6/addrconf_core.c)."""
    return "host" if ip.is_loopback else "link" if ip.version == 6 and ip.is_link_local else "global"


def _broadcast(ip: IP, prefixlen: int, text: str) -> IP | None:
    if text == "+" and ip.version == 4 and prefixlen < 31:
        return ip_network((ip, prefixlen), strict=False).broadcast_address
    return read_ip(text)


def _flush(state: HostState, options: dict[str, str], bare: Sequence[str], name: str) -> bool:
    near = read_network(options["to"]) if "to" in options else None
    if not options.keys() <= {"dev", "label", "to", "scope"} or ("to" in options and near is None):
        return False
    if not name and bare and read_link_name(bare[0]) is not None:  # `ip addr flush eth0`
        name = bare[0]
    if not name and "label" not in options:
        return False
    label, scope = options.get("label"), options.get("scope")
    state.remove_addresses(
        lambda known: (
            (not name or known.link == name)
            and (label is None or fnmatchcase(known.label, label))
            and (near is None or (known.ip.version == near.version and known.ip in near))
            and (scope is None or known.scope == scope)
        )
    )
    return True


# -- links ------------------------------------------------------------------------------------------------------------

_KINDS_WITHOUT_ARP = {"ipip": "ipip", "sit": "sit", "gre": "gre", "ip6tnl": "tunnel6", "vti": "ipip"}
_LINK_WORDS = (
    "mtu",
    "txqueuelen",
    "qlen",
    "address",
    "broadcast",
    "brd",
    "alias",
    "group",
    "promisc",
    "allmulticast",
    "multicast",
    "arp",
    "master",
    "link",
    "name",
    "type",
    "dynamic",
    "numtxqueues",
    "numrxqueues",
)


def _link(state: HostState, call: IpCall, seen: Seen) -> bool:
    if call.verb == "add":
        return _add_link(state, call, seen)
    words = list(call.words)
    if words[:1] == ["dev"]:
        del words[0]
    name = words.pop(0) if words else ""
    if read_link_name(name) is None or name == "group":
        return False
    if call.verb == "delete":
        state.remove_link(name)
        return True
    if "type" in words:
        del words[words.index("type") :]
    options, bare = split_options(words, _LINK_WORDS)
    if call.verb not in ("set", "change") or not {"up", "down", "nomaster"}.issuperset(bare) or "name" in options:
        return False
    link = state.link(name, seen)
    if "master" in options or "nomaster" in bare:
        link = replace(link, master=options.get("master"))
    if "arp" in options:
        link = replace(link, flags=link.flags - {"NOARP"} if options["arp"] == "on" else link.flags | {"NOARP"})
    if link != state.link(name, seen):
        state.note_link(link)
    if "up" in bare:
        state.bring_up(name, seen)
    if "down" in bare:
        state.bring_down(name)
    return True


def _add_link(state: HostState, call: IpCall, seen: Seen) -> bool:
    words = list(call.words)
    kind = words[words.index("type") + 1] if "type" in words[:-1] else ""
    before = words[: words.index("type")] if kind else words
    options, bare = split_options(before, _LINK_WORDS)
    if bare[:1] == ["dev"]:
        del bare[0]
    name = options.get("name") or next(iter(bare), "")
    if not kind or read_link_name(name) is None or "netns" in words:
        return False
    link: Link = replace(new_link(name, seen), kind=kind, parent=options.get("link"), master=options.get("master"))
    if kind in _KINDS_WITHOUT_ARP:
        link = replace(link, type=_KINDS_WITHOUT_ARP[kind], flags=frozenset({"NOARP"}))
    elif kind == "dummy":  # drivers/net/dummy.c: dummy_setup()
        link = replace(link, flags=frozenset({"NOARP"}))
    if "up" in bare:
        link = replace(link, flags=link.flags | {"UP"})
    state.make_link(link)
    return True
