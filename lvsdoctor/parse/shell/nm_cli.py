"""`nmcli connection add|modify` and `nmcli device modify`: what these commands do to a host (nmcli(1)).

What is changed in a profile comes up with the next `nmcli connection up`, or at boot.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.model.address import Address
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.shell import ip_routes
from lvsdoctor.parse.shell.command import ShellCommand, verb_of
from lvsdoctor.parse.shell.ip_call import IpCall
from lvsdoctor.parse.shell.state import HostState, new_link
from lvsdoctor.parse.words import read_ip, read_link_name, read_number

_OBJECTS = ("general", "networking", "radio", "connection", "device", "agent", "monitor")
_VERBS = {
    "connection": ("show", "up", "down", "add", "modify", "clone", "edit", "delete", "monitor", "reload", "load"),
    "device": ("status", "show", "set", "connect", "reapply", "modify", "disconnect", "delete", "monitor"),
}  # fmt: skip
_WITH_VALUE = frozenset({"-f", "--fields", "-g", "--get-values", "-w", "--wait", "-m", "--mode", "-c", "--colors",
                         "-e", "--escape"})  # fmt: skip
_MATTERS = re.compile(
    r"[+-]?(?:ipv?[46](?:\.(?:addr\w*|gateway|routes?|routing-rules|method))?|gw[46]|connection\.(?:interface-name|autoconnect))"
)
_SHORT = {"ip4": "ipv4.addresses", "ip6": "ipv6.addresses", "gw4": "ipv4.gateway", "gw6": "ipv6.gateway",
          "con-name": "connection.id", "autoconnect": "connection.autoconnect",
          "ifname": "connection.interface-name"}  # fmt: skip
_ADDRESSES = re.compile(r"(ipv[46])\.addr(?:ess(?:es)?|esse?)?$")
_KINDS = {"dummy": "dummy", "bond": "bond", "bridge": "bridge", "vlan": "vlan", "team": "team", "vrf": "vrf"}
_TUNNELS = {"ipip": "ipip", "1": "ipip", "gre": "gre", "2": "gre", "sit": "sit", "3": "sit"}
_OF_NO_ARP = {"ipip": "ipip", "gre": "gre", "sit": "sit", "dummy": "ether"}
# NetworkManager calls the profile that it makes for a link after the link, and older ones `System eth0`.
_AFTER_A_LINK = re.compile(r"(?:System )?((?:lo|eth|en[ospx]|em|p\d+p|bond|br|team|dummy|vlan|tunl)[\w.:-]{0,13})")
_OFF = frozenset({"no", "false", "off", "0"})
_Pairs = list[tuple[str, str]]


def changes(command: ShellCommand) -> bool:
    object, verb, words = _call(command)
    if object == "connection" and verb == "up":
        return command.known
    if (object, verb) == ("connection", "add"):
        return True
    return verb == "modify" and any(map(_MATTERS.fullmatch, words[1:]))


def apply(state: HostState, command: ShellCommand) -> bool:
    """Does it; False for what is not understood."""
    object, verb, words = _call(command)
    if verb == "add":
        return _add(state, _pairs(words), command.seen)
    name = words[1] if words[:1] in (["id"], ["path"], ["uuid"]) and len(words) > 1 else next(iter(words), "")
    if verb == "up":
        ifname = words[words.index("ifname") + 1] if "ifname" in words[:-1] else ""
        state.comes_up(ifname or _link_of(state, name))
        return True
    pairs = _pairs(words[words.index(name) + 1 :]) if name in words else None
    link = name if object == "device" else _link_of(state, name)
    for key, value in pairs or ():
        if key == "connection.interface-name":
            link = state.profiles[name] = value
    if pairs is None or read_link_name(link) is None:
        return False
    return _modify(state, link, pairs, command.seen, later=object == "connection")


def _call(command: ShellCommand) -> tuple[str, str, list[str]]:
    """The object, the verb, and the words behind; "" for what is none of these."""
    words = list(command.words[1:])
    while words and words[0].startswith("-"):
        if words.pop(0) in _WITH_VALUE:
            del words[:1]
    object = verb_of(words[0], _OBJECTS) if words else ""
    if object not in _VERBS or len(words) < 2:
        return "", "", []
    words = words[1:]
    while words and words[0] in ("--temporary", "--active", "--order"):
        del words[0]
    verb = verb_of(words[0], _VERBS[object]) if words else ""
    return object, verb, [word for word in words[1:] if word not in ("--temporary", "--")]


def _pairs(words: Sequence[str]) -> _Pairs | None:
    """Each property with its value, by its whole name; a sign in front of it stays. None where one has no value."""
    if len(words) % 2:
        return None
    pairs = []
    for key, value in zip(words[::2], words[1::2], strict=True):
        sign, name = (key[0], key[1:]) if key[:1] in ("+", "-") else ("", key)
        name = _SHORT.get(name, name)
        if match := _ADDRESSES.fullmatch(name):
            name = f"{match[1]}.addresses"
        pairs.append((sign + name, value))
    return pairs


def _link_of(state: HostState, profile: str) -> str:
    """The link that a profile is for: of one that the commands made, or by what NetworkManager calls its own."""
    match = _AFTER_A_LINK.fullmatch(profile)
    return state.profiles.get(profile) or (match[1] if match else "")


def _add(state: HostState, pairs: _Pairs | None, seen: Seen) -> bool:
    asked = dict(pairs or ())
    type = asked.get("type", "")
    name = asked.get("connection.interface-name", "lo" if type == "loopback" else "")
    if pairs is None or read_link_name(name) is None or asked.get("connection.autoconnect", "").lower() in _OFF:
        return False
    state.profiles[asked.get("connection.id") or f"{type}-{name}"] = name
    tunnel = _TUNNELS.get(asked.get("mode") or asked.get("ip-tunnel.mode", "")) if type == "ip-tunnel" else None
    _make(state, name, _KINDS.get(type) or tunnel, asked, seen)
    return _modify(state, name, pairs, seen, later=False)


def _make(state: HostState, name: str, kind: str | None, asked: dict[str, str], seen: Seen) -> None:
    names = (asked.get("master") or asked.get("controller"), asked.get("dev") or asked.get("vlan.parent"))
    master, parent = (text if text and read_link_name(text) else None for text in names)
    link: Link = replace(new_link(name, seen), kind=kind, master=master, parent=parent)
    if kind in _OF_NO_ARP:
        link = replace(link, type=_OF_NO_ARP[kind or ""], flags=link.flags | {"NOARP"})
    state.make_link(replace(link, flags=link.flags | {"UP"}))


def _modify(state: HostState, link: str, pairs: _Pairs, seen: Seen, *, later: bool) -> bool:
    """Later properties count over earlier ones; what one of them has that is not understood leaves it out alone."""
    known = True
    for key, value in pairs:
        sign, name = (key[0], key[1:]) if key[:1] in ("+", "-") else ("", key)
        family = 6 if name.startswith("ipv6.") else 4
        match name.partition(".")[2] if name.startswith(("ipv4.", "ipv6.")) else "":
            case "addresses":
                known = _addresses(state, link, family, sign, value, seen, later=later) and known
            case "method" if value in ("disabled", "ignore", "shared", "link-local"):
                state.remove_addresses(lambda row, family=family: row.link == link and row.ip.version == family)  # type: ignore[misc]
            case "gateway" if value and sign != "-":
                known = _route(state, ["default", "via", value, "dev", link], family, seen) and known
            case "routes" if sign != "-":
                for text in filter(str.strip, value.split(",")):
                    known = _route(state, _route_words(text, link), family, seen) and known
            case "routing-rules" if sign != "-":
                for text in value.split(","):
                    call = IpCall("rule", "add", tuple(text.split()), family, elsewhere=False)
                    known = ip_routes.change_rule(state, call, seen) and known
    return known


def _addresses(
    state: HostState, link: str, family: int, sign: str, text: str, seen: Seen, *, later: bool
) -> bool:  # fmt: skip
    rows = list(_rows(text, link, family, seen))
    if any(row is None for row in rows):
        return False
    addresses = [row for row in rows if row is not None]
    if sign != "+":
        gone = {(row.ip, row.prefixlen) for row in addresses} if sign else None
        state.remove_addresses(
            lambda row: (
                row.link == link and row.ip.version == family and (gone is None or (row.ip, row.prefixlen) in gone)
            )
        )
    for row in addresses if sign != "-" else ():
        state.add_address(row, later=later)
    return True


def _rows(text: str, link: str, family: int, seen: Seen) -> Iterator[Address | None]:
    for part in re.split(r"[,\s]+", text.strip()):
        if not part:
            continue
        local, slash, length = part.partition("/")
        ip = read_ip(local)
        prefixlen = None if ip is None else read_number(length, most=ip.max_prefixlen) if slash else ip.max_prefixlen
        if ip is None or prefixlen is None or ip.version != family:
            yield None
            continue
        scope = "host" if ip.is_loopback else "link" if ip.version == 6 and ip.is_link_local else "global"
        yield Address(ip, prefixlen, link, seen, scope, "" if ip.version == 6 else link)


def _route_words(text: str, link: str) -> list[str]:
    """`198.51.100.0/24 192.0.2.1 100 table=10 src=192.0.2.10`."""
    plain = [word for word in text.split() if "=" not in word]
    options = dict(word.split("=", 1) for word in text.split() if "=" in word)
    words = plain[:1]
    if len(plain) > 1 and read_ip(plain[1]) is not None:
        words += ["via", plain[1]]
    words += ["dev", link]
    words += ["metric", plain[-1]] if plain[-1:] and plain[-1].isdecimal() and len(plain) > 1 else []
    return [*words, *(word for key in ("src", "table") if key in options for word in (key, options[key]))]


def _route(state: HostState, words: Sequence[str], family: int, seen: Seen) -> bool:
    return ip_routes.change_route(state, IpCall("route", "replace", tuple(words), family, elsewhere=False), seen)
