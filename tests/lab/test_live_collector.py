"""What the live collector sees of a node is what the dumps of that node say, as far as each format can tell.

This is the test of IPVS over netlink: its messages come from a kernel that has the table.
"""

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.analysis.walk import walks
from lvsdoctor.collect import script as collect_script
from lvsdoctor.engine.impact import with_impact
from lvsdoctor.engine.loader import load_report
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.address import Address
from lvsdoctor.model.arptables import ArpRule
from lvsdoctor.model.facts import CONFIGURED, ON_REQUEST
from lvsdoctor.model.ipvs import Counters, Destination, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.route import NextHop, PolicyRule, Route
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.reportkit import Output
from tests.lab import everything as lab_of
from tests.lab.cluster import FRONT, VIP, Cluster, Host
from tests.lab.everything import AFTERWARDS, DIRECTOR, REAL_SERVER, SETTLED, everything
from tests.lab.guest import MODULES, Guest
from tests.lab.judge import Running, nodes_from, rules, running
from tests.lab.plain import NOT_COLLECTED, plain

ROWS = (
    *(Address, ArpRule, Counters, Destination, Link, Neighbour, NextHop, PolicyRule, Route, Socket, SocketTable),
    VirtualService,
)
DETAILED = ("ip -d link", "ip -j -d link")
BRIEF = ("ip addr", "ip -j addr")
ROUTES = ("ip route show table all", "ip -j route show table all")
RULES = {4: ("ip rule", "ip -j rule"), 6: ("ip -6 rule", "ip -j -6 rule")}
NEIGHBOURS = (("ip neigh", "ip neigh show proxy"), ("ip -j neigh", "ip -j neigh show proxy"))
# iproute2's `ss` asks sock_diag, which would be loaded as a module; from a file it says what the files do.
SOCKETS = ("ss -lntu", "cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6")
UNAME = "uname -a"
SYSCTL, ARPTABLES = "sysctl -a", "arptables-legacy -nvL"
SAVED, LISTED, TUNNELS = "ipvsadm -Sn", "ipvsadm -Ln", "ipvsadm -Ln --tun-info"
THRESHOLDS, PERSISTENT = "ipvsadm -Ln --thresholds", "ipvsadm -Ln --persistent-conn"
STATS, PROC = "ipvsadm -Ln --stats --exact", "cat /proc/net/ip_vs"
OF_IPVS = (SAVED, LISTED, TUNNELS, THRESHOLDS, PERSISTENT, STATS, PROC)
COMMANDS = (
    *(*DETAILED, *BRIEF, *ROUTES, *RULES[4], *RULES[6], *NEIGHBOURS[0], *NEIGHBOURS[1]),
    *(SYSCTL, ARPTABLES, *OF_IPVS, *SOCKETS),
)
SCRIPT = Path(collect_script.__file__).with_name("collect.sh")
# It changes while we look: what is left of a time, neighbours whom the kernel finds by itself, and how often a module
# is used (closed sockets and namespaces that are being torn down give it up later).
_PASSING = re.compile(
    r"(?<=timer )[ \d.]+|(?<=_lft )\d+sec|^fe80\S+ dev \S+ (lladdr|INCOMPLETE|FAILED).*\n"
    r"|(?<= )\d+(?= \S+ (Live|Loading|Unloading) 0x)",
    re.M,
)
VOLATILE = "net.netfilter.nf_conntrack_count"
# What a scan has to leave as it is. (All of `sysctl -a` would take a second.)
OF_STATE = (
    *("cat /proc/modules", DETAILED[0], BRIEF[0], ROUTES[0], RULES[4][0], RULES[6][0], *NEIGHBOURS[0]),
    "sysctl net.ipv4.conf net.ipv4.ip_forward",
)


@dataclass(frozen=True)
class Looked:
    """A host as it was seen: live, by commands, and by the command that we ship."""

    live: dict[str, Any]
    dumps: dict[str, str]
    scanned: dict[str, Any]
    state: tuple[str, str]
    stream: str

    def node(self, *commands: str) -> dict[str, Any]:
        """The node that these dumps make, pasted with the command above each."""
        (node,) = nodes_from({"(none)": self.pasted(*commands)})
        found: dict[str, Any] = plain(node)
        assert found["unread"] == []
        return found

    def pasted(self, *commands: str) -> dict[str, str]:
        return {command: f"# {command}\n{self.dumps[command]}" for command in commands}


