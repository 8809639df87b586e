"""--segment: the user says which interfaces share a network segment, and everything that asks for it obeys."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
STORIES = ROOT / "tests/fixtures/stories"
LEAKING = str(ROOT / "examples/leaking-real-server")
PAIR = str(STORIES / "healthy-pair")
Run = Callable[..., tuple[int, str, str]]


def traced(run: Run, *words: str) -> dict[str, Any]:
    _, output, _ = run("trace", "-f", "json", *words)
    data: dict[str, Any] = json.loads(output)
    jsonschema.validate(data, json.loads((ROOT / "reports/lvsdoctor-trace-1.schema.json").read_text()))
    return data


def answering(data: dict[str, Any]) -> set[str]:
    return {walk["answering"] for walk in data["walks"] if walk["client"]["place"] != "health-check"}


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("front=lb9:eth0", "this scan has no host 'lb9' (hosts: "),
        ("front=lb1:eth7", "lb1 has no interface 'eth7' (interfaces: "),
        ("front=lb1:lo", "lo of lb1 is on no network segment"),
        ("front", "'front' is not NAME=HOST[:INTERFACE],HOST[:INTERFACE],..."),
        ("front=", "is not NAME=HOST"),
        ("=lb1", "is not NAME=HOST"),
    ],
)
def test_a_slip_in_the_option_is_told_with_what_there_is(run: Run, option: str, sentence: str) -> None:
    for verb in (("scan",), ("trace", "192.0.2.10")):
        code, _, told = run(*verb, "--segment", option, LEAKING)
        assert code == 2
        assert sentence in told


def test_an_interface_is_in_one_segment_only(run: Run) -> None:
    code, _, told = run("scan", "--segment", "a=lb1:eth0", "--segment", "b=lb1:eth0", LEAKING)
    assert (code, told) == (2, "lvsdoctor: --segment: lb1:eth0 is in two segments, a and b\n")


def test_a_host_with_one_interface_needs_no_name_of_it(run: Run) -> None:
    data = traced(run, "192.0.2.10", LEAKING, "--segment", "front=lb1,rs1,rs2")
    named = [segment for segment in data["segments"] if segment["by"] == "named by the user"]
    assert [row["interface"] for segment in named for row in segment["interfaces"]] == ["eth0"] * 3


def test_a_real_server_on_another_segment_answers_no_client_and_gets_nothing(run: Run) -> None:
    assert answering(traced(run, "192.0.2.10", LEAKING)) > {"lb1"}
    apart = traced(run, "192.0.2.10", LEAKING, "--segment", "front=lb1", "--segment", "far=rs1,rs2")
    assert answering(apart) == {"lb1"}


def test_reports_show_the_segments_in_the_place_of_what_is_assumed(run: Run) -> None:
    _, output, _ = run("scan", LEAKING, "-f", "json")
    assert {segment["by"] for segment in json.loads(output)["segments"]} == {"assumed from addresses"}
    words = ("scan", "--segment", "front=lb1,rs1", LEAKING)
    _, output, _ = run(*words, "-f", "json")
    data = json.loads(output)
    jsonschema.validate(data, json.loads((ROOT / "reports/lvsdoctor-1.schema.json").read_text()))
    assert data["segments"][0] == {
        "name": "front",
        "interfaces": [{"node": "lb1", "interface": "eth0"}, {"node": "rs1", "interface": "eth0"}],
        "by": "named by the user",
    }
    for form in ("terminal", "html", "markdown"):
        _, output, _ = run(*words, "-f", form)
        assert "front (lb1:eth0, rs1:eth0)" in " ".join(output.split()), form


def test_the_command_that_is_offered_keeps_the_segments(run: Run) -> None:
    _, output, _ = run("scan", "--segment", "front=lb1,rs1", LEAKING)
    assert "lvsdoctor fix --segment front=lb1,rs1 " in " ".join(output.split())
    code, _, told = run("fix", "--segment", "front=lb1,rs1", LEAKING)
    assert code in (0, 1), told
