"""When IPVS leaves requests alone or drops them whatever its table says, and what its schedulers refuse."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, SEGMENT, SERVED, by_place, ends
from tests.analysis.walk.hosts import DIRECTOR, Host, direct_routing

BACKUP = "backup sync daemon (mcast=eth0, syncid=1)\n"
MASTER = "master sync daemon (mcast=eth0, syncid=1)\n"


@dataclass(frozen=True)
class Director(Host):
    """With settings of IPVS, and the answer of `ipvsadm -L --daemon`."""

    of_ipvs: Mapping[str, int] = field(default_factory=dict)
    daemons: str = ""

    def dumps(self, number: int) -> dict[str, str]:
        dumps = super().dumps(number)
        lines = "".join(f"net.ipv4.vs.{key} = {value}\n" for key, value in self.of_ipvs.items())
        return {**dumps, "sysctl": dumps["sysctl"] + lines, **({"daemon": self.daemons} if self.daemons else {})}


def with_settings(daemons: str = "", **of_ipvs: int) -> tuple[Node, ...]:
    own = {name: getattr(DIRECTOR, name) for name in ("addresses", "routes", "ipvs")}
    return direct_routing(lb1=Director(**own, of_ipvs=of_ipvs, daemons=daemons))


def test_a_backup_of_the_sync_daemon_takes_no_request_if_backup_only_is_set() -> None:
    nodes = with_settings(BACKUP, backup_only=1)
    assert ends(nodes) == {SEGMENT: (Served.DIES, "lb1", Decision.IPVS), BEYOND: (Served.DIES, "lb1", Decision.IPVS),
                           CHECK: SERVED}  # fmt: skip
    verdict = by_place(nodes)[SEGMENT].deciding
    assert verdict is not None
    assert [line.seen.text for line in verdict.because] == ["net.ipv4.vs.backup_only = 1", BACKUP.strip()]


@pytest.mark.parametrize(("daemons", "backup_only"), [(BACKUP, 0), (MASTER, 1)])
def test_without_the_setting_or_the_daemon_it_takes_them(daemons: str, backup_only: int) -> None:
    assert ends(with_settings(daemons, backup_only=backup_only))[SEGMENT] == SERVED


def test_with_backup_only_and_no_word_of_daemons_it_is_not_known() -> None:
    nodes = with_settings(backup_only=1)
    assert ends(nodes)[SEGMENT] == (Served.UNKNOWN, "lb1", Decision.IPVS)
    verdict = by_place(nodes)[SEGMENT].deciding
    assert verdict is not None
    assert verdict.lacking == "sync-daemons"


@pytest.mark.parametrize(
    ("mode", "rate", "outcome"),
    [(3, 1, Served.DIES), (3, 10, Served.UNKNOWN), (3, 0, Served.SERVED), (1, 1, Served.SERVED), (0, 1, Served.SERVED)],
)
def test_drop_packet_3_drops_one_new_connection_of_every_am_droprate(mode: int, rate: int, outcome: Served) -> None:
    assert ends(with_settings(drop_packet=mode, am_droprate=rate))[SEGMENT][0] is outcome


@pytest.mark.parametrize(
    ("scheduler", "outcome"),
    [("sh", Served.UNKNOWN), ("mh", Served.UNKNOWN), ("sh -b sh-fallback", Served.SERVED), ("rr", Served.SERVED)],
)
def test_which_clients_a_hash_leaves_without_a_real_server_is_not_known(scheduler: str, outcome: Served) -> None:
    table = [f"-A -t 192.0.2.10:80 -s {scheduler}", *DIRECTOR.ipvs[1:]]
    table[-1] = "-a -t 192.0.2.10:80 -r 192.0.2.22:80 -g -w 0"
    assert ends(direct_routing(lb1=replace(DIRECTOR, ipvs=table)))[SEGMENT][0] is outcome


@pytest.mark.parametrize(
    ("target", "outcome"),
    [
        ("TTL --ttl-set 1", (Served.DIES, "lb1", Decision.ROUTE)),
        ("TTL --ttl-set 0", (Served.DIES, "lb1", Decision.ROUTE)),
        ("TTL --ttl-set 2", SERVED),
        ("TTL --ttl-dec 1", SERVED),
    ],
)
def test_a_request_with_a_hop_limit_of_1_leaves_no_director(target: str, outcome: object) -> None:
    rules = {"mangle": [f"-A PREROUTING -d 192.0.2.10/32 -j {target}"]}
    assert ends(direct_routing(lb1=replace(DIRECTOR, rules=rules)))[SEGMENT] == outcome
    assert ends(direct_routing(lb1=replace(DIRECTOR, rules=rules)))[CHECK] == SERVED
