"""`lvsdoctor trace --against FILE`: a recording beside the walks, as a user sees it."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lvsdoctor.cli import trace
from lvsdoctor.model.walk import Walk
from tests.cli.trace_walks import BEYOND, SEGMENT, walk

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
SCHEMA = json.loads((ROOT / "reports/lvsdoctor-trace-1.schema.json").read_text())
C, D, R1, R2 = (f"02:00:00:00:{number:02}:00" for number in (2, 4, 5, 6))
VIP, CLIENT = "192.0.2.10.80", "192.0.2.100.40000"
HEAD = "listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
SERVED = f"""\
12:00:01.000001 {C} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 192.0.2.10 tell 192.0.2.100
12:00:01.000101 {D} > {C}, ethertype ARP (0x0806), length 42: Reply 192.0.2.10 is-at {D}, length 28
12:00:01.000201 {C} > {D}, ethertype IPv4 (0x0800), length 74: {CLIENT} > {VIP}: Flags [S], seq 1, win 1, length 0
12:00:01.000301 {D} > {R2}, ethertype IPv4 (0x0800), length 74: {CLIENT} > {VIP}: Flags [S], seq 1, win 1, length 0
12:00:01.000401 {R2} > {C}, ethertype IPv4 (0x0800), length 74: {VIP} > {CLIENT}: Flags [S.], seq 9, ack 2, win 1
12:00:01.000501 {C} > {D}, ethertype IPv4 (0x0800), length 54: {CLIENT} > {VIP}: Flags [.], ack 10, win 1, length 0
"""
LEAK = f"12:00:01.000102 {R2} > {C}, ethertype ARP (0x0806), length 42: Reply 192.0.2.10 is-at {R2}, length 28\n"
Run = Callable[..., tuple[int, str, str]]
Record = Callable[[str], Path]


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """A recording in a file; the walks of two real servers, both of which serve."""
    monkeypatch.setenv("COLUMNS", "400")

    def walks(nodes: object, clients: Sequence[object]) -> list[Walk]:
        return [walk(client, name) for client in (SEGMENT, BEYOND) for name in ("rs1", "rs2")]

    monkeypatch.setattr(trace, "walks_of", walks)

    def write(text: str) -> Path:
        (tmp_path / "case.txt").write_text(text)
        return tmp_path / "case.txt"

    return write


def against(output: str) -> dict[str, Any]:
    read = json.loads(output)
    jsonschema.validate(read, SCHEMA)
    part: dict[str, Any] = read["against"]
    return part


def test_a_recording_that_goes_as_predicted_agrees_and_exits_0(run: Run, record: Record) -> None:
    code, out, err = run("trace", "192.0.2.10", EXAMPLE, "--against", record(HEAD + SERVED))
    assert (code, err) == (0, "")
    assert "case.txt held against the walks" in out
    assert "read: 6 frames of ARP, TCP and ICMP, 0 of other protocols." in out
    sentence = "AGREES 1 connection of 192.0.2.100 to TCP 192.0.2.10:80 through rs2: the client acknowledges the reply"
    assert sentence in out
    assert "AGREES VIP 192.0.2.10: lb1 answers for 192.0.2.10 (at lb1, ARP answer)" in out
    assert "PARTS" not in out


def test_only_the_clients_of_the_recording_are_shown(run: Run, record: Record) -> None:
    _, out, _ = run("trace", "192.0.2.10", EXAMPLE, "--against", record(SERVED), "-f", "json")
    assert {each["from"] for each in json.loads(out)["walks"]} == {"192.0.2.100"}


def test_where_they_part_the_frame_is_quoted_and_the_exit_code_is_1(run: Run, record: Record) -> None:
    file = record(SERVED + LEAK)
    code, out, _ = run("trace", "192.0.2.10", EXAMPLE, "--against", file)
    assert code == 1
    assert "PARTS VIP 192.0.2.10: rs2 answers for 192.0.2.10; predicted: lb1 (at rs2, ARP answer)" in out
    assert "case.txt:7" in out
    assert f"| {LEAK.strip()}" in out
    assert out.index("PARTS") < out.index("AGREES")


def test_quiet_leaves_what_parts(run: Run, record: Record) -> None:
    _, out, _ = run("trace", "192.0.2.10", EXAMPLE, "--against", record(SERVED + LEAK), "-q")
    assert ("PARTS VIP" in out, "AGREES" in out, "SERVED" in out) == (True, False, False)


def test_json_has_the_rows_with_step_and_frame(run: Run, record: Record) -> None:
    code, out, _ = run("trace", "192.0.2.10", EXAMPLE, "--against", record(SERVED + LEAK), "-f", "json")
    part = against(out)
    assert code == 1
    assert (part["frames"], part["others"], part["dropped"], part["not_understood"]) == (7, 0, 0, [])
    first = part["rows"][0]
    assert first["agreement"] == "parts"
    assert first["step"] == {"node": "rs2", "decision": "arp-reply", "subject": "VIP 192.0.2.10"}
    assert first["evidence"][0]["line"] == 7
    assert [row["agreement"] for row in part["rows"]] == ["parts", "agrees", "agrees"]
    assert part["rows"][-1] | {"reason": "", "evidence": [], "step": None} == {
        "agreement": "agrees", "service": "TCP 192.0.2.10:80", "from": "192.0.2.100", "real_server": "rs2",
        "connections": 1, "reason": "", "step": None, "evidence": [],
    }  # fmt: skip


def test_lines_that_are_not_understood_and_frames_that_were_lost_are_told(run: Run, record: Record) -> None:
    text = SERVED + "12:00:02.1 IP 192.0.2.100.4\nnonsense\n12:00:02.2 IP 192.0.2.1 > 224.0.0.18: VRRPv2, x\n"
    file = record(text + "3 packets dropped by kernel\n")
    _, out, _ = run("trace", "192.0.2.10", EXAMPLE, "--against", file)
    assert "read: 6 frames of ARP, TCP and ICMP, 1 of other protocols, 2 lines not understood." in out
    assert "case.txt (7, 8); -v lists them." in out
    assert "note: the recorder lost 3 frames." in out
    _, out, _ = run("trace", "192.0.2.10", EXAMPLE, "--against", file, "-v")
    assert "case.txt:8 | nonsense" in out
    part = against(run("trace", "192.0.2.10", EXAMPLE, "--against", file, "-f", "json")[1])
    assert ([line["line"] for line in part["not_understood"]], part["dropped"]) == ([7, 8], 3)


def test_a_recording_without_the_vip_says_so(run: Run, record: Record) -> None:
    file = record("12:00:01.1 IP 198.51.100.1.4000 > 198.51.100.2.80: Flags [S], seq 1, win 1, length 0\n")
    code, out, _ = run("trace", "192.0.2.10", EXAMPLE, "--against", file)
    assert code == 0
    assert "note: no frame is about this VIP." in out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("net.ipv4.ip_forward = 1\n", "it holds no line of tcpdump about ARP, TCP or ICMP. Record with tcpdump -ne "),
        ("", "is empty"),
        ("\0\1\2\3" * 50, "is a binary file, not text"),
    ],
)
def test_a_file_that_is_no_recording_is_told(run: Run, record: Record, text: str, sentence: str) -> None:
    code, out, err = run("trace", "192.0.2.10", EXAMPLE, "--against", record(text))
    assert (code, out) == (2, "")
    assert sentence in err


def test_a_file_that_is_not_there_or_a_damaged_pcap_is_told(run: Run, record: Record, tmp_path: Path) -> None:
    code, _, err = run("trace", "192.0.2.10", EXAMPLE, "--against", tmp_path / "nowhere")
    assert (code, "No such file" in err) == (2, True)
    (tmp_path / "case.pcap").write_bytes(b"\xd4\xc3\xb2\xa1\2\0")
    code, _, err = run("trace", "192.0.2.10", EXAMPLE, "--against", tmp_path / "case.pcap")
    assert (code, "case.pcap: this pcap file cannot be read: " in err) == (2, True)


def test_a_pcap_file_is_read_like_text(run: Run, record: Record, tmp_path: Path) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.utils import wrpcap

    syn = IP(src="192.0.2.100", dst="192.0.2.10") / TCP(sport=40000, dport=80, flags="S", seq=1)
    ack = IP(src="192.0.2.100", dst="192.0.2.10") / TCP(sport=40000, dport=80, flags="A", seq=2)
    file = tmp_path / "case.pcap"
    wrpcap(str(file), [Ether(src=C, dst=D) / syn, Ether(src=D, dst=R2) / syn, Ether(src=C, dst=D) / ack])
    code, out, _ = run("trace", "192.0.2.10", EXAMPLE, "--against", file, "-f", "json")
    (row,) = against(out)["rows"]
    assert (code, row["agreement"], row["real_server"]) == (0, "agrees", "rs2")
    assert (row["evidence"][0]["line"], row["evidence"][0]["text"]) == (
        3,
        f"{C} > {D}: 192.0.2.100.40000 > 192.0.2.10.80: Flags [.]",
    )


def test_text_is_read_without_scapy(record: Record) -> None:
    file = record(SERVED)
    code = (
        "import sys; from lvsdoctor.cli.main import main; "
        f"main(['trace', '192.0.2.10', {str(EXAMPLE)!r}, '--against', {str(file)!r}, '-f', 'json']); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'scapy', 'rich', 'jinja2', 'pyroute2'}), "
        "file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stderr == "[]\n"
