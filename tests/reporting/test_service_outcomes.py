"""Which service suffers, and how much: what the walks of a service come to, and the sentence."""

from dataclasses import replace

from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.service_outcome import Lacking, ServiceState
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Step, Walk
from lvsdoctor.reporting.service_outcomes import (
    needed_first,
    service_outcomes,
    service_sentence,
    suffering_sentences,
)
from lvsdoctor.reporting.summary import natural
from tests.cli.trace_walks import BEYOND, CHECK, SEGMENT, cluster, step, walk


def directly(client: ClientClass, name: str) -> Walk:
    """What a real server gets that answers ARP for the VIP itself."""
    return replace(walk(client, name, answering=name), forwarding=None, share=1.0)


def test_real_servers_are_counted_by_what_becomes_of_their_connections() -> None:
    (outcome,) = service_outcomes(cluster())
    assert (outcome.service, outcome.state) == ("tcp 192.0.2.10:80", ServiceState.SUFFERS)
    assert (outcome.losing, outcome.unknown, outcome.serving) == (("rs1",), ("rs3",), ("rs2",))
    assert outcome.lost_at == (Step("rs1", Decision.REPLY_ROUTE, "tcp 192.0.2.10:80"),)
    assert outcome.lacking == (Lacking("ss -ltn", ("rs3",)),)
    assert service_sentence(outcome) == (
        "tcp 192.0.2.10:80: 1 of 3 real servers (rs1) loses connections of clients on the VIP's segment. "
        "Not known of 1 (rs3)."
    )


def test_a_real_server_that_answers_for_the_vip_receives_client_traffic_directly() -> None:
    walks = [walk(SEGMENT, name) for name in ("rs1", "rs2", "rs3")]
    walks += [directly(SEGMENT, "rs2"), walk(BEYOND, "rs3", "dies")]
    (outcome,) = service_outcomes(walks)
    assert outcome.direct == ("rs2",)
    assert service_sentence(outcome) == (
        "tcp 192.0.2.10:80: 1 of 3 real servers (rs2) receives client traffic directly, 1 (rs3) loses it."
    )


def test_what_it_receives_directly_and_loses_is_said_once() -> None:
    lost = replace(directly(SEGMENT, "rs2"), steps=walk(SEGMENT, "rs2", "dies", answering="rs2").steps)
    (outcome,) = service_outcomes([walk(SEGMENT, "rs1"), walk(SEGMENT, "rs2"), lost])
    assert "1 of 2 real servers (rs2) receives client traffic directly and loses it." in service_sentence(outcome)


def test_that_it_may_answer_for_the_vip_accuses_no_real_server() -> None:
    may = step("rs2", Decision.ARP_REPLY, Decided.UNKNOWN, "not collected", settle="ip addr show")
    (outcome,) = service_outcomes([walk(SEGMENT, "rs2"), replace(directly(SEGMENT, "rs2"), steps=(may,))])
    assert outcome.direct == ()
    assert outcome.state is ServiceState.UNKNOWN


def test_of_clients_that_are_assumed_it_is_said_what_may_be() -> None:
    (outcome,) = service_outcomes([walk(BEYOND, "rs1"), walk(BEYOND, "rs2"), directly(BEYOND, "rs2")])
    assert service_sentence(outcome) == (
        "tcp 192.0.2.10:80: 1 of 2 real servers (rs2) may receive client traffic directly."
    )


def test_what_files_alone_tell_is_said_of_what_will_be() -> None:
    (outcome,) = service_outcomes([walk(SEGMENT, "rs1", "dies")], planned={"rs1": Origin.CONFIGURED})
    assert service_sentence(outcome) == (
        "tcp 192.0.2.10:80: Once these files are deployed: "
        "1 of 1 real server loses connections of clients on the VIP's segment."
    )


def test_a_health_check_that_dies_is_no_loss_of_a_client() -> None:
    (outcome,) = service_outcomes([walk(SEGMENT, "rs1"), walk(CHECK, "rs1", "dies")])
    assert outcome.state is ServiceState.SERVED
    assert service_sentence(outcome) == "tcp 192.0.2.10:80: 1 of 1 real server serves clients."


def test_that_somebody_in_a_back_network_asks_for_the_vip_is_not_presumed() -> None:
    back = replace(BEYOND, place=ClientPlace.IN_PREFIX, prefix=SEGMENT.prefix, router=None)
    walks = [walk(SEGMENT, "rs1"), walk(back, "rs1", "dies")]
    assert service_outcomes(walks)[0].state is ServiceState.SERVED
    seen = [walks[0], walk(replace(back, evidenced=True), "rs1", "dies")]
    assert service_outcomes(seen)[0].losing == ("rs1",)


