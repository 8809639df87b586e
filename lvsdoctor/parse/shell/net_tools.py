"""`ifconfig` and `route` of net-tools: what these commands do to a host."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.shell.command import ShellCommand
from lvsdoctor.parse.shell.state import HostState
from lvsdoctor.parse.words import EVERYWHERE, read_ip, read_link_name, read_network, read_number


def changes(command: ShellCommand) -> bool:
    words = [word for word in command.words[1:] if word not in ("-v", "-a", "-s")]
    if command.program == "ifconfig":
        return len(words) > 1
    return bool({"add", "del"}.intersection(words))


def apply(state: HostState, command: ShellCommand) -> bool:
    if command.program == "ifconfig":
        return _ifconfig(state, [word for word in command.words[1:] if word not in ("-v", "-a", "-s")], command.seen)
    return _route(state, list(command.words[1:]), command.seen)


def class_prefixlen(ip: IPv4Address) -> int | None:
    """The prefix that an address gets without a netmask (net/ipv4/devinet.c: inet_abc_len()); None: it is refused."""
    number = int(ip)
    if number >> 24 == 0 or number == 0xFFFFFFFF:
        return 0
    for bits, prefixlen in ((number >> 31 == 0, 8), (number >> 30 == 0b10, 16), (number >> 29 == 0b110, 24)):
        if bits:
            return prefixlen
    return 32 if number >> 28 == 0b1111 else None


def mask_length(text: str) -> int | None:
    """The length of a netmask, `255.255.255.0` or 0xffffff00; None where its ones are not all in front."""
    number = read_number(text, most=2**32 - 1) if text.startswith("0x") else None
    if number is None:
        ip = read_ip(text)
        if not isinstance(ip, IPv4Address):
            return None
        number = int(ip)
    length = number.bit_count()
    return length if number == (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF else None


# -- ifconfig ---------------------------------------------------------------------------------------------------------

_WITH_VALUE = frozenset("metric mtu txqueuelen mem_start io_addr irq media outfill keepalive".split())
_ALONE = frozenset(
    "trailers -trailers allmulti -allmulti multicast -multicast promisc -promisc dynamic -dynamic".split()
)


def _ifconfig(state: HostState, words: list[str], seen: Seen) -> bool:
    """`ifconfig lo:0 192.0.2.10 netmask 255.255.255.255 up`: the options work from the left to the right."""
    label, queue = words[0], words[:0:-1]
    link = label.partition(":")[0]
    if read_link_name(link) is None:
        return False
    if queue[-1] in ("inet", "inet6"):
        queue.pop()
    local = queue[-1] if queue and read_ip(queue[-1].partition("/")[0]) is not None else ""
    if local:
        queue.pop()
    asked = _options(queue)
    if asked is None:
        return False
    if local and not _set_address(state, label, local, asked, seen):
        return False
    for text in asked.get("add", "").split():
        if not _add(state, link, text, seen):
            return False
    for text in asked.get("del", "").split():
        ip = read_ip(text.partition("/")[0])
        state.remove_addresses(lambda known, ip=ip: known.link == link and known.ip == ip)  # type: ignore[misc]
    if not local and "netmask" in asked and not _set_mask(state, label, asked["netmask"], seen):
        return False
    if "arp" in asked:
        known = state.link(link, seen)
        flags = known.flags - {"NOARP"} if asked["arp"] == "on" else known.flags | {"NOARP"}
        state.note_link(replace(known, flags=flags))
    if asked.get("state") == "down":
        _down(state, label, link)
    elif local or "state" in asked or "add" in asked:  # net-tools ifconfig.c: an address brings its link up
        state.bring_up(link, seen)
    return True


def _options(queue: list[str]) -> dict[str, str] | None:
    """What stands behind the address; None where a word is not known."""
    asked: dict[str, str] = {}
    while queue:
        word = queue.pop()
        if word in ("up", "down"):
            asked["state"] = word
        elif word in ("arp", "-arp"):
            asked["arp"] = "off" if word[0] == "-" else "on"
        elif word in ("netmask", "broadcast", "pointopoint", "dstaddr", "add", "del") and queue:
            value = queue.pop()
            asked[word] = f"{asked[word]} {value}" if word in asked and word in ("add", "del") else value
        elif word == "hw" and len(queue) > 1:
            del queue[-2:]
        elif word in _WITH_VALUE and queue:
            queue.pop()
        elif word not in _ALONE and word not in ("-broadcast", "-pointopoint"):
            return None
    return asked


def _set_address(state: HostState, label: str, local: str, asked: dict[str, str], seen: Seen) -> bool:
    """net/ipv4/devinet.c: devinet_ioctl(): SIOCSIFADDR takes the place of the address with this label."""
    text, slash, length = local.partition("/")
    ip, link = read_ip(text), label.partition(":")[0]
    if isinstance(ip, IPv6Address):
        return _add(state, link, local, seen)
    assert ip is not None
    prefixlen = class_prefixlen(ip)
    if slash:
        prefixlen = read_number(length, most=32)
    if "netmask" in asked:
        prefixlen = mask_length(asked["netmask"])
    peer = _peer(asked)
    broadcast = read_ip(asked.get("broadcast", ""))
    if prefixlen is None or ("broadcast" in asked and broadcast is None) or (peer is None and _is_peer(asked)):
        return False
    state.remove_addresses(lambda known: known.link == link and known.label == label)
    if text == "0.0.0.0":
        return True
    if broadcast is None and link != "lo" and prefixlen < 31:
        broadcast = ip_network((ip, prefixlen), strict=False).broadcast_address
    if peer is not None:
        prefixlen = peer.prefixlen
    scope = "host" if ip.is_loopback else "global"
    state.add_address(Address(ip, prefixlen, link, seen, scope, label, peer=peer, broadcast=broadcast))
    return True


def _is_peer(asked: dict[str, str]) -> bool:
    return "pointopoint" in asked or "dstaddr" in asked


def _peer(asked: dict[str, str]) -> Network | None:
    return read_network(asked.get("pointopoint", asked.get("dstaddr", ""))) if _is_peer(asked) else None


def _set_mask(state: HostState, label: str, text: str, seen: Seen) -> bool:
    """SIOCSIFNETMASK: of the address that has the label already."""
    prefixlen, known = mask_length(text), state.with_label(label)
    if prefixlen is None or known is None:
        return False
    state.remove_addresses(lambda address: address is known)
    state.add_address(replace(known, prefixlen=prefixlen, seen=seen))
    return True


def _add(state: HostState, link: str, local: str, seen: Seen) -> bool:
    text, _, length = local.partition("/")
    ip = read_ip(text)
    prefixlen = None if ip is None else read_number(length, most=ip.max_prefixlen) if length else ip.max_prefixlen
    if ip is None or prefixlen is None:
        return False
    scope = "host" if ip.is_loopback else "link" if ip.version == 6 and ip.is_link_local else "global"
    state.add_address(Address(ip, prefixlen, link, seen, scope, "" if ip.version == 6 else link))
    return True


def _down(state: HostState, label: str, link: str) -> None:
    """SIOCSIFFLAGS: of an alias the address goes, of a link all that is up on it stays where it is."""
    if ":" in label:
        state.remove_addresses(lambda known: known.link == link and known.label == label)
    else:
        state.bring_down(link)


# -- route ------------------------------------------------------------------------------------------------------------

_IGNORED_WITH_VALUE = frozenset({"mss", "window", "irtt"})
_IGNORED = frozenset({"mod", "dyn", "reinstate", "-v", "-n"})


def _route(state: HostState, words: list[str], seen: Seen) -> bool:
    """`route add -host 192.0.2.10 dev lo:0` (net-tools lib/inet_sr.c: INET_setroute())."""
    queue, asked, family = words[::-1], dict[str, str](), 4
    while queue:
        word = queue.pop()
        if word in ("-A", "--inet", "--inet6", "-4", "-6") or word.startswith("-A"):
            named = queue.pop() if word == "-A" and queue else word
            family = 6 if named.endswith("6") else 4
        elif word in ("add", "del") and "verb" not in asked:
            asked["verb"] = word
        elif word in ("-net", "-host"):
            asked["kind"] = word
        elif word in ("netmask", "gw", "metric", "dev") and queue:
            asked[word] = queue.pop()
        elif word in _IGNORED_WITH_VALUE and queue:
            queue.pop()
        elif word == "reject":
            asked["reject"] = "yes"
        elif "target" not in asked:
            asked["target"] = word
        elif word not in _IGNORED and "dev" not in asked:
            asked["dev"] = word
        elif word not in _IGNORED:
            return False
    dst = _target(asked, family)
    if dst is None or "verb" not in asked:
        return False
    return _change(state, asked, dst, seen)


def _target(asked: dict[str, str], family: int) -> Network | None:
    target, mask = asked.get("target", ""), asked.get("netmask")
    text, slash, _ = target.partition("/")
    ip = read_ip(text)
    if target == "default":
        return EVERYWHERE[family]
    if ip is None or slash or asked.get("kind") == "-host" or ip.version == 6:
        return read_network(target)
    if mask is not None:
        length = mask_length(mask)
        return None if length is None else IPv4Network((int(ip), length), strict=False)
    if ip.is_unspecified:
        return EVERYWHERE[4]
    prefixlen = class_prefixlen(IPv4Address(ip))
    if prefixlen is None or asked.get("kind") == "-net":
        return None
    # Without a mask an address with bits behind the prefix of its class is a host's.
    return IPv4Network(ip) if int(ip) & (0xFFFFFFFF >> prefixlen) else None


def _change(state: HostState, asked: dict[str, str], dst: Network, seen: Seen) -> bool:
    gateway = read_ip(asked["gw"]) if "gw" in asked else None
    device = asked.get("dev")
    link = device.partition(":")[0] if device else None
    metric = read_number(asked.get("metric", "0"), most=2**32 - 1)
    if metric is None or ("gw" in asked and gateway is None) or (link is not None and read_link_name(link) is None):
        return False
    state.spend(len(state.routes))
    if asked["verb"] == "del":
        for number, route in enumerate(state.routes):
            if route.dst == dst and (gateway is None or gateway in route.gateways) and link in (None, *route.links):
                del state.routes[number]
                break
        return True
    if link is None and gateway is None and "reject" not in asked:
        return False
    source: IP | None = None
    if device and ":" in device:  # fib_frontend.c: rtentry_to_fib_config(): the address of that label
        known = state.with_label(device)
        if known is None:
            return False
        source = known.ip
    rejected = "reject" in asked
    if dst.version == 6 and not metric:
        metric = 1
    route = Route(
        dst,
        seen,
        type="unreachable" if rejected else "unicast",
        nexthops=() if rejected else (NextHop(link, gateway),),
        protocol="boot",
        scope="link" if gateway is None and dst.version == 4 and not rejected else "global",
        src=source,
        metric=metric,
    )
    if not any(_same(known, route) for known in state.routes):  # "SIOCADDRT: File exists"
        state.routes.append(route)
    return True


def _same(known: Route, route: Route) -> bool:
    return (known.dst, known.table, known.metric, known.nexthops) == (
        route.dst,
        route.table,
        route.metric,
        route.nexthops,
    )
