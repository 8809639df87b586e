"""The value that counts when conf/all, conf/default and conf/LINK disagree.

include/linux/inetdevice.h: IN_DEV_MAXCONF, IN_DEV_ORCONF, IN_DEV_ANDCONF, IN_DEV_CONF_GET.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.link import EVERY_INTERFACE, Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import ASSUMED
from lvsdoctor.model.sysctl import Setting, conf_key
from lvsdoctor.sanitize import command


class Combined(Enum):
    """How all and the link's own value make one. The text stands beside each of the two."""

    MAX = "effective value on {link} = max(all, {link})"
    OR = "effective value on {link} = all or {link}"
    AND = "effective value on {link} = all and {link}"
    LINK = "effective value on {link}, whatever all is"


# With both numbers, where the evidence has both.
_REACHED = "effective value on {link} = max(all {of_all}, {link} {of_link}) = {value}"
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
# Beyond these no setting of all or of a link can raise what counts: the kernel knows no larger value.
_LARGEST: Mapping[str, int] = MappingProxyType({"rp_filter": 2, "arp_announce": 2, "arp_ignore": 8})
# What keeps a VIP back: the level that hides it, or more.
_HIDES: Mapping[str, tuple[int, ...]] = MappingProxyType({"arp_ignore": (1, 2), "arp_announce": (2,)})
# The same variable as conf/all/forwarding (net/ipv4/devinet.c: devinet_sysctl_forward(), ctl_forward_entry).
_IP_FORWARD = "net.ipv4.ip_forward"


@dataclass(frozen=True, slots=True)
class Effective:
    """The value of `name` that the kernel uses on `link`, and the settings that make it. Truthy unless 0.

    `decided_by` is the one of them that makes it what it is, where it takes only one for that.
    """

    name: str
    link: str
    value: int
    because: tuple[Citation, ...]
    decided_by: Citation | None = None

    def __bool__(self) -> bool:
        return self.value != 0

    @property
    def decisive_first(self) -> tuple[Citation, ...]:
        """Why, and before all else the setting that decided."""
        return tuple(sorted(self.because, key=lambda line: line is not self.decided_by))


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
        return Effective(name, link, combined.value, combined.because + forwarding.because, combined.decided_by)
    if how is None:
        raise KeyError(name)
    return _combine(node, name, link, how)


def _combine(node: Node, name: str, link: str, how: Combined) -> Effective:
    note = how.value
    if how is Combined.LINK:
        of_link, from_link = _value(node, name, link, note, link)
        return Effective(name, link, of_link, (from_link,), from_link)
    if (decided := _decided(node, name, link, how, note)) is not None:
        return decided
    of_link, from_link = _value(node, name, link, note, link)
    of_all, from_all = _value(node, name, "all", note, link)
    deciding = from_all
    if how is Combined.MAX:
        value = max(of_all, of_link)
        numbers = {"of_all": str(of_all), "of_link": str(of_link), "value": str(value)}
        from_all, from_link = (
            replace(line, note=line.note.removesuffix(note) + _REACHED, fields={**line.fields, **numbers})
            if line.note.endswith(note)
            else line
            for line in (from_all, from_link)
        )
        deciding = from_all if of_all == value else from_link
    elif how is Combined.OR:
        value = int(bool(of_all or of_link))
        deciding = from_link if of_link and not of_all else from_all
    else:
        value = int(bool(of_all and of_link))
        deciding = from_link if of_all and not of_link else from_all
    return Effective(name, link, value, (from_all, from_link), deciding)


def is_known(node: Node, name: str, link: str) -> bool:
    """Does the evidence itself tell what counts on `link`, so that nothing has to be assumed? Reads sysctl."""
    how = COMBINED[name]
    scopes = (link,) if how is Combined.LINK else ("all", link)
    if all(node.knows_sysctl(conf_key(scope, name)) for scope in scopes):
        return True
    return how is not Combined.LINK and _decided(node, name, link, how, "") is not None


def _decided(node: Node, name: str, link: str, how: Combined, note: str) -> Effective | None:
    """What one setting alone decides, whatever the other, that the evidence lacks, may be. None: it takes both."""
    scopes = [scope for scope in ("all", link) if node.knows_sysctl(conf_key(scope, name))]
    if len(scopes) != 1:
        return None
    value, citation = _value(node, name, scopes[0], note, link)
    if how is Combined.MAX:
        deciding = value == _LARGEST.get(name)
    else:
        deciding = bool(value) is (how is Combined.OR)
        value = int(bool(value))
    return Effective(name, link, value, (citation,), citation) if deciding else None


