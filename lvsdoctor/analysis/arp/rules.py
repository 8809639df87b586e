"""Rules of arptables that name a VIP (net/ipv4/netfilter/arp_tables.c: arp_packet_match(), arpt_mangle.c: target())."""

from collections.abc import Iterator

from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.arptables import ArpRule, ArpTables
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen


def rules_naming(node: Node, vip: IP) -> list[ArpRule]:
    """The rules that have this very address as their source or destination. Reads arptables."""
    return [row for row in node.arptables.rules if vip in (_single(row.src), _single(row.dst))]


def saved_arp_rules(node: Node, vip: IP) -> tuple[Seen | None, list[ArpRule]]:
    """The first line of the file that is restored at boot, and its rules that name the VIP. Raises NotCollected where
    not all of the file was seen. Reads configured-arptables."""
    if (absent := node.unseen("configured-arptables")) is not None:
        raise absent
    files: tuple[ArpTables, ...] = node.seen_rows("configured-arptables")
    rules = [row for file in files for row in file.rules]
    first = next((seen for file in files for seen in file.seen), None) or next((row.seen for row in rules), None)
    return first, [row for row in rules if vip in (_single(row.src), _single(row.dst))]


def foreign_senders(node: Node) -> Iterator[tuple[ArpRule, IP, IP]]:
    """The rules that put an address in the place of a VIP as sender which the host does not have: rule, VIP, address.
    Reads arptables, addresses."""
    for vip in node.hidden_vips:
        for row in rules_naming(node, vip.ip):
            ip = row.mangle_ip_s
            if ip is not None and _single(row.src) == vip.ip and not any(own.ip == ip for own in node.addresses):
                yield row, vip.ip, ip


def _single(network: Network | None) -> IP | None:
    return network.network_address if network is not None and network.prefixlen == network.max_prefixlen else None
