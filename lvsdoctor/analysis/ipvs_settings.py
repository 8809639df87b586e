"""Settings of IPVS that files set and the kernel does not run with.

net.ipv4.vs.* are there once ip_vs is loaded (net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_control_net_init_sysctl()), and
systemd-sysctl, which runs early, leaves out what is not there (sysctl.d(5)).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.drift.boot_settings import configured
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.model.sysctl_d import ConfiguredLine
from lvsdoctor.sanitize import command

_VS = "net.ipv4.vs."
# What the kernel starts with (ip_vs_control_net_init_sysctl(); Documentation/networking/ipvs-sysctl.rst).
_DEFAULTS = {
    "conntrack": 0, "expire_nodest_conn": 0, "expire_quiescent_template": 0, "conn_reuse_mode": 1, "sloppy_tcp": 0,
    "sloppy_sctp": 0, "nat_icmp_send": 0, "snat_reroute": 1, "drop_entry": 0, "drop_packet": 0, "secure_tcp": 0,
    "amemthresh": 1024, "pmtu_disc": 1, "backup_only": 0, "ignore_tunneled": 0, "schedule_icmp": 0, "run_estimation": 1,
    "sync_version": 1, "sync_persist_mode": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotApplied:
    """A line that sets a key, and what runs instead; `default`: what the kernel starts with."""

    line: ConfiguredLine
    running: Setting
    default: bool


def not_applied(director: Node) -> Iterator[NotApplied]:
    """Reads configured-sysctl and sysctl, links where collected. Raises NotCollected at the end for a key of which only
    the files tell. kube-proxy sets some of them itself, so nothing is concluded beside it."""
    table = configured(director)
    lacking: NotCollected | None = None
    for key in dict.fromkeys(line.key for line in table.lines if line.key.startswith(_VS) and not line.is_glob):
        line = table.deciding(key)
        setting = line.setting(key) if line is not None else None
        if line is None or setting is None or not setting.is_number:
            continue
        if director.planned or not director.knows_sysctl(key):
            lacking = NotCollected("sysctl", director.name, key, command("sysctl", key), director.partial("sysctl"))
            continue
        running = director.sysctl(key)
        if running.is_number and running.value != setting.value and not _by_kube_proxy(director):
            default = _DEFAULTS.get(key.removeprefix(_VS)) == running.value
            yield NotApplied(line, running, default)
    if lacking is not None:
        raise lacking


def _by_kube_proxy(director: Node) -> bool:
    return director.has("links") and director.link(KUBE_LINK) is not None
