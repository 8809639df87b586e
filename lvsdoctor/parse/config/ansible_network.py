"""Modules of Ansible that configure the network: community.general.nmcli as a keyfile of NetworkManager, and
ansible.builtin.iptables as the command that it runs. Nothing is executed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.embedded import moved
from lvsdoctor.parse.reader import Dump

__all__ = ["IPTABLES_OPTIONS", "NMCLI_OPTIONS", "TaskOption", "iptables_words", "nmcli_dump"]


@dataclass(frozen=True, slots=True)
class TaskOption:
    """An argument of a task: its values, of which there are several where it is a list, with their lines."""

    values: tuple[str, ...]
    lines: tuple[Seen, ...]

    @property
    def seen(self) -> Seen:
        return self.lines[0]

    @property
    def text(self) -> str:
        return self.values[0] if self.values else ""


Options = Mapping[str, TaskOption]

# -- nmcli ------------------------------------------------------------------------------------------------------------

_TUNNELS = frozenset({"ipip", "gre", "sit"})
_OF_FAMILY = {"method": "method", "gw": "gateway", "never_default": "never-default", "route_metric": "route-metric"}
_NEEDED = ("conn_name", "ifname", "type", "state", "autoconnect", "master", "vlandev", "ip_tunnel_local")
NMCLI_OPTIONS = frozenset(
    {*_NEEDED, "ip_tunnel_remote", "ip_tunnel_dev", "ip4", "ip6", "routes4", "routes6"}
    | {f"{name}{family}" for name in _OF_FAMILY for family in "46"}
)


def nmcli_dump(options: Options, at: Seen) -> Dump | None:
    """The rows of the connection that a task makes; None where it makes none."""
    from lvsdoctor.parse.config.nm_keyfile import dump_of

    lines = list(_keyfile(options, at))
    dump = dump_of("\n".join(text for text, _ in lines), "task.nmconnection")
    return moved(dump, lambda seen: lines[seen.line - 1][1] if seen.line else at) if dump is not None else None


def _keyfile(options: Options, at: Seen) -> Iterator[tuple[str, Seen]]:
    def line(key: str, option: str, default: str = "") -> Iterator[tuple[str, Seen]]:
        found = options.get(option)
        if found is not None or default:
            yield f"{key}={found.text if found is not None else default}", found.seen if found is not None else at

    kind = options["type"].text if "type" in options else "ethernet"
    name = options["conn_name"].text if "conn_name" in options else ""
    yield "[connection]", at
    yield from line("id", "conn_name")
    yield f"type={'ip-tunnel' if kind in _TUNNELS else kind}", at
    yield from line("interface-name", "ifname", name)
    yield from line("autoconnect", "autoconnect")
    yield from line("master", "master")
    if kind == "vlan":
        yield "[vlan]", at
        yield from line("parent", "vlandev")
    if kind in _TUNNELS:
        yield "[ip-tunnel]", at
        yield f"mode={kind}", at
        for key in ("local", "remote"):
            yield from line(key, f"ip_tunnel_{key}")
        yield from line("parent", "ip_tunnel_dev")
    for family, whole in (("4", "/32"), ("6", "/128")):
        yield f"[ipv{family}]", at
        for option, key in _OF_FAMILY.items():
            yield from line(key, f"{option}{family}")
        addresses = options.get(f"ip{family}")
        for number, (address, seen) in enumerate(_listed(addresses), 1):
            yield f"address{number}={address if '/' in address else address + whole}", seen
        routes = options.get(f"routes{family}")
        for number, (route, seen) in enumerate(_listed(routes), 1):
            yield f"route{number}={','.join(route.split()[:3])}", seen


def _listed(option: TaskOption | None) -> Iterator[tuple[str, Seen]]:
    for value, seen in zip(option.values, option.lines, strict=True) if option is not None else ():
        yield from ((part.strip(), seen) for part in value.split(",") if part.strip())


# -- iptables ---------------------------------------------------------------------------------------------------------

_FLAGS: Mapping[str, str] = {
    "protocol": "-p", "source": "-s", "destination": "-d", "in_interface": "-i", "out_interface": "-o",
    "source_port": "--sport", "destination_port": "--dport", "jump": "-j", "goto": "-g", "gateway": "--gateway",
    "to_destination": "--to-destination", "to_source": "--to-source", "to_ports": "--to-ports",
    "reject_with": "--reject-with", "set_dscp_mark": "--set-dscp", "icmp_type": "--icmp-type",
    "log_prefix": "--log-prefix", "log_level": "--log-level",
}  # fmt: skip
# These come with a match, and before the jump.
_MATCHED: Mapping[str, tuple[str, str]] = {
    "destination_ports": ("multiport", "--dports"), "ctstate": ("conntrack", "--ctstate"),
    "limit": ("limit", "--limit"), "limit_burst": ("limit", "--limit-burst"), "comment": ("comment", "--comment"),
}  # fmt: skip
_FIRST = ("protocol", "source", "destination", "in_interface", "out_interface")
_SECOND = ("source_port", "destination_port", "icmp_type")
_LAST = tuple(name for name in _FLAGS if name not in (*_FIRST, *_SECOND))
_HANDLED = (
    "table",
    "chain",
    "state",
    "action",
    "rule_num",
    "policy",
    "flush",
    "ip_version",
    "match",
    "chain_management",
)
_NO_MATTER = ("wait", "numeric")
IPTABLES_OPTIONS = frozenset({*_FLAGS, *_MATCHED, *_HANDLED, *_NO_MATTER})


def iptables_words(options: Options, is_true: Callable[[str], bool]) -> list[str] | None:
    """The command that a task runs; None where it has an option that is not read, or no chain."""
    if not options.keys() <= IPTABLES_OPTIONS:
        return None
    text = {name: option.text for name, option in options.items()}
    words = ["ip6tables" if text.get("ip_version") == "ipv6" else "iptables", "-t", text.get("table", "filter")]
    chain = text.get("chain", "")
    if is_true(text.get("flush", "no")):
        return [*words, "-F", *([chain] if chain else [])]
    if not chain:
        return None
    if "policy" in options:
        return [*words, "-P", chain, text["policy"]]
    rule = list(_rule(options))
    if not rule and is_true(text.get("chain_management", "no")):
        return [*words, "-N", chain] if text.get("state") != "absent" else None
    if text.get("state") == "absent":
        return [*words, "-D", chain, *rule]
    if text.get("action") == "insert":
        return [*words, "-I", chain, text.get("rule_num", "1"), *rule]
    return [*words, "-A", chain, *rule]


def _rule(options: Options) -> Iterator[str]:
    for name in _FIRST:
        yield from _flag(options, name)
    given: Sequence[str] = options["match"].values if "match" in options else ()
    for match in given:
        yield from ("-m", match)
    for name in _SECOND:
        yield from _flag(options, name)
    for name, (match, flag) in _MATCHED.items():
        if name in options:
            yield from () if match in given or name == "limit_burst" else ("-m", match)
            yield from (flag, ",".join(options[name].values))
    for name in _LAST:
        yield from _flag(options, name)


def _flag(options: Options, name: str) -> Iterator[str]:
    if name in options:
        value = options[name].text.strip()
        yield from ("!", _FLAGS[name], value[1:].strip()) if value.startswith("!") else (_FLAGS[name], value)
