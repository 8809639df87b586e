"""Links, addresses and neighbours: rows from rtnetlink messages, the same that the text of `ip -d addr` gives."""

from collections.abc import Iterable, Mapping, Sequence, Set
from ipaddress import ip_address, ip_network

from lvsdoctor.collect.live.link_detail import link_detail, of_port
from lvsdoctor.collect.live.netlink_socket import Message
from lvsdoctor.collect.live.words import (
    ADDRESS_FLAGS,
    INET,
    INET6,
    LINK_FLAGS,
    LINK_TYPES,
    NEIGHBOUR_FLAGS,
    NEIGHBOUR_STATES,
    OPERATIONAL_STATES,
    SCOPES,
    word,
    words,
)
from lvsdoctor.model.address import Address
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.seen import Seen

IFF_UP, IFF_RUNNING = 0x1, 0x40
IFA_F_PERMANENT = 0x80
NTF_EXT_LEARNED, NTF_PROXY = 0x10, 0x08
NOARP = 0x40


def names_of(links: Iterable[Message]) -> Mapping[int, str]:
    """Each link's name by its index."""
    return {message["index"]: message.get_attr("IFLA_IFNAME") for message in links}


def link_rows(messages: Sequence[Message]) -> tuple[Link, ...]:
    names = names_of(messages)
    down = {message["index"] for message in messages if not message["flags"] & IFF_UP}
    return tuple(_link(message, names, down) for message in messages)


def _link(message: Message, names: Mapping[int, str], down: Set[int]) -> Link:
    name, type_ = names[message["index"]], LINK_TYPES.get(message["ifi_type"], f"[{message['ifi_type']}]")
    below, elsewhere = message.get_attr("IFLA_LINK"), message.get_attr("IFLA_LINK_NETNSID") is not None
    parent = None if not below else f"if{below}" if elsewhere else word(below, names)
    flags = ["NO-CARRIER"] if message["flags"] & IFF_UP and not message["flags"] & IFF_RUNNING else []
    flags += words(message["flags"], LINK_FLAGS)
    flags += ["M-DOWN"] if not elsewhere and below in down else []
    master = word(number, names) if (number := message.get_attr("IFLA_MASTER")) else None
    state = word(message.get_attr("IFLA_OPERSTATE", 0), OPERATIONAL_STATES)
    mac, mtu = _mac(message.get_attr("IFLA_ADDRESS", b"")), message.get_attr("IFLA_MTU")
    info = message.get_attr("IFLA_LINKINFO")
    kind = info.get_attr("IFLA_INFO_KIND", "") if info is not None else ""
    detail = link_detail(kind, info, names) | of_port(info)
    text = f"{message['index']}: {name}{'@' + parent if parent else ''}: <{','.join(flags)}> mtu {mtu}"
    text += f" master {master}" if master else ""
    text += " ".join(("", "state", state, f"link/{type_}", mac, kind)).rstrip()
    return Link(
        name,
        Seen(f"netlink RTM_NEWLINK {name}", None, " ".join((text, *(f"{key} {detail[key]}" for key in detail)))),
        index=message["index"],
        flags=frozenset(flags),
        mtu=mtu,
        state=state,
        type=type_,
        mac=mac,
        master=master,
        parent=parent,
        kind=kind,
        kind_of_port=info.get_attr("IFLA_INFO_SLAVE_KIND") if info is not None else None,
        detail=detail,
    )


def _mac(address: bytes) -> str:
    """A hardware address. A tunnel has none: its four or sixteen bytes are its local end, which `detail` holds."""
    return "" if len(address) in (4, 16) else address.hex(":")


def address_rows(messages: Iterable[Message], names: Mapping[int, str]) -> tuple[Address, ...]:
    """Addresses as `ip addr` sorts them: link by link, and on each link in the kernel's order."""
    place = {index: at for at, index in enumerate(names)}
    known = [message for message in messages if message["family"] in (INET, INET6)]
    return tuple(_address(message, names) for message in sorted(known, key=lambda each: place.get(each["index"], -1)))


def _address(message: Message, names: Mapping[int, str]) -> Address:
    link, six = word(message["index"], names), message["family"] == INET6
    near = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
    far = message.get_attr("IFA_ADDRESS") or near
    length, scope = message["prefixlen"], word(message["scope"], SCOPES)
    number = message.get_attr("IFA_FLAGS", message["flags"])
    flags = [each if each != "secondary" or not six else "temporary" for each in words(number, ADDRESS_FLAGS)]
    flags += [] if number & IFA_F_PERMANENT else ["dynamic"]
    label, broadcast = message.get_attr("IFA_LABEL", ""), message.get_attr("IFA_BROADCAST")
    text = [f"inet6 {near}" if six else f"inet {near}", f"peer {far}/{length}" if far != near else ""]
    text[-1:] = text[-1:] if far != near else []
    text[0] += "" if far != near else f"/{length}"
    text += [f"brd {broadcast}"] if broadcast else []
    return Address(
        ip_address(near),
        length,
        link,
        Seen(f"netlink RTM_NEWADDR {link}", None, " ".join(filter(None, (*text, "scope", scope, *flags, label)))),
        scope=scope,
        label=label,
        flags=frozenset(flags),
        peer=ip_network((far, length), strict=False) if far != near else None,
        broadcast=ip_address(broadcast) if broadcast else None,
    )


def neighbour_rows(messages: Iterable[Message], names: Mapping[int, str]) -> tuple[Neighbour, ...]:
    """What `ip neigh` and `ip neigh show proxy` show, which is not the entries without a state or a need of ARP."""
    return tuple(_neighbour(message, names) for message in messages if _shown(message))


def _shown(message: Message) -> bool:
    kept = message["flags"] & (NTF_PROXY | NTF_EXT_LEARNED) or message["state"] & ~NOARP
    return message["family"] in (INET, INET6) and bool(kept)


def _neighbour(message: Message, names: Mapping[int, str]) -> Neighbour:
    link, ip = word(message["ifindex"], names) if message["ifindex"] else "", message.get_attr("NDA_DST")
    mac = message.get_attr("NDA_LLADDR", "")
    state = ",".join(words(message["state"], NEIGHBOUR_STATES))
    flags = words(message["flags"], NEIGHBOUR_FLAGS)
    text = (ip, "dev" if link else "", link, "lladdr" if mac else "", mac, *flags, state)
    return Neighbour(
        ip_address(ip),
        Seen(f"netlink RTM_NEWNEIGH {link or 'proxy'}", None, " ".join(filter(None, text))),
        link=link,
        mac=mac,
        state=state,
        flags=frozenset(flags),
    )
