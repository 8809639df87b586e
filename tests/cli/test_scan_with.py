"""`scan --with FILE` is an ordinary scan of what would be, and says so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.cli.main import main

EXAMPLE = Path(__file__).parents[2] / "examples/leaking-real-server"
QUIET = "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n"
KEEPALIVED = """vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10
    }
}
virtual_server 192.0.2.10 80 {
    protocol TCP
    real_server 192.0.2.21 80 {
        weight 1
    }
    real_server 192.0.2.22 80 {
        weight 1
    }
}
"""
Scan = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def scan(capsys: pytest.CaptureFixture[str]) -> Scan:
    """Scans: exit code, the JSON report ({} without one), standard error."""

    def scan(*arguments: object, path: Path = EXAMPLE) -> tuple[int, dict[str, Any], str]:
        code = main(["scan", str(path), *map(str, arguments), "--config", "none", "-f", "json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out) if captured.out else {}, captured.err

    return scan


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def file(text: str) -> Path:
        path = tmp_path / "deployed.conf"
        path.write_text(text)
        return path

    return file


def findings(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding["node"], finding["rule"]) for finding in report["findings"]]


def cited(report: dict[str, Any], rule: str) -> list[str]:
    return [
        f"{Path(item['where']).name}:{item['line']}"
        for finding in report["findings"]
        for item in finding["evidence"]
        if finding["rule"] == rule
    ]


def notes(report: dict[str, Any], name: str) -> list[str]:
    return [note for node in report["nodes"] for note in node["notes"] if node["name"] == name]


def test_a_sysctl_file_that_heals_makes_the_finding_vanish(scan: Scan, file: Callable[[str], Path]) -> None:
    assert findings(scan()[1]) == [("rs2", "arp-ignore-only-on-lo")]
    path = file(QUIET)
    code, report, err = scan("--with", f"rs2={path}")
    assert (code, findings(report), err) == (0, [], "")
    assert notes(report, "rs2") == [f"as it would be with {path} deployed (2 settings)"]
    assert notes(report, "rs1") == []


def test_a_sysctl_file_that_harms_raises_a_finding_that_quotes_it(scan: Scan, file: Callable[[str], Path]) -> None:
    code, report, _ = scan("--with", f"rs1={file('# off' + chr(10) + 'net.ipv4.conf.all.arp_ignore = 0' + chr(10))}")
    assert (code, ("rs1", "real-server-answers-arp") in findings(report)) == (1, True)
    assert "deployed.conf:2" in cited(report, "real-server-answers-arp")


def test_without_a_name_a_sysctl_file_is_every_node_s(scan: Scan, file: Callable[[str], Path]) -> None:
    path = file(QUIET)
    _, report, _ = scan("--with", path)
    assert all(notes(report, name) for name in ("lb1", "rs1", "rs2"))


def test_a_keepalived_conf_without_lb_kind_masquerades_and_is_told(scan: Scan, file: Callable[[str], Path]) -> None:
    code, report, _ = scan("--with", f"lb1={file(KEEPALIVED)}")
    assert code == 1
    assert ("lb1", "nat-director-does-not-forward") in findings(report)
    assert ("rs1", "nat-reply-bypasses-director") in findings(report)
    assert "deployed.conf:11" in cited(report, "nat-reply-bypasses-director")


def test_the_standing_of_the_others_follows_from_the_file(scan: Scan, file: Callable[[str], Path]) -> None:
    only_first = KEEPALIVED.replace("protocol TCP", "protocol TCP\n lb_kind DR").replace("192.0.2.22", "192.0.2.23")
    _, report, _ = scan("--with", f"lb1={file('global_defs {' + chr(10) + 'lvs_flush }' + chr(10) + only_first)}")
    roles = {node["name"]: node["roles"] for node in report["nodes"]}
    assert roles["rs1"] == ["real-server"]
    (rs1,) = [node for node in report["nodes"] if node["name"] == "rs1"]
    assert "deployed.conf" in json.dumps(rs1)


def test_a_vip_with_the_subnet_s_prefix_is_found_before_it_is_deployed(
    scan: Scan, file: Callable[[str], Path], tmp_path: Path
) -> None:
    node = tmp_path / "lb1"
    node.mkdir()
    for dump in (EXAMPLE / "lb1").iterdir():
        text = dump.read_text().replace("192.0.2.10/32", "198.51.100.1/32")
        (node / dump.name).write_text(text.replace("local 192.0.2.10 ", "local 198.51.100.1 "))
    direct = KEEPALIVED.replace("protocol TCP", "protocol TCP\n lb_kind DR")
    before = findings(scan("--with", file(direct), path=node)[1])
    _, report, _ = scan("--with", file(direct.replace("192.0.2.10\n", "192.0.2.10/25\n")), path=node)
    new = set(findings(report)) - set(before)
    assert new
    assert any("deployed.conf:6" in cited(report, rule) for _, rule in new)


def test_a_keepalived_conf_is_one_node_s(scan: Scan, file: Callable[[str], Path]) -> None:
    path = file(KEEPALIVED)
    code, report, err = scan("--with", path)
    assert (code, report) == (2, {})
    assert err == f"lvsdoctor: {path} is one node's: say whose with --with NODE={path} (nodes: lb1, rs1, rs2)\n"
    assert scan("--with", path, path=EXAMPLE / "lb1")[0] in (0, 1)


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("rs 2={file}", "unknown node 'rs 2'; did you mean rs2?"),
        ("rs2={file}.no", "{file}.no: No such file or directory"),
        ("{file}.no", "{file}.no: No such file or directory"),
        ("rs2={directory}", "{directory}: Is a directory"),
        ("rs2=/dev/null", "/dev/null: is empty"),
    ],
)
def test_a_mistake_is_one_sentence(scan: Scan, file: Callable[[str], Path], argument: str, says: str) -> None:
    path = file(QUIET)
    words = {"file": path, "directory": path.parent}
    code, report, err = scan("--with", argument.format(**words))
    assert (code, report, err) == (2, {}, f"lvsdoctor: {says.format(**words)}\n")


def test_a_file_s_name_may_hold_an_equals_sign(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "a=b.conf"
    path.write_text(QUIET)
    assert scan("--with", path)[0] == 0
    assert scan("--with", f"rs2={path}")[0] == 0


def test_the_wire_is_not_asked_about_what_would_be(scan: Scan, file: Callable[[str], Path]) -> None:
    code, _, err = scan("--with", file(QUIET), "--probe")
    assert code == 2
    assert err == "lvsdoctor: --with cannot be combined with --probe: the wire shows what is, not what would be\n"


def test_the_terminal_says_at_the_end_that_this_is_not_what_is(
    capsys: pytest.CaptureFixture[str], file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file(QUIET).parent)
    main(["scan", str(EXAMPLE), "--with", "rs2=deployed.conf", "--config", "none"])
    said = " ".join(capsys.readouterr().out.split())
    assert "note: as it would be with deployed.conf deployed (2 settings)" in said
    assert "note: this is not what is, but what would be with rs2=deployed.conf deployed" in said


SCRIPT = """#!/bin/sh
echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce
ifconfig lo:0 192.0.2.10 netmask 255.255.255.{last} up
"""
IFCFG = "DEVICE=lo:0\nIPADDR=192.0.2.10\nNETMASK=255.255.255.0\nONBOOT=yes\n"
LDIRECTORD = "virtual=192.0.2.10:80\n\treal=192.0.2.21:8080 gate\n\tservice=http\n\tprotocol=tcp\n"


def test_a_script_that_heals_makes_the_finding_vanish(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "lvs_rs.sh"
    path.write_text(SCRIPT.format(last=255))
    code, report, err = scan("--with", f"rs2={path}")
    assert (code, [name for name, _ in findings(report)], err) == (0, [], "")
    assert notes(report, "rs2") == [f"as it would be with {path} deployed (2 settings, 1 address)"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [("lvs_rs.sh", SCRIPT.format(last=0), 4), ("ifcfg-lo:0", IFCFG, 2)],
)
def test_a_vip_that_a_file_gives_a_wide_prefix_is_found(
    scan: Scan, tmp_path: Path, name: str, text: str, line: int
) -> None:
    path = tmp_path / name
    path.write_text(text)
    code, report, _ = scan("--with", f"rs1={path}")
    assert (code, ("rs1", "vip-mask-on-lo-too-wide") in findings(report)) == (1, True)
    assert f"{name}:{line}" in cited(report, "vip-mask-on-lo-too-wide")


def test_the_table_of_ldirectord_stands_for_the_services_that_it_names(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "ldirectord.cf"
    path.write_text(LDIRECTORD)
    _, report, _ = scan("--with", f"lb1={path}")
    assert ("lb1", "direct-routing-port-differs") in findings(report)
    assert "ldirectord.cf:2" in cited(report, "direct-routing-port-differs")


def test_a_script_is_one_node_s(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "lvs_rs.sh"
    path.write_text(SCRIPT)
    assert f"{path} is one node's" in scan("--with", path)[2]


def test_a_file_that_configures_nothing_cannot_be_supposed(scan: Scan, file: Callable[[str], Path]) -> None:
    code, _, err = scan("--with", f"rs1={file('server { listen 80; }' + chr(10))}")
    assert (code, "so nothing can be supposed of it" in err) == (2, True)


RESTORED = """*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -d 192.0.2.10/32 -j DROP
COMMIT
"""
OF_NFT = """flush ruleset
define vip = 192.0.2.10
table inet filter {
  chain input {
    type filter hook input priority 0; policy accept;
    ip daddr $vip tcp dport 80 drop
  }
}
"""


@pytest.mark.parametrize(("name", "text", "line"), [("rules.v4", RESTORED, 5), ("nftables.conf", OF_NFT, 6)])
def test_a_packet_filter_that_is_restored_is_judged(
    scan: Scan, tmp_path: Path, name: str, text: str, line: int
) -> None:
    path = tmp_path / name
    path.write_text(text)
    _, report, err = scan("--with", f"lb1={path}")
    assert ("lb1", "director-filter-drops-requests") in findings(report)
    assert f"{name}:{line}" in cited(report, "director-filter-drops-requests")
    assert notes(report, "lb1") == [f"as it would be with {path} deployed (1 filter rule)"]
    assert err == ""


def test_arptables_that_are_restored_silence_a_real_server(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "arptables.conf"
    path.write_text("*filter\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n-A INPUT -d 192.0.2.10 -j DROP\nCOMMIT\n")
    _, report, _ = scan("--with", f"rs2={path}")
    messages = [finding["message"] for finding in report["findings"] if finding["rule"] == "arp-ignore-only-on-lo"]
    assert not any("answers ARP" in message for message in messages)


def test_links_and_policy_rules_of_a_script_are_made_and_its_filter_rules_are_named(scan: Scan, tmp_path: Path) -> None:
    pytest.importorskip("tree_sitter_bash")
    path = tmp_path / "up.sh"
    path.write_text(
        "#!/bin/sh\nip link add dummy7 type dummy\nip rule add from 192.0.2.10 table 100 priority 100\n"
        "iptables -A INPUT -d 192.0.2.10 -j DROP\n"
    )
    _, report, _ = scan("--with", f"lb1={path}")
    assert "director-filter-drops-requests" not in [rule for _, rule in findings(report)]
    first, second, *_ = notes(report, "lb1")
    assert first == f"as it would be with {path} deployed (1 policy rule)"
    assert second == f"{path}: what it does to iptables is not supposed"


def test_a_node_without_a_dump_is_judged_as_a_tree_of_its_files(scan: Scan, tmp_path: Path) -> None:
    dump, script = tmp_path / "lb1.txt", tmp_path / "rs.sh"
    dump.write_text(
        "[root@lb1 ~]# ipvsadm -Sn\n-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"
    )
    script.write_text(f"#!/bin/sh\nsysctl -w {QUIET.split()[0]}=1\nifconfig lo:0 192.0.2.10 netmask 255.255.255.0 up\n")
    _, report, _ = scan("--with", f"rs1={script}", path=dump)
    findings = [(f["code"], f["evidence"][0]["line"]) for f in report["findings"] if f["node"] == "rs1"]
    assert ("ADDR001", 3) in findings
    assert [node["unjudged"] for node in report["nodes"] if node["name"] == "rs1"] == [False]
