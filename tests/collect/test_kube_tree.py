"""ConfigMaps whose files a workload mounts: they are what they become there, quoted by the line of the manifest."""

import json
from pathlib import Path

import pytest

from lvsdoctor.cli.main import main

_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: lvs}
data:
  vip: 192.0.2.10
  up.sh: |
    sysctl -w net.ipv4.conf.all.arp_ignore=1
    sysctl -w net.ipv4.conf.all.arp_announce=2
    ip addr add ${VIP}/24 dev lo
"""
_WORKLOAD = """apiVersion: apps/v1
kind: DaemonSet
metadata: {name: lvs-rs}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
        - name: up
          securityContext: {privileged: true}
          env: [{name: VIP, valueFrom: {configMapKeyRef: {name: lvs, key: vip}}}]
          command: COMMAND
          volumeMounts: [{name: scripts, mountPath: /scripts}]
      volumes:
        - name: scripts
          VOLUME
"""
_PLAIN = "configMap: {name: lvs}"


def _findings(top: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str, int]]:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    main(["scan", str(top), "--format", "json", "--config", "none"])
    loud = [row for row in json.loads(capsys.readouterr().out)["findings"] if row["severity"] != "note"]
    return {(row["code"], row["node"], row["cause"]["line"]) for row in loud}


def _workload(command: str = "[sh, /scripts/up.sh]", volume: str = _PLAIN) -> str:
    return _WORKLOAD.replace("COMMAND", command).replace("VOLUME", volume)


@pytest.mark.parametrize(
    ("command", "volume"),
    [
        ("[sh, /scripts/up.sh]", _PLAIN),
        ("[/scripts/up.sh, start]", _PLAIN),
        ("[/bin/bash, -e, /scripts/up.sh]", _PLAIN),
        ('[sh, -c, "cd / && sh /scripts/up.sh; sleep 9999"]', _PLAIN),
        ("[sh, /scripts/a/b.sh]", "configMap: {name: lvs, items: [{key: up.sh, path: a/b.sh}]}"),
        ("[sh, /scripts/up.sh]", "projected: {sources: [{configMap: {name: lvs}}]}"),
        ("[sleep, 9999]\n          lifecycle: {postStart: {exec: {command: [sh, /scripts/up.sh]}}}", _PLAIN),
    ],
)
@pytest.mark.parametrize("files", [("m/map.yaml", "m/set.yaml"), ("map/map.yaml", "set/set.yaml"), ("all.yaml",)])
def test_a_script_of_a_config_map_runs_where_a_workload_mounts_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, volume: str, files: tuple[str, ...]
) -> None:
    texts = [_MAP, _workload(command, volume)]
    tree = dict(zip(files, texts if len(files) > 1 else ["---\n".join(texts)], strict=True))
    assert _findings(tmp_path, tree, capsys) == {("ADDR001", "lvs-rs", 9)}


@pytest.mark.parametrize(
    "workload",
    [
        _workload().replace("hostNetwork: true", "hostNetwork: false"),
        _workload().replace("privileged: true", "privileged: false"),
        _workload(volume="configMap: {name: other}"),
        _workload("[sh, /scripts/down.sh]"),
    ],
)
def test_a_script_that_no_host_runs_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], workload: str
) -> None:
    (tmp_path / "map.yaml").write_text(_MAP)
    (tmp_path / "set.yaml").write_text(workload)
    assert main(["scan", str(tmp_path), "--config", "none"]) == 2


_CONF = """apiVersion: v1
kind: ConfigMap
metadata: {name: ka}
data:
  config: |
    virtual_server 192.0.2.10 80 {
        lb_kind DR
        protocol TCP
        real_server 192.0.2.21 8080 {
            TCP_CHECK {
                connect_timeout 3
            }
        }
    }
"""


def test_a_keepalived_conf_is_one_by_the_path_that_it_is_mounted_under(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mount = "[{name: scripts, mountPath: /etc/keepalived/keepalived.conf, subPath: keepalived.conf}]"
    volume = "configMap: {name: ka, items: [{key: config, path: keepalived.conf}]}"
    workload = _workload("[keepalived, -n]", volume).replace("[{name: scripts, mountPath: /scripts}]", mount)
    assert _findings(tmp_path, {"map.yaml": _CONF, "set.yaml": workload}, capsys) == {("KA005", "lvs-rs", 9)}


def test_a_keepalived_conf_that_is_mounted_is_of_one_host_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workload = _workload("[keepalived, -n]", "configMap: {name: ka}").replace("/scripts}", "/etc/keepalived}")
    tree = {"map.yaml": _CONF.replace("  config:", "  keepalived.conf:"), "set.yaml": workload}
    assert _findings(tmp_path, tree, capsys) == {("KA005", "lvs-rs", 9)}
