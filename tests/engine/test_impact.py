"""The impact of a finding: whose connections die at the step that it explains."""

import dataclasses

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.analysis.walk import walks
from lvsdoctor.engine.impact import with_impact
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.impact import ClientSees, Impact
from tests.analysis.walk.hosts import altered, scanned
from tests.analysis.walk.test_masquerading import BESIDE, SAME_SUBNET
from tests.laws.worlds import nodes_in, rules

LO = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    inet 127.0.0.1/8 scope host lo
"""
ETH0 = """2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP
    link/ether 02:00:00:00:00:{number:02} brd ff:ff:ff:ff:ff:ff
    inet {ip}/24 scope global eth0
"""
ROUTES = """default via 192.0.2.1 dev eth0
192.0.2.0/24 dev eth0 proto kernel scope link src {ip}
"""
TABLE = """-A -t 192.0.2.10:80 -s wrr
-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1
-a -t 192.0.2.10:80 -r 192.0.2.22:80 -g -w 3
"""
SETTINGS = """net.ipv4.ip_forward = 0
net.ipv4.conf.all.arp_ignore = {0}
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.eth0.arp_ignore = {0}
net.ipv4.conf.eth0.arp_announce = 2
net.ipv4.conf.eth0.rp_filter = 0
"""
SOCKETS = """Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port
tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:*
"""
CONNECTION = """IPVS connection entries
pro expire state       source             virtual            destination
TCP 00:57  SYN_RECV    192.0.2.100:40001  192.0.2.10:443     192.0.2.21:443
"""
VIP_ON_LINK = "    inet 192.0.2.10/32 scope global eth0\n"
LB1 = (
    ("lb1", "lb1/ipvsadm", TABLE),
    ("lb1", "lb1/ip-addr", LO + ETH0.format(number=2, ip="192.0.2.2") + VIP_ON_LINK),
    ("lb1", "lb1/ip-route", ROUTES.format(ip="192.0.2.2")),
    ("lb1", "lb1/ip-neigh", "192.0.2.100 dev eth0 lladdr 02:00:00:00:01:00 REACHABLE\n"),
)


def real_server(number: int, vip: str = "192.0.2.10/32", arp_ignore: int = 1) -> tuple[tuple[str, str, str], ...]:
    name, ip = f"rs{number}", f"192.0.2.2{number}"
    own = f"    inet {vip} scope global lo\n" if vip else ""
    return (
        (name, f"{name}/ip-addr", LO + own + ETH0.format(number=20 + number, ip=ip)),
        (name, f"{name}/ip-route", ROUTES.format(ip=ip)),
        (name, f"{name}/sysctl", SETTINGS.format(arp_ignore)),
        (name, f"{name}/ss", SOCKETS),
    )


def examined(*dumps: tuple[str, str, str]) -> Examination:
    nodes = with_standing(nodes_in((*LB1, *dumps)))
    return with_impact(examine(nodes, rules()), walks(nodes), rules())


def impact_of(code: str, examination: Examination) -> Impact:
    (diagnosis,) = [diagnosis for diagnosis in examination.diagnoses if diagnosis.code == code]
    assert diagnosis.impact is not None
    return diagnosis.impact


def test_a_real_server_without_the_vip_loses_its_share_by_weight() -> None:
    impact = impact_of("DR001", examined(*real_server(1), *real_server(2, vip="")))
    assert impact.sees is ClientSees.HANG
    assert impact.share == 0.75
    assert impact.services == ("TCP 192.0.2.10:80",)
    assert "clients on the VIP's segment" in impact.clients
    assert impact.evidenced
    assert impact.says.startswith("75% of new connections to TCP 192.0.2.10:80 from clients on the VIP's segment")


def test_a_wide_mask_concerns_the_clients_in_its_prefix_and_not_those_beyond_the_router() -> None:
    impact = impact_of("ADDR001", examined(*real_server(1, vip="192.0.2.10/24"), *real_server(2)))
    assert impact.sees is ClientSees.HANG
    assert impact.share == 0.25
    assert not any("beyond" in clients for clients in impact.clients)


def test_who_answers_arp_beside_the_director_may_get_all() -> None:
    impact = impact_of("ARP001", examined(*real_server(1, arp_ignore=0), *real_server(2)))
    assert (impact.sees, impact.share) == (ClientSees.BYPASSED, 1.0)


def test_a_finding_of_no_step_has_no_impact_and_its_words_stay() -> None:
    examination = examined(*real_server(1, vip=""), *real_server(2))
    (missing,) = [diagnosis for diagnosis in examination.diagnoses if diagnosis.code == "DR001"]
    alone = dataclasses.replace(missing, impact=None)
    assert isinstance(alone, Diagnosis)
    assert missing.clients.startswith(alone.clients)
    assert missing.clients.endswith("hang.")


def test_of_a_real_server_that_gets_no_clients_nobody_suffers() -> None:
    table = TABLE.replace("-w 3", "-w 0")
    nodes = with_standing(nodes_in((("lb1", "lb1/ipvsadm", table), *LB1[1:], *real_server(1), *real_server(2, vip=""))))
    examination = with_impact(examine(nodes, rules()), walks(nodes), rules())
    (missing,) = [diagnosis for diagnosis in examination.diagnoses if diagnosis.code == "DR001"]
    assert missing.impact is None


def test_what_concerns_more_clients_stands_first() -> None:
    errors = [d for d in examined(*real_server(1, vip=""), *real_server(2, vip="")).diagnoses if d.code == "DR001"]
    assert [d.node for d in errors] == ["rs2", "rs1"]


def test_of_findings_that_concern_as_many_what_is_decided_earlier_stands_first() -> None:
    asking = tuple(
        (name, where, text.replace("arp_announce = 2", "arp_announce = 0")) for name, where, text in real_server(1)
    )
    answering = real_server(2, arp_ignore=0)
    first, second = examined(*asking, *answering).diagnoses
    assert (first.code, first.node, second.code, second.node) == ("ARP001", "rs2", "ARP003", "rs1")
    assert first.impact is not None
    assert second.impact is not None
    assert first.impact.share == second.impact.share == 1.0


def of_table(table: str, *dumps: tuple[str, str, str]) -> Examination:
    nodes = with_standing(nodes_in((("lb1", "lb1/ipvsadm", table), *LB1[1:], *dumps)))
    return with_impact(examine(nodes, rules()), walks(nodes), rules())


def severities(examination: Examination) -> dict[str, str]:
    return {diagnosis.code: diagnosis.severity.value for diagnosis in examination.diagnoses}


WIDE = real_server(2, vip="192.0.2.10/24")
DRAINED = TABLE.replace("-w 3", "-w 0")


def test_an_error_of_a_real_server_that_gets_no_clients_is_a_warning_and_quotes_its_weight() -> None:
    assert severities(of_table(TABLE, *real_server(1), *WIDE))["ADDR001"] == "error"
    examination = of_table(DRAINED, *real_server(1), *WIDE)
    (diagnosis,) = [diagnosis for diagnosis in examination.diagnoses if diagnosis.code == "ADDR001"]
    assert diagnosis.severity.value == "warning"
    assert any(item.seen.text.endswith("192.0.2.22:80 -g -w 0") for item in diagnosis.evidence)


def test_an_error_of_a_real_server_that_gets_clients_only_after_another_failed_is_a_warning() -> None:
    standby = TABLE.replace("-s wrr", "-s fo")
    assert severities(of_table(standby, *real_server(1), *WIDE))["ADDR001"] == "error"
    (diagnosis,) = of_table(standby, *real_server(1, vip="192.0.2.10/24"), *real_server(2)).diagnoses[:1]
    assert (diagnosis.code, diagnosis.node, diagnosis.severity.value) == ("ADDR001", "rs1", "warning")
    assert diagnosis.clients.startswith("If the real servers of larger weight fail: ")


def test_where_persistence_keeps_clients_at_a_drained_real_server_it_stays_an_error() -> None:
    kept = DRAINED.replace("-s wrr", "-s wrr -p 300")
    assert severities(of_table(kept, *real_server(1), *WIDE))["ADDR001"] == "error"


def test_a_drained_real_server_that_answers_for_the_vip_harms_all_clients() -> None:
    assert severities(of_table(DRAINED, *real_server(1), *real_server(2, arp_ignore=0)))["ARP001"] == "error"


def test_what_is_eased_stands_after_the_errors() -> None:
    examination = of_table(DRAINED, *real_server(1, vip=""), *WIDE)
    ranks = [diagnosis.severity.rank for diagnosis in examination.diagnoses]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0


def test_a_drained_services_fault_stands_after_arp_leaks_of_the_vip_that_clients_use() -> None:
    """Although it is proved, and of the leaks it is assumed that no filter hides them."""
    drained = "-A -t 192.0.2.10:443 -s rr\n-a -t 192.0.2.10:443 -r 192.0.2.21:443 -g -w 0\n"
    leaking = (*real_server(1, arp_ignore=0), *real_server(2, arp_ignore=0))
    errors = [d for d in of_table(drained + TABLE, *leaking).diagnoses if d.severity is Severity.ERROR]
    assert [diagnosis.code for diagnosis in errors] == ["ARP001", "ARP001", "SCH001"]
    connects = ("lb1", "lb1/ipvsadm-connections", CONNECTION)
    errors = [d for d in of_table(drained + TABLE, *leaking, connects).diagnoses if d.severity is Severity.ERROR]
    assert errors[0].code == "SCH001"


def test_a_severity_that_an_operator_has_set_is_never_eased() -> None:
    nodes = with_standing(nodes_in((("lb1", "lb1/ipvsadm", DRAINED), *LB1[1:], *real_server(1), *WIDE)))
    known = [
        dataclasses.replace(rule, severity_set=Severity.ERROR, set_by="lvsdoctor.toml:2")
        if rule.code == "ADDR001"
        else rule
        for rule in rules()
    ]
    assert severities(with_impact(examine(nodes, known), walks(nodes), known))["ADDR001"] == "error"


def test_a_redirect_that_a_real_server_takes_makes_later_connections_hang() -> None:
    sending = altered(SAME_SUBNET, all_send_redirects=1, eth0_send_redirects=1)
    nodes = with_standing(scanned(lb1=sending, rs1=altered(BESIDE, all_accept_redirects=1, eth0_accept_redirects=1)))
    examination = with_impact(examine(nodes, rules()), walks(nodes), rules())
    for code in ("FWD001", "FWD002"):
        assert impact_of(code, examination).sees is ClientSees.REDIRECTED
    ignoring = with_standing(scanned(lb1=sending, rs1=BESIDE))
    examination = with_impact(examine(ignoring, rules()), walks(ignoring), rules())
    assert [d.impact for d in examination.diagnoses if d.code == "FWD001"] == [None]
