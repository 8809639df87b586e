"""Fixes of what a program listens on. Its configuration is its own, so they are comments for the operator."""

from lvsdoctor.fixes.commands.settings import set_sysctls
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Fix
from lvsdoctor.sanitize import word

# How programs write it: httpd, nginx, haproxy (their manuals).
_DIRECTIVES = {"httpd": "Listen", "apache2": "Listen", "nginx": "listen", "haproxy": "bind"}


def listen_for(protocol: str, ip: IP, port: int, process: str = "") -> Fix:
    """Let the program take what comes to this address: by all addresses for connections, and by the address itself for
    UDP, whose replies then have it as their source."""
    program = word(process) if process else "the program"
    lasting = (f"# the same in the configuration of {program}",)
    if protocol == "udp":
        return Fix(
            now=(f"# bind {program} to {ip} port {port}, not to all addresses, and restart it",), persist=lasting
        )
    where = f"[::]:{port}" if ip.version == 6 else f"0.0.0.0:{port}"
    directive = _DIRECTIVES.get(process)
    example = f"{directive} {where}" if directive else f"httpd: Listen {where}, nginx: listen {where}"
    return Fix(now=(f"# bind {program} to {where} ({example}), and restart it",), persist=lasting)


def bind_in_advance(vip: IP) -> Fix:
    """What lets a program bind a VIP that is another director's at the moment (net/ipv4/af_inet.c:
    inet_can_nonlocal_bind(), net/ipv6/af_inet6.c: __inet6_bind())."""
    return set_sysctls({f"net.ipv{vip.version}.ip_nonlocal_bind": 1})
