"""What engines bring of the example's three hosts is read as it lies, and gives what its directories give."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.model.node import Node
from lvsdoctor.parse.fleet.engines import answers_in
from tests.collect.packings import COMMANDS, EXAMPLE, HOSTS, dumps

Pack = Callable[[Mapping[str, str]], str]


def stream(host: str, name: str | None = None) -> str:
    """The dumps of a host as `lvsdoctor collect` would print them."""
    blocks = [f"==> $ {COMMANDS[dump]} <==\n{text}==> rc 0 ok <==\n" for dump, text in dumps(host).items()]
    return f"==> lvsdoctor 1 {name or host} - <==\n" + "".join(blocks)


def prefixed(form: str) -> Pack:
    def pack(texts: Mapping[str, str]) -> str:
        return "".join(
            f"{form.format(host=host)}{line}\n" for host, text in texts.items() for line in text.splitlines()
        )

    return pack


def interleaved(form: str) -> Pack:
    """As lines come in: one of each host in turn."""

    def pack(texts: Mapping[str, str]) -> str:
        rows = {host: text.splitlines() for host, text in texts.items()}
        longest = max(map(len, rows.values()))
        return "".join(
            f"{form.format(host=host)}{lines[place]}\n"
            for place in range(longest)
            for host, lines in rows.items()
            if place < len(lines)
        )

    return pack


def gathered(texts: Mapping[str, str]) -> str:
    return "".join(f"{'-' * 15}\n{host}\n{'-' * 15}\n{text}" for host, text in texts.items())


def result(text: str) -> dict[str, object]:
    lines = text.rstrip("\n").split("\n")
    return {"changed": True, "rc": 0, "stderr": "", "stdout": "\n".join(lines), "stdout_lines": lines}


def default_json(texts: Mapping[str, str]) -> str:
    parts = [f"changed: [{host}] => {json.dumps(result(text))}\n" for host, text in texts.items()]
    return f"\nPLAY [all] {'*' * 20}\n\nTASK [collect] {'*' * 20}\n{''.join(parts)}\nPLAY RECAP {'*' * 20}\n"


def debugged(texts: Mapping[str, str]) -> str:
    parts = [
        f"ok: [{host}] => {json.dumps({'out.stdout_lines': text.splitlines()}, indent=4)}\n"
        for host, text in texts.items()
    ]
    return f"TASK [debug] {'*' * 20}\n{''.join(parts)}"


def default_yaml(texts: Mapping[str, str]) -> str:
    parts = []
    for host, text in texts.items():
        rows = "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
        first = text[:1]
        sign = "|2-" if first == " " else "|-"
        parts.append(
            f"changed: [{host}] => changed=true \n  rc: 0\n  stdout: {sign}\n{rows}  stdout_lines: <omitted>\n"
        )
    return "".join(parts)


def listed_yaml(texts: Mapping[str, str]) -> str:
    parts = []
    for host, text in texts.items():
        rows = "".join("  - '" + line.replace("'", "''") + "'\n" for line in text.splitlines())
        parts.append(f"ok: [{host}] => \n  out.stdout_lines:\n{rows}")
    return "".join(parts)


def oneline(texts: Mapping[str, str]) -> str:
    return "".join(
        f"{host} | CHANGED | rc=0 | (stdout) " + text.rstrip("\n").replace("\n", "\\n") + "\n"
        for host, text in texts.items()
    )


def minimal(texts: Mapping[str, str]) -> str:
    return "".join(f"{host} | CHANGED | rc=0 >>\n{text}" for host, text in texts.items())


def minimal_json(texts: Mapping[str, str]) -> str:
    return "".join(f"{host} | CHANGED => {json.dumps(result(text), indent=4)}\n" for host, text in texts.items())


def callback_json(texts: Mapping[str, str]) -> str:
    hosts = {host: result(text) for host, text in texts.items()}
    play = {"play": {"name": "all"}, "tasks": [{"hosts": hosts, "task": {"name": "collect"}}]}
    return json.dumps({"plays": [play], "stats": {}}, indent=4)


def salt_json(texts: Mapping[str, str]) -> str:
    return "".join(json.dumps({host: text.rstrip("\n")}, indent=4) + "\n" for host, text in texts.items())


def salt_run_all(texts: Mapping[str, str]) -> str:
    return json.dumps({host: {"pid": 7, "retcode": 0, "stderr": "", "stdout": text} for host, text in texts.items()})


def ssm_json(texts: Mapping[str, str]) -> str:
    return "".join(
        json.dumps({"InstanceId": host, "StandardOutputContent": text}) + "\n" for host, text in texts.items()
    )


def records_json(texts: Mapping[str, str]) -> str:
    return json.dumps([{"host": host, "stdout": text} for host, text in texts.items()])


def loop(texts: Mapping[str, str]) -> str:
    return "".join(
        f"changed: [{host}] => (item={{'show': 'all'}}) => {json.dumps({'item': {}, **result(text)})}\n"
        for host, text in texts.items()
    )


def registered_loop(texts: Mapping[str, str]) -> str:
    return "".join(
        f"ok: [{host}] => {json.dumps({'out': {'msg': 'All items completed', 'results': [result(text)]}}, indent=4)}\n"
        for host, text in texts.items()
    )


def awx(texts: Mapping[str, str]) -> str:
    """The text of a job, with its colours and the line ends of a terminal."""
    coloured = default_json(texts).replace("changed: ", "\x1b[0;33mchanged: ").replace("}\n", "}\x1b[0m\n")
    return coloured.replace("\n", "\r\n")


def logged(texts: Mapping[str, str]) -> str:
    head = "2024-01-01 12:00:00,123 p=4711 u=ops n=ansible INFO| "
    return "".join(f"{head}changed: [{host}] => {json.dumps(result(text))}\n" for host, text in texts.items())


def events(texts: Mapping[str, str]) -> str:
    """As ansible-runner and AWX keep them."""
    return "".join(
        json.dumps({"stdout": f"ok: [{host}]", "event_data": {"task": "t", "host": host, "res": result(text)}}) + "\n"
        for host, text in texts.items()
    )


def json_lines(texts: Mapping[str, str]) -> str:
    return "".join(
        json.dumps({"_event": "v2_runner_on_ok", "hosts": {host: result(text)}}) + "\n" for host, text in texts.items()
    )


def bolt(texts: Mapping[str, str]) -> str:
    items = [
        {"target": host, "object": "sh", "value": {"stdout": text, "merged_output": text, "exit_code": 0}}
        for host, text in texts.items()
    ]
    return json.dumps({"items": items, "target_count": 3}, indent=2)


def bolt_addresses(texts: Mapping[str, str]) -> str:
    """Targets as bolt reaches them."""
    return bolt({f"ssh://root@{host}:22": text for host, text in texts.items()})


def composed(texts: Mapping[str, str]) -> str:
    """What a play shows of a dictionary that it made."""
    return "".join(
        f"ok: [{host}] => {json.dumps({'msg': {'title': 'look', 'out': text.splitlines()}}, indent=4)}\n"
        for host, text in texts.items()
    )


def elastic(texts: Mapping[str, str]) -> str:
    return "".join(
        json.dumps({"@timestamp": "2024-01-01T12:00:00Z", "host": {"name": host}, "message": row}) + "\n"
        for host, text in texts.items()
        for row in text.splitlines()
    )


def line_records(host: str, line: str, **more: str) -> Pack:
    """A record for each line."""
    return lambda texts: "".join(
        json.dumps({host: name, line: row, **more}) + "\n" for name, text in texts.items() for row in text.splitlines()
    )


def rundeck_entries(texts: Mapping[str, str]) -> str:
    rows = [
        {"time": "12:00:00", "level": "NORMAL", "log": row, "node": host}
        for host, text in texts.items()
        for row in text.splitlines()
    ]
    return json.dumps({"id": "7", "completed": True, "entries": rows})


def rundeck_log(texts: Mapping[str, str]) -> str:
    rows = "".join(
        f"^2024-01-01T12:00:00Z|log|NORMAL|{{node={host}|step=1|user=root}}|{row}^\n"
        for host, text in texts.items()
        for row in text.splitlines()
    )
    return f"^text/x-rundeck-log-v2.0^\n^2024-01-01T12:00:00Z|stepbegin|NORMAL|{{step=1}}|^\n{rows}^END^\n"


def juju(texts: Mapping[str, str]) -> str:
    parts = []
    for host, text in texts.items():
        rows = "".join(f"      {line}".rstrip() + "\n" for line in text.splitlines())
        sign = "|6" if text[:1] == " " else "|"
        parts.append(
            f'{host}/0:\n  id: "1"\n  results:\n    return-code: 0\n    stdout: {sign}\n{rows}  status: completed\n'
        )
    return "".join(parts)


def salt_yaml(texts: Mapping[str, str]) -> str:
    return "".join(f"{host}: {json.dumps(text)}\n" for host, text in texts.items())


def salt_raw(texts: Mapping[str, str]) -> str:
    return "".join(f"{ ({host: text})!r}\n" for host, text in texts.items())


def nornir(texts: Mapping[str, str]) -> str:
    return f"look{'*' * 60}\n" + "".join(
        f"* {host} ** changed : False {'*' * 40}\nvvvv look ** changed : False vvvv INFO\n{text}^^^^ END look ^^^^\n"
        for host, text in texts.items()
    )


def selective(texts: Mapping[str, str]) -> str:
    """As community.general.selective prints it: hosts below their task, what they printed indented."""
    rows = [f"# look {'*' * 113}\n"]
    for host, text in texts.items():
        rows.append(f"  * {host:<36} - changed=False {'-' * 64}\n")
        rows += [f"    {line}".rstrip() + "\n" for line in text.splitlines()]
    return "".join([*rows, f"\n# STATS {'*' * 112}\n", *(f"{host}    : ok=1\tchanged=0\tfailed=0\n" for host in texts)])


def selective_loop(texts: Mapping[str, str]) -> str:
    rows = ["[WARNING]: provided hosts list is empty\n", f"# look {'*' * 113}\n"]
    for host, text in texts.items():
        rows.append(f"  * {host:<36} - changed=True -- All items completed {'-' * 40}\n")
        rows.append(f"      * {'show':<32} - changed=True {'-' * 64}\n")
        rows += [f"        {line}".rstrip() + "\n" for line in text.splitlines()]
    return "".join(rows)


def ssh_loop(form: str) -> Pack:
    """As `for host in ...; do ssh $host look; done` prints it, with what ssh(1) says itself."""
    return lambda texts: "".join(form.format(host=host, text=text) for host, text in texts.items())


def sshkit(texts: Mapping[str, str]) -> str:
    """As SSHKit's formatter `pretty` prints it: a line names the host of a command, and others bear its number."""
    numbers = {host: f"{number:08x}" for number, host in enumerate(texts, start=0xA1B2C3)}
    begin = [f"INFO [{number}] Running /usr/bin/env look as root@{host}\n" for host, number in numbers.items()]
    begin += [f"DEBUG [{number}] Command: /usr/bin/env look\n" for number in numbers.values()]
    rows = interleaved("{host} ")(texts)
    for host, number in numbers.items():
        rows = re.sub(rf"(?m)^{re.escape(host)} ", f"DEBUG [{number}] \t", rows)
    end = [f"INFO [{number}] Finished in 0.1 seconds with exit status 0 (successful).\n" for number in numbers.values()]
    return "".join([*begin, rows, *end])


