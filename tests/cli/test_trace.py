"""`lvsdoctor trace` as a user sees it: which VIP is meant, the ladder, JSON, the exit code."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import jsonschema
import pytest

from lvsdoctor.cli import trace
from lvsdoctor.model.walk import Walk
from tests.cli.trace_walks import BEYOND, CHECK, SEGMENT, cluster, step, walk

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
SCHEMA = json.loads((ROOT / "reports/lvsdoctor-trace-1.schema.json").read_text())
ISSUE_KEYS = {"from", "service", "real_server", "evidenced", "outcome", "share", "steps"}
Run = Callable[..., tuple[int, str, str]]
Given = Callable[[Sequence[Walk]], None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """These are the walks, whatever the nodes."""

    def give(walks: Sequence[Walk]) -> None:
        monkeypatch.setattr(trace, "walks_of", lambda nodes, clients: walks)
        monkeypatch.setenv("COLUMNS", "80")

    return give


def walks_in(output: str) -> list[dict[str, Any]]:
    read = json.loads(output)
    jsonschema.validate(read, SCHEMA)
    walks: list[dict[str, Any]] = read["walks"]
    return walks


# -- which VIP --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["192.0.2.10", "192.0.2.10:80", "TCP 192.0.2.10:80", "tcp:192.0.2.10", "[192.0.2.10]:80"]
)
def test_a_vip_is_named_with_or_without_its_port_and_protocol(run: Run, given: Given, target: str) -> None:
    other = walk(SEGMENT, service="UDP 192.0.2.20:53", vip="192.0.2.20", port=53, protocol="udp")
    given([*cluster(), other])
    walks = walks_in(run("trace", target, EXAMPLE, "-f", "json")[1])
    assert {each["service"] for each in walks} == {"TCP 192.0.2.10:80"}
    assert len(walks) == 9


@pytest.mark.parametrize("target", ["2001:db8::10", "[2001:db8::10]", "[2001:db8::10]:80"])
def test_an_ipv6_vip_needs_brackets_for_its_port_alone(run: Run, given: Given, target: str) -> None:
    given([walk(SEGMENT, vip="2001:db8::10", service="TCP [2001:db8::10]:80")])
    assert len(walks_in(run("trace", target, EXAMPLE, "-f", "json")[1])) == 1


@pytest.mark.parametrize("target", [["FWM 1"], ["fwm:1"], ["FWM", "1"], ["fwmark=1"]])
def test_a_firewall_mark_names_its_service(run: Run, given: Given, target: list[str]) -> None:
    given([walk(SEGMENT, service="FWM 1"), walk(SEGMENT, service="FWM 11")])
    assert [each["service"] for each in walks_in(run("trace", *target, EXAMPLE, "-f", "json")[1])] == ["FWM 1"]


def test_a_service_of_all_ports_serves_any_port(run: Run, given: Given) -> None:
    given([walk(SEGMENT, port=0, service="TCP 192.0.2.10:0")])
    assert len(walks_in(run("trace", "192.0.2.10:443", EXAMPLE, "-f", "json")[1])) == 1


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("192.0.2.99", "no service has the VIP 192.0.2.99; the VIPs here: 192.0.2.10"),
        ("192.0.2.10:81", "'192.0.2.10:81' is no service of VIP 192.0.2.10. Its services: TCP 192.0.2.10:80"),
        ("udp 192.0.2.10:80", "'udp 192.0.2.10:80' is no service of VIP 192.0.2.10. Its services: TCP 192.0.2.10:80"),
        ("FWM 7", "no service has the firewall mark 7; the VIPs here: 192.0.2.10"),
        ("case/", "'case/' is no VIP. Write lvsdoctor trace VIP[:PORT] [PATH ...], such as 192.0.2.10, "),
        ("192.0.2.10:http", "'192.0.2.10:http' is no VIP. Write "),
        ("192.0.2.10:65536", "'192.0.2.10:65536' is no VIP. Write "),
        ("192.0.2.10:0", "'192.0.2.10:0' is no VIP. Write "),
        ("[2001:db8::10", "'[2001:db8::10' is no VIP. Write "),
    ],
)
def test_a_vip_that_is_not_there_is_answered_with_those_that_are_and_a_mistake_with_the_form(
    run: Run, given: Given, target: str, sentence: str
) -> None:
    given(cluster())
    code, out, err = run("trace", target, EXAMPLE)
    assert (code, out) == (2, "")
    assert err.startswith(f"lvsdoctor: {sentence}")
    assert err.count("\n") == 1


def test_a_port_without_brackets_is_told(run: Run, given: Given) -> None:
    given([walk(SEGMENT, vip="2001:db8::10", service="TCP [2001:db8::10]:80")])
    assert "(a port needs brackets: [2001:db8::10]:80)" in run("trace", "2001:db8::10:80", EXAMPLE)[2]


def test_dumps_without_a_service_are_told_what_is_missing(run: Run, given: Given) -> None:
    given([])
    code, _, err = run("trace", "192.0.2.10", EXAMPLE / "rs1")
    assert code == 2
    assert "no virtual service is known here: add the director's `ipvsadm -Sn`" in err


def test_arguments_that_are_lacking_or_no_address_get_one_sentence(run: Run) -> None:
    code, _, err = run("trace")
    assert code == 2
    assert "the following arguments are required: VIP[:PORT] (see lvsdoctor trace --help)" in err
    assert "'lb1' is no IP address (write --from 192.0.2.99)" in run("trace", "192.0.2.10", "--from", "lb1")[2]
    assert "unrecognized arguments: --bogus" in run("trace", "192.0.2.10", EXAMPLE, "--bogus")[2]


def test_a_path_that_holds_no_dump_is_told(run: Run, given: Given, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of this is a dump\n")
    given(cluster())
    code, out, err = run("trace", "192.0.2.10", EXAMPLE, tmp_path / "notes.txt")
    assert code == 1
    assert "notes.txt" in err
    assert out


# -- --from, and the exit code ----------------------------------------------------------------------------------------


def test_options_may_stand_between_the_vip_and_the_paths(run: Run, given: Given) -> None:
    given(cluster())
    walks = walks_in(run("trace", "192.0.2.10", "--from", "203.0.113.9", EXAMPLE, "-f", "json")[1])
    assert {each["from"] for each in walks} == {"203.0.113.9"}


def test_from_shows_the_clients_in_whose_prefix_the_address_is(run: Run, given: Given) -> None:
    given(cluster())
    walks = walks_in(run("trace", "192.0.2.10", "--from", "192.0.2.77", EXAMPLE, "-f", "json")[1])
    assert {each["from"] for each in walks} == {"192.0.2.100"}


@pytest.mark.parametrize(
    ("walks", "arguments", "code"),
    [
        ([walk(SEGMENT, "rs1", "dies"), walk(SEGMENT, "rs2")], (), 1),
        ([walk(SEGMENT, "rs1", "unknown"), walk(SEGMENT, "rs2")], (), 0),
        ([walk(SEGMENT, "rs1", "harms")], (), 0),
        ([walk(BEYOND, "rs1", "dies"), walk(SEGMENT, "rs1")], (), 0),
        ([walk(BEYOND, "rs1", "dies"), walk(SEGMENT, "rs1")], ("--from", "203.0.113.9"), 1),
        ([walk(BEYOND, "rs1", "dies"), walk(SEGMENT, "rs1")], ("--from", "192.0.2.100"), 0),
    ],
)
@pytest.mark.parametrize("form", ["terminal", "json"])
def test_the_exit_code_is_1_where_a_walk_of_clients_that_are_there_dies(
    run: Run, given: Given, walks: list[Walk], arguments: tuple[str, ...], code: int, form: str
) -> None:
    given(walks)
    assert run("trace", "192.0.2.10", EXAMPLE, "-f", form, *arguments)[0] == code


def test_evidence_that_contradicts_itself_is_an_error(run: Run, given: Given, tmp_path: Path) -> None:
    given([walk(SEGMENT)])
    copytree(EXAMPLE, tmp_path / "cluster")
    (tmp_path / "cluster/rs1/after.txt").write_text("net.ipv4.conf.all.arp_ignore = 0\n")
    code, out, err = run("trace", "192.0.2.10", tmp_path / "cluster")
    assert code == 2
    assert "the evidence of rs1 contradicts itself, so its steps are not sure. net.ipv4.conf.all.arp_ignore has" in err
    assert "SERVED through rs1" in out


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_json_has_the_keys_that_were_agreed_on(run: Run, given: Given) -> None:
    given(cluster())
    _, out, err = run("trace", "192.0.2.10", EXAMPLE, "-f", "json")
    assert err == ""
    assert json.loads(out)["schema"] == "lvsdoctor-trace/1"
    walks = walks_in(out)
    assert all(set(each) >= ISSUE_KEYS for each in walks)
    first = walks[0]
    assert (first["from"], first["real_server"], first["evidenced"]) == ("192.0.2.100", "rs1", True)
    assert (first["outcome"], first["share"]) == ("dies", 0.3333)
    last = first["steps"][-1]
    assert {name: last[name] for name in ("node", "decision", "verdict", "reason")} == {
        "node": "rs1",
        "decision": "reply-route",
        "verdict": "no",
        "reason": "rs1 treats every address of 192.0.2.0/24 as local",
    }
    assert last["evidence"] == [
        {
            "where": "rs1/ip-addr.txt",
            "line": 5,
            "text": "    inet 192.0.2.10/24 scope global lo",
            "note": "makes it local",
            "settle": None,
        }
    ]


def test_json_has_a_walk_for_each_host_that_may_answer(run: Run, given: Given) -> None:
    given([walk(SEGMENT, "rs2"), walk(SEGMENT, "rs2", answering="rs2")])
    walks = walks_in(run("trace", "192.0.2.10", EXAMPLE, "-f", "json")[1])
    assert [each["answering"] for each in walks] == ["lb1", "rs2"]


def test_the_schema_names_all_decisions_and_places() -> None:
    from lvsdoctor.model.walk import ClientPlace, Decision

    places = SCHEMA["$defs"]["client"]["properties"]["place"]["enum"]
    assert SCHEMA["$defs"]["step"]["properties"]["decision"]["enum"] == list(Decision)
    assert places == list(ClientPlace)


# -- the ladder -------------------------------------------------------------------------------------------------------


def test_the_first_line_tells_how_many_real_servers_serve_which_clients(run: Run, given: Given) -> None:
    given(cluster())
    out = run("trace", "192.0.2.10", EXAMPLE)[1]
    assert " ".join(out.split("\n\n")[0].split()).startswith(
        "TCP 192.0.2.10:80: 2 of 3 real servers (rs2, rs3) serve clients on the VIP's segment."
    )


def test_the_step_at_which_it_dies_is_quoted_below_it_and_stands_before_what_is_served(run: Run, given: Given) -> None:
    given(cluster())
    lines = run("trace", "192.0.2.10", EXAMPLE)[1].splitlines()
    at = next(place for place, line in enumerate(lines) if " DIES  " in line)
    assert lines[at].split()[:4] == ["|", "DIES", "reply", "route"]
    assert "treats every address of" in lines[at]
    below = next(line for line in lines[at:] if ":5 | " in line)
    assert below.strip() == "rs1/ip-addr.txt:5 | inet 192.0.2.10/24 scope global lo"
    headlines = [line for line in lines if re.match(r"  (DIES|SERVED|UNKNOWN) ", line)]
    assert headlines[:2] == [
        "  DIES through rs1 (33 % of new connections): on rs1, reply route",
        "  SERVED through rs2, rs3 (67 % of new connections, rs2 is shown)",
    ]


def test_real_servers_that_die_alike_are_one_ladder_with_the_line_of_each(run: Run, given: Given) -> None:
    given([walk(SEGMENT, name, "dies") for name in ("rs1", "rs2", "rs3")])
    out = run("trace", "192.0.2.10", EXAMPLE)[1]
    assert out.count("DIES     reply route") == 1
    assert "through rs1, rs2, rs3 (100 % of new connections, rs1 is shown): on the real server" in " ".join(out.split())
    assert [name for name in ("rs1", "rs2", "rs3") if f"{name}/ip-addr.txt:5 | " in out] == ["rs1", "rs2", "rs3"]


def test_the_first_unknown_step_names_the_command_that_would_tell(run: Run, given: Given) -> None:
    given([walk(SEGMENT, "rs3", "unknown")])
    out = run("trace", "192.0.2.10", EXAMPLE)[1]
    assert "UNKNOWN through rs3 (33 % of new connections): on rs3, listener" in out
    assert "To settle it, on rs3: ss -ltn" in out
    assert out.endswith("Not collected, on rs3:\n    ss -ltn\n")


def test_a_step_that_harms_others_is_told_with_its_line_and_does_not_end_the_walk(run: Run, given: Given) -> None:
    given([walk(SEGMENT, "rs1", "harms")])
    out = run("trace", "192.0.2.10", EXAMPLE)[1]
    assert "harms    ARP sender" in out
    assert "rs1/sysctl.txt:9 | net.ipv4.conf.all.arp_announce = 0" in out
    assert "SERVED through rs1" in out


def test_a_ladder_that_was_shown_is_not_shown_again_for_other_clients_but_with_v(run: Run, given: Given) -> None:
    given(cluster())
    out = run("trace", "192.0.2.10", EXAMPLE)[1]
    assert "the same steps as above, from clients on the VIP's segment." in out
    assert out.count("DIES     reply route") == 1
    every = run("trace", "192.0.2.10", EXAMPLE, "-v")[1]
    assert "the same steps" not in every
    assert every.count("DIES     reply route") == 2


def test_clients_that_the_evidence_does_not_show_are_called_assumed(run: Run, given: Given) -> None:
    given([walk(BEYOND)])
    out = run("trace", "192.0.2.10", EXAMPLE)[1]
    assert "assumed: the evidence shows no such client; 203.0.113.9 stands for them." in out


def test_the_answering_host_is_told_where_more_than_one_may_answer(run: Run, given: Given) -> None:
    given([walk(SEGMENT, "rs2"), walk(SEGMENT, "rs2", "dies", answering="rs2")])
    out = " ".join(run("trace", "192.0.2.10", EXAMPLE)[1].split())
    assert "DIES through rs2 (33 % of new connections, if rs2 answers for the VIP)" in out
    assert "SERVED through rs2 (33 % of new connections, if lb1 answers for the VIP)" in out


def test_a_health_check_has_no_share_of_the_connections(run: Run, given: Given) -> None:
    given([walk(CHECK, "rs1", "dies")])
    assert "DIES through rs1: on rs1, reply route" in run("trace", "192.0.2.10", EXAMPLE)[1]


def test_each_vip_of_a_firewall_mark_has_its_own_ladders(run: Run, given: Given) -> None:
    given([walk(SEGMENT, service="FWM 1"), walk(SEGMENT, service="FWM 1", vip="2001:db8::10", port=443)])
    out = run("trace", "FWM 1", EXAMPLE)[1]
    headings = [line.rstrip(" -") for line in out.splitlines() if line.startswith("FWM") and line.endswith("--")]
    assert headings == [
        "FWM 1 (tcp 192.0.2.10:80) from clients on the VIP's segment",
        "FWM 1 (tcp [2001:db8::10]:443) from clients on the VIP's segment",
    ]


def test_quiet_leaves_the_sentence_of_each_service(run: Run, given: Given) -> None:
    given([*cluster(), walk(SEGMENT, service="TCP 192.0.2.10:443", port=443)])
    lines = run("trace", "192.0.2.10", EXAMPLE, "-q")[1].splitlines()
    assert [line.split(": ")[0] for line in lines if line.startswith("TCP")] == [
        "TCP 192.0.2.10:80",
        "TCP 192.0.2.10:443",
    ]
    assert not any("DIES" in line for line in lines)


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_terminal(
    run: Run, given: Given, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    long = walk(SEGMENT, "rs1")
    text = "{node} " + "has a rather long reason of many words " * 6
    given([replace(long, steps=(*long.steps, step("a-host-with-a-long-name", "listener", "no", text)))])  # type: ignore[arg-type]
    monkeypatch.setenv("COLUMNS", str(width))
    out = run("trace", "192.0.2.10", EXAMPLE)[1]
    if width > 40:  # the columns before the reason need as much
        assert max(map(len, out.splitlines())) <= width


def test_colour_only_repeats_what_words_say(run: Run, given: Given) -> None:
    given(cluster())
    plain = run("trace", "192.0.2.10", EXAMPLE)[1]
    assert "\x1b" not in plain
    painted = run("trace", "192.0.2.10", EXAMPLE, "--color", "always")[1]
    assert "\x1b[1;31mDIES" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_what_dumps_hold_cannot_paint_the_terminal(run: Run, given: Given) -> None:
    odd = walk(SEGMENT, "rs1")
    given([replace(odd, steps=(step("rs1\x1b[2J", odd.steps[0].step.decision, odd.steps[0].decided, "x\x07\n::y"),))])
    out = run("trace", "192.0.2.10", EXAMPLE)[1]
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", out)
