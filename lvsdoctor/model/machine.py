"""The machine below the network: its kernel's modules, its distribution, and whose hardware it runs on."""

from dataclasses import dataclass

from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class KernelModule:
    """A module that is loaded. What is built into the kernel is in no such list."""

    name: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class MachineName:
    """A name that the firmware has for the machine (DMI). `field` is called as in /sys/class/dmi/id: sys_vendor."""

    field: str
    value: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Program:
    """A program that runs and that IPVS or routes may depend on, by its name; or the first process of the host."""

    name: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Unit:
    """A service as systemd(1) has it; an init script is one of the same name.

    `file_state` is systemctl(1)'s word for what starts it at boot (enabled, disabled, static ...), `active` that for
    what it does now (active, inactive, failed ...). "" where the line does not show it.
    """

    name: str
    file_state: str
    active: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Offload:
    """How a link joins packets that it receives: `feature` is lro, gro, or gro-hw. `fixed`: the driver allows no other.

    ethtool(8) -k shows it; it is no setting of the network stack.
    """

    link: str
    feature: str
    on: bool
    fixed: bool
    seen: Seen


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """A line of os-release(5) that names the distribution: ID, ID_LIKE, VERSION_ID."""

    field: str
    value: str
    seen: Seen
