"""A client that the scan has: its own packet filter is on the path, too."""

import pytest

from lvsdoctor.model.walk import Decision, Served
from tests.analysis.walk.ends import BEYOND, SEGMENT, SERVED, by_place, ends
from tests.analysis.walk.hosts import ROUTER, Host, direct_routing

OPEN = ["-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A INPUT -j DROP"]
LOST = (Served.DIES, "client", Decision.ROUTE)


def client(*rules: str, table: str = "filter") -> Host:
    return Host([("eth0", "192.0.2.100/24")], [ROUTER], rules={table: rules})


@pytest.mark.parametrize(
    "rule",
    ["-A OUTPUT -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j REJECT", "-A OUTPUT -o eth0 -p tcp -j DROP"],
)  # fmt: skip
def test_a_client_that_drops_its_own_requests_is_not_served(rule: str) -> None:
    nodes = direct_routing(client=client(rule))
    assert ends(nodes)[SEGMENT] == LOST
    assert ends(nodes)[BEYOND] == SERVED
    deciding = by_place(nodes)[SEGMENT].deciding
    assert deciding is not None
    assert rule.split(" -j ")[0] in deciding.because[0].seen.text


@pytest.mark.parametrize("rule", ["-A INPUT -s 192.0.2.10/32 -j DROP", "-A INPUT -p tcp -m tcp --sport 80 -j DROP"])
def test_a_client_that_drops_the_replies_is_not_served(rule: str) -> None:
    assert ends(direct_routing(client=client(rule)))[SEGMENT] == LOST


@pytest.mark.parametrize(
    "rules",
    [
        OPEN,
        ["-A OUTPUT -d 192.0.2.10/32 -p udp -j DROP"],
        ["-A OUTPUT -o eth1 -j DROP"],
        ["-A INPUT -s 192.0.2.21/32 -j DROP"],  # the reply has the VIP as its source
        ["-A FORWARD -j DROP"],
    ],
)
def test_a_clients_filter_of_other_packets_is_none_of_this_connection(rules: list[str]) -> None:
    assert ends(direct_routing(client=client(*rules)))[SEGMENT] == SERVED
