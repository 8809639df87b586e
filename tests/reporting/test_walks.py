"""What is told of walks: counts, sentences, and which ladders are the same."""

from dataclasses import replace
from ipaddress import ip_address

from lvsdoctor.model.walk import ClientClass, ClientPlace, Served
from lvsdoctor.reporting.walks import alike_walks, first_steps, served_clients, service_sentences, settling, step_name
from tests.cli.trace_walks import BEYOND, CHECK, SEGMENT, SERVICE, cluster, walk


def test_a_service_is_told_in_a_sentence_for_each_group_of_clients() -> None:
    assert service_sentences(cluster()) == {
        SERVICE: [
            "2 of 3 real servers (rs2, rs3) serve clients on the VIP's segment. Connections through rs1 are lost.",
            "2 of 3 real servers (rs1, rs2) are known to serve clients beyond router 192.0.2.1 (assumed). "
            "Not known of 1 (rs3).",
            "The director's health check reaches 2 of 3 real servers (rs2, rs3).",
        ]
    }


def test_clients_that_the_same_real_servers_serve_share_a_sentence() -> None:
    walks = [walk(client, name) for client in (SEGMENT, BEYOND) for name in ("rs1", "rs2")]
    (sentence,) = service_sentences(walks)[SERVICE]
    assert sentence == (
        "2 of 2 real servers serve clients on the VIP's segment and clients beyond router 192.0.2.1 (assumed)."
    )


def test_a_single_real_server_is_told_in_the_singular() -> None:
    assert service_sentences([walk(SEGMENT)])[SERVICE] == ["1 of 1 real server serves clients on the VIP's segment."]


def test_a_real_server_that_loses_some_of_the_clients_does_not_serve_them() -> None:
    walks = [walk(SEGMENT, "rs1"), walk(SEGMENT, "rs2"), walk(SEGMENT, "rs2", "dies", answering="rs2")]
    (row,) = served_clients(walks)
    assert (row.serving, row.losing, row.unknown) == (("rs1",), ("rs2",), ())


def test_real_servers_of_a_sentence_stand_in_natural_order_whatever_walk_came_first() -> None:
    walks = [walk(SEGMENT, name, "dies") for name in ("rs3", "rs2", "rs1")]
    assert service_sentences(walks)[SERVICE] == [
        "0 of 3 real servers serve clients on the VIP's segment. Connections through rs1, rs2, rs3 are lost."
    ]


def test_where_no_real_server_can_be_chosen_none_serves() -> None:
    lost = replace(walk(SEGMENT, "lb1", "dies"), real_server="", rip=None)
    assert service_sentences([lost]) == {SERVICE: ["No real server is known that serves clients on the VIP's segment."]}
    with_servers = service_sentences([lost, walk(CHECK, "rs1")])[SERVICE]
    assert with_servers[0] == (
        "0 of 1 real server serves clients on the VIP's segment. Connections through rs1 are lost."
    )


def test_what_is_not_known_is_told_as_that_and_not_as_a_loss() -> None:
    walks = [walk(client, name, "unknown") for client in (BEYOND, CHECK) for name in ("rs1", "rs2")]
    assert service_sentences(walks)[SERVICE] == [
        "Not known: whether 2 of 2 real servers (rs1, rs2) serve clients beyond router 192.0.2.1 (assumed).",
        "Not known: whether the director's health check reaches 2 of 2 real servers (rs1, rs2).",
    ]


def test_the_commands_that_would_tell_are_gathered_by_host() -> None:
    walks = [walk(SEGMENT, "rs1", "unknown"), walk(BEYOND, "rs1", "unknown"), walk(SEGMENT, "rs2", "dies")]
    assert settling(walks) == {"rs1": ["ss -ltn"]}


def test_a_real_server_without_a_host_is_called_by_its_address() -> None:
    (row,) = served_clients([replace(walk(SEGMENT), real_server="")])
    assert row.serving == ("192.0.2.11",)


def test_walks_that_differ_in_the_real_server_alone_are_alike_and_the_worst_come_first() -> None:
    groups = alike_walks([walk(SEGMENT, "rs2"), walk(SEGMENT, "rs1", "dies"), walk(SEGMENT, "rs3")])
    assert [(group.outcome, group.real_servers) for group in groups] == [
        (Served.DIES, ("rs1",)),
        (Served.SERVED, ("rs2", "rs3")),
    ]
    assert round(groups[1].share, 2) == 0.67


def test_walks_with_another_answering_host_are_not_alike() -> None:
    assert len(alike_walks([walk(SEGMENT, "rs1"), walk(SEGMENT, "rs2", answering="rs2")])) == 2


def test_steps_after_the_packet_is_lost_are_left_out() -> None:
    lost = walk(SEGMENT, "rs1", "dies")
    longer = replace(lost, steps=(*lost.steps, *walk(SEGMENT).steps[:1]))
    assert [verdict.step.decision for verdict in first_steps(longer)][-1] == "reply-route"


def test_neighbour_discovery_is_called_so() -> None:
    six = walk(SEGMENT, vip="2001:db8::10", service="TCP [2001:db8::10]:80")
    assert step_name(six.steps[0], six) == "NDP answer"
    assert step_name(walk(SEGMENT).steps[0], walk(SEGMENT)) == "ARP answer"


def test_a_client_on_a_host_is_told_with_its_address() -> None:
    own = ClientClass(ClientPlace.ON_DIRECTOR, ip_address("192.0.2.2"), evidenced=True)
    assert service_sentences([walk(own)])[SERVICE] == ["1 of 1 real server serves clients on the director (192.0.2.2)."]


def test_the_vips_of_a_firewall_mark_are_told_apart() -> None:
    walks = [walk(SEGMENT, service="FWM 1"), walk(SEGMENT, "rs1", "dies", service="FWM 1", vip="192.0.2.20", port=0)]
    assert service_sentences(walks) == {
        "FWM 1 (tcp 192.0.2.10:80)": ["1 of 1 real server serves clients on the VIP's segment."],
        "FWM 1 (192.0.2.20)": [
            "0 of 1 real server serves clients on the VIP's segment. Connections through rs1 are lost."
        ],
    }
