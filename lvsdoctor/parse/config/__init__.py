"""Files that configure a host: which kind a file is, by its name and its text, and the reader of that kind.

A reader is imported when the first file of its kind turns up, and PyYAML and tree-sitter when such a file needs them.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from lvsdoctor.model.seen import Comment, Seen
from lvsdoctor.parse.reader import Dump

__all__ = ["KINDS", "ConfigKind", "config_dump", "config_dumps", "kinds_of"]


class DumpOf(Protocol):
    """What a kind's module calls `dump_of`: the rows of such a file, None where it turns out to be none."""

    def __call__(self, text: str, where: str) -> Dump | None: ...


class ConfigKind(NamedTuple):
    """A kind of file: `module` reads it, `path` is a pattern for its path (posix, searched; "" for any), and `sign` one
    for its text (multi-line; "" for any). At least one of both is there. `holds`: the text holds one of these words,
    which costs little; without it each dump of a scan is searched for the sign."""

    module: str
    path: str = ""
    sign: str = ""
    holds: tuple[str, ...] = ()

    def may_be(self, text: str, path: str) -> bool:
        if self.path and re.search(self.path, path) is None:
            return False
        if self.holds and not any(word in text for word in self.holds):
            return False
        return not self.sign or re.search(self.sign, text, re.MULTILINE) is not None

    def reader(self) -> DumpOf:
        return cast(DumpOf, import_module(f"lvsdoctor.parse.{self.module}").dump_of)

    def dumps(self, text: str, where: str, host: str = "") -> tuple[Dump, ...]:
        """What the kind's module reads of the file; some have `dumps_of`, for files that are for several hosts, or
        `dump_for`, for files whose lines ask for the host's name."""
        module = import_module(f"lvsdoctor.parse.{self.module}")
        if host and hasattr(module, "dump_for"):
            dump = module.dump_for(text, where, host)
            return () if dump is None else (dump,)
        if hasattr(module, "dumps_of"):
            return tuple(module.dumps_of(text, where))
        dump = self.reader()(text, where)
        return () if dump is None else (dump,)


_KEEPALIVED = r"^[ \t]*(?:[@$]\S+[ \t]+)?(?:global_defs|vrrp_\w+|virtual_server(?:_group)?|static_\w+)\b"

