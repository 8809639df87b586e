"""Fixes of keepalived's own packet filter: what its file makes, its file takes away."""

from collections.abc import Sequence

from lvsdoctor.analysis.filters.filter_paths import FilteredPacket
from lvsdoctor.fixes.commands.filters import deciding, names_only
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Effect
from lvsdoctor.model.vrrp import VrrpInstance

REFUSING = ("no_accept", "strict_mode", "vrrp_strict")  # the words of keepalived.conf, what is nearest to a VIP first


def accept_vips(instance: VrrpInstance) -> Fix:
    """What makes keepalived take packets to the VIPs of an instance that refuses them, by hand."""
    setting = next(word for word in REFUSING if word in instance.lines)
    line = f"# in keepalived.conf: remove {setting}"
    if instance.version == 3 and setting != "no_accept":
        line += ", or add accept to the vrrp_instance"
    return Fix(
        now=(line, "# then reload keepalived: systemctl reload keepalived"),
        persist=("# the file is what lasts",),
        warning="Without strict mode an authentication of the file counts again: compare it with the other director.",
    )


def accept_again(node: Node, dropped: Sequence[FilteredPacket]) -> Fix | None:
    """The same, where the line that drops these packets is one that keepalived writes for a VIP; None where it is not.

    vrrp_ipset.c, vrrp_nftables.c, vrrp_iptables.c: its set or table is called keepalived, or by default its rule names
    the VIP and nothing else. Reads vrrp where collected.
    """
    item = next(iter(dropped), None)
    place = deciding(node, item) if item is not None and node.has("vrrp") else None
    if item is None or place is None:
        return None
    table, chain, number = place
    if not number:
        return None
    rule, vip = chain.rules[number - 1], item.passage.packet.dst
    bare = names_only(rule, item.passage.packet) and len(rule.conditions) == 1
    plain = bare and [action.effect for action in rule.actions] == [Effect.DROP]
    if not (plain or table.name.startswith("keepalived") or "--match-set keepalived" in rule.seen.text):
        return None
    refusing = (i for i in node.vrrp_instances if not i.accept and any(a.ip == vip for a in i.brings_up))
    return next(map(accept_vips, refusing), None)
