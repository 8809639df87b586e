"""scan --probe: the wire confirms what the scan says, or contradicts it aloud; and what is said where it cannot be
asked. Hosts are namespaces on a bridge of their own; nothing is sent elsewhere."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsdoctor.cli.probing import put_to_the_wire
from lvsdoctor.probe.targets import ProbePlan, Question
from tests.probe.segment import VIP, Segment, segment, table

ROOT = Path(__file__).parents[2]
RS2 = "02:00:00:00:00:22"
WITHOUT_NET_RAW = ("--bounding-set=-net_raw", "--inh-caps=-net_raw")
WITHOUT_ROOT = ("--reuid=65534", "--regid=65534", "--clear-groups")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")


@pytest.fixture(scope="module")
def four() -> Iterator[Segment]:
    """client, lb1, rs1, and rs2 which answers ARP for the VIP. Tests leave it as it was."""
    with segment() as made:
        yield made


@pytest.fixture(scope="module")
def snapshot(four: Segment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the cluster's hosts said of themselves before anybody probed; arptables was not among it."""
    place = tmp_path_factory.mktemp("scan") / "case"
    return four.dumps(place, ("lb1", "rs1", "rs2"), lb1={"ipvsadm": table("192.0.2.21", "192.0.2.22")})


@pytest.fixture
def filtering(four: Segment) -> Iterator[None]:
    """rs2 drops ARP requests for the VIP, which the snapshot does not know."""
    if shutil.which("arptables-legacy") is None:
        pytest.skip("arptables-legacy is not there (Debian: arptables)")
    four.run("rs2", f"arptables-legacy -A INPUT -d {VIP} -j DROP")
    try:
        yield
    finally:
        four.run("rs2", f"arptables-legacy -D INPUT -d {VIP} -j DROP")


