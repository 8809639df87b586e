"""This node as it is now, or one of its network namespaces: read over netlink and from /proc, changing nothing."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from lvsdoctor.collect.errors import CannotCollect, CannotSee
from lvsdoctor.collect.live import dumps, netlink, procfs
from lvsdoctor.collect.live.arptables_live import arptables
from lvsdoctor.collect.live.conf_rows import conf_settings
from lvsdoctor.collect.live.filters_live import NO_COMMANDS, SAVE, filters, ruleset
from lvsdoctor.collect.live.ipvs_live import ipvs_services
from lvsdoctor.collect.live.link_rows import address_rows, link_rows, names_of, neighbour_rows
from lvsdoctor.collect.live.machine import machine_names, modules, programs, release_names
from lvsdoctor.collect.live.netlink_socket import ROUTE, Netlink
from lvsdoctor.collect.live.netns import inside
from lvsdoctor.collect.live.route_rows import route_rows
from lvsdoctor.collect.live.rule_rows import rule_rows
from lvsdoctor.collect.live.sockets_live import sockets
from lvsdoctor.collect.live.sysctl_files import configured_files
from lvsdoctor.model.coverage import Coverage, Unread
from lvsdoctor.model.facts import COLLECTED_BY
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.model.sysctl_d import configured_sysctl
from lvsdoctor.sanitize import visible

FROM_RTNETLINK = ("links", "addresses", "routes", "local-routes", "policy-rules", "neighbours")


def collect_live(netns: str | None = None, *, commands: bool = True, filters: bool = True) -> Node:
    """Everything that can be seen of this host, or of its network namespace of that name. Raises CannotCollect.

    What could not be seen is absent from the evidence, and a note says why and how to see it. Packet filters are seen
    by `commands` alone; without `filters` nobody asks for them.
    """
    if not sys.platform.startswith("linux"):
        raise CannotCollect("a live scan reads a running Linux kernel; on another system, scan a directory of dumps")
    if not netlink.installed():
        raise CannotCollect(
            "a live scan needs pyroute2, which is not installed: pip install pyroute2, or install python3-pyroute2"
        )
    if netns is None:
        return _node(os.uname().nodename, "this node, live", commands if filters else None, files=True)
    ask = partial(_node, netns, f"network namespace {netns}, live", commands if filters else None)
    return inside(netns, ask)


def _node(name: str, source: str, commands: bool | None, *, files: bool = False) -> Node:
    """`files`: what the host's files set at boot is this node's, which that of a network namespace is not."""
    gathered = _Gathered()
    gathered.from_rtnetlink()
    gathered.from_proc()
    if files:
        gathered.from_files()
    with gathered.trying("ipvs"):
        gathered.evidence["ipvs"] = services = ipvs_services()
        if all(service.counters is not None for service in services):  # /proc/net/ip_vs has none
            gathered.evidence["ipvs-stats"] = services
    with gathered.trying("arptables"):
        gathered.evidence["arptables"] = arptables()
    with gathered.trying("sockets"):
        gathered.evidence["sockets"] = sockets()
    gathered.from_commands(commands)
    return Node(
        visible(name),
        source,
        gathered.evidence,
        gathered.coverage,
        os.uname().release,
        notes=tuple(dict.fromkeys(gathered.notes)),
        unread_kinds=tuple(gathered.kinds),
    )


class _Gathered:
    """The evidence so far, and notes on what could not be seen."""

    def __init__(self) -> None:
        self.evidence: dict[str, Any] = {}
        self.coverage: dict[str, Coverage] = {}
        self.kinds: list[Unread] = []
        self.notes: list[str] = []
        self._conf: list[Setting] | None = None

    @contextmanager
    def trying(self, *facts: str) -> Iterator[None]:
        """Whatever goes wrong with these facts must not cost the others; it is told, never passed over."""
        try:
            yield
        except CannotSee as reason:
            self.notes.append(str(reason))
        except Exception as problem:
            why = problem.strerror if isinstance(problem, OSError) else None
            advice = (
                "run lvsdoctor as root" if isinstance(problem, PermissionError) else f"see {COLLECTED_BY[facts[0]]}"
            )
            names = ", ".join(facts).replace("-", " ")
            why = why or f"{type(problem).__name__}: {problem}"
            self.notes.append(f"Could not be read live: {names} ({why}); {advice}.")

    def from_rtnetlink(self) -> None:
        """Links first: every other message names a link by its number."""
        with self.trying(*FROM_RTNETLINK), Netlink(ROUTE) as route:
            links = dumps.links(route)
            names = names_of(links)
            self.evidence["links"] = link_rows(links)
            self._conf = list(conf_settings(links))
            with self.trying("addresses"):
                self.evidence["addresses"] = address_rows(dumps.addresses(route), names)
            with self.trying("routes", "local-routes"):
                routes = route_rows(dumps.routes(route), names)
                self.evidence["routes"] = tuple(row for row in routes if row.table != "local")
                self.evidence["local-routes"] = tuple(row for row in routes if row.table == "local")
            with self.trying("policy-rules"):
                self.evidence["policy-rules"] = rule_rows(dumps.rules(route))
            with self.trying("neighbours"):
                self.evidence["neighbours"] = neighbour_rows(dumps.neighbours(route), names)
            if route.interrupted:
                self.notes.append("A table kept changing while it was read, so rows may be missing; scan again.")

    def from_proc(self) -> None:
        with self.trying("sysctl"):
            if not procfs.mounted():
                raise CannotSee("The sysctls could not be read: /proc is not mounted; mount it or see sysctl -a.")
            settings = [*procfs.settings(), *(procfs.conf_settings() if self._conf is None else self._conf)]
            self.evidence["sysctl"] = {setting.key: setting for setting in settings}
        with self.trying("modules"):
            if (loaded := modules()) is not None:
                self.evidence["modules"] = loaded
        with self.trying("programs"):
            if running := programs():
                self.evidence["programs"] = running
        with self.trying("machine"):
            if names := machine_names():
                self.evidence["machine"] = names

    def from_commands(self, commands: bool | None) -> None:
        """Packet filters; None: nobody asks for them."""
        if not commands:
            self.notes += [] if commands is None else [NO_COMMANDS]
            return
        with self.trying(*SAVE):
            nft = ruleset()
            for fact in SAVE:
                with self.trying(fact):
                    known = filters(fact, nft)
                    self.evidence[fact] = known.tables
                    self.kinds += [kind for kind in known.kinds if kind not in self.kinds]
                    if known.coverage is not None:
                        self.coverage[fact] = known.coverage

    def from_files(self) -> None:
        with self.trying("configured-sysctl"):
            links = [link.name for link in self.evidence.get("links", ())]
            files = tuple(configured_files())
            self.evidence["configured-sysctl"] = configured_sysctl([files], links, self.evidence.get("sysctl", ()))
        with self.trying("os-release"):
            if names := release_names():
                self.evidence["os-release"] = names