def behind(own: str, pack: Pack) -> Pack:
    """With a line that the engine says itself before all others."""
    return lambda texts: own + pack(texts)


PACKS: Mapping[str, Pack] = {
    "clush": prefixed("{host}: "),
    "pdsh": interleaved("{host}: "),
    "clush -b": gathered,
    "salt --out=json": salt_json,
    "salt cmd.run_all": salt_run_all,
    "ansible -o": oneline,
    "ansible": minimal,
    "ansible -m script": minimal_json,
    "ansible-playbook -v": default_json,
    "ansible-playbook, debug": debugged,
    "ansible-playbook, yaml": default_yaml,
    "ansible-playbook, yaml, debug": listed_yaml,
    "ansible-playbook, json": callback_json,
    "kubectl logs --prefix": interleaved("[pod/{host}/collect] "),
    "fabric": interleaved("[{host}] out: "),
    "capistrano": prefixed(" ** [out :: {host}] "),
    "parallel --tag": interleaved("{host}\t"),
    "parallel --tagstring": prefixed("[{host}] "),
    "docker compose": interleaved("{host}  | "),
    "knife": prefixed("{host} "),
    "aws ssm": ssm_json,
    "records": records_json,
    "ansible-playbook, loop": loop,
    "ansible-playbook, loop, debug": registered_loop,
    "awx": awx,
    "ansible, log_path": logged,
    "ansible-runner": events,
    "ansible-playbook, jsonl": json_lines,
    "kubectl logs --prefix --timestamps": interleaved("[pod/{host}/collect] 2024-01-01T12:00:00.123456789Z "),
    "stern": prefixed("{host} collect "),
    "stern --output json": line_records("podName", "message", nodeName="node7"),
    "fabric, its own lines": behind("[lb1] Executing task 'look'\n[lb1] run: look\n", prefixed("[{host}] out: ")),
    "rundeck": prefixed("12:00:00 [root@{host} 1][NORMAL] "),
    "rundeck, json": rundeck_entries,
    "rundeck, rdlog": rundeck_log,
    "pyinfra": behind("--> Starting operation: look\n", prefixed("    [{host}] ")),
    "vagrant": behind("==> lb1: Running provisioner: shell...\n", prefixed("    {host}: ")),
    "terraform": prefixed('null_resource.look["{host}"] (remote-exec): '),
    "docker service logs": interleaved("{host}.1.k2j3h4k5j6@node1    | "),
    "bolt": bolt,
    "bolt, addresses": bolt_addresses,
    "ansible-playbook, debug of a dictionary": composed,
    "elastic": elastic,
    "dsh": interleaved("{host}:\t"),
    "juju": juju,
    "salt --out=yaml": salt_yaml,
    "salt --out=raw": salt_raw,
    "nornir": nornir,
    "ansible-playbook, selective": selective,
    "ansible-playbook, selective, loop": selective_loop,
    "sshkit": sshkit,
    "ssh, new keys": ssh_loop(
        "Warning: Permanently added '{host},192.0.2.99' (ECDSA) to the list of known hosts.\n{text}"
    ),
    "ssh -t": ssh_loop("{text}Connection to {host} closed.\n"),
}


