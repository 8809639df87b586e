"""An include of keepalived.conf is followed inside the scanned tree; each line keeps its own file."""

from pathlib import Path

import pytest

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.model.node import Node

MAIN = "global_defs {\n    router_id lb1\n}\ninclude %s\n"
INSTANCE = "vrrp_instance VI_1 {\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.10/24\n    }\n}\n"
SERVER = "virtual_server 192.0.2.10 80 {\n    real_server 192.0.2.21 80 {\n    }\n}\n"


def scanned(top: Path, files: dict[str, str]) -> Node:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (node,) = [node for node in collect_paths([str(top)]) if node.evidence]
    return node


@pytest.mark.parametrize("pattern", ["conf.d/*.conf", "/etc/keepalived/conf.d/*.conf", "../keepalived/conf.d/*.conf"])
@pytest.mark.parametrize("home", ["lb1/etc/keepalived", "lb1"])
def test_what_it_includes_is_read_once_and_quotes_its_own_file(tmp_path: Path, pattern: str, home: str) -> None:
    if home == "lb1" and pattern.startswith(".."):
        pytest.skip("there is no keepalived beside it")
    files = {"keepalived.conf": MAIN % pattern, "conf.d/a.conf": INSTANCE, "conf.d/b.conf": SERVER}
    node = scanned(tmp_path / "golden", {f"{home}/{name}": text for name, text in files.items()})
    assert [str(row.seen) for row in node.evidence["vrrp"]] == [f"{home}/conf.d/a.conf:1"]
    assert [str(row.seen) for row in node.evidence["configured-ipvs"]] == [f"{home}/conf.d/b.conf:1"]
    assert node.unread == ()
    assert set(node.files) >= {f"{home}/conf.d/a.conf", f"{home}/conf.d/b.conf"}


@pytest.mark.parametrize("pattern", ["/etc/keepalived/other/*.conf", "../../../../secret.conf", "/secret.conf"])
def test_what_lies_outside_is_named_and_not_opened(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "secret.conf").write_text(SERVER)
    node = scanned(tmp_path / "golden", {"lb1/etc/keepalived/keepalived.conf": INSTANCE + MAIN % pattern})
    assert "configured-ipvs" not in node.evidence
    assert [seen.text for seen in node.unread] == [f"include {pattern}"]
    assert node.partial("vrrp") is not None


def test_a_part_that_no_file_includes_is_read_by_itself(tmp_path: Path) -> None:
    node = scanned(tmp_path / "golden", {"lb1/keepalived.conf": INSTANCE, "lb1/conf.d/b.conf": SERVER})
    assert [str(row.seen) for row in node.evidence["configured-ipvs"]] == ["lb1/conf.d/b.conf:1"]
