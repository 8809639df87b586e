"""*.network and *.netdev of systemd-networkd: systemd.network(5), systemd.netdev(5)."""

import re
from collections.abc import Iterator

from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.ini_text import IniSection, IniText, IniValue, ini_text
from lvsdoctor.parse.config.network import NetworkPlan, file_name, set_aside
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_link_name

_FILE = re.compile(r"\.(?:network|netdev)$")
_DROP_IN = re.compile(r"\.network\.d/[^/]+\.conf$")  # which links it is for, its file says
# `10-netplan-eth0.network.d`, `10-lo.network.d`, and those that fixes/persist/networkd.py writes: a drop-in is for the
# link that its file is called after, where that file is not there.
_CALLED = re.compile(
    r"(?:^|/)(?:\d+-)?(?:(?:lvs|netplan)-(?P<own>[^/]+)"
    r"|(?P<link>lo|(?:eth|en[ospx]|em|bond|br|team|dummy|vlan|tunl)\d[\w.]{0,13}))\.network\.d/"
)
_SECTIONS = frozenset({"Match", "NetDev"})
_MASTERS = ("Bridge", "Bond", "VRF", "BatmanAdvanced")
_ABOVE = {"VLAN": "vlan", "MACVLAN": "macvlan", "IPVLAN": "ipvlan", "Tunnel": None, "VXLAN": "vxlan"}
_ON, _OFF = frozenset({"yes", "true", "on", "1"}), frozenset({"no", "false", "off", "0"})
# network/networkd-sysctl.c: what these make of the link's own settings.
_SETTINGS = {
    "IPv4Forwarding": "forwarding",
    "IPv4AcceptLocal": "accept_local",
    "IPv4RouteLocalnet": "route_localnet",
    "IPv4ProxyARP": "proxy_arp",
    "IPv4ReversePathFilter": "rp_filter",
}
_REVERSE_PATH = {"no": "0", "strict": "1", "loose": "2"}
_NOT_BROUGHT_UP = frozenset({"down", "always-down", "manual"})
_OF_ROUTES = {"PreferredSource": "src", "Metric": "metric", "Table": "table", "Scope": "scope"}
_OF_RULES = {"From": "from", "To": "to", "Table": "table", "FirewallMark": "fwmark", "IncomingInterface": "iif",
             "OutgoingInterface": "oif", "Priority": "priority",
             "SuppressPrefixLength": "suppress_prefixlength"}  # fmt: skip
_CHANGES_RULE = frozenset({"SourcePort", "DestinationPort", "IPProtocol", "User", "TypeOfService", "Type", "Family",
                           "L3MasterDevice", "SuppressInterfaceGroup"})  # fmt: skip


def links_of(text: str, where: str) -> tuple[str, ...]:
    """The links that a file is for, and its drop-ins with it; none where that cannot be known."""
    return _links(ini_text(text, where, continued=True))


def dump_of(text: str, where: str, links: tuple[str, ...] | None = None) -> Dump | None:
    """The rows of such a file; None where it is none. `links`: those of a drop-in, as links_of() its file tells."""
    ini = ini_text(text, where, continued=True)
    names = {section.name for section in ini.sections}
    if not names & _SECTIONS and _DROP_IN.search(where) is None:
        return None  # a network of podman has no [Match]
    if names <= {"Match", "Link", "SR-IOV"} and not file_name(where).endswith((".network", ".conf")):
        seen = ini.sections[0].seen
        return Dump(origin=Origin.CONFIGURED, unread_kinds=(Unread("networkd", "a systemd.link file", seen),))
    if not (_FILE.search(file_name(where)) or _DROP_IN.search(where)):
        if not (names & {"Network", "NetDev", "Address"}) or ini.unread:
            return None
        if (copy := set_aside("networkd", "a systemd-networkd file", text, where)) is not None:
            return copy
    plan = NetworkPlan()
    plan.unread += ini.unread
    if "NetDev" in names:
        _netdev(ini, plan)
    else:
        _network(ini, _named_for(where) or _links(ini) if links is None else links, plan)
    return plan.dump()


def _netdev(ini: IniText, plan: NetworkPlan) -> None:
    for section in ini.named("NetDev"):
        if (name := section.last("Name")) is None:
            plan.refuse(section.seen)
            continue
        detail = {key.lower(): ini.get("Tunnel", key) for key in ("Local", "Remote") if ini.get("Tunnel", key)}
        if vlan := ini.get("VLAN", "Id"):
            detail["id"] = vlan
        kind = section.get("Kind").lower() or None
        plan.link(name.value, name.seen, kind=kind, mac=section.get("MACAddress").lower(), detail=detail)