def plain(host: str) -> str:
    """The dumps of a host without a word about which is which."""
    return "".join(dumps(host).values())


def read(text: str, directory: Path) -> dict[str, Node]:
    (directory / "brought.txt").write_text(text)
    return {node.name: node for node in collect_paths([str(directory / "brought.txt")])}


FACTS = ("links", "addresses", "routes", "local-routes", "policy-rules", "neighbours", "arptables", "ipvs")


def facts(node: Node) -> dict[str, object]:
    """How much there is of each fact."""
    rows = {fact: len(node.evidence[fact]) for fact in FACTS if fact in node.evidence and fact != "arptables"}
    settings = {key: setting.raw for key, setting in node.evidence["sysctl"].items()}
    return {**rows, "sysctl": settings}


@pytest.fixture(scope="module")
def example() -> dict[str, dict[str, object]]:
    return {node.name: facts(node) for node in collect_paths([str(EXAMPLE)]) if node.name in HOSTS}


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
@pytest.mark.parametrize("form", [plain, stream], ids=["dumps", "streams"])
def test_an_engine_adds_nothing_and_loses_nothing(
    pack: Pack, form: Callable[[str], str], example: dict[str, dict[str, object]], tmp_path: Path
) -> None:
    nodes = read(pack({host: form(host) for host in HOSTS}), tmp_path)
    assert {name: facts(node) for name, node in nodes.items()} == example
    # Without its command nothing shows that these settings are all there are.
    untold = set() if form is stream else {"sysctl"}
    assert {name: node.coverage.keys() - untold for name, node in nodes.items()} == {host: set() for host in HOSTS}


