"""The lines of virtual_ipaddress, static_ipaddress, virtual_routes and static_routes: nearly those of ip(8).

keepalived/vrrp/vrrp_ipaddress.c: alloc_ipaddress(); keepalived.conf(5), Static routes/addresses/rules.
"""

from dataclasses import replace
from ipaddress import ip_address

from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.route import Route
from lvsdoctor.parse.iproute.route_line import RouteLine
from lvsdoctor.parse.keepalived.rows import Reading
from lvsdoctor.parse.keepalived.statements import Statement
from lvsdoctor.parse.words import read_ip, read_link_name, read_network, read_number, split_options, word_set

_VALUED = word_set("dev scope brd broadcast label peer preferred_lft track_group")
_FLAGS = word_set("home -nodad nodad mngtmpaddr noprefixroute autojoin no_track use_vmac")
_LONGEST_LABEL = 15  # IFNAMSIZ, with the byte that ends it
_SCOPES = word_set("global site link host nowhere")

# Other words for those of `ip route`, and words that are only keepalived's.
_SAME = {"gw": "via", "priority": "metric", "preference": "metric", "protocol": "proto"}
_ONLY_KEEPALIVEDS = word_set("to add append prepend no_track inet")


def address_of(statement: Statement, link: str, reading: Reading) -> Address | None:
    """`ADDRESS[/LENGTH] [dev LINK] ...`, on `link` where it names none; the prefix is one host's where it has none."""
    text = statement.name.partition("/")[0]
    ip, network = read_ip(text), read_network(statement.name)
    if ip is None or network is None:
        return None
    options, bare = split_options(statement.values, _VALUED)
    if any(word not in _FLAGS for word in bare):
        reading.unread.append(statement.seen)  # keepalived leaves such a word out, and takes the address
    peer = read_network(options["peer"]) if "peer" in options else None
    scope = options.get("scope", "link" if ip.is_link_local else "global")
    on = options.get("dev", link)
    if len(options.get("label", "")) > _LONGEST_LABEL:  # keepalived removes the address
        return None
    if ("peer" in options and peer is None) or scope not in _SCOPES or read_link_name(on) is None:
        return None
    flags = {word for word in bare if word in ("noprefixroute", "mngtmpaddr", "home")}
    if ip.version == 6:
        flags.add("nodad")  # vrrp_ipaddress.c: netlink_ipaddress(): keepalived does not wait for it
        if network.prefixlen == 128 and options.get("preferred_lft") != "forever":
            flags.add("deprecated")
    return Address(
        ip,
        network.prefixlen,
        on,
        statement.seen,
        scope,
        options.get("label", "") if ip.version == 4 else "",
        frozenset(flags),
        peer,
        _broadcast(options.get("brd", options.get("broadcast", "")), network),
    )


def _broadcast(text: str, network: Network) -> IP | None:
    if text in ("+", "-"):
        return ip_address(network.broadcast_address if text == "+" else network.network_address)
    return read_ip(text)


def route_of(statement: Statement) -> Route | None:
    """A route as keepalived would add it; None for several next hops, and other words than `ip route`'s."""
    words = [_SAME.get(word, word) for word in statement.words if word not in _ONLY_KEEPALIVEDS]
    if words[:1] == ["src"]:  # keepalived takes the source first, too
        words = words[2:] + words[:2]
    if "track_group" in words:
        at = words.index("track_group")
        del words[at : at + 2]
    line = RouteLine.of(words, statement.seen) if words and read_number(words[0]) is None else None
    if line is None or not line.certain or "nexthop" in words:
        return None
    route = line.route(None)
    return (
        replace(route, table=route.table or "main", protocol=line.options.get("proto", "keepalived")) if route else None
    )
