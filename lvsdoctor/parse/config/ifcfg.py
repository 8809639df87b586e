"""ifcfg-*, route-* and rule-* (also with a 6): RHEL's network scripts, NetworkManager's reading of them, and SUSE's.

initscripts: network-functions expand_config(), ifup-eth, ifup-aliases; NetworkManager: nms-ifcfg-rh-reader.c; SUSE:
ifcfg(5). A file is not executed: a value that holds more than a word or a variable of the same file is not known.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.network import NetworkPlan, class_prefix, file_name, numbered, read_prefix, set_aside
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_ip, read_link_name

_NAME = re.compile(r"ifcfg[-_](?P<link>.+)$")
# `route-n.txt` is what route(8) prints, unless it stands where these files do.
_BESIDE = re.compile(r"sysconfig/network(?:-scripts)?/(?P<kind>route6?|rule6?)-(?P<link>[^/]+)$")
_OF_ALL = re.compile(r"(?:^|/)etc/sysconfig/network$")
_RANGE = re.compile(r"(?P<link>.+)-range\d+$")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(?P<key>[A-Za-z_]\w*)=(?P<value>.*)$")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_ADDRESS = re.compile(r"IPADDR(?P<end>_(?!START$|END$)\w+|\d*)$")
_ROUTE = re.compile(r"ADDRESS(?P<end>\d+)$")
# What no file of another kind has; without its name a file is of this kind by these alone.
_OWN = re.compile(r"(?:DEVICE|BOOTPROTO|ONBOOT|STARTMODE|IPADDR\w*)$")
_DYNAMIC = frozenset({"dhcp", "bootp", "dhcp4", "dhcp+autoip", "autoip"})
_KINDS = {"bond": "bond", "bridge": "bridge", "vlan": "vlan", "ipip": "ipip", "gre": "gre", "sit": "sit",
          "team": "team", "dummy": "dummy", "ovsbridge": "openvswitch", "ethernet": ""}  # fmt: skip
_MOST = 256  # addresses of a range
_LONGEST = 4000  # of a value


@dataclass(frozen=True, slots=True)
class _Values:
    """The assignments of a file: the last of each key counts."""

    by_key: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    unknown: Mapping[str, Seen] = field(default_factory=dict)  # keys whose value is not known
    strange: tuple[Seen, ...] = ()  # lines that assign nothing

    def get(self, key: str) -> str:
        return self.by_key.get(key, "")

    def off(self, key: str) -> bool:
        return self.get(key).lower() in ("no", "n", "false", "f", "off", "0")

    def on(self, key: str) -> bool:
        return self.get(key).lower() in ("yes", "y", "true", "t", "on", "1")


def dump_of(text: str, where: str) -> Dump | None:
    """The rows of such a file; None for one that neither its name nor its lines show to be of this kind."""
    name = file_name(where)
    if beside := _BESIDE.search(where):
        copy = set_aside("ifcfg", "a file of routes", text, where)
        return copy or _beside(text, where, beside["kind"], beside["link"])
    named = _NAME.search(name)
    values = _values(text, where)
    if _OF_ALL.search(where):  # RHEL's file of the whole host: its gateway is that of no interface in particular
        _gateways(values, "", of_host := NetworkPlan())
        return of_host.dump()
    if not named and (values.strange or sum(map(bool, map(_OWN.match, values.by_key))) < 2):
        return None
    if named and (copy := set_aside("ifcfg", "an ifcfg file", text, where)) is not None:
        return copy
    plan = NetworkPlan()
    plan.unread += values.strange
    _read(values, named["link"] if named else "", plan)
    return plan.dump()


def _values(text: str, where: str) -> _Values:
    by_key: dict[str, str] = {}
    lines: dict[str, Seen] = {}
    unknown: dict[str, Seen] = {}
    strange = []
    for seen in numbered(text, where):
        if not seen.text.strip() or seen.text.lstrip().startswith("#"):
            continue
        match = _ASSIGNMENT.match(seen.text)
        if match is None:
            strange.append(seen)
            continue
        key, value = match["key"], _value(match["value"], by_key)
        for known in (by_key, lines, unknown):
            known.pop(key, None)
        if value is None:
            unknown[key] = seen
        else:
            by_key[key], lines[key] = value, seen
    return _Values(by_key, lines, unknown, tuple(strange))


def _value(text: str, known: Mapping[str, str]) -> str | None:
    """What a shell makes of the right side of an assignment, None where that takes more than quotes and variables."""
    if len(text) > _LONGEST:
        return None
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        return None
    if len(words) > 1 or "`" in text or "{{" in text or "<%" in text:
        return None
    value = words[0] if words else ""
    if "$" not in value or text.lstrip().startswith("'"):
        return value
    names = [match[1] or match[2] for match in _VARIABLE.finditer(value)]
    if any(name not in known for name in names):
        return None
    value = _VARIABLE.sub(lambda match: known[match[1] or match[2]], value)
    return None if "$" in value or len(value) > _LONGEST else value


def _read(values: _Values, name: str, plan: NetworkPlan) -> None:
    if values.off("ONBOOT") or values.off("ONPARENT") or values.get("STARTMODE").lower() in ("off", "manual"):
        return  # not brought up at boot
    ranged = _RANGE.fullmatch(name)
    device = _device(values, ranged["link"] if ranged else name)
    addresses = [key for key in (*values.by_key, *values.unknown) if key.startswith(("IPADDR", "IPV6ADDR"))]
    of_addresses = [
        values.seen.get(key) or values.unknown[key] for key in addresses if values.get(key) or key in values.unknown
    ]
    if not device:
        plan.unread += of_addresses or list(values.seen.values())[:1]
        return
    plan.unread += [seen for key, seen in values.unknown.items() if _matters(key)]
    where = values.seen.get("DEVICE") or next(iter(values.seen.values()), None)
    if where is not None:
        _link(values, device, where, plan)
    dynamic = values.get("BOOTPROTO").lower()
    if dynamic in _DYNAMIC:
        # The scripts pass over what else stands there; NetworkManager and wicked add it.
        plan.unread += [values.seen[key] for key in values.by_key if _ADDRESS.match(key) and values.get(key)]
    elif ranged:
        _range(values, device, plan)
    else:
        _addresses(values, device, plan)
    if not values.off("IPV6INIT"):
        _addresses6(values, device, plan)
    _gateways(values, device, plan)


def _matters(key: str) -> bool:
    return key.startswith(("IPADDR", "IPV6ADDR", "PREFIX", "NETMASK", "GATEWAY", "DEVICE", "ONBOOT", "LABEL"))


def _device(values: _Values, name: str) -> str:
    """DEVICE, or what the file is called after where that is a link; a connection of NetworkManager has any name."""
    if "DEVICE" in values.unknown:
        return ""
    if device := values.get("DEVICE"):
        return device if read_link_name(device.partition(":")[0]) else ""
    by_hardware = values.get("HWADDR") or values.get("UUID") or values.get("NAME") not in ("", name)
    return "" if by_hardware or read_link_name(name.partition(":")[0]) is None else name


def _link(values: _Values, device: str, seen: Seen, plan: NetworkPlan) -> None:
    kind = _KINDS.get((values.get("TYPE") or values.get("INTERFACETYPE")).lower())
    parent = values.get("PHYSDEV") or values.get("ETHERDEVICE") or None
    if values.on("VLAN") or values.get("ETHERDEVICE"):
        kind, parent = "vlan", parent or device.rpartition(".")[0] or None
    if values.on("BONDING_MASTER"):
        kind = "bond"
    if values.get("BRIDGE") and values.on("BRIDGE"):  # SUSE's
        kind = "bridge"
    bridge = "" if values.on("BRIDGE") or values.off("BRIDGE") else values.get("BRIDGE")
    master = values.get("MASTER") or bridge or values.get("TEAM_MASTER") or values.get("VRF") or None
    detail = {"local": values.get("MY_OUTER_IPADDR"), "remote": values.get("PEER_OUTER_IPADDR")}
    detail["dhcp"] = "4" if values.get("BOOTPROTO").lower() in _DYNAMIC else ""
    plan.link(
        device, seen, kind=kind, master=master, parent=parent, arp=not values.off("ARP"),
        detail={key: value for key, value in detail.items() if value},
    )  # fmt: skip


def _suse(values: _Values) -> bool:
    return "STARTMODE" in values.by_key or any(key.startswith("IPADDR_") for key in values.by_key)


def _addresses(values: _Values, device: str, plan: NetworkPlan) -> None:
    suse = _suse(values)
    if inner := values.get("MY_INNER_IPADDR"):
        plan.address(inner, device, values.seen["MY_INNER_IPADDR"], prefixlen=32)
    for key, text in values.by_key.items():
        match = _ADDRESS.match(key)
        if match is None or not text:
            continue
        end, seen = match["end"], values.seen[key]
        label = values.get(f"LABEL{end}")
        if suse:
            label = f"{device}:{label}" if label and ":" not in device else ""
        ip, slash, _ = text.partition("/")
        prefixlen = None if slash else _prefixlen(values, end, ip, suse=suse)
        if slash and not suse:
            plan.refuse(seen)  # neither the scripts nor NetworkManager take a length here
            continue
        peer = values.get(f"REMOTE_IPADDR{end}") if suse else ""
        plan.address(text, device, seen, prefixlen=prefixlen, label=label, peer=peer)


def _prefixlen(values: _Values, end: str, ip: str, *, suse: bool) -> int | None:
    """PREFIX counts before NETMASK; where both are lacking, RHEL's scripts and NetworkManager take the class's."""
    keys = [f"{key}{end}" for key in ("PREFIX", "PREFIXLEN", "NETMASK")]
    if any(key in values.unknown for key in keys):
        return None
    text = next((values.get(key) for key in keys if values.get(key)), None)
    if text is not None:
        return read_prefix(text, most=32 if ":" not in ip else 128)
    address = read_ip(ip)
    return class_prefix(address) if isinstance(address, IPv4Address) and not suse else None


def _range(values: _Values, device: str, plan: NetworkPlan) -> None:
    """The addresses from IPADDR_START to IPADDR_END: eth0:0, eth0:1 and so on."""
    seen = values.seen.get("IPADDR_START")
    first, last = read_ip(values.get("IPADDR_START")), read_ip(values.get("IPADDR_END"))
    number = values.get("CLONENUM_START") or "0"
    if seen is None:
        return
    if (
        not isinstance(first, IPv4Address)
        or not isinstance(last, IPv4Address)
        or not number.isdecimal()
        or len(number) > 6
    ):
        plan.refuse(seen)
        return
    if int(first) >> 8 != int(last) >> 8 or last < first:
        plan.refuse(seen)
        return
    prefixlen = _prefixlen(values, "", str(first), suse=False)
    for count in range(min(int(last) - int(first) + 1, _MOST)):
        name = f"{device.partition(':')[0]}:{int(number) + count}"
        if not plan.address(str(first + count), name, seen, prefixlen=prefixlen):
            return


def _addresses6(values: _Values, device: str, plan: NetworkPlan) -> None:
    link = device.partition(":")[0]
    for key in ("IPV6ADDR", "IPV6ADDR_SECONDARIES"):
        for text in values.get(key).split():
            plan.address(text, link, values.seen[key], prefixlen=64 if "/" not in text else None)


def _gateways(values: _Values, device: str, plan: NetworkPlan) -> None:
    link = device.partition(":")[0]
    for key, text in values.by_key.items():
        if re.fullmatch(r"GATEWAY\d*", key) and text and not values.off("DEFROUTE"):
            plan.route(["default", "via", text], values.get("GATEWAYDEV") or link, values.seen[key])
        if key == "IPV6_DEFAULTGW" and text:
            gateway, _, outwards = text.partition("%")
            plan.route(["default", "via", gateway], outwards or link, values.seen[key])


# -- route-eth0, rule-eth0 --------------------------------------------------------------------------------------------


def _beside(text: str, where: str, kind: str, link: str) -> Dump:
    lines = [seen for seen in numbered(text, where) if seen.text.strip() and not seen.text.lstrip().startswith("#")]
    family = 6 if kind.endswith("6") else 4
    plan = NetworkPlan()
    if any(_ROUTE.match(seen.text.partition("=")[0].strip()) for seen in lines):
        _numbered_routes(_values(text, where), link, plan)
        return plan.dump()
    for seen in lines:
        words = seen.text.partition("#")[0].split()
        if kind.startswith("rule"):
            plan.rule(words, seen, family)
        else:
            plan.route(words, link, seen, family)
    return plan.dump()


def _numbered_routes(values: _Values, link: str, plan: NetworkPlan) -> None:
    plan.unread += [*values.strange, *values.unknown.values()]
    for key, text in values.by_key.items():
        if match := _ROUTE.match(key):
            length = read_prefix(values.get(f"NETMASK{match['end']}") or "32")
            gateway = values.get(f"GATEWAY{match['end']}")
            hop = ["via", gateway] if gateway else ["dev", link]
            plan.route([f"{text}/{length}", *hop], link, values.seen[key], 4)