@pytest.mark.parametrize("name", ["clush", "pdsh", "ansible-playbook, yaml", "kubectl logs --prefix"])
def test_rows_are_quoted_with_the_line_of_the_engine_s_text(name: str, tmp_path: Path) -> None:
    text = PACKS[name]({host: plain(host) for host in HOSTS})
    nodes = read(text, tmp_path)
    for address in nodes["rs1"].evidence["addresses"]:
        assert address.seen.line is not None
        assert text.splitlines()[address.seen.line - 1].rstrip().endswith(address.seen.text.strip())


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_hosts_of_one_name_are_called_as_the_engine_calls_them(pack: Pack, tmp_path: Path) -> None:
    nodes = read(pack({host: stream(host, "localhost") for host in HOSTS}), tmp_path)
    assert set(nodes) == set(HOSTS)
    assert "localhost is the own name of several hosts of this scan." in nodes["rs1"].notes[0]


def test_files_of_a_directory_are_hosts_by_what_they_say(tmp_path: Path) -> None:
    for number, host in enumerate(HOSTS):
        (tmp_path / f"{number}.snap").write_text(stream(host))
    assert {node.name for node in collect_paths([str(tmp_path)])} == set(HOSTS)


def test_files_whose_hosts_have_one_name_are_hosts_by_their_own(tmp_path: Path) -> None:
    for host in HOSTS:
        (tmp_path / f"{host}.snap").write_text(stream(host, "localhost"))
    nodes = collect_paths([str(tmp_path)])
    assert {node.name for node in nodes} == set(HOSTS)
    assert "This host is called rs1, as its file is." in " ".join(note for node in nodes for note in node.notes)


