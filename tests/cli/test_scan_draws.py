"""A scan's cluster is drawn where a report asks for it, and not before."""

from pathlib import Path

import pytest

import lvsdoctor.analysis.topology
from lvsdoctor.cli import writing
from lvsdoctor.cli.main import main
from lvsdoctor.model.examination import Examination
from lvsdoctor.model.topology import Cluster

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
