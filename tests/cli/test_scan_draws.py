"""A scan's cluster is drawn where a report asks for it, and not before."""

from collections.abc import Sequence
from pathlib import Path

import pytest

import lvsdoctor.analysis.topology
import lvsdoctor.analysis.walk
from lvsdoctor.cli import writing
from lvsdoctor.cli.main import main
from lvsdoctor.model.examination import Examination
from lvsdoctor.model.node import Node
from lvsdoctor.model.topology import Cluster
from lvsdoctor.model.walk import Walk

EXAMPLE = Path(__file__).parents[2] / "examples/leaking-real-server"


def test_a_report_may_ask_for_the_cluster_of_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Examination] = []
    monkeypatch.setattr(writing, "writers", lambda _: [seen.append])
    main(["scan", str(EXAMPLE)])
    assert [host.name for host in seen[0].drawn().hosts] == ["clients", "192.0.2.1", "lb1", "rs1", "rs2"]


def test_a_report_that_shows_no_picture_draws_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unwanted(_: object) -> Cluster:
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr(lvsdoctor.analysis.topology, "drawn", unwanted)
    main(["scan", str(EXAMPLE), "-f", "json"])
    assert '"ARP002"' in capsys.readouterr().out


def test_packets_are_followed_once_and_reports_have_the_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    worked_out = lvsdoctor.analysis.walk._worked_out

    def counting(nodes: Sequence[Node]) -> tuple[tuple[Walk, ...], frozenset[str]]:
        calls.append(nodes)
        return worked_out(nodes)

    monkeypatch.setattr(lvsdoctor.analysis.walk, "_worked_out", counting)
    seen: list[Examination] = []
    monkeypatch.setattr(writing, "writers", lambda _: [seen.append])
    main(["scan", str(EXAMPLE)])
    assert {walk.service for walk in seen[0].walks} == {"TCP 192.0.2.10:80"}
    assert len(calls) == 1


def test_where_packets_cannot_be_followed_a_report_has_no_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise LookupError("no such host")

    monkeypatch.setattr(lvsdoctor.analysis.walk, "_worked_out", broken)
    seen: list[Examination] = []
    monkeypatch.setattr(writing, "writers", lambda _: [seen.append])
    main(["scan", str(EXAMPLE)])
    assert seen[0].walks == ()