def lvsdoctor(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """On this host, as a user of a narrow terminal would run it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "80"}
    words = [sys.executable, "-m", "lvsdoctor", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False)


def confirmations(done: "subprocess.CompletedProcess[str]") -> list[tuple[str, str, str, str | None]]:
    """Node, rule, verdict and frame of the findings that are about ARP."""
    assert done.returncode in (0, 1), done.stderr
    return [
        (found["node"], found["rule"], found["confirmation"]["verdict"], found["confirmation"]["text"])
        for found in json.loads(done.stdout)["findings"]
        if found["code"].startswith("ARP")
    ]


# -- the four hosts ---------------------------------------------------------------------------------------------------


@needs_root
@pytest.mark.parametrize("prober", ["lb1", "client"])
def test_the_leaking_real_server_becomes_a_confirmed_finding(four: Segment, snapshot: Path, prober: str) -> None:
    done = lvsdoctor("scan", snapshot, "--probe", "--netns", four.netns(prober), "-f", "json")
    ((node, rule, verdict, frame),) = confirmations(done)
    assert (done.returncode, node, rule, verdict) == (1, "rs2", "real-server-answers-arp", "confirmed")
    assert frame is not None
    assert frame.startswith(f"{VIP} is-at {RS2} after ")
    assert json.loads(done.stdout)["findings"][0]["certainty"] == "confirmed"


@needs_root
def test_a_confirmed_finding_reads_as_one(four: Segment, snapshot: Path) -> None:
    done = lvsdoctor("scan", snapshot, "--probe", "--netns", four.netns("lb1"))
    assert f"  Confirmed: rs2 ({RS2}) answered for {VIP}\n    probe eth0 who-has {VIP} | {VIP} is-at" in done.stdout
    assert "contradicts" not in done.stdout
    assert done.stdout.endswith("; 1 confirmed, 0 contradicted\n")
    assert done.stderr == ""


@needs_root
def test_a_filter_that_the_snapshot_lacked_is_a_contradiction_and_comes_first(
    four: Segment, snapshot: Path, filtering: None
) -> None:
    done = lvsdoctor("scan", snapshot, "--probe", "--netns", four.netns("lb1"))
    assert (done.returncode, done.stderr) == (1, "")
    first, _, *top = done.stdout.splitlines()
    assert first.startswith("The wire contradicts this scan ---")
    said = " ".join(" ".join(top[: top.index("")]).split())
    assert said.startswith(f"Predicted: ERROR ARP001 rs2 answers ARP requests for VIP {VIP} on eth0")
    assert f"Seen on the wire: rs2 ({RS2}) answered for its own 192.0.2.22 and did not answer for {VIP}" in said
    assert "This may be: a filter that the dumps of rs2 do not show (arptables, nft, ebtables)" in said
    assert "Look on rs2: what this shows was assumed, not collected: arptables -nvL" in said
    assert "CONTRADICTED by the wire: rs2" in done.stdout
    assert done.stdout.endswith("; 0 confirmed, 1 contradicted\n")


@needs_root
def test_a_healed_real_server_of_an_old_snapshot_is_a_contradiction_too(four: Segment, snapshot: Path) -> None:
    four.run("rs2", "sysctl -qw net.ipv4.conf.all.arp_ignore=1")
    try:
        done = lvsdoctor("scan", snapshot, "--probe", "--netns", four.netns("lb1"), "-f", "json")
    finally:
        four.run("rs2", "sysctl -qw net.ipv4.conf.all.arp_ignore=0")
    ((node, _, verdict, frame),) = confirmations(done)
    assert (node, verdict) == ("rs2", "contradicted")
    assert frame == f"who-has {VIP} tell 192.0.2.2, 0.0.0.0: 3 requests"


@needs_root
def test_a_real_server_that_is_down_contradicts_nothing(four: Segment, snapshot: Path) -> None:
    four.run("rs2", "ip link set eth0 down")
    try:
        done = lvsdoctor("scan", snapshot, "--probe", "--netns", four.netns("lb1"), "-f", "json")
    finally:
        four.run("rs2", "ip link set eth0 up")
    ((node, _, verdict, frame),) = confirmations(done)
    assert (node, verdict, frame) == ("rs2", "not-probed", None)


@needs_root
def test_a_live_scan_asks_from_the_host_that_it_scans(four: Segment) -> None:
    """rs2 cannot hear itself; lb1 hears rs2 without knowing its dumps, which is a rule's finding."""
    done = four.lvsdoctor("rs2", "scan", "--probe=require", "--vip", VIP, "-f", "json")
    said = {found["rule"]: found["confirmation"] for found in json.loads(done.stdout)["findings"]}
    assert said["real-server-answers-arp"]["verdict"] == "not-probed"
    assert said["real-server-answers-arp"]["why"].endswith(
        "itself sent the requests, and no host receives its own answer: probe from another host"
    )


@needs_root
def test_the_answers_are_evidence_of_the_node_that_asked_in_the_snapshot_or_besides(
    four: Segment, snapshot: Path, tmp_path: Path
) -> None:
    (tmp_path / "probed_here.py").write_text(
        "from lvsdoctor.rulekit import Finding, Fix, Severity, cite, rule\n"
        "@rule(name='probed-here', code='X001', severity=Severity.NOTE, needs={'probes'})\n"
        "def probed_here(node):\n"
        "    for probe in node.probes:\n"
        "        yield Finding('{node} asked for {vip}', about={'vip': probe.target, 'link': probe.link},\n"
        "            evidence=[cite(probe)], fix=Fix())\n"
    )
    for prober, node in (("lb1", "lb1"), ("client", four.netns("client")), ("rs1", "rs1")):
        netns = four.netns(prober)
        done = lvsdoctor(
            "scan", snapshot, "--probe", "--netns", netns, "--rules", tmp_path, "--select", "X001", "-f", "json"
        )
        found = json.loads(done.stdout)["findings"]
        assert {each["node"] for each in found} == {node}
        assert ({"vip": VIP, "link": "eth0"}) in [each["about"] for each in found]
        assert {each["confirmation"]["verdict"] for each in found} == {"confirmed"}
        roles = {node["name"]: node["roles"] for node in json.loads(done.stdout)["nodes"]}
        assert (roles[node] == ["client"]) is (prober == "client")


@needs_root
def test_a_vip_of_no_subnet_here_is_noted_and_its_findings_say_why(four: Segment, tmp_path: Path) -> None:
    far = "198.51.100.10"
    rips = table("192.0.2.21") + table("192.0.2.22", vip=far)
    place = four.dumps(tmp_path / "case", ("lb1", "rs2"), lb1={"ipvsadm": rips})
    done = lvsdoctor("scan", place, "--probe", "--netns", four.netns("client"), "-f", "json")
    report = json.loads(done.stdout)
    (note,) = [note for node in report["nodes"] for note in node["notes"]]
    assert note.startswith(f"{far} was not asked for: {far} is in no subnet of this host")
    missing = [f for f in report["findings"] if f["about"].get("vip") == far and f["node"] == "lb1"]
    assert [f["confirmation"]["verdict"] for f in missing] == ["not-probed"]
    assert "is in no subnet of this host" in missing[0]["confirmation"]["why"]


# -- where it cannot be asked -----------------------------------------------------------------------------------------


@needs_root
@pytest.mark.parametrize("without", [WITHOUT_NET_RAW, WITHOUT_ROOT])
def test_without_the_capability_the_scan_goes_on_and_says_so_once(
    four: Segment, snapshot: Path, without: tuple[str, ...]
) -> None:
    if without is WITHOUT_ROOT:
        usable(four, snapshot)
    done = four.lvsdoctor("lb1", "scan", str(snapshot), "--probe", setpriv=without)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("Not probed: probing needs the capability CAP_NET_RAW") == 1
    assert "ERROR ARP001 rs2" in done.stdout
    told = four.lvsdoctor("lb1", "scan", str(snapshot), "--probe", "-f", "json", setpriv=without)
    ((_, _, verdict, frame),) = confirmations(told)
    assert (verdict, frame) == ("not-probed", None)


@needs_root
@pytest.mark.parametrize("without", [WITHOUT_NET_RAW, WITHOUT_ROOT])
def test_where_it_is_required_and_cannot_be_done_it_is_one_sentence_and_exit_2(
    four: Segment, snapshot: Path, without: tuple[str, ...]
) -> None:
    if without is WITHOUT_ROOT:
        usable(four, snapshot)
    done = four.lvsdoctor("lb1", "scan", str(snapshot), "--probe=require", setpriv=without)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("lvsdoctor: probing needs the capability CAP_NET_RAW")


def usable(four: Segment, snapshot: Path) -> None:
    for directory in (snapshot, *snapshot.parents):
        if directory.stat().st_uid == os.getuid() and directory.is_relative_to("/tmp/pytest-of-root"):
            directory.chmod(0o755)
    if four.lvsdoctor("lb1", "scan", str(snapshot), setpriv=WITHOUT_ROOT).returncode == 2:
        pytest.skip("an ordinary user cannot run this Python from this directory, or read the snapshot")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="probing needs Linux")
