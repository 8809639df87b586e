"""Saved rules of ipvsadm are a file; a dump of the running table is not."""

import pytest

from lvsdoctor.model.coverage import Origin
from lvsdoctor.parse.config import config_dump
from lvsdoctor.parse.config.ipvsadm_rules import dump_of

RULES = "# saved\n-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:8080 -g -w 1\n"


@pytest.mark.parametrize("where", ["lb1/etc/ipvsadm.rules", "lb1/etc/sysconfig/ipvsadm", "tables/web.rules"])
def test_its_table_is_a_configured_one(where: str) -> None:
    dump = config_dump(RULES, where)
    assert dump is not None
    assert dump.origin is Origin.CONFIGURED
    assert set(dump.facts) == {"configured-ipvs"}
    (service,) = dump.facts["configured-ipvs"]
    assert (service.seen.line, service.destinations[0].seen.line) == (2, 3)


@pytest.mark.parametrize("where", ["lb1/ipvsadm-save.txt", "lb1/ipvsadm.txt", "lb1/sos_commands/ipvsadm_-Sn"])
def test_a_dump_by_its_name_is_none(where: str) -> None:
    assert config_dump(RULES, where) is None


@pytest.mark.parametrize("line", ["-A INPUT -j ACCEPT", "*filter", "net.ipv4.ip_forward = 1"])
def test_a_file_with_other_rules_is_none(line: str) -> None:
    assert dump_of(f"{RULES}{line}\n", "etc/iptables/x.rules") is None


def test_a_line_that_is_not_understood_is_unread_and_the_table_not_whole() -> None:
    dump = config_dump(RULES + "-a -t $VIP:80 -r 192.0.2.22:80\n", "ipvsadm.rules")
    assert dump is not None
    assert [seen.line for seen in dump.unread] == [4]
    assert dump.partial is not None
