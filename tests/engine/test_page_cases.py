"""What a case of a page may show."""

import sys
from types import ModuleType

import pytest

from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.page_cases import Case, Fence
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse import config
from lvsdoctor.parse.reader import Dump


def _dump_of(text: str, where: str) -> Dump | None:
    seen = Seen(where, 1, text.splitlines()[0])
    return Dump({"configured-ipvs": (VirtualService("tcp", None, 80, seen, "web"),)}, origin=Origin.CONFIGURED)


@pytest.fixture
def any_file_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("lvsdoctor.parse.any_file")
    module.dump_of = _dump_of  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(config, "KINDS", (config.ConfigKind("any_file", sign="."),))


@pytest.mark.usefixtures("any_file_is_a_table")
def test_a_fence_named_by_a_path_is_a_file_that_configures_the_node() -> None:
    fence = Fence("etc/some/file.conf", "lb1", "", ("virtual_server",), frozenset())
    (node,) = nodes_in(Case("fires", "", 1, (fence,)))
    (service,) = node.evidence["configured-ipvs"]
    assert service.seen == Seen("lb1/etc/some/file.conf", 1, "virtual_server")


@pytest.mark.usefixtures("any_file_is_a_table")
def test_a_fence_named_by_a_dump_is_read_as_a_paste_is() -> None:
    fence = Fence("sysctl", "rs1", "", ("net.ipv4.ip_forward = 1",), frozenset())
    (node,) = nodes_in(Case("fires", "", 1, (fence,)))
    assert set(node.evidence) == {"sysctl"}
