"""Real dumps: every line of them is cited by a row, a known continuation, unread, or refused. Nothing is lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_addr import IpAddr
from lvsdoctor.parse.iproute.ip_json import IpJson
from lvsdoctor.parse.iproute.ip_neigh import IpNeigh
from lvsdoctor.parse.iproute.ip_route import IpRoute
from lvsdoctor.parse.iproute.ip_rule import IpRule
from lvsdoctor.parse.nettools.arp import ArpA, ArpN, ProcNetArp
from lvsdoctor.parse.nettools.route_n import RouteN
from lvsdoctor.parse.reader import Dump, Reader
from tests.parse.driving_ip import CORPUS

READERS: tuple[type[Reader], ...] = (
    IpAddr, IpRule, IpNeigh, IpRoute, IpJson, RouteN, ArpA, ArpN, ProcNetArp,
)  # fmt: skip
FOLDERS = ("ip-addr", "ip-addr-oneline", "ip-addr-json", "ip-link", "ip-route", "ip-rule", "ip-neigh", "cases")

# Lines that say nothing of their own: lifetimes, counters, headings, what -d adds to the row above.
CONTINUATION = re.compile(
    r"\s+(valid_lft|link/|[RT]X|alias |altname |nexthop |nh_info |prog/xdp|vf |[a-z0-9]+_slave\b|\d[\d. ]*$"
    r"|(bond|bridge|ip6tnl|ipip|openvswitch|team|tun|veth|vlan|vxlan|gre)\b)"
    r"|Kernel IP routing|Destination |Address |IP address |Entries: "
)
JSON_LINE = re.compile(r"""\s*([\[\]{}]|"[\w-]+": |"[\w-]+",?$)""")


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted(path for path in (CORPUS / folder).rglob("*") if path.is_file())
    yield from sorted(path for path in CORPUS.glob("sosreport-tree/*/sos_commands/networking/*") if path.is_file())


def read(text: str) -> tuple[list[tuple[type[Reader], Dump]], list[Seen], list[Seen]]:
    """The dumps of a text, its lines, and those of them that no reader took."""
    dumps: list[tuple[type[Reader], Dump]] = []
    lines = [Seen("dump", number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    refused: list[Seen] = []
    reader: Reader | None = None
    for seen in lines:
        if reader is not None and reader.feed(seen):
            continue
        kind = next((kind for kind in READERS if kind.starts(seen.text)), None)
        if kind is None:
            refused.append(seen)
            continue
        if reader is not None:
            dumps.append((type(reader), reader.dump()))
        reader = kind()
        if not reader.feed(seen):
            refused.append(seen)
    if reader is not None:
        dumps.append((type(reader), reader.dump()))
    return dumps, lines, refused


@pytest.fixture(scope="module")
def corpus() -> list[Path]:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus of real dumps beside the checkout ({CORPUS})")
    return list(files())


def test_no_line_of_a_real_dump_is_lost(corpus: list[Path]) -> None:
    lost = []
    for path in corpus:
        dumps, lines, refused = read(path.read_text(encoding="utf-8", errors="replace"))
        accounted = {seen.line for seen in refused}
        for _, dump in dumps:
            accounted |= {seen.line for seen in dump.unread}
            accounted |= {row.seen.line for rows in dump.facts.values() for row in rows}
        json_shown = any(kind is IpJson for kind, _ in dumps)
        lost += [
            f"{path.relative_to(CORPUS)}:{seen.line}: {seen.text}"
            for seen in lines
            if seen.line not in accounted
            and not CONTINUATION.match(seen.text)
            and not (json_shown and JSON_LINE.match(seen.text))
        ]
    assert lost == []


@pytest.mark.parametrize(
    ("folder", "kinds"),
    [
        ("ip-addr", {IpAddr}),
        ("ip-addr-oneline", {IpAddr}),
        ("ip-addr-json", {IpJson}),
        ("ip-link", {IpAddr}),
        ("ip-route", {IpRoute, RouteN}),
        ("ip-rule", {IpRule}),
        ("ip-neigh", {IpNeigh, ArpA, ArpN, ProcNetArp}),
    ],
)
def test_a_dump_is_taken_for_what_it_is(corpus: list[Path], folder: str, kinds: set[type[Reader]]) -> None:
    for path in corpus:
        if path.parent.name == folder:
            dumps, _, _ = read(path.read_text(encoding="utf-8"))
            assert {kind for kind, _ in dumps} <= kinds, path.name


# What stays unread, or is taken by nobody, and why.
NOT_UNDERSTOOD = {
    "ip-addr/ansible-prefix--two-hosts.txt": "ansible's lines between the hosts",
    "ip-addr/fullwidth-colon-kube-ipvs0.txt": "retyped with full-width colons",
    "ip-addr/insights-core--ip-addr-mixed.txt": "`Message truncated`",
    "ip-addr/weave-3327--many-kube-ipvs0-fragment.txt": "begins in the middle of a link",
    "ip-addr/ohai--ip-addr-odd.txt": "a name with a colon",
    "ip-neigh/jc--aix71-arp-a.txt": "AIX counts its buckets",
    "ip-neigh/jc--centos7-arp-v.txt": "a name instead of an address",
    "ip-neigh/jc--centos7-arp.txt": "a name instead of an address",
    "ip-neigh/jc--ubuntu1804-arp.txt": "a name instead of an address",
    "ip-neigh/metallb-597--arp-a-masked.txt": "masked MACs",
    "ip-route/cloud-init--route-n-v6.txt": "netstat's IPv6 table",
    "ip-route/insights-core--ip-route-bad.txt": "broken on purpose",
    "ip-route/ohai--ip-o-route.txt": "a name with a colon",
    "ip-rule/ntc-templates--ip-vrf-show.txt": "ip vrf",
}


def test_only_what_is_odd_is_not_understood(corpus: list[Path]) -> None:
    odd = set()
    for path in corpus:
        name = path.relative_to(CORPUS).as_posix()
        if name.startswith(("cases/", "sosreport-tree/")):
            continue
        dumps, _, refused = read(path.read_text(encoding="utf-8"))
        if refused or any(dump.unread for _, dump in dumps):
            odd.add(name)
    assert odd == set(NOT_UNDERSTOOD)


def test_nothing_else_in_the_corpus_is_taken_for_ours(corpus: list[Path]) -> None:
    """Files of other kinds: what a reader takes there has to be a dump inside a note or a configuration."""
    others = ("arptables", "ipset", "iptables", "ipvsadm", "keepalived", "kind", "ldirectord", "lsmod", "nft", "proc",
              "ss", "sysctl")  # fmt: skip
    taken = []
    for path in sorted(CORPUS.rglob("*")):
        folder = path.relative_to(CORPUS).parts[0]
        if path.is_file() and folder.startswith(others):
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                taken += [f"{folder}/{path.name}:{number}: {line}" for kind in READERS if kind.starts(line)]
    assert taken == []
