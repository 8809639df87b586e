"""Trees of Ansible: a host of which nothing is known is a node all the same, and clears nobody."""

from pathlib import Path

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
