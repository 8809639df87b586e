"""What systemd starts at boot, and what has failed: whether a table is filled again, and who kept it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.model.facts import NotApplicable, NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.machine import Program, Unit
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.processes import KEEPERS

# Of these systemd starts the very program that fills a table.
_FILL = frozenset({"keepalived", "ldirectord", "ipvsadm"})
# These start others, or fill tables themselves, whatever their service is called.
_STARTERS = frozenset(
    "kubelet k3s k3s-agent rke2-server rke2-agent k0scontroller k0sworker snap.microk8s.daemon-kubelite docker podman"
    " containerd crio pacemaker corosync heartbeat pulse mon monit relayd supervisor supervisord nomad"
    " kube-proxy kube-router cilium surealived".split()
)
_NEVER = frozenset({"disabled", "masked", "not-found"})
_RUNS = frozenset({"active", "reloading", "refreshing"})


@dataclass(frozen=True, slots=True)
class UnitAtBoot:
    """A service that fills a table with `service` now, and that nothing that was seen starts at boot; `runs` shows
    that it fills it. `whole`: the services of the host were all seen."""

    unit: Unit
    runs: Unit | Program
    service: VirtualService
    whole: bool


def base_name(unit: Unit) -> str:
    """`keepalived` of keepalived.service and keepalived@red.service."""
    return unit.name.removesuffix(".service").partition("@")[0]


def tables_not_filled_at_boot(node: Node) -> Iterator[UnitAtBoot]:
    """At most one. Reads ipvs, units, programs and links.

    Raises NotApplicable on a host without services, NotCollected where no unit tells that was seen, or not whether one
    runs.
    """
    services = [service for service in node.seen_rows("ipvs") if service.destinations]
    if not services:
        raise NotApplicable
    units = tuple(node.seen_rows("units"))
    if any(link.name == "kube-ipvs0" for link in (node.seen_rows("links") if node.has("links") else ())):
        return
    programs = tuple(node.seen_rows("programs")) if node.has("programs") else ()
    if any(row.name in KEEPERS - _FILL for row in programs):
        return
    if any(_may_start(row) for row in units):
        return
    for unit in units:
        if base_name(unit) in _FILL and unit.file_state in ("disabled", "masked"):
            running = [row for row in units if row.name == unit.name and row.active in _RUNS]
            alike = [row for row in programs if row.name == base_name(unit)]
            if runs := next(iter([*running, *alike]), None):
                yield UnitAtBoot(unit, runs, services[0], node.unseen("units") is None)
                return
            absent = node.unseen("programs") if node.has("programs") else NotCollected("programs", node.name)
            if not unit.active and absent is not None:
                raise absent  # whether it runs now was not seen
    if (unseen := node.unseen("units")) is not None:
        raise unseen


def _may_start(unit: Unit) -> bool:
    """Is it one that fills tables, or starts what does, and starts at boot, for all that was seen?"""
    name = base_name(unit)
    if name in _FILL:
        return bool(unit.file_state) and unit.file_state not in _NEVER
    return name in _STARTERS and (unit.active in _RUNS or (bool(unit.file_state) and unit.file_state not in _NEVER))


def failed_keeper(node: Node) -> Unit | None:
    """The service that kept a table, and has failed, where none that was seen keeps it now. Reads units."""
    units = tuple(node.seen_rows("units")) if node.has("units") else ()
    if any(base_name(row) in KEEPERS | _STARTERS and row.active in _RUNS for row in units):
        return None
    return next((row for row in units if base_name(row) in KEEPERS and row.active == "failed"), None)


def keeper_runs(node: Node) -> bool:
    """Does a service run that keeps a table? Reads units."""
    units = node.seen_rows("units") if node.has("units") else ()
    return any(base_name(row) in KEEPERS and row.active in _RUNS for row in units)


def unit_of(node: Node, seen: Seen) -> str:
    """The service that applies a file: that unit itself, or the init script of the name; "" for other files."""
    name = seen.where.rpartition("/")[2]
    if name.endswith(".service"):
        return name
    return f"{name}.service" if "/init.d/" in f"/{seen.where}" else ""


def idle_at_boot(node: Node, seen: Seen) -> Unit | None:
    """The service that alone applies this line, if systemd does not start it. Reads units."""
    name = unit_of(node, seen) if node.has("units") else ""
    rows = [row for row in node.seen_rows("units") if row.name == name and row.file_state] if name else []
    return rows[0] if rows and all(row.file_state in _NEVER for row in rows) else None