def _value(node: Node, name: str, scope: str, note: str, link: str) -> tuple[int, Citation]:
    """The setting of all or of one link, and where it comes from.

    A key that the evidence lacks (a sysctl.d file names few) is what the kernel would have made of it: `forwarding`
    follows ip_forward (net/ipv4/devinet.c: inet_forward_change()), a link's own value starts as a copy of
    conf/default (inetdev_init()), all.accept_redirects is turned off with forwarding on, and what nobody wrote is the
    kernel's default - all of which is assumed.
    """
    fields = {"link": link}
    key = conf_key(scope, name)
    if name == "forwarding" and scope == "all" and not node.knows_sysctl(key) and node.knows_sysctl(_IP_FORWARD):
        key = _IP_FORWARD
    if node.knows_sysctl(key):
        setting = node.sysctl(key)
        # On a host of which files alone tell, an interface that they do not touch.
        settle = command("sysctl", "-ar", name) if setting.seen.where == ASSUMED else ""
        return setting.value, Citation(setting.seen, note, fields, settle)
    heirs = []
    forwarding = conf_key("all", "forwarding"), _IP_FORWARD
    turned = name == "accept_redirects" and scope == "all"
    if name == "forwarding":
        heirs = [(forwarding[0], "a change is copied to every interface")]
        heirs += [(forwarding[1], "the same variable as all.forwarding; a change is copied to every interface")]
    elif turned:
        heirs = [(heir, "a change of it sets all.accept_redirects to the opposite") for heir in forwarding]
    elif scope != "all":
        heirs = [(conf_key("default", name), "an interface starts with a copy of default")]
    settle = command("sysctl", "-ar", name) if scope == EVERY_INTERFACE else command("sysctl", key)
    for heir, inherited in heirs:
        if node.knows_sysctl(heir):
            node.assuming(NotCollected("sysctl", node.name, key, settle, node.partial("sysctl")))
            setting = node.sysctl(heir)
            value = int(not setting.value) if turned else setting.value
            return value, Citation(setting.seen, inherited, fields, settle)
    setting = node.sysctl(key)
    return setting.value, Citation(setting.seen, "not in the evidence; " + note, fields, settle)


def forwards(node: Node, link: str, family: int = 4) -> Effective:
    """Does the node forward what arrives on `link`? net/ipv4/route.c: ip_route_input_slow(), IN_DEV_FORWARD(in_dev).

    Of IPv6 conf/all alone counts (net/ipv6/ip6_output.c: ip6_forward()), and force_forwarding where a kernel has it.
    """
    if family == 4:
        return effective(node, "forwarding", link)
    forced = conf_key(link, "force_forwarding", 6)
    keys = [conf_key("all", "forwarding", 6), *([forced] if node.knows_sysctl(forced) else [])]
    settings = [node.sysctl(key) for key in keys]
    value = int(any(setting.value for setting in settings))
    because = (Citation(setting.seen, "counts for every interface", {}) for setting in settings[:1])
    return Effective("forwarding", link, value, tuple(because))


def set_where_no_arp(node: Node, name: str) -> tuple[str, Setting] | None:
    """The first link without ARP that has a value of its own for `name`, such as lo: no packet ever asks for it.

    A bare link that is down (tunl0) took its value from conf/default.
    """
    return node.derived(("set where no ARP", name), lambda host: _set_where_no_arp(host, name))


def _set_where_no_arp(node: Node, name: str) -> tuple[str, Setting] | None:
    for link in node.links:
        if not link.arp and (link.up or node.addresses_on(link.name)):
            setting = node.sysctl(conf_key(link.name, name))
            if setting.value:
                return link.name, setting
    return None


def set_on_port(node: Node, name: str, link: Link) -> tuple[Link, Setting] | None:
    """The first port of a bond or bridge whose own setting is good, where its master has none.

    None where conf/default gives a value to every new interface: then the port's own says nothing of what was wanted.

    net/core/dev.c: __netif_receive_skb_core(), rx_handler: what a port receives is its master's before ARP sees it.
    """
    default = conf_key("default", name)
    if effective(node, name, link.name).value in _HIDES[name]:
        return None
    if node.knows_sysctl(default) and node.sysctl(default).value:
        return None
    for port in node.seen_rows("links"):
        key = conf_key(port.name, name)
        if port.master == link.name and node.enslaved(port) and (own := node.sysctl(key)).value in _HIDES[name]:
            return port, own
    return None
