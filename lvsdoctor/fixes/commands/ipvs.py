"""Fixes of IPVS tables."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from lvsdoctor.fixes.commands.spelling import can_spell, spell
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.sanitize import command, word

# Where an IPVS table comes from again after a reboot.
SAVE_TABLE = "# in keepalived.conf, ldirectord.cf or the saved rules (ipvsadm-save -n > /etc/ipvsadm.rules):"
# include/net/ip_vs.h: sysctl_backup_only()
BACKUP_ONLY = "net.ipv4.vs.backup_only"
# systemd-modules-load runs before systemd-sysctl (sysctl.d(5)).
_LOAD_AT_BOOT = "printf '%s\\n' ip_vs > /etc/modules-load.d/ip_vs.conf"
_METHODS = {"-g": Forwarding.DR, "-i": Forwarding.TUN, "-m": Forwarding.NAT}


def change_real_server(
    verb: str, service: VirtualService, real: Destination, *, how: str = "", port: int | None = None
) -> str:
    """One ipvsadm command about a real server; `how` is its forwarding method (-g, -i, -m) and `port` another port."""
    from lvsdoctor.model.change import PutRealServer, RemoveRealServer

    new = replace(
        real, port=real.port if port is None else port, forwarding=_METHODS.get(how, real.forwarding),
        weight=1 if real.weight is None else real.weight,
    )  # fmt: skip
    change = PutRealServer(service, new, was=verb == "-e") if verb != "-d" else RemoveRealServer(service, new)
    if can_spell(change):
        return spell(change)
    # The dump does not tell it all.
    named = f"{command(*str(service).split())}, real server {word(real.ip or real.shown)}"
    return f"# ipvsadm {verb} for {named}, -w {real.weight}, with its method (-g, -i, -m)"


def edit_real_server(service: VirtualService, real: Destination) -> str:
    """The ipvsadm command that makes a real server what `real` says; a comment where the dump does not tell it all."""
    return change_real_server("-e", service, real)


def edit_service(service: VirtualService, flags: Collection[str]) -> str:
    """The ipvsadm command that gives a service these flags of its scheduler, with all else that it has: -E sets what it
    is not told to its default. A comment where the dump does not tell it all."""
    other = [flag for flag in service.flags if not flag.startswith(f"{service.scheduler}-")]
    engines = [flag.split()[1] for flag in other if flag.startswith("pe ")]
    option = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"}.get(service.protocol)
    known = len(engines) + ("ops" in other) == len(other)
    if not known or (service.fwmark is None and (option is None or service.vip is None)):
        wanted = f"-b {','.join(flags)}" if flags else f"-s {service.scheduler}"
        return f"# ipvsadm -E for {command(*str(service).split())}, with {wanted} and all its other options"
    at = str(service).split()[-1]
    named = [option, at] if option and service.fwmark is None else ["-f", service.fwmark]
    words = [*named, *(["-6"] if service.fwmark is not None and service.family == 6 else []), "-s", service.scheduler]
    words += ["-p", service.persistent] if service.persistent else []
    words += ["-M", service.netmask] if service.netmask else []
    words += ["--pe", engines[0]] if engines else []
    words += ["-o"] if "ops" in other else []
    return command("ipvsadm", "-E", *words, *(["-b", ",".join(flags)] if flags else []))


def schedule_nothing_as_backup() -> Fix:
    """What keeps the standby of a pair from sending a request back to the active director: the setting has no effect
    unless its sync daemon runs as the backup's."""
    from lvsdoctor.fixes.commands.settings import set_sysctls

    return set_sysctls({BACKUP_ONLY: 1}) + Fix(
        now=("# run the backup sync daemon here while the other director is active: ipvsadm --start-daemon backup",),
        persist=(
            "# in keepalived.conf of both: global_defs { lvs_sync_daemon LINK INSTANCE }, which starts the daemons",
        ),
    )


def set_ipvs(node: Node, settings: Mapping[str, int]) -> Fix:
    """Write settings of net.ipv4.vs. Where the kernel has none of its keys ip_vs is not loaded, and nothing can be
    written now: the module and the file wait for it. Reads sysctl where collected."""
    from lvsdoctor.fixes.commands.settings import set_sysctls

    fix = set_sysctls(settings)
    if not node.has("sysctl") or node.partial("sysctl") is not None or node.of_files("sysctl"):
        return fix
    if any(key.startswith("net.ipv4.vs.") for key in node.seen_rows("sysctl")):
        return fix
    return Fix(persist=(_LOAD_AT_BOOT, *fix.persist))
