"""What the answers to a probe mean, and whose they were."""

from ipaddress import ip_address

import pytest

from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.naming import Names
from lvsdoctor.probe.responses import Answers, Meaning, answers
from lvsdoctor.probe.targets import plan
from tests.probe.hosts import DIRECTOR, REAL_SERVERS, TABLE, VIP, nodes

CLIENT = "eth0 02:00:00:00:00:64 192.0.2.100/24"
LB1, RS1, RS2 = (f"02:00:00:00:00:{last}" for last in ("02", "21", "22"))
ME, ZERO = ip_address("192.0.2.100"), ip_address("0.0.0.0")


def probe(target: str, *macs: str, counts: tuple[int, ...] = (), to: tuple[str, ...] = ()) -> Probe:
    where = Seen(f"probe eth0 who-has {target}", None, f"who-has {target}")
    senders = tuple(map(ip_address, to)) or (ME, ZERO)
    replies = tuple(
        Reply(mac, Seen(where.where, None, f"{target} is-at {mac}"), 0.0004, count, senders)
        for mac, count in zip(macs, counts or (3,) * len(macs), strict=True)
    )
    return Probe(ip_address(target), "eth0", where, replies, (ME, ZERO), 3)


def meaning_of(prober: Node, *probes: Probe, known: tuple[Node, ...] = ()) -> Answers:
    """What the first of the probes means."""
    planned = plan(prober, [each.target for each in probes])
    names = Names(prober, known, probes, [ip_address(VIP)])
    return next(answers(planned.questions, probes, names, prober))


@pytest.fixture
def client() -> Node:
    (node,) = nodes(client=CLIENT)
    return node


def test_one_host_is_as_it_should_be(client: Node) -> None:
    said = meaning_of(client, probe(VIP, LB1))
    assert (said.meaning, said.verdict) == (Meaning.SINGLE, "one host answers for 192.0.2.10")
    assert said.fine


def test_every_host_that_answers_is_seen_not_the_first_alone(client: Node) -> None:
    said = meaning_of(client, probe(VIP, LB1, RS2))
    assert said.meaning is Meaning.MANY
    assert [each.mac for each in said.responders] == [LB1, RS2]
    assert (
        said.verdict
        == "2 hosts answer for 192.0.2.10: the last answer that a host keeps decides where its traffic goes"
    )


def test_nobody_is_a_problem(client: Node) -> None:
    said = meaning_of(client, probe(VIP))
    assert (said.meaning, said.fine) == (Meaning.NOBODY, False)


def test_a_snapshot_names_the_hosts_and_says_who_should_keep_quiet(client: Node) -> None:
    known = nodes(lb1=DIRECTOR, **REAL_SERVERS, table=TABLE)
    said = meaning_of(client, probe(VIP, LB1, RS2), known=known)
    assert [each.names[0].text for each in said.responders] == ["lb1", "rs2"]
    assert said.verdict == "2 hosts answer for 192.0.2.10: rs2 is a real server, which should keep quiet"


def test_a_single_answer_by_a_real_server_is_no_good_sign(client: Node) -> None:
    known = nodes(lb1=DIRECTOR, **REAL_SERVERS, table=TABLE)
    said = meaning_of(client, probe(VIP, RS2), known=known)
    assert (said.meaning, said.fine) == (Meaning.REAL_SERVER, False)


def test_a_director_that_is_a_real_server_too_may_answer(client: Node) -> None:
    known = nodes(lb1=DIRECTOR, table=TABLE + f"-a -t {VIP}:80 -r 192.0.2.2:80 -g -w 1\n")
    assert meaning_of(client, probe(VIP, LB1), known=known).meaning is Meaning.SINGLE