@pytest.fixture(scope="module")
def guest(lab: None) -> Iterator[Guest]:
    """A guest of our own, without ip_vs at first; whoever asks its kernel for a module has it loaded."""
    own = Guest()
    try:
        own.wait_until_ready(["veth", "bridge"])
        own.ask("install_modules")
        yield own
    finally:
        own.end()


def output_of(lab: Running, host: str, command: str) -> str:
    """What a command says, whatever its exit status."""
    ((_, output),) = lab.guest.ask("run", number=lab.number, host=host, commands=[command])
    return str(output)


def looked(lab: Running, host: str, state: Sequence[str], commands: Sequence[str]) -> Looked:
    """The scan comes first: none of the commands has loaded anything yet."""
    state = (*OF_STATE, *state)

    def dump(*commands: str) -> dict[str, str]:
        wanted = {host: list(dict.fromkeys(commands))}
        found: dict[str, dict[str, str]] = lab.guest.ask("dump", number=lab.number, hosts=wanted, itself=True)
        return found[host]

    before = dump(*state)
    # The dumps have no packet filters: an answer without a line is none in a paste.
    scanned = output_of(lab, host, f"{sys.executable} -m lvsdoctor scan --no-commands -f json")
    live = lab.guest.ask("collect_live", number=lab.number, host=host)
    stream = output_of(lab, host, f"sh {SCRIPT}")
    dumps = dump(*state, UNAME, *commands)
    of_state = ["".join(f"# {each}\n{_PASSING.sub('', found[each])}" for each in state) for found in (before, dumps)]
    return Looked(live, dumps, json.loads(scanned), (of_state[0], of_state[1]), stream)


# -- a real server whose kernel has no IPVS ---------------------------------------------------------------------------

NODE = (DETAILED[0], BRIEF[0], ROUTES[0], RULES[4][0], RULES[6][0], *NEIGHBOURS[0], SYSCTL, ARPTABLES, SOCKETS[0])


@pytest.fixture(scope="module")
def without_ipvs(guest: Guest) -> Looked:
    ip = ("addr add 192.0.2.21/24 dev eth0", f"addr add {VIP}/32 dev lo", "route add default via 192.0.2.1")
    host = Host({"eth0": FRONT}, ip, {"net.ipv4.conf.lo.arp_ignore": "1"})
    with running(guest, Cluster({REAL_SERVER: host}, {})) as lab:
        output_of(lab, REAL_SERVER, SETTLED[REAL_SERVER])
        found = looked(lab, REAL_SERVER, (), NODE)
        # That a scan loaded no module means nothing where none can be loaded.
        assert "IP Virtual Server" in output_of(lab, REAL_SERVER, "ipvsadm -Ln")
        assert "ip_vs " in output_of(lab, REAL_SERVER, "cat /proc/modules")
        return found


def test_a_scan_of_a_real_server_loads_no_module_and_changes_nothing(without_ipvs: Looked) -> None:
    before, after = without_ipvs.state
    assert "ip_vs" not in before
    assert "arp_tables" not in before
    assert before == after


def test_a_kernel_without_ipvs_has_an_empty_table(without_ipvs: Looked) -> None:
    assert without_ipvs.live["evidence"]["ipvs"] == []
    assert without_ipvs.live["evidence"]["arptables"] == {"noun": "ArpTables", "policies": {"mapping": {}}, "rules": []}


def test_a_scan_of_a_real_server_finds_what_a_scan_of_its_dumps_finds(without_ipvs: Looked) -> None:
    assert [found["rule"] for found in without_ipvs.scanned["findings"]] == ["arp-ignore-only-on-lo"]
    live, dumped = conclusions(without_ipvs.scanned), conclusions(report_of(without_ipvs, NODE))
    assert [pair for pair in zip(live["outcomes"], dumped["outcomes"], strict=True) if pair[0] != pair[1]] == []
    assert live == dumped


