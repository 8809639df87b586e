from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.parse.config.ansible import dumps_of
from lvsdoctor.parse.config.ansible_project import Project
from lvsdoctor.parse.config.jinja import UNKNOWN, condition, resolved, value_of
from lvsdoctor.parse.reader import Dump

pytest.importorskip("yaml")
pytest.importorskip("tree_sitter_bash")


def hosts(files: Mapping[str, str], name: str = "golden") -> dict[str, Dump]:
    project = Project(name, sorted(files), files.get, lambda path: path)
    return {host.name: host.dump for host in project.hosts()}


def settings_of(dump: Dump) -> list[tuple[str, str, str]]:
    files = dump.facts.get("configured-sysctl", ())
    return [(line.key, line.raw, str(line.seen)) for file in files for line in file.lines]


TASKS = """- ansible.posix.sysctl:
    name: net.ipv4.conf.{{ item.link }}.arp_ignore
    value: "{{ item.level }}"
    sysctl_file: /etc/sysctl.d/90-lvs.conf
  with_items:
    - {link: lo, level: 1}
    - {link: all, level: "{{ level }}"}
- command: ip addr add {{ vip }}/32 dev lo
- shell: |
    ip addr add {{ ansible_default_ipv4.address }}/24 dev eth0
  when: ansible_os_family == 'Debian'
"""


def test_each_host_of_the_inventory_is_a_node_with_the_tasks_of_its_plays() -> None:
    found = hosts(
        {
            "inventory/hosts": "[real]\nrs[1:2]\n[directors]\nlb1 vip=192.0.2.99\n",
            "site.yml": "- hosts: real\n  roles: [rs]\n- hosts: directors\n  tasks:\n"
            "    - shell: ipvsadm -A -t {{ vip }}:80 -s rr\n",
            "roles/rs/tasks/main.yml": TASKS,
            "roles/rs/defaults/main.yml": "level: 0\n",
            "group_vars/all.yml": "vip: 192.0.2.10\n",
            "host_vars/rs2.yml": "vip: 192.0.2.11\nlevel: 1\n",
        }
    )
    assert list(found) == ["rs1", "rs2", "lb1"]
    addresses = {name: [str(a.ip) for a in dump.facts.get("configured-addresses", ())] for name, dump in found.items()}
    assert addresses == {"rs1": ["192.0.2.10"], "rs2": ["192.0.2.11"], "lb1": []}
    where = "roles/rs/tasks/main.yml:2"
    assert settings_of(found["rs1"])[1] == ("net.ipv4.conf.all.arp_ignore", "0", where)
    assert settings_of(found["rs2"])[1] == ("net.ipv4.conf.all.arp_ignore", "1", where)
    assert [str(service.vip) for service in found["lb1"].facts["configured-ipvs"]] == ["192.0.2.99"]
    assert [seen.line for seen in found["rs1"].unread] == [10]


def test_a_yaml_inventory_with_children() -> None:
    found = hosts(
        {
            "hosts.yml": "all:\n  vars: {vip: 192.0.2.10}\n  children:\n    lvs:\n      children:\n        real:\n"
            "          hosts:\n            rs1: {}\n            rs2: {vip: 192.0.2.12}\n",
            "site.yml": "- hosts: lvs:!rs1\n  tasks:\n    - command: ip addr add {{ vip }}/32 dev lo\n",
        }
    )
    assert {name: str(dump.facts["configured-addresses"][0].ip) for name, dump in found.items()} == {
        "rs2": "192.0.2.12"
    }


def test_plays_without_an_inventory_are_of_different_hosts() -> None:
    play = "- hosts: {}\n  tasks:\n    - command: ip addr add 192.0.2.{}/32 dev lo\n"
    found = hosts({"site.yml": play.format("real", 10) + play.format("directors", 11) + play.format("all", 12)})
    addresses = {name: [str(a.ip)[-2:] for a in dump.facts["configured-addresses"]] for name, dump in found.items()}
    assert addresses == {"real": ["10", "12"], "directors": ["11", "12"]}


def test_a_role_that_no_play_runs_is_for_a_host_of_its_own() -> None:
    task = "- sysctl: name=net.ipv4.conf.{}.arp_ignore value=1\n"
    found = hosts({f"roles/{name}/tasks/main.yml": task.format(name) for name in ("all", "lo")})
    assert {name: settings_of(dump)[0][0] for name, dump in found.items()} == {
        "all": "net.ipv4.conf.all.arp_ignore",
        "lo": "net.ipv4.conf.lo.arp_ignore",
    }


