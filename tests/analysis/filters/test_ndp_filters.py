"""Packet filters that drop neighbour discovery: who is not found then, and who finds nobody."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.filters.ndp_filters import drops_advertisements, drops_solicitations
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.analysis.walk import walks
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientPlace, Decision, Walk
from lvsdoctor.parse.paste.stream import pieces

VIP, RIP, ROUTER = map(ip_address, ("2001:db8::10", "2001:db8::21", "2001:db8::1"))


def addresses(number: int, *own: str, lo: str = "") -> str:
    return (
        f"1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet6 ::1/128 scope host\n{lo}"
        f"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n    link/ether 02:00:00:00:00:{number:02x}\n"
        + "".join(f"    inet6 {ip} scope global{' deprecated' * (ip == f'{VIP}/128')}\n" for ip in own)
    )


def table(*rules: str, policy: str = "ACCEPT") -> str:
    lines = [f":INPUT {policy} [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", *rules]
    return "*filter\n" + "\n".join(lines) + "\nCOMMIT\n"


def routes(own: Sequence[str], lo: str = "", default: str = "default via 2001:db8::1 dev eth0 metric 1024\n") -> str:
    local = [("::1", "lo"), *((ip, "eth0") for ip in own), *([(lo, "lo")] if lo else [])]
    return (
        f"2001:db8::/64 dev eth0 proto kernel metric 256 pref medium\n{default}"
        + "".join(f"local {ip} dev {link} table local proto kernel metric 0 pref medium\n" for ip, link in local)
    )  # fmt: skip


def scanned(*, entry: str = "", **filters: str) -> tuple[Node, ...]:
    """A director, which may have a neighbour `entry`, a real server and a router on one segment."""
    listed = "-A -t [2001:db8::10]:80 -s rr\n-a -t [2001:db8::10]:80 -r [2001:db8::21]:80 -g -w 1\n"
    hosts = {
        "lb1": {
            "ip-addr": addresses(2, "2001:db8::2/64", "2001:db8::10/128"),
            "ip-route": routes(["2001:db8::2", "2001:db8::10"]),
            "ipvsadm": listed,
        },
        "rs1": {
            "ip-addr": addresses(33, "2001:db8::21/64", lo="    inet6 2001:db8::10/128 scope global\n"),
            "ip-route": routes(["2001:db8::21"], lo="2001:db8::10"),
        },
        "router": {"ip-addr": addresses(1, "2001:db8::1/64"), "ip-route": routes(["2001:db8::1"], default="")},
    }
    for parts in hosts.values():
        parts["ip-rule"] = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"
    if entry:
        hosts["lb1"]["ip-neigh"] = entry
    for name, text in filters.items():
        hosts[name]["ip6tables-save" if text.startswith("*") else "nft"] = text
    dumps = [
        NodeDump(piece, name, name)
        for name, parts in hosts.items()
        for kind, text in parts.items()
        for piece in pieces(text, kind)
    ]
    return with_standing(nodes_of(dumps))


def node(text: str) -> Node:
    return next(host for host in scanned(lb1=text) if host.name == "lb1")


OF_UFW = tuple(
    f"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type {kind} -m hl --hl-eq 255 -j ACCEPT" for kind in (135, 136)
)


@pytest.mark.parametrize(
    "text",
    [
        table(policy="DROP"),
        table("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", policy="DROP"),
        table("-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT", policy="DROP"),
        table("-A INPUT -p ipv6-icmp -j DROP"),
        table("-A INPUT -d ff02::/16 -j DROP"),
        table("-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type neighbour-advertisement -j DROP"),
        "table ip6 filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n"
        "\t\ticmpv6 type { echo-request, nd-neighbor-advert } accept\n\t}\n}\n",
    ],
)  # fmt: skip
def test_a_filter_that_drops_solicitations_or_their_answers_hides_the_address(text: str) -> None:
    answer = drops_solicitations(node(text), VIP, "eth0", None)
    assert answer is not None
    assert not answer
    assert answer.because[0].seen.text


@pytest.mark.parametrize(
    "text",
    [
        table(),
        table(*OF_UFW, policy="DROP"),
        table("-A INPUT -m conntrack --ctstate INVALID -j DROP"),  # no connection is tracked, so none is invalid
        table("-A INPUT -s fe80::/10 -j ACCEPT", "-A INPUT -s 2001:db8::/32 -j ACCEPT", policy="DROP"),
        table("-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j DROP"),
        "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n"
        "\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept\n\t}\n}\n",
    ],
)
def test_a_filter_that_accepts_neighbour_discovery_hides_nothing(text: str) -> None:
    assert drops_solicitations(node(text), VIP, "eth0", None) is None
    assert drops_advertisements(node(text), RIP, "eth0", None) is None


def test_a_rule_that_may_match_leaves_it_open() -> None:
    limited = table("-A INPUT -p ipv6-icmp -m u32 --u32 0x0=0x0 -j DROP")
    with pytest.raises(NotCollected):
        drops_solicitations(node(limited), VIP, "eth0", None)


def ends(nodes: Sequence[Node]) -> dict[ClientPlace, Walk]:
    return {walk.client.place: walk for walk in walks(nodes)}


@pytest.mark.parametrize(
    ("host", "place", "decision"),
    [
        ("lb1", ClientPlace.ON_SEGMENT, Decision.ARP_REPLY),
        ("rs1", ClientPlace.ON_SEGMENT, Decision.NEIGHBOUR),
        ("router", ClientPlace.BEYOND_ROUTER, Decision.ARP_REPLY),
    ],
)
def test_the_walk_ends_where_neighbour_discovery_is_dropped(host: str, place: ClientPlace, decision: Decision) -> None:
    rules = table("-A INPUT -p tcp -j ACCEPT", policy="DROP")
    verdict = ends(scanned(**{host: rules}))[place].deciding
    assert verdict is not None
    assert (verdict.step.decision, verdict.step.node) == (decision, "lb1")
    assert verdict.why.startswith(f"chain INPUT of {host} drops neighbour ")


SOLICITATIONS_DROPPED = table("-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j DROP")


def asking_of_rs1(entry: str = "") -> list[str]:
    """Why the reply of rs1 to a health check does not find the director."""
    check = ends(scanned(lb1=SOLICITATIONS_DROPPED, entry=entry))[ClientPlace.HEALTH_CHECK]
    return [v.why for v in check.steps if (v.step.node, v.step.decision) == ("rs1", Decision.NEIGHBOUR)]


def test_a_real_server_knows_the_director_that_checks_it_from_its_question() -> None:
    assert asking_of_rs1() == []


def test_a_director_with_a_permanent_entry_asks_nothing_and_is_asked() -> None:
    (why,) = asking_of_rs1("2001:db8::21 dev eth0 lladdr 02:00:00:00:00:21 PERMANENT\n")
    assert "chain INPUT of lb1 drops neighbour solicitations for 2001:db8::2" in why
