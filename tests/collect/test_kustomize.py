"""Trees of kustomize: which configuration of kube-proxy is deployed, where an overlay changes that of its base."""

from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Verdict

pytest.importorskip("yaml")

RULES = [rule for rule in load_rules() if rule.code == "K8S001"]
PROXY = """apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
ipvs:
  strictARP: {strict}
"""
ANNOUNCER = "apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\nmetadata:\n  name: lan\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kube-proxy\ndata:\n  config.conf: |-\n"
BASE = "resources:\n- proxy.yaml\n- lan.yaml\n"


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


def config_map(strict: str) -> str:
    return MAP + indented(PROXY.format(strict=strict), 4)


def operation(strict: str) -> str:
    text = "- op: replace\n  path: /data/config.conf\n  value: |\n" + indented(PROXY.format(strict=strict), 4)
    return (
        "resources:\n- ../../base\npatches:\n- target: {kind: ConfigMap, name: kube-proxy}\n  patch: |-\n"
        + indented(text, 4)
    )


def answering(top: Path, base: str, overlays: dict[str, str]) -> tuple[list[str], Verdict]:
    """The first line that each finding quotes, and how the rule ended."""
    files = {
        "base/proxy.yaml": config_map(base),
        "base/lan.yaml": ANNOUNCER,
        "base/kustomization.yaml": BASE,
        **overlays,
    }
    for name, text in files.items():
        (top / "k8s" / name).parent.mkdir(parents=True, exist_ok=True)
        (top / "k8s" / name).write_text(text)
    examination = examine(with_standing(collect_paths([str(top / "k8s")])), RULES)
    (outcome,) = (outcome for outcome in examination.outcomes if outcome.verdict is not Verdict.NOT_APPLICABLE)
    return [str(found.evidence[0].seen) for found in examination.diagnoses], outcome.verdict


def test_a_base_alone_is_deployed_as_it_is(tmp_path: Path) -> None:
    assert answering(tmp_path, "false", {}) == (["base/proxy.yaml:11"], Verdict.FIRES)


def test_a_patch_that_sets_it_clears_the_base(tmp_path: Path) -> None:
    overlay = "resources:\n- ../../base\npatches:\n- path: proxy.yaml\n"
    files = {"overlays/prod/kustomization.yaml": overlay, "overlays/prod/proxy.yaml": config_map("true")}
    assert answering(tmp_path, "false", files) == ([], Verdict.QUIET)


def test_a_patch_that_undoes_it_is_named(tmp_path: Path) -> None:
    overlay = "resources: [../../base]\npatchesStrategicMerge: [proxy.yaml]\n"
    files = {"overlays/prod/kustomization.yaml": overlay, "overlays/prod/proxy.yaml": config_map("false")}
    assert answering(tmp_path, "true", files) == (["overlays/prod/proxy.yaml:11"], Verdict.FIRES)


def test_an_operation_inside_of_the_kustomization_is_named_with_its_line(tmp_path: Path) -> None:
    path = "overlays/prod/kustomization.yaml"
    assert answering(tmp_path, "false", {path: operation("true")}) == ([], Verdict.QUIET)
    assert answering(tmp_path, "true", {path: operation("false")}) == ([f"{path}:13"], Verdict.FIRES)


def test_an_overlay_that_leaves_the_base_as_it_is_deploys_it(tmp_path: Path) -> None:
    files = {
        "overlays/prod/kustomization.yaml": operation("true"),
        "overlays/dev/kustomization.yaml": "resources: [../../base]\n",
    }
    assert answering(tmp_path, "false", files) == (["base/proxy.yaml:11"], Verdict.FIRES)


def test_a_patch_whose_outcome_is_not_known_accuses_nobody(tmp_path: Path) -> None:
    patch = "resources: [../../base]\npatches:\n- target: {name: kube-proxy}\n  path: ops.json\n"
    assert answering(tmp_path, "false", {"overlays/prod/kustomization.yaml": patch}) == ([], Verdict.NOT_CHECKED)
