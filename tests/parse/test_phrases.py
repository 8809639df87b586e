"""Headings in whole phrases name a host by what is said around its name, and prose about a host names none."""

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.coverage import coverage_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.phrases import host_in_phrase
from lvsdoctor.parse.paste.stream import pieces

TABLE = """IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.10:80 rr
  -> 192.0.2.21:80                Route   1      0          0
"""
CONF = """vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10
    }
}
"""


def nodes(text: str) -> dict[str, Node]:
    made = with_standing(nodes_of([NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin")]))
    return {node.name: node for node in made}


@pytest.mark.parametrize(
    ("phrase", "host"),
    [
        ("Executing on web-a1", "web-a1"), ("Running on rs1...", "rs1"), ("Running commands on db-7:", "db-7"),
        ("Ausgabe von rs1", "rs1"), ("Résultats de rs1", "rs1"), ("Configuración de lb1", "lb1"),
        ("Вывод с rs1", "rs1"), ("rs1 での操作", "rs1"), ("rs1 설정", "rs1"),  # noqa: RUF001
        ("And for rs1", "rs1"), ("Here is rs1's output", "rs1"), ("Connected to rs1.", "rs1"), ("Now at rs1", "rs1"),
        ("On the director run", "director"), ("On each real server", "real server"),
        ("配置 node01", "node01"), ("LVSMaster配置文件", "LVSMaster"), ("调度服务器配置", "调度服务器"),
        ("在2台RS服务器上操作", "RS服务器"), ("在DR上使用ipvsadm添加集群服务", "DR服务器"),
        ("配置 node02~node03", "node02, node03"), ("DS1、DS2", "DS1, DS2"), ("on rs1 and rs2", "rs1, rs2"),
    ],
)  # fmt: skip
def test_a_phrase_names_its_host(phrase: str, host: str) -> None:
    assert host_in_phrase(phrase) == host


@pytest.mark.parametrize(
    "prose",
    [
        "the entry for rs1", "ARP for rs1", "it works on rs1", "rs1 is dead", "网关配置", "修改sysctl.conf",
        "安装 nginx2", "在linux上安装lvs", "web02的操作和上面一样", "route to rs1", "ping from the VIP to rs1",
    ],
)  # fmt: skip
def test_prose_about_a_host_names_none(prose: str) -> None:
    assert host_in_phrase(prose) == ""


def test_commands_for_two_hosts_are_not_of_the_host_above() -> None:
    text = (
        "配置 node01\uff1a\n\nifconfig eth0:8 192.0.2.10/24\nipvsadm -A -t 192.0.2.10:80 -s rr\n\n"
        "配置 node02、node03\uff1a\n\nifconfig lo:3 192.0.2.10 netmask 255.255.255.255\n"
    )
    found = nodes(text)
    assert [address.link for address in found["node01"].evidence["addresses"]] == ["eth0"]
    assert [address.link for address in found["node02, node03"].evidence["addresses"]] == ["lo"]


def test_an_address_between_empty_lines_names_the_host_of_the_fence_below() -> None:
    found = nodes(f"192.0.2.2\n\n```\n# ipvsadm -Ln\n{TABLE}```\n\n192.0.2.3\n\n```\n# ipvsadm -Ln\n{TABLE}```\n")
    assert sorted(found) == ["192.0.2.2", "192.0.2.3"]


@pytest.mark.parametrize("heading", ["=== ip-addr ===", "*** sysctl-a ***", "--- arp-table ---"])
def test_the_name_of_a_dump_is_no_host(heading: str) -> None:
    assert list(nodes(f"[root@rs1 ~]# ./d.sh\n{heading}\n{TABLE}")) == ["rs1"]


@pytest.mark.parametrize("line", ["from 192.0.2.1x", "9.commit", "on 10.0.0.x"])
def test_an_address_with_a_letter_in_it_is_no_host(line: str) -> None:
    assert list(nodes(f"[root@lb1 ~]# ipvsadm -Ln\n{TABLE}{line}\n```\n{TABLE}```\n")) == ["lb1"]


def test_a_loop_s_variable_is_no_host() -> None:
    text = f'$ for h in lb1 lb2; do echo "== $h"; ssh $h ipvsadm -Sn; done\n== lb1\n{TABLE}== lb2\n{TABLE}'
    assert sorted(nodes(text)) == ["lb1", "lb2"]


@pytest.mark.parametrize(("command", "origin"), [("cat", "configured"), ("vim", "typed"), ("ip route", "typed")])
def test_a_file_that_no_command_shows_is_as_good_as_typed(command: str, origin: str) -> None:
    found = nodes(f"[root@lb1 ~]# {command} /etc/keepalived/keepalived.conf\n{CONF}")
    assert coverage_of("vrrp", found["lb1"].coverage).origin.value == origin


def test_commands_typed_beside_a_table_are_no_files_that_make_another() -> None:
    found = nodes(f"[root@lb1 ~]# ipvsadm -Ln\n{TABLE}[root@lb1 ~]# ipvsadm -A -t 192.0.2.11:80 -s rr\n")
    assert "configured-ipvs" not in found["lb1"].evidence


def test_settings_without_blanks_around_their_sign_are_a_file_s() -> None:
    found = nodes("[root@rs1 ~]# sysctl -p\n## rs2\n\n```\nnet.ipv4.conf.lo.arp_ignore=1\n```\n")
    assert "sysctl" not in found["rs2"].evidence or found["rs2"].planned
