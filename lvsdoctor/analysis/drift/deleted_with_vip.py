"""What the kernel deletes together with a VIP that VRRP takes away.

net/ipv4/devinet.c: __inet_del_ifa(): with a primary address go all secondary ones of its subnet, unless
promote_secondaries makes one of them the primary one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.kernel.effective_sysctl import Effective, effective
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class DeletedWithVip:
    """A VIP that is the primary address of its subnet on a link, the others that go with it, and the setting."""

    vip: Address
    others: tuple[Address, ...]
    setting: Effective


def deleted_with_vips(node: Node) -> Iterator[DeletedWithVip]:
    """For the VIPs that a keepalived.conf of the host brings up, or that another director of the scan has, too.

    Reads addresses and sysctl, and ipvs and vrrp where collected. Raises NotCollected at the end where the setting or
    what moves the VIP is not known.
    """
    lacking: NotCollected | None = None
    rows = tuple(address for address in node.addresses if address.ip.version == 4)
    moved = {ip for instance in node.seen_rows("vrrp") for ip in instance.vips} if node.has("vrrp") else set[IP]()
    directed = {vip for row in node.seen_rows("ipvs") for vip, _ in row.vips} if node.has("ipvs") else set[IP]()
    for vip in rows:
        if vip.secondary or vip.host_only or vip.ip not in moved | directed:
            continue
        others = tuple(row for row in rows if row.secondary and row.link == vip.link and row.network == vip.network)
        if not others or not (vip.ip in moved or any(True for _ in node.peers_directing(vip.ip))):
            continue
        if not node.knows_sysctl(f"net.ipv4.conf.{vip.link}.promote_secondaries"):
            lacking = NotCollected("sysctl", node.name, "promote_secondaries")
        elif not (setting := effective(node, "promote_secondaries", vip.link)):
            yield DeletedWithVip(vip, others, setting)
    if lacking is not None:
        raise lacking