# -- a director and a real server with everything ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def looked_at(guest: Guest, without_ipvs: Looked) -> Mapping[str, Looked]:
    guest.ask("modprobe", modules=[*MODULES, *lab_of.MODULES])
    with running(guest, everything()) as lab:
        wrong = [each for host, commands in AFTERWARDS.items() for each in lab.run(host, commands)]
        assert wrong == []
        for host, command in SETTLED.items():
            output_of(lab, host, command)
        return {host: looked(lab, host, (SAVED, ARPTABLES), COMMANDS) for host in (DIRECTOR, REAL_SERVER)}


both = pytest.mark.parametrize("host", [DIRECTOR, REAL_SERVER])


@both
def test_all_that_a_node_can_say_is_seen_live(host: str, looked_at: Mapping[str, Looked]) -> None:
    live = looked_at[host].live
    assert live["notes"] == []
    lacking = {fact for fact, rows in live["evidence"].items() if rows == NOT_COLLECTED}
    # The guest's iptables-save is that of nf_tables, which does not show legacy tables; and no command shows IP sets.
    of_files = {*CONFIGURED.values(), *ON_REQUEST} - {"probes", "configured-sysctl"}
    assert lacking - {"iptables", "ip6tables"} - of_files == {"probes", "ipsets", "ipvs-timeouts"}


@both
@pytest.mark.parametrize("command", DETAILED)
def test_links_are_those_of_the_dump(host: str, command: str, looked_at: Mapping[str, Looked]) -> None:
    compare(looked_at[host], "links", [command])


@both
@pytest.mark.parametrize("command", BRIEF)
def test_addresses_are_those_of_the_dump(host: str, command: str, looked_at: Mapping[str, Looked]) -> None:
    compare(looked_at[host], "addresses", [command])
    # Without -d nothing is told of a link's kind; of a tunnel's ends only where they are its hardware addresses.
    compare(looked_at[host], "links", [command], {"Link": {"kind", "kind_of_port"}}, vague={"Link": {"detail"}})


@both
@pytest.mark.parametrize("command", ROUTES)
@pytest.mark.parametrize("fact", ["routes", "local-routes"])
def test_routes_are_those_of_the_dump(host: str, command: str, fact: str, looked_at: Mapping[str, Looked]) -> None:
    compare(looked_at[host], fact, [command])


@both
@pytest.mark.parametrize("family", RULES)
@pytest.mark.parametrize("form", [0, 1], ids=["text", "json"])
def test_policy_rules_are_those_of_the_dump(host: str, family: int, form: int, looked_at: Mapping[str, Looked]) -> None:
    found, command = looked_at[host], RULES[family][form]
    # A dump has the rules of one family, and its command tells which.
    live = [rule for rule in found.live["evidence"]["policy-rules"] if rule["family"] == family]
    assert found.node(command)["evidence"]["policy-rules"] == live


@both
@pytest.mark.parametrize("commands", NEIGHBOURS, ids=["text", "json"])
def test_neighbours_are_those_of_the_dump(host: str, commands: Sequence[str], looked_at: Mapping[str, Looked]) -> None:
    found = looked_at[host]
    live, dumped = (settled(each["evidence"]["neighbours"]) for each in (found.live, found.node(*commands)))
    assert dumped == live


def settled(neighbours: list[Any]) -> list[Any]:
    """Those that we made; the kernel finds others by itself while we look. Its table has no order."""
    return in_order([row for row in neighbours if not row["ip"].get("IPv6Address", "").startswith("fe80:")])


@both
def test_settings_are_those_of_sysctl(host: str, looked_at: Mapping[str, Looked]) -> None:
    """Live, only those are read that matter here; of those, each is the same."""
    found = looked_at[host]
    live = found.live["evidence"]["sysctl"]["mapping"]
    dumped = found.node(SYSCTL)["evidence"]["sysctl"]["mapping"]
    assert {key: row for key, row in live.items() if dumped.get(key) != row and key != VOLATILE} == {}
    if host == REAL_SERVER:
        assert {key: live[key]["raw"] for key in lab_of.SYSCTLS} == lab_of.SYSCTLS


