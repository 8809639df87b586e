"""The objects of `ip -j addr` and `ip -j link`. None where an object is not what its keys promised."""

from lvsdoctor.model.address import Address
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.inet_line import read_address
from lvsdoctor.parse.iproute.ip_link import DETAILS, link_details, tunnel_ends
from lvsdoctor.parse.json_words import Object, part, text, words
from lvsdoctor.parse.words import read_link_name, read_mac, read_number

# Where -j spells a detail otherwise than the text does.
_DETAIL_NAMES = {"link": "dev", "port": "dstport", "remote6": "remote", "local6": "local"}


def link_row(row: Object, seen: Seen, *, detailed: bool) -> Link | None:
    name = text(row.get("ifname"))
    if not isinstance(row.get("flags"), list):
        return None
    linkinfo, link_type = part(row.get("linkinfo")), text(row.get("link_type"))
    address, broadcast = text(row.get("address")), text(row.get("broadcast"))
    # The other end in another namespace has no name here, only a number.
    far = text(row.get("link_index"))
    parent, master = f"if{far}" if far else text(row.get("link")) or None, text(row.get("master")) or None
    if not all(map(read_link_name, (name, parent or name, master or name))):
        return None
    suppresses = part(linkinfo.get("info_slave_data")).get("neigh_suppress") is True
    return Link(
        name=name,
        seen=seen,
        index=read_number(text(row.get("ifindex"))),
        flags=words(row["flags"]),
        mtu=read_number(text(row.get("mtu"))),
        state=text(row.get("operstate")),
        type=link_type,
        mac=read_mac(address) or "",
        master=master,
        parent=parent,
        kind=text(linkinfo.get("info_kind")) if detailed else None,
        kind_of_port=text(linkinfo.get("info_slave_kind")) or None,
        detail=link_details(tunnel_ends(link_type, address, broadcast), _details(part(linkinfo.get("info_data"))))
        | ({"neigh_suppress": "on"} if suppresses else {}),
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
    line += [flag for flag, value in info.items() if value is True and text(flag)]
    # The label goes last, as in the text.
    return read_address([*line, *([text(info["label"])] if text(info.get("label")) else [])], link, seen)