def test_one_host_collected_twice_is_one_host(tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / f"{name}.snap").write_text(stream("rs1"))
    assert [node.name for node in collect_paths([str(tmp_path)])] == ["rs1"]


def test_a_tree_of_ansible_is_a_file_for_each_host(tmp_path: Path, example: dict[str, dict[str, object]]) -> None:
    for host in HOSTS:
        (tmp_path / host).write_text(json.dumps(result(plain(host))))
    assert {node.name: facts(node) for node in collect_paths([str(tmp_path)])} == example


def test_a_host_that_could_not_be_reached_stays_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "lb1").write_text(json.dumps(result(plain("lb1"))))
    (tmp_path / "rs9").write_text(
        json.dumps({"unreachable": True, "msg": "Failed to connect to the host", "changed": False})
    )
    nodes = {node.name: node for node in collect_paths([str(tmp_path)])}
    assert [seen.text for seen in nodes["rs9"].unread] == ["Failed to connect to the host"]


def test_what_a_command_left_out_is_not_taken_for_absent(tmp_path: Path) -> None:
    lines = dumps("rs1")["ip-addr"]
    (tmp_path / "rs1").write_text(json.dumps({**result(lines), "cmd": "ip addr | grep -v docker"}))
    (node,) = collect_paths([str(tmp_path)])
    partial = node.coverage["addresses"].partial
    assert partial is not None
    assert partial.says == "grep may have left out lines of the output"


def test_hosts_that_said_the_same_are_unfolded(tmp_path: Path) -> None:
    block = f"{'-' * 15}\nrs[1-2,4],lb1 (4)\n{'-' * 15}\nnet.ipv4.ip_forward = 0\nnet.ipv4.conf.all.arp_ignore = 1\n"
    nodes = read(block, tmp_path)
    assert list(nodes) == ["rs1", "rs2", "rs4", "lb1"]


@pytest.mark.parametrize("outside", ["hosts", "commands"])
def test_a_table_of_hosts_and_commands_names_both_whatever_the_hosts_are_called(outside: str, tmp_path: Path) -> None:
    printed = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"
    hosts, commands = ("plum", "apple"), ("ip rule", "ip -6 rule")
    if outside == "hosts":
        text = json.dumps({host: dict.fromkeys(commands, printed) for host in hosts})
    else:
        text = json.dumps({command: dict.fromkeys(hosts, printed) for command in commands})
    assert sorted(read(text, tmp_path)) == ["apple", "plum"]


@pytest.mark.parametrize(
    "text",
    [
        "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n",
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n2: eth0: <UP> mtu 1500\n",
        "net.ipv4.ip_forward: 1\nnet.ipv4.conf.all.arp_ignore: 1\n",
        "{}",
        '{"nftables": [{"metainfo": {"version": "1.0.6"}}]}',
        "---------------\nip-addr\n---------------\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n",
    ],
)
def test_what_no_engine_brought_is_left_to_others(text: str) -> None:
    from lvsdoctor.parse.fleet.engines import answers_in

    assert answers_in(text) is None


def test_what_somebody_typed_beside_the_words_of_ssh_is_of_the_prompts() -> None:
    added = "Warning: Permanently added '{}' (ECDSA) to the list of known hosts.\n"
    text = "".join(
        f"[root@lb1 ~]# scp x {host}:\n{added.format(host)}[root@lb1 ~]# ip rule\n0:\tfrom all lookup local\n"
        for host in ("rs1", "rs2")
    )
    assert answers_in(text) is None
