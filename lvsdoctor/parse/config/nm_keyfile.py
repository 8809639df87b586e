"""Connections of NetworkManager in keyfile format: nm-settings-keyfile(5), NetworkManager's nm-keyfile.c."""

import re

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.ini_text import IniSection, IniText, IniValue, ini_text
from lvsdoctor.parse.config.network import NetworkPlan, set_aside
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_link_name

_NAMED = re.compile(r"\.nmconnection$|system-connections[/_][^/]+$")
_KINDS = {"ethernet": "", "802-3-ethernet": "", "vlan": "vlan", "bond": "bond", "bridge": "bridge", "dummy": "dummy",
          "team": "team", "vrf": "vrf", "macvlan": "macvlan", "vxlan": "vxlan", "tun": "tun",
          "infiniband": ""}  # fmt: skip
_TUNNELS = {"1": "ipip", "2": "gre", "3": "sit", "5": "vti", "6": "ip6tnl", "7": "ip6tnl", "8": "ip6gre",
            "ipip": "ipip", "gre": "gre", "sit": "sit"}  # fmt: skip
_ADDRESS = re.compile(r"address(?:es)?\d*$")
_ROUTE = re.compile(r"route(?:s)?\d*$")
_RULE = re.compile(r"routing-rule\d*$")
_OPTION = re.compile(r"(?P<key>[\w-]+)=(?P<value>.*)")
_OFF = frozenset({"false", "no", "0"})


def dump_of(text: str, where: str) -> Dump | None:
    """The rows of a connection; None for a text that is none."""
    ini = ini_text(text, where)
    if not any(True for _ in ini.named("connection")) or not (
        ini.get("connection", "type") or ini.get("connection", "id")
    ):
        return None
    if _NAMED.search(where.removesuffix(".txt")) is None:
        if (copy := set_aside("networkmanager", "a NetworkManager connection", text, where)) is not None:
            return copy
        if ini.unread or not any(section.name in ("ipv4", "ipv6") for section in ini.sections):
            return None
    plan = NetworkPlan()
    plan.unread += ini.unread
    if ini.get("connection", "autoconnect").lower() not in _OFF:
        _connection(ini, plan)
    return plan.dump()


def _connection(ini: IniText, plan: NetworkPlan) -> None:
    type = ini.get("connection", "type")
    named = [section.last("interface-name") for section in ini.sections]
    name = next((value for value in named if value is not None), None)
    link = name.value if name is not None else "lo" if type == "loopback" else ""
    if read_link_name(link) is None:
        plan.unread += [
            value.seen for section in _families(ini) for value in section.values if _ADDRESS.match(value.key)
        ]  # fmt: skip
        return
    first = next(ini.named("connection"))
    kind = _TUNNELS.get(ini.get("ip-tunnel", "mode")) if type == "ip-tunnel" else _KINDS.get(type)
    master = ini.get("connection", "controller") or ini.get("connection", "master")
    parent = next((ini.get(section, "parent") for section in ("vlan", "ip-tunnel", "macvlan", "vxlan")
                   if ini.get(section, "parent")), "")  # fmt: skip
    detail = {key: ini.get("ip-tunnel", key) for key in ("local", "remote") if ini.get("ip-tunnel", key)}
    detail |= {"dhcp": "4"} if ini.get("ipv4", "method") == "auto" else {}
    plan.link(
        link, name.seen if name is not None else first.seen, kind=kind, detail=detail,
        # Both may be the UUID of a connection.
        master=master if master and read_link_name(master) else None,
        parent=parent if parent and read_link_name(parent) else None,
    )  # fmt: skip
    for section in _families(ini):
        _family(section, link, plan)


def _families(ini: IniText) -> list[IniSection]:
    return [section for section in ini.sections if section.name in ("ipv4", "ipv6")]


def _family(section: IniSection, link: str, plan: NetworkPlan) -> None:
    if section.get("method") in ("disabled", "ignore", "shared", "link-local"):
        return
    family = 4 if section.name == "ipv4" else 6
    default = section.get("never-default").lower() not in ("true", "yes", "1")
    table = ["table", section.get("route-table")] if section.get("route-table") not in ("", "0") else []
    for value in section.values:
        if _ADDRESS.match(value.key) and value.value:
            for item in filter(None, value.value.split(";")):
                gateway = _address(item, link, value.seen, plan)
                if gateway and default and not section.get("gateway"):
                    plan.route(["default", "via", gateway, *table], link, value.seen, family)
        elif value.key == "gateway" and value.value and default:
            plan.route(["default", "via", value.value, *table], link, value.seen, family)
        elif _ROUTE.match(value.key) and value.value:
            _route(section, value, link, table, plan)
        elif _RULE.match(value.key):
            plan.rule(value.value.split(), value.seen, family)


def _address(text: str, link: str, seen: Seen, plan: NetworkPlan) -> str:
    """`192.0.2.10/24,192.0.2.1`; the gateway, "" where there is none."""
    address, _, gateway = text.partition(",")
    if "/" not in address or "," in gateway or not plan.address(address, link, seen):
        plan.refuse(seen)
        return ""
    return gateway.strip() if gateway.strip() not in ("0.0.0.0", "::") else ""


def _route(section: IniSection, value: IniValue, link: str, table: list[str], plan: NetworkPlan) -> None:
    """`route1=198.51.100.0/24,192.0.2.1,100` and its `route1_options=table=10,src=192.0.2.10`."""
    destination, _, rest = value.value.partition(",")
    gateway, _, metric = rest.partition(",")
    words = [destination.strip()]
    gateway = gateway.strip()
    words += ["via", gateway] if gateway not in ("", "0.0.0.0", "::") else ["dev", link]
    words += ["metric", metric.strip()] if metric.strip() else []
    matches = map(_OPTION.fullmatch, section.get(f"{value.key}_options").split(","))
    options: dict[str, str] = {match["key"]: match["value"] for match in matches if match}
    if type := options.get("type"):
        words.insert(0, type)
    words += ["src", options["src"]] if "src" in options else []
    words += ["table", options["table"]] if "table" in options else table
    words += ["onlink"] if options.get("onlink") == "true" else []
    plan.route(words, link, value.seen)
