"""The objects of `ip -j`, as decoded from JSON, to rows. None where an object is not what its keys promised."""

from collections.abc import Mapping
from typing import Any

from lvsdoctor.model.address import Address
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.ip_addr import read_address
from lvsdoctor.parse.ip_link import DETAILS, tunnel_ends
from lvsdoctor.parse.ip_neigh import read_neighbour
from lvsdoctor.parse.ip_rule import FINAL_ACTIONS, OTHER, make_rule
from lvsdoctor.parse.route_line import RouteLine
from lvsdoctor.parse.words import read_link_name, read_mac, read_number

Object = Mapping[str, Any]

# Where -j spells a detail otherwise than the text does.
_DETAIL_NAMES = {"link": "dev", "port": "dstport"}


def text(value: object) -> str:
    """A JSON string or number as a word of the text form would spell it; anything else is no word."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def words(value: object) -> frozenset[str]:
    return frozenset(word for word in value if isinstance(word, str)) if isinstance(value, list) else frozenset()


def part(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def kind_of(row: object) -> str:
    """What an object is, told by its keys: address, route, rule, neighbour, or "" for something else.

    (`bridge -j link` has neither link_type nor operstate; the answer of `ip -j route get` has a cache.)
    """
    row = part(row)
    if "ifname" in row and ("addr_info" in row or ("flags" in row and ("link_type" in row or "operstate" in row))):
        return "address"
    if "priority" in row and "src" in row and "ifname" not in row:
        return "rule"
    if "dst" in row and isinstance(row.get("flags"), list):
        return "" if "cache" in row else "route"
    return "neighbour" if "dst" in row and ("state" in row or "proxy" in row) else ""


def link_row(row: Object, seen: Seen, *, detailed: bool) -> Link | None:
    name = text(row.get("ifname"))
    if read_link_name(name) is None or not isinstance(row.get("flags"), list):
        return None
    linkinfo, link_type = part(row.get("linkinfo")), text(row.get("link_type"))
    address, broadcast = text(row.get("address")), text(row.get("broadcast"))
    # The other end in another namespace has no name here, only a number.
    parent = f"if{row['link_index']}" if isinstance(row.get("link_index"), int) else text(row.get("link")) or None
    return Link(
        name=name,
        seen=seen,
        index=read_number(text(row.get("ifindex"))),
        flags=words(row["flags"]),
        mtu=read_number(text(row.get("mtu"))),
        state=text(row.get("operstate")),
        type=link_type,
        mac=read_mac(address) or "",
        master=text(row.get("master")) or None,
        parent=parent,
        kind=text(linkinfo.get("info_kind")) if detailed else None,
        kind_of_port=text(linkinfo.get("info_slave_kind")) or None,
        detail={**tunnel_ends(link_type, address, broadcast), **_details(part(linkinfo.get("info_data")))},
    )


def _details(data: Object) -> dict[str, str]:
    details: dict[str, str] = {}
    for key, value in data.items():
        name = _DETAIL_NAMES.get(key, key)
        if name in DETAILS and text(value):
            details[name] = text(value)
    if details.get("ttl") == "0":
        del details["ttl"]
    if "external" in data:
        details["external"] = "on"
    if encap := part(data.get("encap")):
        details["encap"] = text(encap.get("type"))
        details["encap-sport"] = text(encap.get("sport")).replace("0", "auto", encap.get("sport") == 0)
        details["encap-dport"] = text(encap.get("dport"))
    return details


def address_row(info: object, link: str, seen: Seen) -> Address | None:
    """One member of addr_info. Its flags are its keys whose value is true."""
    info = part(info)
    family, local, length = text(info.get("family")), text(info.get("local")), text(info.get("prefixlen"))
    if family not in ("inet", "inet6") or not length or any(" " in text(value) for value in info.values()):
        return None
    far = text(info.get("address"))
    line = [family, local, "peer", f"{far}/{length}"] if far else [family, f"{local}/{length}"]
    for option, key in (("brd", "broadcast"), ("scope", "scope")):
        if text(info.get(key)):
            line += [option, text(info[key])]
    line += [flag for flag, value in info.items() if value is True]
    # The label goes last, as in the text.
    return read_address([*line, *([text(info["label"])] if text(info.get("label")) else [])], link, seen)


def route_row(row: Object, seen: Seen, family: int | None, link: str) -> Route | None:
    line = [text(row.get("type")) or "unicast", text(row.get("dst")), *_hop_words(row)]
    for option, key in (("table",) * 2, ("proto", "protocol"), ("scope",) * 2, ("src", "prefsrc"), ("metric",) * 2):
        if key in row:
            line += [option, text(row[key])]
    for option in ("tos", "from", "pref", "expires", "hoplimit", "error", "uid"):
        if option in row:
            line += [option, text(row[option])]
    route = RouteLine.of([*line, *words(row["flags"])], seen)
    hops = row.get("nexthops", [])
    if route is None or not isinstance(hops, list):
        return None
    if not all(isinstance(hop, dict) and route.take_hop([*_hop_words(hop), *words(hop.get("flags"))]) for hop in hops):
        return None
    return route.route(family, link)


def _hop_words(row: Object) -> list[str]:
    line: list[str] = []
    via = part(row.get("via"))
    if via:
        line += ["via", text(via.get("family")), text(via.get("host"))]
    for option, key in (("via", "gateway"), ("dev", "dev"), ("weight", "weight")):
        if key in row:
            line += [option, text(row[key])]
    return line


def rule_row(row: Object, seen: Seen) -> PolicyRule | None:
    priority = read_number(text(row["priority"]))
    options: dict[str, str] = {}
    for option, key, length in (("from", "src", "srclen"), ("to", "dst", "dstlen")):
        if key in row:
            options[option] = text(row[key]) + (f"/{text(row[length])}" if length in row else "")
    for option, key in (("lookup", "table"), ("suppress_prefixlength", "suppress_prefixlen")):
        if key in row:
            options[option] = text(row[key])
    for option in ("tos", "iif", "oif", "goto", *OTHER):
        if option in row:
            options[option] = text(row[option])
    if "fwmark" in row:
        options["fwmark"] = text(row["fwmark"]) + (f"/{text(row['fwmask'])}" if "fwmask" in row else "")
    for option, start, end in (
        ("uidrange", "uid_start", "uid_end"),
        ("sport", "sport_start", "sport_end"),
        ("dport", "dport_start", "dport_end"),
    ):
        if start in row:
            options[option] = f"{text(row[start])}-{text(row.get(end))}"
    bare = [word for word in ("not", "l3mdev", "nop") if word in row]
    if (action := text(row.get("action"))) in FINAL_ACTIONS:
        bare.append(action)
    return None if priority is None else make_rule(priority, seen, options, bare)


def neighbour_row(row: Object, seen: Seen, link: str) -> Neighbour | None:
    line = [text(row.get("dst"))]
    for option in ("dev", "lladdr"):
        if option in row:
            line += [option, text(row[option])]
    line += [key for key, value in row.items() if value is None]
    return read_neighbour([*line, *sorted(words(row.get("state")))], seen, link)
