"""Trees of Ansible: a host of which nothing is known is a node all the same, and clears nobody."""

import json
import re
from pathlib import Path
from textwrap import indent

import pytest

from lvsdoctor.cli.main import main
from lvsdoctor.collect.files import collect_paths

TASKS = """- name: setting
  ansible.posix.sysctl:
    name: "{{ key }}"
    value: "{{ value }}"
- name: VIP
  ansible.builtin.command: "ip addr add {{ vip }}/32 dev lo"
"""
PLAY = "- hosts: real_servers\n  roles:\n    - lvs\n"


def _tree(top: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return str(top)


def test_hosts_of_which_every_value_is_unknown_are_unjudged_with_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory = "[real_servers]\nrs1\nrs2\n"
    tree = _tree(tmp_path, {"roles/lvs/tasks/main.yml": TASKS, "site.yml": PLAY, "hosts.ini": inventory})
    nodes = collect_paths([tree])
    assert [(node.name, [seen.line for seen in node.unread]) for node in nodes] == [("rs1", [3, 6]), ("rs2", [3, 6])]
    assert main(["scan", tree]) == 3
    assert "2 lines not understood" in capsys.readouterr().out


def test_a_host_of_which_nothing_is_known_stands_beside_one_that_is(tmp_path: Path) -> None:
    known = "- hosts: rs1\n  vars: {key: net.ipv4.conf.all.arp_ignore, value: 1, vip: 192.0.2.10}\n  roles: [lvs]\n"
    tree = _tree(tmp_path, {"roles/lvs/tasks/main.yml": TASKS, "site.yml": f"{known}- hosts: rs2\n  roles: [lvs]\n"})
    by_name = {node.name: node for node in collect_paths([tree])}
    assert "addresses" in by_name["rs1"].evidence
    assert (set(by_name["rs2"].evidence), len(by_name["rs2"].unread)) == (set(), 2)


def test_a_tree_that_says_nothing_of_the_network_has_no_dump(tmp_path: Path) -> None:
    tasks = "- name: web\n  ansible.builtin.apt:\n    name: nginx\n"
    assert (
        main(["scan", _tree(tmp_path, {"roles/web/tasks/main.yml": tasks, "site.yml": PLAY.replace("lvs", "web")})])
        == 2
    )


ARP = """- ansible.posix.sysctl: {name: net.ipv4.conf.all.arp_ignore, value: 1}
- ansible.posix.sysctl: {name: net.ipv4.conf.all.arp_announce, value: 2}
"""
VIP = "- ansible.builtin.command: ip addr add 192.0.2.10/{{ length }} dev lo\n"


def _lines_of(capsys: pytest.CaptureFixture[str], tree: str, code: str, *words: str) -> set[str]:
    """The lines that the findings of a rule quote."""
    main(["scan", tree, "-f", "json", "--config", "none", *words])
    findings = json.loads(capsys.readouterr().out)["findings"]
    return {f"{row['where']}:{row['line']}" for each in findings if each["code"] == code for row in each["evidence"]}


@pytest.mark.parametrize(
    "files",
    [
        {"playbooks/rs.yml": "- hosts: rs1\n  vars_files: [../vars/net.yml]\n  tasks:\n" + indent(ARP + VIP, "  ")},
        {"playbooks/rs.yml": "- hosts: rs1\n  roles: [rs]\n",
         "roles/rs/tasks/main.yml": f"{ARP}- include_vars: net.yml\n{VIP}"},
        {"playbooks/rs.yml": "- hosts: rs1\n  roles: [rs]\n",
         "roles/rs/tasks/main.yml": f"{ARP}- ansible.builtin.include_vars:\n    file: net.yml\n{VIP}"},
    ],
    ids=["vars_files", "include_vars", "include_vars of a file"],
)  # fmt: skip
def test_variables_of_a_file_that_a_play_or_a_task_names_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str]
) -> None:
    role = "roles/rs/vars/net.yml" if len(files) > 1 else "vars/net.yml"
    words = ("--role", "real-server", "--vip", "192.0.2.10")
    for length, found in ((24, True), (32, False)):
        tree = _tree(tmp_path / str(length), {**files, "hosts": "rs1\n", role: f"length: {length}\n"})
        assert {node.name for node in collect_paths([tree])} == {"rs1"}
        assert bool(_lines_of(capsys, tree, "ADDR001", *words)) == found


INSTANCE = """vrrp_instance web {
  interface eth0
  virtual_router_id {{ vrid }}
  priority {{ prio }}
  authentication {
    auth_type PASS
    auth_pass {{ vault_password }}
  }
  virtual_ipaddress {
    192.0.2.10
  }
}
"""


