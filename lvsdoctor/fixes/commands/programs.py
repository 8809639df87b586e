"""Fixes of what a program listens on. Its configuration is its own, so they are comments for the operator."""

from lvsdoctor.fixes.commands.settings import set_sysctls
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Fix
from lvsdoctor.sanitize import word

_BOUND = ("# in the configuration of the program, which it reads again when it starts",)


def listen_for(protocol: str, ip: IP, port: int, process: str = "") -> Fix:
    """Let the program take what comes to this address: by all addresses for connections, and by the address itself for
    UDP, whose replies then have it as their source."""
    program = word(process) if process else "the program"
    any_address = "[::]" if ip.version == 6 else "0.0.0.0"
    own = f"[{ip}]" if ip.version == 6 else str(ip)
    if protocol == "udp":
        return Fix(now=(f"# bind {program} to {own} port {port} by itself, and restart it",), persist=_BOUND)
    where = f"{any_address}:{port}"
    line = f"# bind {program} to {where} (httpd: Listen {where}, nginx: listen {where}), and restart it"
    return Fix(now=(line,), persist=_BOUND)


def bind_in_advance(vip: IP) -> Fix:
    """What lets a program bind a VIP that is another director's at the moment (net/ipv4/af_inet.c:
    inet_can_nonlocal_bind(), net/ipv6/af_inet6.c: __inet6_bind())."""
    return set_sysctls({f"net.ipv{vip.version}.ip_nonlocal_bind": 1})
