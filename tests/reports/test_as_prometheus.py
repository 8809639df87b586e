"""The report for Prometheus, as its own client library reads it."""

import io
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lvsdoctor.engine.loader import load_report
from lvsdoctor.reportkit import Examination, Examined, Output, Seen
from lvsdoctor.sanitize import legible

Series = dict[tuple[tuple[str, str], ...], float]
Read = Callable[[Examination], dict[str, Series]]


def written(examination: Examination) -> str:
    stream = io.StringIO()
    load_report("prometheus")(examination, Output(stream))
    return stream.getvalue()


@pytest.fixture(scope="module")
def read() -> Read:
    """The families by name; each series by its labels."""

    def read(examination: Examination) -> dict[str, Series]:
        families: dict[str, Series] = {}
        for family in text_string_to_metric_families(written(examination)):
            assert family.type == "gauge"
            assert family.documentation
            series = families.setdefault(family.name.removeprefix("lvsdoctor_"), {})
            for sample in family.samples:
                labels = tuple(sample.labels.items())
                assert labels not in series, "node_exporter refuses a file that has a series twice"
                assert sample.timestamp is None, "and one with a timestamp"
                series[labels] = sample.value
        return families

    return read


def test_findings_are_counted_by_node_and_severity(read: Read, examinations: ModuleType) -> None:
    found = read(examinations.cluster())["findings"]
    assert found[("node", "rs1"), ("severity", "error")] == 2
    assert found[("node", "rs1"), ("severity", "warning")] == 1
    assert found[("node", "web9"), ("severity", "warning")] == 1


def test_what_was_looked_for_and_not_found_is_0(read: Read, examinations: ModuleType) -> None:
    families = read(examinations.cluster())
    assert families["findings"][("node", "director1"), ("severity", "error")] == 0
    assert families["accepted_findings"][(("node", "rs1"),)] == 0
    assert families["rules"][("node", "rs1"), ("outcome", "crashed")] == 0
    assert families["unread_lines"][(("node", "web9"),)] == 0


def test_a_rule_is_one_series_however_many_vips_it_is_about(read: Read, examinations: ModuleType) -> None:
    many = tuple(examinations.leak(vip=f"192.0.2.{number}") for number in range(200))
    assert read(Examination((examinations.RS1,), many, ()))["finding"] == {
        (("node", "rs1"), ("rule", "arp-ignore-only-on-lo"), ("code", "ARP002"), ("severity", "error")): 200
    }


def test_the_outcomes_of_the_rules_are_counted(read: Read, examinations: ModuleType) -> None:
    families = read(examinations.single_leak())
    assert [families["rules"][("node", "rs1"), ("outcome", outcome)] for outcome in ("fires", "quiet", "crashed")] == [
        1,
        2,
        1,
    ]
    assert families["rules"][("node", "rs1"), ("outcome", "not-checked")] == 9
    assert families["unread_lines"] == {(("node", "rs1"),): 3}


def test_an_accepted_finding_counts_as_accepted_only(read: Read, examinations: ModuleType) -> None:
    families = read(examinations.agreed())
    assert families["accepted_findings"][(("node", "web9"),)] == 1
    assert families["findings"][("node", "web9"), ("severity", "warning")] == 0
    assert not any(("node", "web9") in labels for labels in families["finding"])
    assert families["lapsed_findings"] == {(("node", "director1"),): 0, (("node", "web9"),): 0, (("node", "rs1"),): 1}


def test_when_and_how_long_stand_there_if_they_are_known(read: Read, examinations: ModuleType) -> None:
    families = read(examinations.agreed())
    assert families["scan_timestamp_seconds"] == {(): examinations.agreed().began.timestamp()}
    assert families["scan_duration_seconds"] == {(): 0.25}
    assert families["build_info"] == {(("version", "0.1.0"),): 1}
    assert "scan_timestamp_seconds" not in read(examinations.cluster())


def test_what_the_wire_said_is_there_only_if_it_was_asked(read: Read, examinations: ModuleType) -> None:
    found = read(examinations.probed())["probed_findings"]
    assert found[("node", "web9"), ("verdict", "contradicted")] == 1
    assert found[("node", "rs1"), ("verdict", "confirmed")] == 1
    assert found[("node", "rs1"), ("verdict", "not-probed")] == 2
    assert "probed_findings" not in read(examinations.cluster())


@pytest.mark.parametrize("text", ['a"} 1\nlvsdoctor_findings{node="b', "back\\slash", "监听", "a\\n", "# HELP", ""])
def test_a_label_comes_back_as_it_was_seen(read: Read, examinations: ModuleType, text: str) -> None:
    found = read(examinations.hostile(text))
    assert list(found["unread_lines"]) == [(("node", legible(text)),)]
    assert found["build_info"] == {(("version", legible(text)),): 1}


def test_hostile_text_adds_no_line(read: Read, examinations: ModuleType) -> None:
    plain = len(written(examinations.hostile("rs1")).split("\n"))
    for text in examinations.HOSTILE:
        lines = written(examinations.hostile(text)).split("\n")
        assert len(lines) == plain
        assert all(line.isprintable() for line in lines)
        assert read(examinations.hostile(text))


def test_two_names_that_read_alike_are_one_series(read: Read, examinations: ModuleType) -> None:
    nodes = tuple(Examined(name, "", unread=(Seen("x", 1, "?"),)) for name in ("rs\t1", "rs 1", "rs\x1b", r"rs\x1b"))
    found = read(replace(examinations.cluster(), nodes=nodes, diagnoses=()))
    assert found["unread_lines"] == {(("node", "rs 1"),): 2, (("node", r"rs\x1b"),): 2}


def test_every_report_ends_with_a_newline_and_can_be_read(read: Read, examinations: ModuleType) -> None:
    for examination in examinations.everything().values():
        assert written(examination).endswith("\n")
        assert "build_info" in read(examination)
