"""Captures whole clusters in the lab: tests/fixtures/stories/NAME, and the example that ships with the project.

    make stories

A story is a directory of nodes, each with the dumps that its operator would send in (in one of three dialects, so that
every format our parsers read is a real kernel's). stories/MEASURED.md says what was changed in each, and what the guest
measured then. tests/engine/test_stories.py holds what a scan finds against `finds`.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cluster import BASES
from tests.lab.guest import ROOT, Guest, HostRefuses, why_not
from tests.lab.judge import Running, running
from tests.lab.symptoms import Measured

HOME = ROOT / "tests" / "fixtures" / "stories"
_SYSCTLS = "sysctl -a -r ^net.ipv4.(conf|ip_forward|vs)"
# File name: command. Of `sysctl -a` only what any rule asks for: all of it would be 900 lines for each node.
_PLAIN = {
    "ip-addr.txt": "ip addr",
    "ip-link.txt": "ip -d link",
    "ip-route.txt": "ip route show table all",
    "ip-rule.txt": "ip rule",
    "ip-neigh.txt": "ip neigh",
    "sysctl.txt": _SYSCTLS,
    "arptables.txt": "arptables-legacy -nvL",
}
DIALECTS: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "plain": (_PLAIN, {"ipvsadm.txt": "ipvsadm -Ln"}),
    "saved": (_PLAIN, {"ipvsadm-save.txt": "ipvsadm -Sn"}),
    "json": (
        {
            "ip-addr.json": "ip -j addr",
            "ip-link.json": "ip -j -d link",
            "ip-route.json": "ip -j route show table all",
            "ip-rule.json": "ip -j rule",
            "arp.txt": "cat /proc/net/arp",
            "sysctl.txt": _SYSCTLS,
            "arptables.txt": "arptables-legacy -nvL",
        },
        {"proc-net-ip_vs.txt": "cat /proc/net/ip_vs"},
    ),
}


@dataclass(frozen=True, slots=True)
class Story:
    """A base and what is changed on it. `finds` are rule and node of each error; none if it is healthy."""

    name: str
    base: str
    dialect: str
    on: Mapping[str, tuple[str, ...]]
    finds: frozenset[tuple[str, str]] = frozenset()
    # The router's dumps belong to it, too.
    with_router: bool = False
    home: Path = HOME


_ON_LO_ALONE = (
    "sysctl -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0",
    "sysctl -w net.ipv4.conf.lo.arp_ignore=1 net.ipv4.conf.lo.arp_announce=2",
)
STORIES = (
    Story(
        "leaking-real-server",
        "dr",
        "plain",
        {"rs2": _ON_LO_ALONE},
        frozenset({("arp-ignore-only-on-lo", "rs2")}),
        home=ROOT / "examples",
    ),
    Story("healthy-pair", "dr-pair", "plain", {}),
    Story("healthy-tunnel", "tun", "json", {}),
    Story(
        "arp-ignore-on-lo-alone",
        "dr",
        "saved",
        {"rs1": _ON_LO_ALONE},
        frozenset({("arp-ignore-only-on-lo", "rs1"), ("vip-cached-at-real-server", "router")}),
        with_router=True,
    ),
    Story(
        "vip-with-the-subnets-mask",
        "dr",
        "json",
        {"rs1": ("ip addr del 192.0.2.10/32 dev lo", "ip addr add 192.0.2.10/24 dev lo")},
        frozenset({("vip-mask-on-lo-too-wide", "rs1")}),
    ),
    Story(
        "strict-check-on-the-back-network",
        "dr-back",
        "plain",
        {"rs1": ("sysctl -w net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth1.rp_filter=0",)},
        frozenset({("rp-filter-overruled-by-all", "rs1")}),
    ),
    Story(
        "replies-past-the-masquerading-director",
        "nat-one-subnet",
        "saved",
        {"rs1": ("ip route replace default via 192.0.2.1",)},
        frozenset({("nat-reply-bypasses-director", "rs1")}),
    ),
    Story(
        "checked-on-the-tunnel",
        "tun",
        "plain",
        {"rs1": ("sysctl -w net.ipv4.conf.tunl0.rp_filter=1",)},
        frozenset({("rp-filter-on-tunnel-device", "rs1")}),
    ),
)


def capture(guest: Guest, story: Story) -> list[str]:
    """Build it, change it, measure it, keep its dumps; the account of what was measured."""
    with running(guest, BASES[story.base]()) as lab:
        for host, commands in story.on.items():
            for wrong in lab.run(host, commands):
                raise SystemExit(f"lvsdoctor: {story.name}: {wrong}")
        measured = lab.measure()
        if bool(measured.symptoms) is not bool(story.finds):
            raise SystemExit(f"lvsdoctor: {story.name}: {', '.join(measured.symptoms) or 'healthy'}")
        dumps = _dumps(lab, story)
    place = story.home / story.name
    shutil.rmtree(place, ignore_errors=True)
    for host, files in dumps.items():
        (place / host).mkdir(parents=True)
        for name, text in files.items():
            (place / host / name).write_text(text)
    return _account(story, measured)


def _dumps(lab: Running, story: Story) -> dict[str, dict[str, str]]:
    everybodys, directors = DIALECTS[story.dialect]
    hosts = [*lab.cluster.directors, *lab.cluster.real_servers, *(["router"] if story.with_router else [])]
    commands = {host: {**everybodys, **(directors if host in lab.cluster.directors else {})} for host in hosts}
    said = lab.guest.ask("dump", number=lab.number, hosts={host: list(c.values()) for host, c in commands.items()})
    return {host: {name: said[host][command] for name, command in c.items()} for host, c in commands.items()}


def _account(story: Story, measured: Measured) -> list[str]:
    lines = [f"## {story.name}", "", f"Base: {story.base}.", ""]
    lines += [f"- changed on {host}: `{command}`" for host, commands in story.on.items() for command in commands]
    for client, names in measured.served.items():
        lines.append(f"- {client} was served by: {', '.join(name or 'nobody' for name in names)}")
    return [*lines, *(f"- measured: {symptom}" for symptom in measured.symptoms), ""]


def main() -> None:
    if reason := why_not():
        sys.exit(f"lvsdoctor: {reason}")
    lines = ["# What the lab measured when it captured the stories", ""]
    try:
        with Guest() as guest:
            for story in STORIES:
                lines += capture(guest, story)
                print(f"captured {story.name}")
    except HostRefuses as refusal:
        sys.exit(f"lvsdoctor: {refusal.why}")
    (HOME / "MEASURED.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
