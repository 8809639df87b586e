"""What the other holder's dumps say of how sure it is that it is a real server."""

from dataclasses import replace

from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.finding import Severity
from tests.analysis.walk.hosts import DIRECTOR, direct_routing, real_server

RULES = [rule for rule in load_rules() if rule.name == "rip-held-by-director"]
HOLDING = replace(DIRECTOR, addresses=[*DIRECTOR.addresses, ("lo", "192.0.2.21/32")])


def test_a_vip_on_another_interface_is_no_second_subnet_of_a_director() -> None:
    rip, _ = real_server(21).addresses
    beside = replace(real_server(21), addresses=[rip, ("dummy0", "192.0.2.10/32")])
    (found,) = examine(direct_routing(lb1=HOLDING, rs1=beside), RULES).diagnoses
    assert (found.severity, found.node, found.about["rip"]) == (Severity.ERROR, "lb1", "192.0.2.21")


def test_a_holder_with_two_subnets_may_be_a_director_whose_table_was_not_collected() -> None:
    beside = replace(real_server(21), addresses=[*real_server(21).addresses, ("eth1", "198.51.100.21/24")])
    (found,) = examine(direct_routing(lb1=HOLDING, rs1=beside), RULES).diagnoses
    assert found.severity is Severity.WARNING
