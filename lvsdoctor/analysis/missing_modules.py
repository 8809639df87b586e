"""Modules that the kernel of a director lacks, as its files and its table show.

A scheduler is a module below ip_vs (net/netfilter/ipvs/Kconfig): where ip_vs itself is a module, no scheduler is built
in. Where ip_vs is in the kernel, loaded or built in, the keys of net.ipv4.vs are there
(net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_control_net_init_sysctl()).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.machine import KernelModule
from lvsdoctor.model.node import Node

IP_VS = "ip_vs"


@dataclass(frozen=True, slots=True)
class MissingModule:
    """`module` is not in the kernel, and the files configure `service`, which needs it. `beside`: a module of the list,
    ip_vs itself for that of a scheduler; `working`: the row of another service of the same files, in the table."""

    module: str
    service: VirtualService
    beside: KernelModule | None
    working: VirtualService | None = None


def missing_modules(node: Node) -> Iterator[MissingModule]:
    """Reads configured-ipvs, modules, sysctl, and ipvs where collected. Raises NotCollected where one is not whole."""
    loaded = {row.name: row for row in node.seen_rows("modules")}
    if IP_VS in loaded:
        yield from _schedulers(node, loaded)
    elif not _in_kernel(node) and (service := next(iter(node.virtual_services("configured-ipvs")), None)) is not None:
        yield MissingModule(IP_VS, service, next(iter(node.rows("modules")), None))
    if (absent := node.unseen("modules")) is not None:
        raise absent


def _in_kernel(node: Node) -> bool:
    """Built in, or loaded and not in the list that was seen."""
    if node.has("ipvs") and node.seen_rows("ipvs"):
        return True
    if any(key.startswith("net.ipv4.vs.") for key in node.seen_rows("sysctl")):
        return True
    for fact in ("sysctl", "modules"):
        if (absent := node.unseen(fact)) is not None:
            raise absent
    return False


def _schedulers(node: Node, loaded: dict[str, KernelModule]) -> Iterator[MissingModule]:
    """Of a table that whoever reads the files has filled, and in which a service is lacking."""
    if not node.has("ipvs"):
        raise NotCollected("ipvs", node.name)
    running = {service.key: service for service in node.seen_rows("ipvs")}
    configured = [*node.seen_rows("configured-ipvs")]
    working = next((running[service.key] for service in configured if service.key in running), None)
    for service in configured if working is not None else ():
        module = f"{IP_VS}_{service.scheduler}"
        if service.key in running or service.scheduler in ("", "none") or module in loaded:
            continue
        for fact in ("ipvs", "modules"):
            if (absent := node.unseen(fact)) is not None:
                raise absent
        yield MissingModule(module, service, loaded[IP_VS], working)


# What a small kernel of the distribution lacks; the others bring all modules with the kernel.
_PACKAGES = {
    "ubuntu": "linux-modules-extra of this kernel",
    "debian": "linux-image-amd64 in the place of a cloud kernel",
    "rhel": "kernel-modules of this kernel",
    "fedora": "kernel-modules of this kernel",
    "suse": "kernel-default in the place of kernel-default-base",
}


def package_of_modules(node: Node) -> str:
    """The package that has the modules of IPVS, as far as the distribution is known. Reads os-release."""
    rows = node.seen_rows("os-release") if node.has("os-release") else ()
    names = [word for row in rows if row.field in ("ID", "ID_LIKE") for word in row.value.split()]
    known = (_PACKAGES[name] for name in names if name in _PACKAGES)
    return next(known, "the package with all modules of this kernel")
