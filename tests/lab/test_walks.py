"""What is compared of walks and requests, and when a prediction is right, wrong, or called proved."""

from collections.abc import Sequence
from ipaddress import ip_address

from lvsdoctor.model.finding import Citation
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Step, StepVerdict, Walk
from tests.lab.cluster import VIP, dr
from tests.lab.symptoms import Measured, Request
from tests.lab.walks import About, Comparison, compared_with, walk_table

RS1, RS2 = "192.0.2.21", "192.0.2.22"
SEEN = Citation(Seen("rs1/ip addr", 1, "inet 192.0.2.21/24"))
ASSUMED = Citation(Seen("assumed", None, "no rule"), settle="iptables-save")


def verdict(node: str, decision: Decision, decided: Decided, because: Citation = SEEN) -> StepVerdict:
    return StepVerdict(Step(node, decision, VIP), decided, "as it is", (because,))


ANSWERS = verdict("lb1", Decision.ARP_REPLY, Decided.YES)
LISTENS = verdict("rs1", Decision.LISTENER, Decided.YES)


def walk(*steps: StepVerdict, rip: str = RS1, answering: str = "lb1") -> Walk:
    client = ClientClass(ClientPlace.ON_SEGMENT, ip_address("192.0.2.100"), evidenced=True)
    through = None if answering != "lb1" else ip_address(rip)
    return Walk(client, f"TCP {VIP}:80", ip_address(VIP), 80, "tcp", answering, through, "", None, 0.5, steps)


def measured(
    *requests: Request, arp: Sequence[str] = ("lb1",), senders: Sequence[str] = (), redirecting: Sequence[str] = ()
) -> Measured:
    by = {"client": [request.by for request in requests]}
    return Measured(dr(), by, {}, {"client": requests}, {}, {"client": arp}, senders, redirecting, {})


def at_a_scan(predicted: Sequence[Walk], of: Measured, *hosts: str) -> Sequence[Comparison]:
    return compared_with(predicted, of, set(hosts or dr().hosts))


def through(by: str | None, rip: str, entered: str = "lb1") -> Request:
    return Request(by, entered, (("lb1", rip, 80),))


def about(kind: About, compared: Sequence[Comparison]) -> list[Comparison]:
    return [one for one in compared if one.about is kind]


def test_each_real_server_that_was_chosen_is_compared_by_itself() -> None:
    walks = [walk(ANSWERS, LISTENS), walk(ANSWERS, verdict("rs2", Decision.LISTENER, Decided.NO), rip=RS2)]
    compared = about(About.CLIENT, at_a_scan(walks, measured(through("rs1", RS1), through("rs2", RS2))))
    assert [(one.subject, one.measured, one.right) for one in compared] == [
        (f"client, by lb1, to {RS1}", "served", True),
        (f"client, by lb1, to {RS2}", "served", False),
    ]
    assert compared[1].predicted.why == "rs2, listener: as it is"
    assert compared[1].wrong_and_proved


def test_a_request_that_no_director_chose_for_dies_on_every_walk_there() -> None:
    walks = [walk(ANSWERS, LISTENS), walk(ANSWERS, verdict("lb1", Decision.INPUT_FILTER, Decided.NO), rip=RS2)]
    compared = about(About.CLIENT, at_a_scan(walks, measured(Request(None, "lb1", ()))))
    assert [(one.subject, one.right) for one in compared] == [
        (f"client, by lb1, to {RS1}", False),
        (f"client, by lb1, to {RS2}", True),
    ]


def test_what_rests_on_an_assumption_is_not_called_proved() -> None:
    assumed = verdict("rs1", Decision.INPUT_FILTER, Decided.YES, ASSUMED)
    (compared,) = about(About.CLIENT, at_a_scan([walk(ANSWERS, assumed)], measured(through(None, RS1))))
    assert compared.wrong
    assert not compared.wrong_and_proved


def test_what_is_not_known_is_neither_right_nor_wrong() -> None:
    unknown = verdict("rs1", Decision.LISTENER, Decided.UNKNOWN)
    (compared,) = about(About.CLIENT, at_a_scan([walk(ANSWERS, unknown)], measured(through(None, RS1))))
    assert compared.unknown
    assert not compared.right
    assert not compared.wrong


def test_a_responder_that_no_walk_enters_at_is_wrong_twice() -> None:
    request = Request("rs1", "rs1", ())
    compared = at_a_scan([walk(ANSWERS, LISTENS)], measured(request, arp=("lb1", "rs1")))
    assert [one.predicted.outcome for one in about(About.CLIENT, compared)] == ["no walk"]
    assert [(one.measured, one.predicted.outcome) for one in about(About.RESPONDERS, compared)] == [("lb1, rs1", "lb1")]


def test_of_a_host_that_was_not_scanned_nothing_is_claimed() -> None:
    request = Request("rs1", "rs1", ())
    compared = at_a_scan([walk(ANSWERS, LISTENS)], measured(request, arp=("lb1", "rs1")), "lb1")
    kinds = {one.about: one.predicted.outcome for one in compared if one.subject != "lb1"}
    assert kinds == {About.CLIENT: "unknown", About.RESPONDERS: "unknown"}


def test_a_real_server_that_asks_as_the_vip_is_compared_and_a_request_that_it_took_is_not() -> None:
    asks = verdict("rs1", Decision.ARP_SENDER, Decided.NO)
    requests = through("rs1", RS1, "rs1"), Request(None, "rs1", (("lb1", RS2, 80),)), Request("rs1", "rs1", ())
    walks = [walk(ANSWERS, LISTENS, asks), walk(ANSWERS, LISTENS, rip=RS2)]
    compared = at_a_scan(walks, measured(*requests, senders=("rs1",)))
    assert [one.subject for one in about(About.CLIENT, compared)] == [f"client, by lb1, to {RS1}"]
    assert [(one.subject, one.measured, one.right) for one in about(About.SENDER, compared)] == [
        ("rs1", "asks", True),
        ("rs2", "does not", True),
    ]


def test_a_redirect_is_compared_for_each_director_and_real_server_of_the_scan() -> None:
    told = StepVerdict(Step("lb1", Decision.REDIRECT, f"to {RS1}"), Decided.NO, "as it is", (SEEN,))
    taken = StepVerdict(Step("rs1", Decision.REDIRECT, "from lb1"), Decided.NO, "as it is", (SEEN,))
    requests = through("rs1", RS1), through(None, RS1)
    for sending, right in ((["lb1"], True), ([], False)):
        rows = at_a_scan([walk(ANSWERS, LISTENS, told, taken)], measured(*requests, redirecting=sending))
        assert [(one.subject, one.right) for one in about(About.REDIRECT, rows)] == [
            ("lb1", right),
            ("rs1", True),
            ("rs2", True),
        ]
        # A redirect that is taken loses some connections, by its timing.
        assert [one.predicted.outcome for one in about(About.CLIENT, rows)] == ["sometimes"]
    assert [one.subject for one in about(About.REDIRECT, at_a_scan([walk(told)], measured(*requests), "rs1"))] == [
        "rs1"
    ]


def test_the_table_counts_what_is_right_wrong_unknown_and_wrongly_called_proved() -> None:
    walks = [walk(ANSWERS, LISTENS), walk(ANSWERS, LISTENS, rip=RS2)]
    rows = at_a_scan(walks, measured(through("rs1", RS1), through(None, RS2)))
    counted = {line[:28].strip(): line[28:].split() for line in walk_table(rows)}
    assert counted["client and real server"] == ["1", "1", "0", "1"]
    assert counted["who answers for the VIP"] == ["1", "0", "0", "0"]