def test_clients_that_are_assumed_are_called_so() -> None:
    (outcome,) = service_outcomes([walk(BEYOND, "rs1", "dies"), walk(BEYOND, "rs2")])
    assert service_sentence(outcome) == (
        "tcp 192.0.2.10:80: 1 of 2 real servers (rs1) loses connections of clients beyond router 192.0.2.1 (assumed)."
    )


def test_a_real_server_of_weight_0_loses_nothing() -> None:
    end = step("lb1", Decision.REAL_SERVER, Decided.NO, "weight 0")
    drained = replace(walk(SEGMENT, "rs2"), share=0.0, steps=(*walk(SEGMENT, "rs2").steps[:2], end))
    (outcome,) = service_outcomes([walk(SEGMENT, "rs1"), drained])
    assert (outcome.idle, outcome.state) == (("rs2",), ServiceState.SERVED)
    assert service_sentence(outcome) == "tcp 192.0.2.10:80: 1 of 2 real servers (rs1) serves clients."


def test_where_all_have_weight_0_no_real_server_gets_connections() -> None:
    end = step("lb1", Decision.REAL_SERVER, Decided.NO, "weight 0")
    walks = [replace(walk(SEGMENT, name), share=0.0, steps=(end,)) for name in ("rs1", "rs2")]
    (outcome,) = service_outcomes(walks)
    assert outcome.state is ServiceState.SUFFERS
    assert service_sentence(outcome) == "tcp 192.0.2.10:80: no real server gets new connections."


def test_what_was_not_collected_is_named_and_nobody_is_accused() -> None:
    (outcome,) = service_outcomes([walk(BEYOND, name, "unknown") for name in ("rs1", "rs2")])
    assert outcome.state is ServiceState.UNKNOWN
    assert service_sentence(outcome) == (
        "tcp 192.0.2.10:80: It is not known whether 2 of 2 real servers serve clients. "
        "Needed first: ss -ltn of rs1, rs2."
    )


def test_of_a_host_whose_evidence_contradicts_itself_nothing_is_known() -> None:
    (outcome,) = service_outcomes([walk(SEGMENT, "rs1", "dies"), walk(SEGMENT, "rs2")], contradictory=["rs1"])
    assert (outcome.losing, outcome.unknown, outcome.serving) == ((), ("rs1",), ("rs2",))


def test_services_that_suffer_come_first_and_at_most_three_are_told() -> None:
    walks = [
        walk(SEGMENT, "rs1", "dies" if port != 8000 else "served", service=f"TCP 192.0.2.10:{port}")
        for port in range(8000, 8008)
    ]
    outcomes = service_outcomes(walks)
    assert outcomes[-1].service == "tcp 192.0.2.10:8000"
    told = suffering_sentences(outcomes)
    assert [sentence.partition(": ")[0] for sentence in told[:3]] == [
        f"tcp 192.0.2.10:{port}" for port in (8001, 8002, 8003)
    ]
    assert told[3:] == ["4 more services suffer."]


def test_names_with_numbers_sort_by_their_numbers() -> None:
    names = ["rs11", "rs2", "rs1", "lb1", "10.0.0.9", "10.0.0.10", "rs2b"]
    assert sorted(names, key=natural) == ["10.0.0.9", "10.0.0.10", "lb1", "rs1", "rs2", "rs2b", "rs11"]


def test_where_every_connection_of_several_kinds_of_clients_is_lost_the_kinds_are_not_listed() -> None:
    seen = [replace(client, evidenced=True) for client in (SEGMENT, BEYOND)]
    (outcome,) = service_outcomes([walk(client, "rs1", "dies") for client in seen])
    assert service_sentence(outcome) == "tcp 192.0.2.10:80: 1 of 1 real server loses all connections."
    (some,) = service_outcomes([walk(seen[0], "rs1", "dies"), walk(seen[1], "rs1")])
    assert "loses connections of clients on the VIP's segment." in service_sentence(some)


def test_what_more_hosts_would_tell_is_no_command_of_a_host() -> None:
    open_step = step("lb1", Decision.NEIGHBOUR, Decided.UNKNOWN, "not collected", settle="# scan 192.0.2.21 as well")
    (outcome,) = service_outcomes([replace(walk(SEGMENT, "rs1"), steps=(open_step,))])
    assert needed_first(outcome) == "needed first: scan 192.0.2.21 as well"