def test_rips_that_are_asked_for_besides_name_the_real_servers() -> None:
    (director,) = nodes(lb1=DIRECTOR, table=TABLE, sysctl="net.ipv4.conf.all.arp_ignore = 0\n")
    said = meaning_of(director, probe(VIP, RS2), probe("192.0.2.21", RS1), probe("192.0.2.22", RS2))
    (name,) = said.responders[0].names
    assert (name.text, name.how) == ("192.0.2.22", "answers for it")
    assert (
        said.verdict
        == "this host and 1 other answer for 192.0.2.10: 192.0.2.22 is a real server, which should keep quiet"
    )
    assert "by its settings this host answers for it too, and cannot receive its own answer" in said.notes


def test_a_real_server_that_answers_for_its_rip_is_fine() -> None:
    (director,) = nodes(lb1=DIRECTOR, table=TABLE)
    assert meaning_of(director, probe("192.0.2.22", RS2)).meaning is Meaning.SINGLE


def test_the_neighbour_table_names_a_mac_by_its_address() -> None:
    (client,) = nodes(
        client=CLIENT, neigh=f"fe80::22 dev eth0 lladdr {RS2} STALE\n192.0.2.22 dev eth0 lladdr {RS2} STALE\n"
    )
    assert [name.text for name in meaning_of(client, probe(VIP, RS2)).responders[0].names] == ["192.0.2.22", "fe80::22"]


def test_the_neighbour_tables_entry_for_the_vip_names_nobody() -> None:
    (client,) = nodes(client=CLIENT, neigh=f"{VIP} dev eth0 lladdr {RS2} REACHABLE\n")
    assert meaning_of(client, probe(VIP, RS2)).responders[0].names == ()


def test_a_virtual_mac_is_named_after_its_virtual_router(client: Node) -> None:
    (name,) = meaning_of(client, probe(VIP, "00:00:5e:00:01:33")).responders[0].names
    assert (name.text, name.how) == ("virtual router 51", "VRRP's MAC")


def test_two_macs_of_one_host_of_the_snapshot_are_one_host(client: Node) -> None:
    known = nodes(lb1=f"{DIRECTOR}\neth1 02:00:00:00:01:02 192.0.2.3/24")
    assert meaning_of(client, probe(VIP, LB1, "02:00:00:00:01:02"), known=known).meaning is Meaning.SINGLE


def test_this_hosts_own_vip_is_unheard_and_not_missing() -> None:
    (director,) = nodes(lb1=DIRECTOR, table=TABLE)
    said = meaning_of(director, probe(VIP))
    assert (said.meaning, said.fine) == (Meaning.UNHEARD, True)


def test_a_silent_real_server_that_asks_hears_the_director_alone() -> None:
    server = f"eth0 {RS1} 192.0.2.21/24\nlo - {VIP}/32"
    (prober,) = nodes(rs1=server, sysctl="net.ipv4.conf.all.arp_ignore = 1\n")
    said = meaning_of(prober, probe(VIP, LB1))
    assert said.meaning is Meaning.SINGLE
    assert any(
        note.startswith("this host has it too, and by its settings keeps quiet: arp_ignore=1") for note in said.notes
    )


def test_more_answers_than_requests_are_two_hosts_with_one_mac(client: Node) -> None:
    said = meaning_of(client, probe(VIP, LB1, counts=(6,)))
    assert said.notes == (
        f"{LB1} answered 6 times to 3 requests: two hosts have this MAC, or frames are doubled on the way",
    )


def test_a_host_that_answers_one_kind_of_request_alone_is_told(client: Node) -> None:
    said = meaning_of(client, probe(VIP, LB1, counts=(1,), to=("0.0.0.0",)))
    (note,) = said.notes
    assert note.startswith(f"{LB1} did not answer requests from 192.0.2.100: ")
    assert "rp_filter" in note


def test_a_duplicate_ipv6_address_of_this_host_is_told() -> None:
    (client,) = nodes(client="eth0 02:00:00:00:00:64 fe80::64/64,2001:db8::10/128=dadfailed+tentative,2001:db8::1/64")
    said = meaning_of(client, probe("2001:db8::10", LB1))
    assert "this host's own 2001:db8::10 on eth0 is a duplicate (dadfailed): it is not used here" in said.notes
    assert said.meaning is Meaning.SINGLE
