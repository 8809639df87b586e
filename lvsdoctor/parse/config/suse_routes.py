"""/etc/sysconfig/network/routes and ifroute-IF of SUSE: `DESTINATION GATEWAY NETMASK INTERFACE [TYPE [OPTIONS]]`.

routes(5): `-` stands for what a line does not say; in ifroute-IF that is the interface of the file's name.
"""

import re

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.network import NetworkPlan, numbered, read_prefix, set_aside
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_link_name

_FILE = re.compile(r"(?:^|/)(?:routes|ifroute-(?P<link>[^/]+))$")
_TYPES = frozenset({"unicast", "local", "broadcast", "blackhole", "unreachable", "prohibit", "throw"})
_NOTHING = ("-", "0.0.0.0", "::")


def dump_of(text: str, where: str) -> Dump | None:
    """The routes of such a file, None for one of another name."""
    found = _FILE.search(where)
    if found is None:
        return None
    if (copy := set_aside("ifcfg", "a file of routes", text, where)) is not None:
        return copy
    own = found["link"] or ""
    if own and read_link_name(own) is None:
        return None
    plan = NetworkPlan()
    for seen in numbered(text, where):
        words = seen.text.partition("#")[0].split()
        if words:
            _route(words, own, plan, seen)
    return plan.dump()


def _route(words: list[str], own: str, plan: NetworkPlan, seen: Seen) -> None:
    to, via, mask, link, kind, *options = [*words, *["-"] * max(0, 5 - len(words))]
    prefix = read_prefix(mask) if mask != "-" else None
    if kind not in (*_TYPES, "-") or (prefix is None and mask != "-"):
        plan.refuse(seen)
        return
    if prefix is not None and "/" not in to and to != "default":
        to = f"{to}/{prefix}"
    call = [] if kind in ("-", "unicast") else [kind]
    call += [to, *(["via", via] if via not in _NOTHING else []), *(["dev", link] if link != "-" else []), *options]
    plan.route(call, own, seen)