def _links(ini: IniText) -> tuple[str, ...]:
    """The links that [Match] names; none where it names them by a pattern, or by what no file tells."""
    names = ini.get("Match", "Name").split()
    if not names and ini.get("Match", "Type") == "loopback":
        return ("lo",)
    return (
        tuple(names)
        if all(name.isascii() and read_link_name(name) and not set(name) & set("*?[]!") for name in names)
        else ()
    )


def _named_for(where: str) -> tuple[str, ...]:
    match = _CALLED.search(where)
    return (match["own"] or match["link"],) if match else ()


def _network(ini: IniText, links: tuple[str, ...], plan: NetworkPlan) -> None:
    if not links:
        plan.unread += [value.seen for value in _addresses_of(ini)]
        return
    for section in ini.named("Link"):
        if section.get("Unmanaged").lower() in _ON or section.get("ActivationPolicy") in _NOT_BROUGHT_UP:
            return
    first = next(ini.named("Match"), ini.sections[0])
    seen = (first.last("Name") or first.last("Type") or IniValue("", "", first.seen)).seen
    for link in links:
        _of_link(ini, link, seen, plan)


def _addresses_of(ini: IniText) -> Iterator[IniValue]:
    for section in (*ini.named("Network"), *ini.named("Address")):
        yield from section.all("Address")


def _of_link(ini: IniText, link: str, seen: Seen, plan: NetworkPlan) -> None:
    masters = (ini.get("Network", key) for key in _MASTERS)
    noarp = any(section.get("ARP").lower() in _OFF for section in ini.named("Link"))
    dhcp = ini.get("Network", "DHCP").lower() in (*_ON, "ipv4", "both", "v4")
    plan.link(link, seen, master=next(filter(None, masters), None), arp=not noarp, detail={"dhcp": "4"} if dhcp else {})
    for section in ini.named("Network"):
        for key, kind in _ABOVE.items():
            for value in section.all(key):
                for name in value.value.split():
                    plan.link(name, value.seen, kind=kind, parent=link)
        for value in section.all("Address"):
            plan.address(value.value, link, value.seen)
        for value in section.all("Gateway"):
            plan.route(["default", "via", value.value], link, value.seen)
        for key, name in _SETTINGS.items():
            if (setting := section.last(key)) is not None:
                _setting(setting, f"net.ipv4.conf.{link}.{name}", plan)
        if (forward := section.last("IPForward")) is not None and forward.value.lower() not in _OFF:
            plan.refuse(forward.seen)  # of all links before systemd 256, of this one since
    for section in ini.named("Address"):
        _address(section, link, plan)
    for section in ini.named("Route"):
        _route(section, link, plan)
    for section in ini.named("RoutingPolicyRule"):
        _rule(section, plan)


def _setting(value: IniValue, key: str, plan: NetworkPlan) -> None:
    word = value.value.lower()
    number = "1" if word in _ON else "0" if word in _OFF else None
    if value.key == "IPv4ReversePathFilter":
        number = _REVERSE_PATH.get(word)
    if number is None:
        plan.refuse(value.seen)
    else:
        plan.setting(key, number, value.seen)


def _address(section: IniSection, link: str, plan: NetworkPlan) -> None:
    address = section.last("Address")
    if address is None:
        plan.refuse(section.seen)
        return
    flags = set()
    if section.get("PreferredLifetime") in ("0", "0s"):
        flags.add("deprecated")
    if section.get("AddPrefixRoute").lower() in _OFF:
        flags.add("noprefixroute")
    plan.address(
        address.value, link, address.seen, label=section.get("Label"), flags=flags, peer=section.get("Peer"),
        scope=section.get("Scope"),
    )  # fmt: skip


def _route(section: IniSection, link: str, plan: NetworkPlan) -> None:
    line = section.last("Gateway") or section.last("Destination")
    if line is None or section.get("MultiPathRoute") or section.get("Gateway").startswith("_"):
        plan.refuse(line.seen if line is not None else section.seen)
        return
    type = section.get("Type") or "unicast"
    words = [type, section.get("Destination") or "default"]
    gateway = section.get("Gateway")
    if gateway:
        words += ["via", gateway]
    elif type in ("unicast", "local"):
        words += ["dev", link]
    for key, word in _OF_ROUTES.items():
        if value := section.get(key):
            words += [word, value]
    if section.get("GatewayOnLink").lower() in _ON:
        words.append("onlink")
    plan.route(words, link if gateway else "", line.seen)


def _rule(section: IniSection, plan: NetworkPlan) -> None:
    words = ["not"] if section.get("InvertRule").lower() in _ON else []
    lines = [value for value in section.values if value.key in _OF_RULES]
    if not lines or any(value.key in _CHANGES_RULE for value in section.values if value.value != "ipv4"):
        plan.refuse((lines[0] if lines else IniValue("", "", section.seen)).seen)
        return
    for key, word in _OF_RULES.items():
        if value := section.get(key):
            words += [word, value]
    plan.rule(words, lines[0].seen)