@both
def test_arp_rules_are_those_of_arptables(host: str, looked_at: Mapping[str, Looked]) -> None:
    found = looked_at[host]
    live, dumped = found.live["evidence"]["arptables"], found.node(ARPTABLES)["evidence"]["arptables"]
    assert live["policies"] == dumped["policies"]
    # The kernel's table has the chains in another order, which means nothing.
    for chain in live["policies"]["mapping"]:
        assert of_chain(live, chain) == of_chain(dumped, chain)


@both
@pytest.mark.parametrize("command", SOCKETS, ids=["ss", "proc"])
def test_sockets_are_those_of_the_dump(host: str, command: str, looked_at: Mapping[str, Looked]) -> None:
    found = looked_at[host]
    live, dumped = ({**table, "sockets": in_order(table["sockets"])} for table in (
        found.live["evidence"]["sockets"], found.node(command)["evidence"]["sockets"]))  # fmt: skip
    assert live["sockets"]
    # `ss` knows the interface that a socket is bound to and whether it takes IPv4, and spells the states in letters; it
    # tells the user if it is asked with -e.
    untold = {"Socket": {"link", "v6only", "state", "process", "other_order", "user"}}
    assert without(dumped, untold) == without(live, untold)


def of_chain(table: dict[str, Any], chain: str) -> list[Any]:
    return [rule for rule in table["rules"] if rule["chain"] == chain]


# What a form of the IPVS table does not tell at all.
NO_COUNTERS = {"VirtualService": {"counters"}, "Destination": {"counters"}}
NO_THRESHOLDS = {"Destination": {"upper_threshold", "lower_threshold"}}
NO_TUNNEL = {"Destination": {"tunnel_type", "tunnel_port"}}
NO_METHOD = {"Destination": {"forwarding", "method"}}
NO_WEIGHT = {"Destination": {"weight"}}
NO_CONNECTIONS = {"Destination": {"active", "inactive"}}
NO_SERVICE = {"VirtualService": {"scheduler", "persistent", "netmask", "flags"}}
FORMS = {
    SAVED: (NO_COUNTERS, NO_CONNECTIONS, NO_THRESHOLDS),
    LISTED: (NO_COUNTERS, NO_THRESHOLDS, NO_TUNNEL),
    TUNNELS: (NO_COUNTERS, NO_THRESHOLDS),
    THRESHOLDS: (NO_COUNTERS, NO_METHOD, NO_WEIGHT, NO_TUNNEL),
    PERSISTENT: (NO_COUNTERS, NO_METHOD, NO_THRESHOLDS, NO_TUNNEL),
    STATS: (NO_SERVICE, NO_METHOD, NO_WEIGHT, NO_CONNECTIONS, NO_THRESHOLDS, NO_TUNNEL),
    PROC: (NO_COUNTERS, NO_THRESHOLDS, NO_TUNNEL),
}
# What it tells so that it cannot be compared. /proc/net/ip_vs has the timeout in jiffies, and "ops" for its only flag.
VAGUE: Mapping[str, Mapping[str, Collection[str]]] = {PROC: {"VirtualService": {"persistent", "flags"}}}


@both
@pytest.mark.parametrize("command", FORMS)
def test_the_ipvs_table_over_netlink_is_that_of_the_dump(
    host: str, command: str, looked_at: Mapping[str, Looked]
) -> None:
    found = looked_at[host]
    live = found.live["evidence"]["ipvs-stats" if command == STATS else "ipvs"]
    assert len(live) == (
        len([line for line in lab_of.lines(lab_of.IPVS) if line[:2] == "-A"]) if host == DIRECTOR else 0
    )
    if command == SAVED:  # it has -g for both
        live = instead(live, LOCAL, {**LOCAL, "forwarding": {"Forwarding": "DR"}, "method": "Route"})
    if command == PROC:  # it has one word for both (net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_fwd_name())
        live = instead(live, BYPASS, {**BYPASS, "forwarding": {"Forwarding": "NAT"}, "method": "Masq"})
        # And a mark's family is told by its real servers alone.
        live = instead(live, {"shown": "fwmark 2 IPv6", "family": 6}, {"shown": "fwmark 2", "family": 4})
    compare(
        found,
        "ipvs-stats" if command == STATS else "ipvs",
        [command],
        *FORMS[command],
        vague=VAGUE.get(command, {}),
        live=live,
    )


