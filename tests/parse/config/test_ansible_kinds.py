"""Loops, modules of the network and expressions, as real roles write them."""

import pytest

from lvsdoctor.model.play_step import PlayStep
from lvsdoctor.parse.config.ansible import dumps_of
from lvsdoctor.parse.config.jinja import UNKNOWN, condition, value_of
from lvsdoctor.parse.reader import Dump

pytest.importorskip("yaml")
pytest.importorskip("tree_sitter_bash")


def of_tasks(text: str) -> Dump:
    (dump,) = dumps_of(text, "tasks/main.yml")
    return dump


def settings(dump: Dump) -> list[tuple[str, str, int | None]]:
    files = dump.facts.get("configured-sysctl", ())
    return [(line.key.removeprefix("net.ipv4.conf."), line.raw, line.seen.line) for f in files for line in f.lines]


def addresses(dump: Dump) -> list[tuple[str, str, int | None]]:
    rows = dump.facts.get("configured-addresses", ())
    return [(f"{row.ip}/{row.prefixlen}", row.link, row.seen.line) for row in rows]


@pytest.mark.parametrize(
    ("loop", "keys"),
    [
        ("with_nested:\n    - [all, eth0]\n    - [arp_ignore]", ["all.arp_ignore", "eth0.arp_ignore"]),
        ("with_together:\n    - [all, lo]\n    - [arp_ignore, arp_announce]", ["all.arp_ignore", "lo.arp_announce"]),
        ("loop: \"{{ ['all'] | product(['arp_ignore', 'arp_announce']) | list }}\"",
         ["all.arp_ignore", "all.arp_announce"]),
    ],
)  # fmt: skip
def test_loops_over_several_lists(loop: str, keys: list[str]) -> None:
    task = f"- sysctl: name=net.ipv4.conf.{{{{ item[0] }}}}.{{{{ item[1] }}}} value=1\n  {loop}\n"
    assert [key for key, _, _ in settings(of_tasks(task))] == keys


def test_a_sequence_and_the_index_of_a_loop() -> None:
    dump = of_tasks(
        "- command: ip addr add 192.0.2.{{ item }}/32 dev lo\n  with_sequence: start=10 end=12\n"
        "- command: ip addr add {{ vip }}/32 dev lo label lo:{{ at }}\n  loop: [198.51.100.1, 198.51.100.2]\n"
        "  loop_control: {loop_var: vip, index_var: at}\n"
    )
    assert [ip for ip, _, _ in addresses(dump)] == [
        "192.0.2.10/32", "192.0.2.11/32", "192.0.2.12/32", "198.51.100.1/32", "198.51.100.2/32"
    ]  # fmt: skip
    assert [row.label for row in dump.facts["configured-addresses"]][-2:] == ["lo:0", "lo:1"]


def test_a_loop_that_the_files_do_not_tell_leaves_its_task_unread() -> None:
    dump = of_tasks("- sysctl: name=net.ipv4.ip_forward value={{ item }}\n  with_fileglob: /etc/x/*\n")
    assert settings(dump) == []
    assert [seen.line for seen in dump.unread] == [1]


def test_a_connection_of_nmcli_is_quoted_by_the_line_of_its_address() -> None:
    dump = of_tasks(
        "- community.general.nmcli:\n    conn_name: vip\n    ifname: dummy0\n    type: dummy\n"
        "    ip4:\n      - 192.0.2.10/24\n      - 192.0.2.11\n    state: present\n"
    )
    assert addresses(dump) == [("192.0.2.10/24", "dummy0", 6), ("192.0.2.11/32", "dummy0", 7)]
    assert [link.kind for link in dump.facts["configured-links"] if link.name == "dummy0"] == ["dummy"]


def test_a_connection_that_is_taken_away_or_of_unknown_addresses_is_none() -> None:
    task = "- nmcli: {conn_name: vip, ifname: lo, type: loopback, ip4: 192.0.2.10/32, state: STATE}\n"
    assert addresses(of_tasks(task.replace("STATE", "present") + task.replace("STATE", "absent"))) == []
    unknown = of_tasks("- nmcli: {conn_name: vip, ifname: lo, type: loopback, ip4: '{{ vip }}/32'}\n")
    assert addresses(unknown) == []
    assert [seen.line for seen in unknown.unread] == [1]


def test_rules_of_the_iptables_module_are_the_commands_that_it_runs() -> None:
    dump = of_tasks(
        "- iptables: {chain: INPUT, flush: true}\n"
        "- iptables:\n    chain: INPUT\n    protocol: tcp\n    destination_ports: ['80', '443']\n    jump: ACCEPT\n"
        "- iptables: {chain: INPUT, ctstate: [ESTABLISHED, RELATED], jump: ACCEPT}\n"
        "- iptables: {chain: INPUT, policy: DROP}\n"
        "- iptables: {chain: INPUT, unread_option: 1, jump: DROP}\n"
    )
    (table,) = dump.facts["configured-iptables"]
    (chain,) = (chain for chain in table.chains if chain.name == "INPUT")
    assert len(chain.rules) == 2
    assert [rule.seen.line for rule in chain.rules] == [3, 7]
    assert [seen.line for seen in dump.unread] == [9]