def test_content_of_a_copied_file_is_quoted_by_its_own_line() -> None:
    (dump,) = dumps_of(
        "- copy:\n    dest: /etc/sysctl.d/90-lvs.conf\n    content: |\n      # lvs\n"
        "      net.ipv4.conf.lo.arp_ignore = 1\n      net.ipv4.conf.all.arp_ignore = {{ level }}\n",
        "tasks/main.yml",
    )
    assert settings_of(dump) == [("net.ipv4.conf.lo.arp_ignore", "1", "tasks/main.yml:5")]
    assert [str(seen) for seen in dump.unread] == ["tasks/main.yml:6"]


def test_what_cannot_be_known_leaves_out_that_task_alone() -> None:
    (dump,) = dumps_of(
        "- sysctl: {name: net.ipv4.ip_forward, value: '{{ secret }}'}\n"
        "- sysctl: {name: net.ipv4.conf.all.rp_filter, value: 0}\n"
        "- sysctl: {name: net.ipv4.conf.lo.rp_filter, value: 0}\n  when: ansible_virtualization_role == 'guest'\n"
        "- template: {src: x.j2, dest: /etc/keepalived/keepalived.conf}\n"
        "- command: ip addr add 192.0.2.10/32 dev lo\n  delegate_to: elsewhere\n",
        "tasks/main.yml",
    )
    assert [key for key, _, _ in settings_of(dump)] == ["net.ipv4.conf.all.rp_filter"]
    assert [seen.line for seen in dump.unread] == [1, 3, 5]
    assert "configured-addresses" not in dump.facts


def test_a_connection_of_nmcli_has_its_addresses() -> None:
    task = (
        "- community.general.nmcli:\n    conn_name: vip0\n    type: dummy\n    ip4:\n      - 192.0.2.10/32\n"
        "      - 192.0.2.11/32\n    state: present\n- nmcli: {conn_name: old, ip4: 192.0.2.12/32, state: absent}\n"
        "- nmcli: {conn_name: unknown, ip4: '{{ vip }}/32'}\n"
    )
    (dump,) = dumps_of(task, "main.yml")
    found = [(str(row), row.link, row.seen.line) for row in dump.facts["configured-addresses"]]
    assert found == [("192.0.2.10/32", "vip0", 5), ("192.0.2.11/32", "vip0", 6)]
    assert [seen.line for seen in dump.unread] == [9]


def test_state_absent_takes_a_setting_away() -> None:
    (dump,) = dumps_of(
        "- sysctl: {name: net.ipv4.ip_forward, value: 1}\n- sysctl: {name: net.ipv4.ip_forward, state: absent}\n",
        "t.yml",
    )
    assert settings_of(dump) == []


def test_values_of_jinja() -> None:
    variables = {"a": "1", "b": {"c": ["x", "{{ a }}"]}, "loop": "{{ loop }}", "list": ["p", "q"]}
    assert resolved("{{ a }}-{{ b.c[1] }}-{{ b['c'][0] | upper }}-{{ nowhere }}", variables) == "1-1-X-{{ nowhere }}"
    assert resolved("{{ nowhere | default('d') }}{{ list | join(',') }}", variables) == "dp,q"
    assert value_of("loop", variables) is UNKNOWN
    assert value_of("ansible_eth0 | default('x')", variables) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "holds"),
    [("a == '1'", True), ("a != '1'", False), ("not no", True), ("x == '1'", None), ("a is defined and yes", True),
     ("x or yes", True), ("'p' in list", True), ("'p' not in list", False), ("x and no", False)],
)  # fmt: skip
def test_conditions(text: str, holds: bool | None) -> None:
    assert condition(text, {"a": "1", "list": ["p"], "yes": "yes", "no": "no"}) is holds


PIECES = [
    *TASKS.split("\n"), "- hosts: a", "  tasks:", "- block:", "    - command: ip addr", "{{", "}}", "{% if %}",
    "- copy:", "    content: |", "    dest: /etc/sysctl.d/x.conf", "  loop: '{{ x }}'", "  when: (",
    "- include_tasks: main.yml",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(PIECES), max_size=25),
    st.lists(st.sampled_from(["[a]", "a:b=c", "x[1:9]", "[a:vars]", "q='"])),
)
@settings(max_examples=150, deadline=None)
def test_nothing_is_raised(lines: list[str], inventory: list[str]) -> None:
    text = "\n".join(lines)
    files = {"hosts": "\n".join(inventory), "site.yml": text, "roles/a/tasks/main.yml": text, "group_vars/a": text}
    assert all(isinstance(dump, Dump) for dump in hosts(files).values())
