"""Connections, units and documents, redacted: nothing private stays, and a scan finds the same."""

from collections import Counter
from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.redacting.files import Source, host_names, redact, sources
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from tests.collect.test_wrapped import WRAPPINGS

KEY = b"sixteen bytes or more"
CONNECTION = """[connection]
id=ACME secret VIP
uuid=0a0a0a0a-1111-2222-3333-444444444444
type=loopback
interface-name=lo
permissions=user:anna:;

[wifi-security]
psk=topsecret

[ipv4]
method=manual
address1=127.0.0.1/8
address2=192.0.2.10/24
dns-search=acme.example
"""
UNIT = """[Unit]
Description=ACME
[Service]
Environment=VIP=192.0.2.11
EnvironmentFile=-/etc/acme/secrets
ExecStartPre=-/usr/local/acme/tell --token=topsecret
ExecStart=/sbin/ip addr add 192.0.2.10/24 dev lo
[Install]
WantedBy=multi-user.target
"""
UNREADABLE = "[Service]\nExecStart=/bin/sh -c 'test -e /srv/acme && ip addr add 192.0.2.10/24 dev lo'\n"
PRIVATE = ("ACME", "acme", "topsecret", "anna", "0a0a0a0a", "192.0.2.1")


def rewritten(path: Path, out: Path) -> tuple[str, list[tuple[str, str]]]:
    texts, omitted = sources(str(path))
    results, left_out = redact(texts, KEY, host_names(str(path)))
    for result in results:
        target = out / (result.path or "text")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(result.text)
    return "".join(f"{result.path}\n{result.text}" for result in results), [*omitted, *left_out]


def findings(path: Path) -> Counter[tuple[str, str]]:
    diagnoses = examine(with_standing(collect_paths([str(path)], [])), load_rules()).diagnoses
    return Counter((diagnosis.code, str(diagnosis.severity)) for diagnosis in diagnoses)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("etc/NetworkManager/system-connections/lo.nmconnection", CONNECTION),
        ("etc/systemd/system/vip.service", UNIT),
    ],
)
def test_a_file_of_which_keys_are_read_keeps_these_alone(file: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "in/rs1" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    shown, left_out = rewritten(tmp_path / "in", tmp_path / "out")
    assert not [word for word in PRIVATE if word in shown]
    assert not left_out
    assert findings(tmp_path / "in") == findings(tmp_path / "out")
    assert findings(tmp_path / "in")[("ADDR001", "warning")] == 1


def test_a_unit_that_tells_something_else_without_its_other_words_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rs1/etc/systemd/system/vip.service"
    path.parent.mkdir(parents=True)
    path.write_text(UNREADABLE)
    shown, left_out = rewritten(tmp_path / "rs1", tmp_path / "out")
    assert "acme" not in shown
    assert [why for _, why in left_out] or findings(tmp_path / "rs1") == findings(tmp_path / "out")


@pytest.mark.parametrize("name", ["notes.rtf", "notes.docx", "base64.eml", "attached.eml", "demo.cast", "table.csv"])
def test_of_a_document_its_text_is_redacted(name: str, tmp_path: Path) -> None:
    content = WRAPPINGS[name]()
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    shown, left_out = rewritten(path, tmp_path / "out")
    assert "192.0.2.1" not in shown
    assert not left_out
    assert findings(path) == findings(tmp_path / "out")
    assert findings(path)[("ARP002", "error")] == 1


SERVICES = """[root@lb1 ~]# cat /proc/sys/net/ipv4/conf/{all,lo}/arp_ignore
1
0
[root@lb1 ~]# cat /proc/sys/net/ipv4/tcp_congestion_control
cubic
[root@lb1 ~]# systemctl is-enabled ipvsadm
disabled
[root@lb1 ~]# systemctl status keepalived
● keepalived.service - Acme's balancer
   Loaded: loaded (/usr/lib/systemd/system/keepalived.service; disabled; vendor preset: disabled)
   Active: active (running) since Wed 2026-01-07 18:23:10 CST; 19h ago
   CGroup: /system.slice/keepalived.service
           `-812 /usr/sbin/keepalived -D --user=acme
"""


def test_values_and_states_below_their_command_stay_and_the_words_around_them_do_not(tmp_path: Path) -> None:
    ((result,), left_out) = redact([Source("lb1.txt", SERVICES)], b"k" * 32)
    assert left_out == []
    assert "cme" not in result.text
    (tmp_path / "before.txt").write_text(SERVICES)
    (tmp_path / "after.txt").write_text(result.text)
    before, after = (collect_paths([str(tmp_path / name)])[0] for name in ("before.txt", "after.txt"))
    shown = [(row.name, row.file_state, row.active) for row in after.evidence["units"]]
    assert shown == [(row.name, row.file_state, row.active) for row in before.evidence["units"]]
    assert {key: row.raw for key, row in after.evidence["sysctl"].items() if "arp" in key} == {
        "net.ipv4.conf.all.arp_ignore": "1",
        "net.ipv4.conf.lo.arp_ignore": "0",
    }
