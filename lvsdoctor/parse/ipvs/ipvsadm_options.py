"""The command line of ipvsadm, as ipvsadm-save writes it and scripts do."""

import re
from collections.abc import Iterable

from lvsdoctor.parse.ipvs.ipvs_rows import NAMELESS

ADDS = {"-A": "-A", "--add-service": "-A", "-a": "-a", "--add-server": "-a"}
EDITS = frozenset({"-E", "-e", "-D", "-d", "--edit-service", "--edit-server", "--delete-service", "--delete-server"})
# Each spelling of an option that takes a value, and the one that we go by. The value of -p may be missing.
_VALUED = {
    "-t": "-t", "--tcp-service": "-t", "-u": "-u", "--udp-service": "-u", "--sctp-service": "--sctp-service",
    "-f": "-f", "--fwmark-service": "-f", "-r": "-r", "--real-server": "-r", "-s": "-s", "--scheduler": "-s",
    "-p": "-p", "--persistent": "-p", "-M": "-M", "--netmask": "-M", "-w": "-w", "--weight": "-w",
    "-x": "-x", "--u-threshold": "-x", "-y": "-y", "--l-threshold": "-y", "--pe": "--pe",
    "-b": "-b", "--sched-flags": "-b", "--tun-type": "--tun-type", "--tun-port": "--tun-port",
}  # fmt: skip
_ALONE = {
    **ADDS, "-g": "-g", "--gatewaying": "-g", "-i": "-i", "--ipip": "-i", "-m": "-m", "--masquerading": "-m",
    "-o": "-o", "--ops": "-o", "-6": "-6", "--ipv6": "-6", "--tun-nocsum": "", "--tun-csum": "", "--tun-remcsum": "",
    NAMELESS: NAMELESS,
}  # fmt: skip
_SERVICES = ("--tcp-service", "--udp-service", "--sctp-service", "--fwmark-service")
_SHELL = re.compile(r"[$`;|&<>(){}\\\"']")


def selects_service(command: Iterable[str]) -> bool:
    """Does this command show one service alone: `ipvsadm -Ln -t 192.0.2.10:80`, `ipvsadm -Lnt 192.0.2.10:80`?"""
    return any(
        word.startswith(_SERVICES) or (word[:1] == "-" and word[1:2] != "-" and not {"t", "u", "f"}.isdisjoint(word))
        for word in command
    )


def arguments(text: str) -> list[str]:
    """The words of a line that adds, edits or deletes, from that option on; [] for a line of any other kind."""
    words = text.split()
    if words[:1] == ["sudo"]:
        del words[0]
    command = bool(words) and words[0].rpartition("/")[2] == "ipvsadm"
    if command:
        del words[0]
    if len(words) < 2:
        return []
    if words[0] in ("-At", "-Au", "-Af", "-at", "-au", "-af"):
        return words
    if words[0] not in ADDS and not (command and words[0] in EDITS):
        return []
    return words if command or words[1].startswith("-") else []  # `-A INPUT ...` is iptables'


def options_of(words: list[str]) -> dict[str, str] | None:
    """The options by their short names, or None for a line with anything that we, or ipvsadm, would not take."""
    found: dict[str, str] = {}
    words = words[::-1]
    while words:
        word = words.pop()
        if word.startswith("#"):
            break
        if _SHELL.search(word) and word not in _ALONE:
            return None
        if word[:2] == "--" and "=" in word:
            word, _, value = word.partition("=")
            words.append(value)
        elif len(word) > 2 and word[0] == "-" and word[1] != "-":  # -At VIP, -w1
            words.append(word[2:] if word[:2] in _VALUED else "-" + word[2:])
            word = word[:2]
        if word in _VALUED:
            name, value = _VALUED[word], ""
            if words and not (name == "-p" and words[-1].startswith("-")):
                value = words.pop()
            if (not value and name != "-p") or _SHELL.search(value):
                return None
        elif word in _ALONE:
            name, value = _ALONE[word], ""
        else:
            return None
        if name and name in found:
            return None  # "multiple options specified": ipvsadm refuses the line
        found[name] = value
    return found
