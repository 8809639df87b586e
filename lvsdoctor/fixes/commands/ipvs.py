"""Fixes of IPVS tables: the lines for ipvsadm."""

from collections.abc import Mapping

from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.sanitize import command, word

# ipvsadm(8); a fwmark service has no protocol.
_SERVICE_OPTIONS = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service", "": "-f"}
_METHODS: Mapping[Forwarding | None, str] = {Forwarding.DR: "-g", Forwarding.TUN: "-i", Forwarding.NAT: "-m"}
# Where an IPVS table comes from again after a reboot.
SAVE_TABLE = "# in keepalived.conf, ldirectord.cf or the saved rules (ipvsadm-save -n > /etc/ipvsadm.rules):"


def change_real_server(
    verb: str, service: VirtualService, real: Destination, *, how: str = "", port: int | None = None
) -> str:
    """One ipvsadm command about a real server; `how` is its forwarding method (-g, -i, -m) and `port` another port.

    -a and -e set what they are not told to 1 (the weight) and 0 (the thresholds), so they are told.
    """
    words = [_SERVICE_OPTIONS[service.protocol], _endpoint(service.vip, service.port)]
    if service.fwmark is not None:
        words = ["-f", str(service.fwmark), *(["-6"] if service.family == 6 else [])]
    words += ["-r", _endpoint(real.ip, real.port if port is None else port)]
    if how:
        words += [how, "-w", str(1 if real.weight is None else real.weight)]
        thresholds = (("-x", real.upper_threshold), ("-y", real.lower_threshold))
        words += [part for option, value in thresholds if value for part in (option, str(value))]
    return command("ipvsadm", verb, *words)


def edit_real_server(service: VirtualService, real: Destination) -> str:
    """The ipvsadm command that makes a real server what `real` says; a comment where the dump does not tell it all."""
    how = _METHODS.get(real.forwarding)
    if how is None or real.ip is None or (service.vip is None and service.fwmark is None):
        named = f"{command(*str(service).split())}, real server {word(real.ip or real.shown)}"
        return f"# ipvsadm -e for {named}, -w {real.weight}, with its method (-g, -i, -m)"
    line = change_real_server("-e", service, real, how=how)
    tunnel = ["--tun-type", real.tunnel_type] if how == "-i" and real.tunnel_type != "ipip" else []
    tunnel += ["--tun-port", str(real.tunnel_port)] if tunnel and real.tunnel_port else []
    return f"{line} {command(*tunnel)}" if tunnel else line


def _endpoint(ip: IP | None, port: int | None) -> str:
    return f"[{ip}]:{port}" if ip is not None and ip.version == 6 else f"{ip}:{port}"
