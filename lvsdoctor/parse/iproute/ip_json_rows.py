"""The objects of `ip -j route`, `rule` and `neigh` as rows, or None for one that is not what its keys promised."""

from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_neigh import read_neighbour
from lvsdoctor.parse.iproute.ip_rule import FINAL_ACTIONS, OTHER, make_rule
from lvsdoctor.parse.iproute.route_line import RouteLine
from lvsdoctor.parse.json_words import Object, part, text, words
from lvsdoctor.parse.words import read_number


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


def route_row(row: Object, seen: Seen, family: int | None, link: str) -> Route | None:
    line = [text(row.get("type")) or "unicast", text(row.get("dst")), *_hop_words(row)]
    for option, key in (("table",) * 2, ("proto", "protocol"), ("scope",) * 2, ("src", "prefsrc"), ("metric",) * 2):
        if key in row:
            line += [option, text(row[key])]
    for option in ("tos", "from", "pref", "expires", "hoplimit", "error", "uid"):
        if option in row:
            line += [option, text(row[option])]
    metrics = row.get("metrics")
    for metric in metrics if isinstance(metrics, list) else ():  # iproute2 ip/iproute.c: print_rta_metrics()
        line += [word for key in ("mtu", "advmss") if key in part(metric) for word in (key, text(part(metric)[key]))]
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