def test_a_password_in_a_vault_hides_no_other_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    play = "- hosts: lbs\n  tasks:\n  - template: {src: ka.j2, dest: /etc/keepalived/keepalived.conf}\n"
    files = {
        "hosts": "[lbs]\nlb1 prio=150 vrid=51\nlb2 prio=100 vrid=52\n",
        "site.yml": play,
        "templates/ka.j2": INSTANCE,
    }
    differs = _lines_of(capsys, _tree(tmp_path / "a", files), "VRRP003")
    assert any(line.endswith("templates/ka.j2:3") for line in differs)
    files["hosts"] = files["hosts"].replace("52", "51")
    tree = _tree(tmp_path / "b", files)
    assert not _lines_of(capsys, tree, "VRRP003")
    main(["scan", tree, "-f", "json"])
    outcomes = json.loads(capsys.readouterr().out)["outcomes"]
    (pair,) = (row for row in outcomes if (row["rule"], row["node"]) == ("vrrp-parameters-differ", "lb2"))
    assert pair["outcome"] == "not-checked"


@pytest.mark.parametrize("word", ["virtual_router_id", "priority", "advert_int", "interface", "auth_type"])
def test_a_value_that_no_file_tells_makes_no_difference_between_two_directors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    text = INSTANCE.replace("{{ vault_password }}", "secret").replace("  auth", "  advert_int 1\n  auth", 1)
    text = re.sub(rf"({word}) .*", r"\1 {{ nobody_sets_it }}", text)
    play = "- hosts: lbs\n  tasks:\n  - template: {src: ka.j2, dest: /etc/keepalived/keepalived.conf}\n"
    files = {"hosts": "[lbs]\nlb1 prio=150 vrid=51\nlb2 prio=100 vrid=51\n", "site.yml": play, "templates/ka.j2": text}
    main(["scan", _tree(tmp_path, files), "-f", "json"])
    report = json.loads(capsys.readouterr().out)
    assert report["findings"] == []
    assert {row["text"].split()[0] for row in report["unread"]} == {word}


SERVICE = """virtual_server 192.0.2.10 80 {
  lb_kind DR
  lb_algo wrr
  protocol TCP
  real_server 192.0.2.21 80 {
    weight 1
    TCP_CHECK {
    }
  }
}
"""


@pytest.mark.parametrize(
    "word", ["lb_kind", "lb_algo", "protocol", "weight", "192.0.2.21", "192.0.2.21 80", "80 {\n  lb"]
)
def test_a_value_that_no_file_tells_is_not_the_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    text = re.sub(rf"(lb_kind|lb_algo|protocol|weight)(?<={word}) .*", r"\1 {{ nobody_sets_it }}", SERVICE)
    text = text if text != SERVICE else text.replace(word, "{{ nobody_sets_it }}" + ("{\n  lb" if "{" in word else ""))
    assert text != SERVICE
    play = "- hosts: lbs\n  tasks:\n  - template: {src: ka.j2, dest: /etc/keepalived/keepalived.conf}\n"
    main(["scan", _tree(tmp_path, {"hosts": "[lbs]\nlb1\n", "site.yml": play, "templates/ka.j2": text}), "-f", "json"])
    report = json.loads(capsys.readouterr().out)
    assert [row for row in report["findings"] if row["severity"] != "note"] == []
    assert any("nobody_sets_it" in row["text"] for row in report["unread"])


@pytest.mark.parametrize("comment", ["# {}", "{{# {} #}}", "{{#- {} -#}}"])
def test_a_comment_of_a_template_accepts_what_quotes_the_line_below(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], comment: str
) -> None:
    text = INSTANCE.replace("{{ vault_password }}", "secret")
    accepting = comment.format("lvsdoctor: accept vrrp-priorities-equal both are alike")
    text = text.replace("  priority", f"  {accepting}\n  priority")
    play = "- hosts: lbs\n  tasks:\n  - template: {src: ka.j2, dest: /etc/keepalived/keepalived.conf}\n"
    files = {"hosts": "[lbs]\nlb1 prio=100 vrid=51\nlb2 prio=100 vrid=51\n", "site.yml": play, "templates/ka.j2": text}
    assert main(["scan", _tree(tmp_path, files), "-f", "json", "--fail-on", "warning"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["accepted"]["reason"] == "both are alike"


_DIRECTOR = """- hosts: lb
  tasks:
    - shell: |
        ip addr add 192.0.2.10/32 dev eth0
        ipvsadm -A -t 192.0.2.10:80 -s rr
        ipvsadm -a -t 192.0.2.10:80 -r 192.0.2.21:80 -g
"""
_REAL_SERVER = """- hosts: web
  tasks:
    - sysctl: name=net.ipv4.conf.all.arp_ignore value=1
    - sysctl: name=net.ipv4.conf.all.arp_announce value=2
    - command: ip addr add 192.0.2.11/32 dev lo
"""


@pytest.mark.parametrize(("variable", "codes"), [("ansible_host=192.0.2.21", {"DR001"}), ("", set())])
def test_where_the_inventory_puts_a_host_is_the_real_server_s_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], variable: str, codes: set[str]
) -> None:
    tree = _tree(tmp_path, {"hosts.ini": f"[lb]\nlb1\n[web]\nrs1 {variable}\n", "site.yml": _DIRECTOR + _REAL_SERVER})
    main(["scan", tree, "--format", "json", "--config", "none"])
    found = [finding for finding in json.loads(capsys.readouterr().out)["findings"] if finding["node"] == "rs1"]
    assert {finding["code"] for finding in found} == codes
    if found:
        assert (found[0]["cause"]["where"].endswith("site.yml"), found[0]["cause"]["line"]) == (True, 11)
