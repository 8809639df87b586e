"""netplan's YAML: https://netplan.readthedocs.io, netplan's src/parse.c."""

from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.network import NetworkPlan
from lvsdoctor.parse.config.yaml_text import PyYamlMissing, Scalar, YamlNode, documents
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_link_name, read_network

_SECTIONS = {"ethernets": "", "wifis": "", "modems": None, "bonds": "bond", "bridges": "bridge", "vlans": "vlan",
             "tunnels": None, "dummy-devices": "dummy", "vrfs": "vrf", "virtual-ethernets": "veth"}  # fmt: skip
_TUNNELS = {"ipip": "ipip", "gre": "gre", "sit": "sit", "vti": "vti", "ipip6": "ip6tnl", "ip6ip6": "ip6tnl",
            "ip6gre": "ip6gre", "vxlan": "vxlan", "wireguard": "wireguard", "gretap": "gretap",
            "isatap": "sit"}  # fmt: skip
_OWN = frozenset({*_SECTIONS, "renderer"})
_OF_ROUTES = {"from": "src", "metric": "metric", "table": "table", "scope": "scope"}
_OF_RULES = {"from": "from", "to": "to", "table": "table", "priority": "priority", "mark": "fwmark",
             "type-of-service": "tos"}  # fmt: skip


def dump_of(text: str, where: str) -> Dump | None:
    """The rows of a netplan file; None for a text that is none."""
    try:
        yaml = documents(text, where)
    except PyYamlMissing as missing:
        return Dump(
            origin=Origin.CONFIGURED, unread_kinds=(missing.unread("netplan", "a netplan file", text, where),)
        )  # fmt: skip
    networks = [network for root in yaml.roots if (network := root.at("network")) is not None]
    # A `network:` of any other program has other keys; the version 1 of cloud-init has `config`.
    own = any(key.text in _OWN for network in networks for key, _ in network.pairs)
    if not own and not ("netplan/" in where and (yaml.unread or networks)):
        return None
    plan = NetworkPlan()
    plan.unread += yaml.unread
    for network in networks:
        for key, devices in network.pairs:
            if key.text in _SECTIONS:
                for name, device in devices.pairs:
                    _device(key.text, name, device, plan)
            elif key.text not in ("version", "renderer", "openvswitch", "nm-devices"):
                plan.refuse(key.seen)
    return plan.dump()


def _text(node: YamlNode | None, *path: str) -> str:
    below = node.at(*path) if node is not None else None
    return below.text.strip() if below is not None else ""


def _off(node: YamlNode | None) -> bool:
    return isinstance(node, Scalar) and node.true() is False


def _link_name(key: Scalar, device: YamlNode) -> str:
    """The link's name: the key, unless `match` chooses it by something else ("" where that does not tell a name)."""
    if renamed := _text(device, "set-name"):
        return renamed if read_link_name(renamed) else ""
    name = key.text
    if device.at("match") is not None:
        name = _text(device, "match", "name")
        if set(name) & set("*?["):
            return ""
    return name if read_link_name(name) else ""


def _device(section: str, key: Scalar, device: YamlNode, plan: NetworkPlan) -> None:
    name = _link_name(key, device)
    if not name:
        rows = device.at("addresses")
        plan.unread += [item.seen for item in rows.items] if rows is not None else [key.seen]
        return
    if _text(device, "activation-mode") in ("manual", "off"):
        return
    kind = _TUNNELS.get(_text(device, "mode")) if section == "tunnels" else _SECTIONS[section]
    parent = _text(device, "link") or None
    detail = {word: _text(device, word) for word in ("local", "remote") if _text(device, word)}
    if section == "vlans" and _text(device, "id"):
        detail["id"] = _text(device, "id")
    if (dhcp := device.at("dhcp4")) is not None and not _off(dhcp):
        detail["dhcp"] = "4"
    plan.link(name, key.seen, kind=kind, parent=parent, mac=_text(device, "macaddress").lower(), detail=detail)
    ports = device.at("interfaces") if section in ("bonds", "bridges", "vrfs") else None
    for port in ports.items if ports is not None else ():
        plan.link(port.text, port.seen, master=name)
    for item in _items(device, "addresses", plan):
        _address(item, name, plan)
    for gateway in ("gateway4", "gateway6"):
        if (node := device.at(gateway)) is not None:
            plan.route(["default", "via", node.text], name, node.seen, 6 if gateway == "gateway6" else 4)
    table = _text(device, "table") if section == "vrfs" else ""
    for item in _items(device, "routes", plan):
        _route(item, name, table, plan)
    for item in _items(device, "routing-policy", plan):
        _rule(item, table, plan)


def _items(device: YamlNode, key: str, plan: NetworkPlan) -> tuple[YamlNode, ...]:
    node = device.at(key)
    if node is None:
        return ()
    if not node.items and (node.text or node.pairs):  # a sequence is all that netplan takes
        plan.refuse(node.seen)
    return node.items


def _address(item: YamlNode, name: str, plan: NetworkPlan) -> None:
    if not item.pairs:
        _plain_address(item.text, name, item.seen, plan)
    for key, options in item.pairs:
        flags = {"deprecated"} if _text(options, "lifetime") == "0" else set()
        _plain_address(key.text, name, key.seen, plan, _text(options, "label"), flags)


def _plain_address(
    text: str, name: str, seen: Seen, plan: NetworkPlan, label: str = "", flags: set[str] | None = None
) -> None:
    length = text.rpartition("/")[2] if "/" in text else ""
    if not length.isdigit():
        plan.refuse(seen)  # netplan: "address is missing /prefixlength"
        return
    plan.address(text, name, seen, label=label, flags=flags or ())


def _route(item: YamlNode, name: str, table: str, plan: NetworkPlan) -> None:
    to = item.at("to")
    if to is None:
        plan.refuse(item.seen)
        return
    kind, gateway = _text(item, "type") or "unicast", item.at("via")
    via = _text(gateway)
    network = read_network(to.text)
    default = to.text == "default" or (network is not None and network.prefixlen == 0)
    words = [kind, "default" if default else to.text]
    words += ["via", via] if via else ["dev", name] if kind in ("unicast", "local") else []
    for key, word in _OF_ROUTES.items():
        value = _text(item, key) or (table if key == "table" else "")
        words += [word, value] if value else []
    words += ["onlink"] if _text(item, "on-link") in ("true", "yes", "on") else []
    family = 6 if default and (":" in to.text or ":" in _text(item, "from")) else None
    plan.route(words, name if via else "", (gateway or to).seen, family)


def _rule(item: YamlNode, table: str, plan: NetworkPlan) -> None:
    words = []
    first = next((node.seen for _, node in item.pairs), item.seen)
    for key, word in _OF_RULES.items():
        value = _text(item, key) or (table if key == "table" else "")
        words += [word, value] if value else []
    known = {*_OF_RULES}
    if any(key.text not in known for key, _ in item.pairs):
        plan.refuse(first)
        return
    plan.rule(words, first)