def test_without_a_vip_there_is_nothing_to_ask(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("0:\tfrom all lookup local\n")
    done = lvsdoctor("scan", tmp_path, "--probe=require")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lvsdoctor: no VIP is known to ask for; name one with --vip ADDR\n"
    done = lvsdoctor("scan", tmp_path, "--probe")
    assert done.returncode == 3
    assert "note: Not probed: no VIP is known to ask for; name one with --vip ADDR.\n" in done.stdout


def test_a_mistyped_word_is_one_sentence_that_names_both() -> None:
    done = lvsdoctor("scan", "--probe=requre")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lvsdoctor: argument --probe/--probe=require: ignored explicit argument 'requre'")


def test_a_path_behind_probe_stays_a_path() -> None:
    done = lvsdoctor("scan", "--probe", "nowhere")
    assert (done.returncode, done.stderr) == (2, "lvsdoctor: nowhere: no such file or directory\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces are Linux's")
def test_an_unknown_namespace_ends_the_scan_whether_probing_is_required_or_not() -> None:
    example = ROOT / "examples" / "leaking-real-server"
    for word in ("--probe", "--probe=require"):
        done = lvsdoctor("scan", example, word, "--netns", "no-such-namespace")
        assert (done.returncode, done.stdout) == (2, "")
        assert "unknown network namespace 'no-such-namespace'" in done.stderr


def test_without_probe_a_namespace_and_a_path_exclude_each_other() -> None:
    done = lvsdoctor("scan", ".", "--netns", "x")
    assert done.returncode == 2
    assert "--netns is about a live scan and cannot be combined with a PATH (but with --probe)" in done.stderr


def test_without_probe_nothing_of_it_is_imported() -> None:
    script = (
        "import sys; from lvsdoctor.cli.main import main\n"
        f"main(['scan', {str(ROOT / 'examples' / 'leaking-real-server')!r}, '-f', 'json'])\n"
        "strange = ('scapy', 'lvsdoctor.probe', 'lvsdoctor.engine.probe_verdicts', 'pyroute2')\n"
        "print([name for name in sys.modules if name.startswith(strange)], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(("quiet", "expected"), [(False, [f"asking for {VIP} on eth0: 3 frames in 0.9 s"]), (True, [])])
def test_what_is_about_to_be_sent_is_said_beforehand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], quiet: bool, expected: list[str]
) -> None:
    said: list[str] = []

    def ask(*_: object, **how: object) -> tuple[()]:
        said.extend(capsys.readouterr().err.splitlines())
        return ()

    monkeypatch.setattr("lvsdoctor.cli.probing.ask", ask)
    question = Question(ip_address(VIP), "eth0", "02:00:00:00:00:02", (ip_address("192.0.2.2"),))
    put_to_the_wire(ProbePlan((question,), ()), None, quiet=quiet)
    assert said == [f"lvsdoctor: {sentence}" for sentence in expected]