def test_loops_in_the_text_of_a_task_have_the_lines_of_their_commands() -> None:
    dump = of_tasks(
        "- shell: |\n    {% for ip in ['192.0.2.10', '192.0.2.11'] %}\n    ip addr add {{ ip }}/32 dev lo\n"
        "    {% endfor %}\n    ip addr add 192.0.2.12/32 dev lo\n"
    )
    assert addresses(dump) == [("192.0.2.10/32", "lo", 3), ("192.0.2.11/32", "lo", 3), ("192.0.2.12/32", "lo", 5)]


def test_a_block_in_a_file_of_the_network() -> None:
    task = (
        "- blockinfile:\n    path: /etc/network/interfaces\n    block: |\n      auto lo\n      iface lo inet static\n"
    )
    dump = of_tasks(task + "        address 192.0.2.10/24\n")
    assert addresses(dump) == [("192.0.2.10/24", "lo", 6)]
    assert addresses(of_tasks(task + "        address 192.0.2.10/24\n    state: absent\n")) == []


def test_the_steps_of_a_play_keep_their_order_and_those_of_two_plays_have_none() -> None:
    vip, setting = "command: ip addr add 192.0.2.10/32 dev lo", "sysctl: name=net.ipv4.conf.all.arp_ignore value=1"
    (dump,) = dumps_of(
        f"- hosts: rs1\n  tasks:\n    - {vip}\n    - {setting}\n- hosts: rs1\n  tasks:\n    - {setting}\n", "site.yml"
    )
    steps = dump.facts["configured-order"]
    assert [(type(step), step.play, step.seen.line) for step in steps] == [
        (PlayStep, 0, 3), (PlayStep, 0, 4), (PlayStep, 1, 7)
    ]  # fmt: skip


VARIABLES = {
    "rank": "2", "hosts": ["lb1", "lb2"], "me": "lb2", "vip": "192.0.2.10/24", "port": {"http": "80"},
    "hostvars": {"lb1": {"ip": "192.0.2.2"}, "lb2": {"ip": "192.0.2.3"}}, "off": "no",
}  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("150 - hosts.index(me) * 50", "100"),
        ("100 + rank | int * 10", "120"),
        ("'MASTER' if me == hosts[0] else 'BACKUP'", "BACKUP"),
        ("(rank | int) // 2", "1"),
        ("'lb' ~ rank", "lb2"),
        ("hosts | difference([me])", ["lb1"]),
        ("hosts | map('extract', hostvars, 'ip') | list", ["192.0.2.2", "192.0.2.3"]),
        ("vip.split('/')[0]", "192.0.2.10"),
        ("vip | ipaddr('prefix')", "24"),
        ("port.https | default(443)", "443"),
        ("nowhere | default(hosts[0])", "lb1"),
        ("hosts | reject('equalto', me) | first", "lb1"),
        ("{'a': 1, 'b': 2} | dict2items | map(attribute='key') | list", ["a", "b"]),
        ("lookup('file', '/etc/passwd')", UNKNOWN),
        ("ansible_eth0.ipv4.address | default('x')", UNKNOWN),
        ("hosts.__class__", UNKNOWN),
        (f"{9:9<14} * {9:9<14}", UNKNOWN),
        ("1 / 0", UNKNOWN),
        ("(" * 300 + "1" + ")" * 300, UNKNOWN),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    assert value_of(expression, VARIABLES) == value


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("me in hosts and not off | bool", True), ("hosts | length > 1", True), ("me is defined", True),
        ("port.https is not defined", True), ("registered is defined", None), ("me == 'lb1' or rank == 2", True),
        ("ansible_facts['os'] == 'x' and off", False), ("me is match('lb')", None), ("me.startswith('lb')", True),
        ("me not in ['lb1']", True),
    ],
)  # fmt: skip
def test_conditions(text: str, holds: bool | None) -> None:
    assert condition(text, VARIABLES) is holds


def test_lines_of_a_loop_make_a_file_and_each_takes_the_place_of_the_one_its_expression_finds() -> None:
    task = (
        "- lineinfile:\n    path: /etc/sysconfig/network-scripts/ifcfg-lo:0\n    regexp: '^{{ item.key }}='\n"
        "    line: '{{ item.key }}={{ item.value }}'\n  loop:\n"
    )
    values = [("DEVICE", "lo:0"), ("IPADDR", "192.0.2.10"), ("PREFIX", "24"), ("ONBOOT", "'yes'"), ("PREFIX", "32")]
    items = "".join(f"    - {{key: {key}, value: {value}}}\n" for key, value in values)
    assert addresses(of_tasks(task + items)) == [("192.0.2.10/32", "lo", 4)]


def test_a_line_that_belongs_behind_another_one_that_was_not_seen_is_unread() -> None:
    task = "- lineinfile: {path: /etc/network/interfaces, line: '  address 192.0.2.10/24', insertafter: 'iface lo:0'}\n"
    dump = of_tasks(task)
    assert not addresses(dump)
    assert [seen.line for seen in dump.unread] == [1]
    script = "- lineinfile: {path: /etc/rc.local, line: ip addr add 192.0.2.10/32 dev lo, insertbefore: exit 0}\n"
    assert addresses(of_tasks(script)) == [("192.0.2.10/32", "lo", 1)]
