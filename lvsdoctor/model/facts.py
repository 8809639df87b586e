"""The facts a node can hold, and the command that collects each."""

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any

from lvsdoctor.model.coverage import Partial

COLLECTED_BY: Mapping[str, str] = MappingProxyType(
    {
        "sysctl": "sysctl -a",
        "configured-sysctl": "tail -n +1 /etc/sysctl.conf /etc/sysctl.d/*.conf",
        "addresses": "ip addr show",
        "links": "ip -d link show",
        "routes": "ip route show table all",
        "local-routes": "ip route show table all",
        "policy-rules": "ip rule show",
        "neighbours": "ip neigh show",
        "ipvs": "ipvsadm -Sn",
        "ipvs-stats": "ipvsadm -Ln --stats",
        "ipvs-rates": "ipvsadm -Ln --rate",
        "ipvs-timeouts": "ipvsadm -L --timeout",
        "net-counters": "nstat -asz",
        "connections": "ipvsadm -Lnc",
        "sync-daemons": "ipvsadm -L --daemon",
        "arptables": "arptables -nvL",
        "iptables": "iptables-save",
        "ip6tables": "ip6tables-save",
        "ipsets": "ipset save",
        "sockets": "ss -lntup",
        # What files configure, and what typed commands do if they ran: rows as of the fact without "configured-".
        "configured-addresses": "the files that configure addresses (ifcfg-*, interfaces, netplan, keepalived.conf)",
        "configured-links": "the files that configure interfaces (ifcfg-*, interfaces, netplan)",
        "configured-routes": "the files that configure routes (ifcfg-*, interfaces, netplan)",
        "configured-policy-rules": "the files that configure policy rules (interfaces, netplan)",
        "configured-ipvs": "keepalived.conf, ldirectord.cf or the saved rules of ipvsadm",
        "configured-timeouts": "keepalived.conf (lvs_timeouts), or the script that runs ipvsadm --set",
        "configured-iptables": "the rules that are restored at boot (rules.v4, nftables.conf)",
        "configured-ip6tables": "the rules that are restored at boot (rules.v6, nftables.conf)",
        "configured-arptables": "the rules that are restored at boot (arptables.conf)",
        "inventory-addresses": "the inventory of Ansible (ansible_host)",
        "configured-order": "the script that brings the VIP up",
        "vrrp": "cat /etc/keepalived/keepalived.conf",
        "health-checks": "cat /etc/keepalived/keepalived.conf",
        "kube": "kubectl get -A -o yaml configmaps,services,ipaddresspools,l2advertisements",
        "kube-state": "kubectl get nodes,services -A -o wide",
        "modules": "lsmod",
        "machine": "grep . /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name",
        "offloads": "ethtool -k INTERFACE",
        "bridge-ports": "bridge -d link",
        "os-release": "cat /etc/os-release",
        "programs": "ps -e -o pid,comm",
        "units": "systemctl list-unit-files",
        # Lines that name what happened to LVS; other lines of a log are not kept.
        "log": "journalctl -t kernel -t Keepalived_vrrp -t Keepalived_healthcheckers -t ldirectord",
        # What the wire said (an `arping` in the dumps, or `scan --probe`).
        "probes": "lvsdoctor scan --probe",
        # Not a dump of the node itself: who the directors of the same scan list as their real servers.
        "memberships": "# scan it together with the ipvsadm -Sn of its director",
    }
)

# A fact of what runs, and the one that files make (or commands that were typed) under the name beside it.
CONFIGURED: Mapping[str, str] = MappingProxyType(
    {
        fact.removeprefix("configured-"): fact
        for fact in COLLECTED_BY
        if fact.startswith("configured-") and fact.removeprefix("configured-") in COLLECTED_BY
    }
)

# Nobody misses these: they are there if the user asked for them, or if the host has such a file. A rule that needs one
# has nothing to say without it.
_FILES_ALONE = (
    "configured-addresses", "configured-arptables", "configured-ipvs", "configured-order", "configured-timeouts",
    "health-checks", "inventory-addresses", "kube", "kube-state", "vrrp",
)  # fmt: skip
_OF_THE_MACHINE = ("modules", "machine", "offloads", "bridge-ports", "os-release", "programs", "units")
ON_REQUEST = frozenset(
    {"log", "probes", "connections", "ipvs-rates", "net-counters", "sync-daemons", *_OF_THE_MACHINE, *_FILES_ALONE}
)


class NotCollected(Exception):
    """A fact that a rule asked for is not in the evidence (which is not the same as empty, or zero).

    `fact` is a key of COLLECTED_BY, `node` the node it is missing for, `wanted` the exact thing if known, `command`
    what collects it if not the fact's usual command. `partial` is why, where a part of the fact was seen.
    """

    def __init__(
        self, fact: str, node: str, wanted: str = "", command: str = "", partial: Partial | None = None
    ) -> None:
        self.fact, self.node, self.wanted, self.partial = fact, node, wanted, partial
        self.command = command or COLLECTED_BY[fact]
        super().__init__(f"{wanted or fact} of {node} was not collected (collect it with: {self.command})")

    def anew(self, wanted: str = "") -> "NotCollected":
        """The same, to be raised: an exception that is raised twice keeps growing its traceback."""
        return NotCollected(self.fact, self.node, wanted or self.wanted, self.command, self.partial)


class NotApplicable(Exception):
    """What a rule looks at cannot be on this node: it is not judged there, and nothing is missing."""


class Undeclared(Exception):
    """A rule read a fact that it declares neither under `needs` nor under `helps`: a bug in the rule."""

    def __init__(self, fact: str) -> None:
        self.fact = fact
        super().__init__(f"the rule reads {fact!r} but declares it neither in needs nor in helps")


# The values that were not seen and for which a default stood in, by node and by the command that would tell.
Assumed = dict[tuple[str, str], NotCollected]


class Evidence(dict[str, Any]):
    """The facts of one node (COLLECTED_BY) and their rows, which nobody changes once a Node holds them.

    `derived` keeps what was worked out from them, with the facts that were read and the values that were assumed for
    it (Node.derived()).
    """

    __slots__ = ("derived",)

    def __init__(self, rows: Mapping[str, Any] = MappingProxyType({})) -> None:
        super().__init__(rows)
        self.derived: dict[Hashable, tuple[Any, frozenset[str], Assumed]] = {}
