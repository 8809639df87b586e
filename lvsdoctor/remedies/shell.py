"""Shell commands, quoted, and settings that are written now and for good."""

from collections.abc import Mapping
from shlex import join, quote

from lvsdoctor.finding import Fix

SYSCTL_FILE = "/etc/sysctl.d/90-lvs.conf"
ADDRESS_HOMES = "netplan, systemd-networkd, NetworkManager, ifcfg or /etc/network/interfaces"


def command(*words: object) -> str:
    """One shell command. Names come from strangers' dumps, so every word is quoted where a shell would care."""
    return join(map(str, words))


def legible_word(word: object) -> str:
    """A word from a dump inside a shell comment: it must not end the comment's line."""
    return "".join(char if char.isprintable() else "?" for char in str(word))


def set_sysctls(settings: Mapping[str, int]) -> Fix:
    """Write settings now, and into a file that sorts after the distribution's own (sysctl.d(5))."""
    assignments = [f"{key}={value}" for key, value in settings.items()]
    lines = [quote(f"{key} = {value}") for key, value in settings.items()]
    return Fix(
        now=(command("sysctl", "-w", *assignments),),
        persist=(f"printf '%s\\n' {' '.join(lines)} >> {SYSCTL_FILE}",),
    )
