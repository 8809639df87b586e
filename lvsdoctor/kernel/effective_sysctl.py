"""The value that counts when conf/all, conf/default and conf/LINK disagree.

include/linux/inetdevice.h: IN_DEV_MAXCONF, IN_DEV_ORCONF, IN_DEV_ANDCONF, IN_DEV_CONF_GET.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from lvsdoctor.model.finding import Citation
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.sanitize import command


class Combined(Enum):
    """How all and the link's own value make one. The text completes "... counts"."""

    MAX = "the larger of all and {link}"
    OR = "either of all and {link}"
    AND = "only both of all and {link}"
    LINK = "{link}'s own value alone"


_NAMES_COMBINED = {
    Combined.MAX: "rp_filter arp_ignore arp_announce arp_notify arp_accept",
    Combined.OR: "send_redirects secure_redirects shared_media proxy_arp proxy_arp_pvlan log_martians accept_local"
    " route_localnet arp_filter promote_secondaries src_valid_mark drop_gratuitous_arp ignore_routes_with_linkdown",
    Combined.AND: "accept_source_route mc_forwarding bc_forwarding bootp_relay",
    Combined.LINK: "forwarding medium_id tag",
}
COMBINED: Mapping[str, Combined] = MappingProxyType(
    {name: how for how, names in _NAMES_COMBINED.items() for name in names.split()}
)


@dataclass(frozen=True, slots=True)
class Effective:
    """The value of `name` that the kernel uses on `link`, and the settings that make it. Truthy unless 0."""

    name: str
    link: str
    value: int
    because: tuple[Citation, ...]

    def __bool__(self) -> bool:
        return self.value != 0


def effective(node: Node, name: str, link: str) -> Effective:
    """What counts on `link`. Raises NotCollected without any sysctl, KeyError for a setting that is not modelled."""
    return node.derived(("effective", name, link), lambda host: _effective(host, name, link))


def _effective(node: Node, name: str, link: str) -> Effective:
    how = COMBINED.get(name)
    if name == "accept_redirects":
        # include/linux/inetdevice.h: IN_DEV_RX_REDIRECTS - a forwarding link wants both, a host link either.
        forwarding = effective(node, "forwarding", link)
        how = Combined.AND if forwarding else Combined.OR
        combined = _combine(node, name, link, how)
        return Effective(name, link, combined.value, combined.because + forwarding.because)
    if how is None:
        raise KeyError(name)
    return _combine(node, name, link, how)


def _combine(node: Node, name: str, link: str, how: Combined) -> Effective:
    note = f"{how.value} counts"
    of_link, from_link = _value(node, name, link, note, link)
    if how is Combined.LINK:
        return Effective(name, link, of_link, (from_link,))
    of_all, from_all = _value(node, name, "all", note, link)
    if how is Combined.MAX:
        value = max(of_all, of_link)
    elif how is Combined.OR:
        value = int(bool(of_all or of_link))
    else:
        value = int(bool(of_all and of_link))
    return Effective(name, link, value, (from_all, from_link))


def _value(node: Node, name: str, scope: str, note: str, link: str) -> tuple[int, Citation]:
    """The setting of all or of one link, and where it comes from.

    A key that the evidence lacks (a sysctl.d file names few) is what the kernel would have made of it: `forwarding`
    follows ip_forward (net/ipv4/devinet.c: inet_forward_change()), a link's own value starts as a copy of
    conf/default (inetdev_init()), all.accept_redirects is turned off with forwarding on, and what nobody wrote is the
    kernel's default - all of which is assumed.
    """
    fields = {"link": link}
    key = conf_key(scope, name)
    if node.knows_sysctl(key):
        setting = node.sysctl(key)
        return setting.value, Citation(setting.seen, note, fields)
    heirs = []
    forwarding = conf_key("all", "forwarding"), "net.ipv4.ip_forward"
    turned = name == "accept_redirects" and scope == "all"
    if name == "forwarding":
        heirs = [(forwarding[0], "a change of it is copied to every link")]
        heirs += [(forwarding[1], "the same variable as all.forwarding; a change is copied to every link")]
    elif turned:
        heirs = [(heir, "a change of it sets all.accept_redirects to the opposite") for heir in forwarding]
    elif scope != "all":
        heirs = [(conf_key("default", name), "a link starts with a copy of default")]
    settle = command("sysctl", key)
    for heir, inherited in heirs:
        if node.knows_sysctl(heir):
            setting = node.sysctl(heir)
            value = int(not setting.value) if turned else setting.value
            return value, Citation(setting.seen, inherited, fields, settle)
    setting = node.sysctl(key)
    return setting.value, Citation(setting.seen, "not in the evidence; " + note, fields, settle)


def forwards(node: Node, link: str) -> Effective:
    """Does the node forward what arrives on `link`? net/ipv4/route.c: ip_route_input_slow(), IN_DEV_FORWARD(in_dev)."""
    return effective(node, "forwarding", link)