STREAM_UNTOLD = {"ipvs": (NO_THRESHOLDS, NO_COUNTERS), "ipvs-stats": FORMS[STATS]}
LOCAL = {"forwarding": {"Forwarding": "LOCAL"}, "method": "Local"}
BYPASS = {"forwarding": {"Forwarding": "BYPASS"}, "method": "Bypass"}


def test_proc_tells_of_persistence_and_of_one_packet_scheduling(looked_at: Mapping[str, Looked]) -> None:
    found = looked_at[DIRECTOR]
    live, dumped = ({key(row): row for row in rows} for rows in (found.live["evidence"]["ipvs"], of_proc(found)))
    assert {each for each, row in live.items() if row["persistent"]} == {
        each for each, row in dumped.items() if row["persistent"]
    }
    assert all(dumped[each]["persistent"] <= row["persistent"] for each, row in live.items() if each in dumped)
    # ip_vs_info_seq_show() prints it of IPv4 alone.
    assert {each for each, row in live.items() if "ops" in row["flags"] and row["family"] == 4} == {
        each for each, row in dumped.items() if "ops" in row["flags"]
    }


def of_proc(state: Looked) -> list[Any]:
    rows: list[Any] = state.node(PROC)["evidence"]["ipvs"]
    return rows


@pytest.mark.parametrize(
    "commands",
    [
        (SAVED, LISTED, TUNNELS, THRESHOLDS, STATS),
        (STATS, THRESHOLDS, LISTED, SAVED),
        (LISTED, SAVED, THRESHOLDS, STATS),
    ],
)
def test_forms_of_the_ipvs_table_together_tell_all(commands: Sequence[str], looked_at: Mapping[str, Looked]) -> None:
    compare(looked_at[DIRECTOR], "ipvs", commands)


def test_nothing_is_compared_that_is_always_the_same(looked_at: Mapping[str, Looked]) -> None:
    """A field that no host has in two ways is not tested by all the above."""
    values: dict[str, dict[str, set[str]]] = {each.__name__: {} for each in ROWS}
    for found in looked_at.values():
        for row in rows_in(found.live["evidence"]):
            for name, value in row.items():
                kept = values.setdefault(row["noun"], {}).setdefault(name, set())
                kept.add(json.dumps(value, sort_keys=True))
    same = {
        f"{each.__name__}.{field.name}"
        for each in ROWS
        for field in fields(each)
        if field.name != "seen" and len(values[each.__name__].get(field.name, ())) < 2
    }
    # A name where an address should be, a port that keepalived asked for in vain, and the lines of files: no kernel has
    # them; what a mark is for is worked out of other facts. /proc/net does not show the others, and it has all sockets.
    # All are root's.
    unshown = {f"Socket.{name}" for name in ("link", "v6only", "process", "other_order", "user")}
    of_files = {"Destination.shown", "Destination.asked_port", "Destination.options", "VirtualService.options"}
    assert same == {*of_files, "VirtualService.marked", "SocketTable.shown", *unshown}


def rows_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "noun" in value:
            yield value
        for each in value.values():
            yield from rows_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from rows_in(each)


# -- the command ------------------------------------------------------------------------------------------------------


@both
def test_a_scan_changes_nothing(host: str, looked_at: Mapping[str, Looked]) -> None:
    before, after = looked_at[host].state
    assert before == after


@both
def test_a_scan_finds_what_a_scan_of_the_dumps_finds(host: str, looked_at: Mapping[str, Looked]) -> None:
    found = looked_at[host]
    live = conclusions(found.scanned)
    dumped = conclusions(report_of(found, [*NODE, SAVED, LISTED, STATS]))
    assert live["findings"]
    assert [pair for pair in zip(live["outcomes"], dumped["outcomes"], strict=True) if pair[0] != pair[1]] == []
    assert live == dumped


@both
@pytest.mark.parametrize("fact", ["links", "addresses", "routes", "local-routes", "policy-rules", "ipvs", "ipvs-stats"])
def test_the_stream_of_the_script_says_what_the_live_scan_says(
    host: str, fact: str, looked_at: Mapping[str, Looked]
) -> None:
    found = looked_at[host]
    (node,) = nodes_from({"(none)": {"stream": found.stream}})
    assert [seen.text for seen in node.unread] == []
    live, dumped = found.live["evidence"][fact], plain(node)["evidence"][fact]
    for untold in STREAM_UNTOLD.get(fact, ()):
        live, dumped = without(live, untold), without(dumped, untold)
    assert in_order(dumped) == in_order(live)


