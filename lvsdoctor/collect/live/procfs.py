"""Reading /proc: sysctls, and what is in the kernel at all. Nothing here opens a file that loads a module."""

import contextlib
import os
from collections.abc import Iterator

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting

SYSCTL = "/proc/sys"
# /proc/net is /proc/self/net, the main thread's namespace; a thread that entered another one finds it here.
NET = "/proc/thread-self/net"

# Every setting in these directories, but not below them. (net.bridge.bridge-nf-call-arptables sends a bridge's ARP
# through arptables.)
WHOLE = ("net/ipv4", "net/ipv4/conf/all", "net/ipv4/conf/default", "net/ipv4/vs", "net/bridge", "net/netfilter")
IPV6 = ("forwarding", "accept_redirects", "accept_ra", "proxy_ndp", "accept_dad", "disable_ipv6")
PICKED = (
    *(f"net/ipv6/conf/{link}/{name}" for link in ("all", "default") for name in IPV6),
    "net/ipv6/ip_nonlocal_bind",
)
SECRETS = ("tcp_fastopen_key",)


def mounted() -> bool:
    """Is /proc there, with this thread's network namespace in it?"""
    return os.path.exists(f"{NET}/dev")


def exists(path: str) -> bool:
    """Is there such a file? Raises OSError where that may not be known."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    return True


def settings() -> Iterator[Setting]:
    """The host-wide settings of this thread's network namespace; those of each link come over netlink."""
    for directory in WHOLE:
        yield from _all_in(directory)
    for path in PICKED:
        yield from _setting(path)


def conf_settings() -> Iterator[Setting]:
    """IPv4's settings of each link, for where netlink does not work."""
    with contextlib.suppress(OSError):
        for link in sorted(os.listdir(f"{SYSCTL}/net/ipv4/conf")):
            yield from _all_in(f"net/ipv4/conf/{link}")


def _all_in(directory: str) -> Iterator[Setting]:
    try:
        names = sorted(entry.name for entry in os.scandir(f"{SYSCTL}/{directory}") if entry.is_file())
    except OSError:  # it belongs to a module that is not in this kernel
        return
    for name in names:
        if name not in SECRETS:
            yield from _setting(f"{directory}/{name}")


def _setting(path: str) -> Iterator[Setting]:
    try:
        raw = read(f"{SYSCTL}/{path}")
    except OSError:  # written only, or not for everybody's eyes
        return
    if raw is not None:
        key = path.translate(str.maketrans("./", "/."))  # a dot in a link's name becomes a slash
        yield Setting(key, raw, Seen(f"{SYSCTL}/{path}", None, raw))


def read(path: str) -> str | None:
    """A file's text, or None where there is none. Raises OSError where it may not be read."""
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="replace").strip()
    except FileNotFoundError:
        return None


def in_kernel(module: str) -> bool | None:
    """Is this module in the kernel, loaded or built in? None where that cannot be told.

    True also where the kernel has no modules at all: then nothing can be loaded by asking for it.
    """
    if os.path.exists(f"/sys/module/{module}"):
        return True
    try:
        loaded = read("/proc/modules")
        built_in = read(f"/lib/modules/{os.uname().release}/modules.builtin")
    except OSError:
        return None
    if loaded is None:
        return True
    if any(line.split()[0] == module for line in loaded.splitlines()):
        return True
    return None if built_in is None else f"/{module}.ko" in built_in
