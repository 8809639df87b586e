"""Fixes that many rules share: shell commands for now, and what makes them last."""

from collections.abc import Mapping
from shlex import join, quote

from lvsdoctor.finding import Fix
from lvsdoctor.model.address import IP

SYSCTL_FILE = "/etc/sysctl.d/90-lvs.conf"
_ADDRESS_HOMES = "netplan, systemd-networkd, NetworkManager, ifcfg or /etc/network/interfaces"


def command(*words: object) -> str:
    """One shell command. Names come from strangers' dumps, so every word is quoted where a shell would care."""
    return join(map(str, words))


def set_sysctls(settings: Mapping[str, int]) -> Fix:
    """Write settings now, and into a file that sorts after the distribution's own (sysctl.d(5))."""
    assignments = [f"{key}={value}" for key, value in settings.items()]
    lines = [quote(f"{key} = {value}") for key, value in settings.items()]
    return Fix(
        now=(command("sysctl", "-w", *assignments),),
        persist=(f"printf '%s\\n' {' '.join(lines)} >> {SYSCTL_FILE}",),
    )


def hide_vips() -> Fix:
    """What a real server needs on every link: arp_ignore for its answers, arp_announce for its own requests."""
    return set_sysctls({"net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2})


def announce_again(director_link: str, vip: IP) -> str:
    """The line that makes the segment learn the director's MAC again; it is run on the director."""
    return command("arping", "-U", "-I", director_link, "-c", 3, vip)


def move_address(old: str, old_link: str, new: str, new_link: str) -> Fix:
    """Take an address (with its prefix length) off one link and put it on another, or back with another prefix."""
    return Fix(
        now=(command("ip", "addr", "del", old, "dev", old_link), command("ip", "addr", "add", new, "dev", new_link)),
        persist=(
            f"# in the host's network configuration ({_ADDRESS_HOMES}):",
            f"# {old} on {legible_word(old_link)} becomes {new} on {legible_word(new_link)}",
        ),
    )


def add_address(new: str, link: str) -> Fix:
    """Put an address with its prefix length on a link."""
    return Fix(
        now=(command("ip", "addr", "add", new, "dev", link),),
        persist=(f"# in the host's network configuration ({_ADDRESS_HOMES}): {new} on {legible_word(link)}",),
    )


def legible_word(word: object) -> str:
    """A word from a dump inside a shell comment: it must not end the comment's line."""
    return "".join(char if char.isprintable() else "?" for char in str(word))