# In the order in which they are asked.
KINDS: tuple[ConfigKind, ...] = (
    ConfigKind("config.keepalived_conf", sign=_KEEPALIVED, holds=("global_defs", "vrrp_", "virtual_server", "static_")),
    ConfigKind("config.keepalived_conf", path=r"(?:^|/)keepalived\.conf$"),
    ConfigKind("config.ldirectord_cf", sign=r"^virtual[ \t]*=", holds=("virtual",)),
    ConfigKind("config.ipvsadm_rules", path=r"\.rules$|(?:^|/)sysconfig/ipvsadm$|(?:^|/)ipvsadm\.conf$", sign=r"^-A "),
    ConfigKind("config.ifcfg", r"(?:^|[/_.-])ifcfg[-_][^/]+$|sysconfig/network(?:-scripts)?/(?:route|rule)6?-[^/]+$"),
    ConfigKind("config.ifcfg", path=r"(?:^|/)etc/sysconfig/network$", sign=r"^\s*(?:NETWORKING|GATEWAY|HOSTNAME)="),
    ConfigKind("config.suse_routes", path=r"sysconfig/network/(?:routes|ifroute-[^/]+)$"),
    ConfigKind("config.interfaces", r"(?:^|[/_.-])interfaces(?:\.d/[^/]+|\.j2|\.txt)?$"),
    ConfigKind("config.netplan", r"netplan"),
    ConfigKind("config.networkd", r"\.(?:network|netdev)$|systemd/network/"),
    ConfigKind("config.nm_keyfile", r"\.nmconnection$|system-connections/"),
    ConfigKind("config.systemd_unit", r"\.service$|\.service\.d/[^/]+\.conf$"),
    ConfigKind(
        "config.saved_filters",
        r"rules\.v[46]$|(?:sysconfig|etc)/(?:ip6?tables|arptables|nftables)|\.nft(?:\.txt)?$"
        r"|(?:ip6?tables|nftables|arptables)\.(?:conf|rules|up\.rules)(?:\.txt)?$",
    ),
    ConfigKind(
        "machine_names",
        r"(?:^|/)os-release(?:\.txt)?$|/dmi/id/(?:sys_vendor|product_name|board_vendor|bios_vendor)$",
    ),
    # The same under any name, where the whole text is of that kind.
    ConfigKind(
        "config.ifcfg",
        sign=r"^(?:DEVICE|STARTMODE|BOOTPROTO|ONBOOT)=",
        holds=("DEVICE=", "STARTMODE=", "BOOTPROTO=", "ONBOOT="),
    ),
    ConfigKind("config.saved_filters", sign=r"^#!.*/nft\b|^flush ruleset", holds=("/nft", "flush ruleset")),
    ConfigKind("config.interfaces", sign=r"^[ \t]*iface[ \t]+\S+[ \t]+inet", holds=("iface",)),
    ConfigKind("config.netplan", sign=r"^network:[ \t]*\r?$", holds=("network:",)),
    ConfigKind("config.networkd", sign=r"^\[(?:NetDev|Match)\][ \t]*\r?$", holds=("[NetDev]", "[Match]")),
    ConfigKind("config.nm_keyfile", sign=r"^\[connection\][ \t]*\r?$", holds=("[connection]",)),
    ConfigKind("config.systemd_unit", sign=r"^\[Service\][ \t]*\r?$", holds=("[Service]",)),
    ConfigKind("config.kustomization", path=r"(?:^|/)[Kk]ustomization(?:\.ya?ml)?$"),
    ConfigKind(
        "config.kubernetes",
        sign=r"^[ \t]*[\"']?apiVersion[\"']? *: *[\"']?(?:v1|[\w.-]+/v\d\w*)[\"']?[ ,]*$",
        holds=("apiVersion",),
    ),
    ConfigKind(
        "config.ansible",
        path=r"\.ya?ml$",
        sign=r"^- +(?:name|hosts|block|import_\w+|include_\w+|become|[a-z_]+\.[a-z_]+\.[a-z_]+|"
        r"sysctl|command|shell|copy|template|lineinfile) *:",
    ),
    ConfigKind("config.crontab", path=r"(?:^|/)(?:etc/crontab|cron\.d/[^/]+|(?:spool/cron|crontabs)/[^/]+)$"),
    ConfigKind(
        "shell.script", path=r"\.(?:sh|bash)$|(?:^|/)(?:rc\d?\.d|init\.d|if-(?:pre-)?up\.d)/[^/.]+$|(?:^|/)rc\.local$"
    ),
    ConfigKind(
        "shell.script",
        path=r"(?i)^(?!.*\.(?:txt|log|md|rst|out|html)$|stdin$).",
        sign=r"\A#!\s*/\S*(?:/|env\s+)(?:ba|da|a|k|z)?sh\b",
    ),
    # The script of a real server without a name that says so.
    ConfigKind(
        "shell.script",
        path=r"(?:^|/)(?!stdin$|README)[A-Za-z][\w-]*$",
        sign=r"^[ \t]*(?:sudo\s+)?(?:/\S*/)?(?:ifconfig\s+\w+:\w+\s+\S|ipvsadm\s+(?:-C|--clear)\b)"
        r"|^[ \t]*echo\s+\S+\s*>\s*/proc/sys/net/",
    ),
)


def kinds_of(text: str, path: str) -> Iterator[ConfigKind]:
    """The kinds that a file may be of; a text without a name (a paste) has no path."""
    return (kind for kind in KINDS if kind.may_be(text, path))


def config_dumps(text: str, where: str, host: str = "") -> tuple[Dump, ...]:
    """All that a file configures, of several hosts perhaps; empty where it is of none of these kinds. `host`: whose it
    is, where something else than its path says so."""
    for kind in kinds_of(text, where):
        if dumps := kind.dumps(text, where, host):
            comments = comments_in(text, where) if "lvsdoctor:" in text else ()
            return tuple(replace(dump, comments=comments) for dump in dumps) if comments else dumps
    return ()


def config_dump(text: str, where: str) -> Dump | None:
    """What a file configures, of the first host that it is for; None where it is of none of these kinds."""
    return next(iter(config_dumps(text, where)), None)


def comments_in(text: str, where: str) -> tuple[Comment, ...]:
    """The comments that speak to lvsdoctor, each about the next line that is neither a comment nor empty."""
    waiting: list[Comment] = []
    found: list[Comment] = []
    for number, line in enumerate(text.splitlines(), 1):
        if _TO_LVSDOCTOR.match(line):
            waiting.append(Comment(Seen(where, number, line)))
        elif line.strip() and not line.lstrip().startswith(("#", ";", "!", "{#")):
            found += [replace(comment, about=number) for comment in waiting]
            waiting = []
    return (*found, *waiting)


_TO_LVSDOCTOR = re.compile(r"\s*(?:[#;!]+|\{#-?)\s*lvsdoctor:")  # {# in a template: #}
