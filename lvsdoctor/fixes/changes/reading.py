"""What one line of a fix changes: the command, read as a shell and the tool itself would read it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from shlex import split
from types import MappingProxyType

from lvsdoctor.fixes.changes.ip_line import NotFollowed
from lvsdoctor.fixes.changes.reading_ip import ip_changes
from lvsdoctor.fixes.changes.tunnels import TUNNEL_LINKS
from lvsdoctor.model.change import (
    Change,
    LoadModule,
    Nothing,
    PutRealServer,
    RemoveRealServer,
    SetSysctl,
    Unknown,
)
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import canonical_key
from lvsdoctor.parse.ipvsadm_save import IpvsadmSave

# Remarks that ask for nothing before the commands have been run: what is to be done afterwards, and elsewhere, and what
# would be better. Every other comment asks for a hand.
_REMARKS = ("then ", "better, ")
_QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"|\\.")
_SHELL = re.compile(r"[|&;<>()$`{}*?!~\\\"'\n]")
_FILTERS = ("iptables", "ip6tables", "nft", "arptables", "ebtables")


def changes_of(command: str, node: Node) -> tuple[Change, ...]:
    """What the line does to `node`, which is the node as it is when the line is run; never empty."""
    line = command.strip()
    if line.startswith("#"):
        return (Nothing(command, manual=not line.lstrip("# ").startswith(_REMARKS)),)
    try:
        return _read(command, node) or (Nothing(command),)
    except NotFollowed as why:
        return (Unknown(command, str(why)),)


def _read(command: str, node: Node) -> tuple[Change, ...]:
    if not command.isprintable():
        raise NotFollowed("a character in it cannot be seen")
    # A trailing comment is none of the command's words, and an operator inside quotes is none.
    if _SHELL.search(_QUOTED.sub("", command.partition(" # ")[0])):
        raise NotFollowed("it is more than one plain command")
    try:
        words = split(command, comments=True)
    except ValueError:
        raise NotFollowed("its quotes do not match") from None
    if words[:1] == ["sudo"]:
        words = words[1:]
    program = words[0].rpartition("/")[2] if words else ""
    if program in _FILTERS:
        raise NotFollowed("what a packet filter does to IP packets is not in the model")
    reader = _PROGRAMS.get(program)
    if reader is None:
        raise NotFollowed("what this command does is not known here")
    return reader(command, words, node)


def _nothing(command: str, words: list[str], node: Node) -> tuple[Change, ...]:
    return (Nothing(command),)


def _sysctl(command: str, words: list[str], node: Node) -> tuple[Change, ...]:
    options = [word for word in words[1:] if word.startswith("-")]
    if not {"-w", "--write", "-q", "--quiet", "-e", "--ignore"}.issuperset(options):
        raise NotFollowed("it reads its settings from files, or these options of sysctl are not known here")
    settings = [word.partition("=") for word in words[1:] if "=" in word and not word.startswith("-")]
    return tuple(SetSysctl(command, canonical_key(key.strip()), value.strip()) for key, _, value in settings)


def _modprobe(command: str, words: list[str], node: Node) -> tuple[Change, ...]:
    loads = words[1:2] not in (["-r"], ["--remove"])
    names = words[1:] if loads else words[2:]
    if len(names) != 1 or names[0] not in TUNNEL_LINKS:
        raise NotFollowed("what comes with this module is not known here")
    return (LoadModule(command, names[0], loads),)


# -- ipvsadm ----------------------------------------------------------------------------------------------------------

_VERBS = {
    **dict.fromkeys(("-a", "--add-server"), "add"),
    **dict.fromkeys(("-e", "--edit-server"), "edit"),
    **dict.fromkeys(("-d", "--delete-server"), "delete"),
}
_SHOWS = ("-l", "-L", "-S", "-Ln", "-Sn", "-ln", "--list", "--save")


def _ipvsadm(command: str, words: list[str], node: Node) -> tuple[Change, ...]:
    if words[1:2] and words[1] in _SHOWS:
        return (Nothing(command),)
    verb = _VERBS.get(words[1]) if len(words) > 1 else None
    if verb is None:
        raise NotFollowed("of ipvsadm only -a, -e and -d are followed here")
    service, real = _real_server(command, words)
    if verb != "delete" and service.fwmark is None and real.forwarding in (Forwarding.DR, Forwarding.TUN):
        real = replace(real, port=service.port)  # ipvsadm.c: "the destination port must be equal to the service port"
    if node.has("ipvs"):
        service = next((known for known in node.services if known.key == service.key), service)
    if verb == "delete":
        # A real server is told by its address and port alone, whatever else the line says.
        real = _listed(service, real) or real
        return (RemoveRealServer(command, service, real),)
    return (PutRealServer(command, service, real, was=verb == "edit"),)


def _listed(service: VirtualService, real: Destination) -> Destination | None:
    return next((known for known in service.destinations if (known.ip, known.port) == (real.ip, real.port)), None)


def _real_server(command: str, words: list[str]) -> tuple[VirtualService, Destination]:
    """The service and the real server that the words name, read as those of a saved table."""
    reader = IpvsadmSave()
    reader.feed(Seen("fix", None, " ".join(["ipvsadm", "-a", *words[2:]])))
    services: tuple[VirtualService, ...] = tuple(reader.dump().facts.get("ipvs", ()))
    if not services or (services[0].shown and services[0].fwmark is None):
        raise NotFollowed("its service or its real server cannot be read")
    (real,) = services[0].destinations
    if real.ip is None:
        raise NotFollowed("its service or its real server cannot be read")
    seen = Seen("fix", None, command)
    return replace(services[0], seen=seen, destinations=()), replace(real, seen=seen)


_Reader = Callable[[str, list[str], Node], tuple[Change, ...]]
_PROGRAMS: Mapping[str, _Reader] = MappingProxyType(
    {
        "arping": _nothing,
        "ip": ip_changes,
        "ipvsadm": _ipvsadm,
        "modprobe": _modprobe,
        "sysctl": _sysctl,
    }
)