def report_of(state: Looked, commands: Sequence[str]) -> dict[str, Any]:
    """The JSON report of a scan of these dumps."""
    written = StringIO()
    nodes = nodes_from({"(none)": state.pasted(UNAME, *commands)})
    examination = with_impact(examine(nodes, rules()), walks(nodes), rules())
    load_report("json")(examination, Output(written, False, 80, 0, False))
    report: dict[str, Any] = json.loads(written.getvalue())
    return report


def conclusions(report: dict[str, Any]) -> dict[str, Any]:
    """A report without provenance: what was found and what could be checked."""
    assert report["unread"] == []
    notes = [note for node in report["nodes"] for note in node["notes"]]
    assert [note for note in notes if "--no-commands" not in note] == []
    quoted = ("evidence", "cause")
    findings = [{name: value for name, value in each.items() if name not in quoted} for each in report["findings"]]
    # The guest sees the machine's files of sysctl.d; the dumps are those of commands.
    of_files = {rule.name for rule in rules() if any(need.startswith("configured-") for need in rule.needs)}
    return {
        "findings": sorted(findings, key=lambda each: str(each["fingerprint"])),
        "outcomes": [_without_lines(outcome) for outcome in report["outcomes"] if outcome["rule"] not in of_files],
        "summary": {name: number for name, number in report["summary"].items() if name != "not_checked"},
        "roles": [(node["name"], node["roles"], sorted(node["vips"])) for node in report["nodes"]],
    }


def _without_lines(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """An outcome, and what it lacked, but not the lines that show why."""
    missing = [{**row, "where": None, "line": None, "text": None} for row in outcome["missing"]]
    return {**outcome, "missing": missing}


# -- comparing --------------------------------------------------------------------------------------------------------

_TYPES = {each.__name__: each for each in ROWS}


def compare(
    state: Looked,
    fact: str,
    commands: Sequence[str],
    *untold: Mapping[str, Collection[str]],
    vague: Mapping[str, Collection[str]] | None = None,
    live: Any = None,
) -> None:
    """The fact as the live collector has it, and as these dumps have it, but for what they do not tell."""
    dumped = state.node(*commands)["evidence"][fact]
    live = state.live["evidence"][fact] if live is None else live
    for row in rows_in(dumped):
        for each in untold:
            for name in each.get(row["noun"], ()):
                assert row[name] == default(row["noun"], name), f"{commands} do tell {row['type']}.{name}"
    for each in (*untold, vague or {}):
        live, dumped = without(live, each), without(dumped, each)
    if PROC in commands:  # the kernel's own order, which is that of a hash table
        live, dumped = in_order(live), in_order(dumped)
    assert dumped == live


def default(type_: str, name: str) -> Any:
    field = next(field for field in fields(_TYPES[type_]) if field.name == name)
    return plain(field.default if field.default_factory is MISSING else field.default_factory())


def without(value: Any, names: Mapping[str, Collection[str]]) -> Any:
    if isinstance(value, dict):
        left_out = names.get(str(value.get("noun")), ())
        return {name: without(each, names) for name, each in value.items() if name not in left_out}
    return [without(each, names) for each in value] if isinstance(value, list) else value


def instead(value: Any, old: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
    """The same with `new` fields in every row that has these `old` ones."""
    if isinstance(value, dict):
        changed = {name: instead(each, old, new) for name, each in value.items()}
        return {**changed, **new} if old.items() <= changed.items() else changed
    return [instead(each, old, new) for each in value] if isinstance(value, list) else value


def in_order(rows: list[Any]) -> list[Any]:
    return sorted(
        (
            {**row, "destinations": sorted(row["destinations"], key=key)} if "destinations" in row else row
            for row in rows
        ),
        key=key,
    )


def key(row: Mapping[str, Any]) -> str:
    return json.dumps([row.get(name) for name in ("protocol", "vip", "ip", "port", "fwmark", "family", "link")])
