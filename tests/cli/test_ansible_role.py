"""The role and the playbook that ship in ansible/, and the manifest in kubernetes/."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.collect.live.conftest import new_namespace

__all__ = ["new_namespace"]
ROOT = Path(__file__).parents[2]
ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
NODES = {
    "lb1": "link add eth0 type veth peer name far0|link set lo up|link set eth0 up|addr add 192.0.2.2/24 dev eth0",
    "rs1": "link add eth0 type veth peer name far0|link set lo up|link set eth0 up|addr add 192.0.2.21/24 dev eth0|"
    "addr add 192.0.2.10/24 dev lo",
}


def play(tmp_path: Path, inventory: str) -> "subprocess.CompletedProcess[str]":
    (tmp_path / "hosts").write_text(inventory)
    program = Path(sys.executable).with_name("lvsdoctor")
    values = (
        f"lvsdoctor_hosts=lvs lvsdoctor_program={program} lvsdoctor_directory={tmp_path}/streams lvsdoctor_become=false"
    )
    command = (ANSIBLE, "-i", tmp_path / "hosts", ROOT / "ansible/scan.yml", "-e", values)
    home = {
        "HOME": str(tmp_path),
        "ANSIBLE_HOME": f"{tmp_path}/.ansible",
        "ANSIBLE_REMOTE_TMP": f"{tmp_path}/.ansible/tmp",
    }
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **home})


@pytest.mark.skipif(not ANSIBLE.exists(), reason="ansible-core is not installed")
def test_a_play_collects_from_each_namespace_and_fails_on_an_error(
    new_namespace: Callable[[], Any], tmp_path: Path
) -> None:
    lines = ["[lvs]"]
    names = {}
    for node, commands in NODES.items():
        namespace = new_namespace()
        for command in commands.split("|"):
            namespace.ip(*command.split())
        names[node] = namespace.name
        shell = f'["ip", "netns", "exec", "{namespace.name}", "sh"]'
        python = sys.executable
        lines.append(f"{node} ansible_connection=local ansible_python_interpreter={python} lvsdoctor_shell='{shell}'")
    run = play(tmp_path, "\n".join(lines) + "\n")
    streams = {path.stem: path.read_text() for path in (tmp_path / "streams").glob("*.snap")}
    assert set(streams) == set(NODES), run.stdout + run.stderr
    for node, text in streams.items():
        assert text.split(" <==")[0].endswith(f" {names[node]}")
    # The /24 of the VIP on lo makes the whole subnet local.
    assert "ADDR001" in run.stdout
    assert "lvsdoctor scan ended with exit code 1" in run.stdout
    assert run.returncode == 2


def test_the_manifest_runs_the_script_in_the_network_of_the_node_and_with_no_more_rights_than_it_needs() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    manifest = yaml.safe_load((ROOT / "kubernetes/collect.yaml").read_text())
    pod = manifest["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert manifest["spec"]["selector"]["matchLabels"] == manifest["spec"]["template"]["metadata"]["labels"]
    assert pod["hostNetwork"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["NET_ADMIN"]}
    assert "lvsdoctor collect" in container["command"][-1]


@pytest.mark.parametrize("version", ["1.28", "1.31"])
def test_the_manifest_is_one_of_kubernetes(version: str) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    schemas = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for manifest in yaml.safe_load_all((ROOT / "kubernetes/collect.yaml").read_text()):
        assert schemas.validate(manifest, version, strict=True).startswith(version)
        manifest["spec"]["template"]["spec"]["hostNetworks"] = True
        with pytest.raises(schemas.ValidationError, match="hostNetworks"):
            schemas.validate(manifest, version, strict=True)
