"""Every script and every play that `lvsdoctor fix` prints for the pages' cases: sound shell, sound YAML, run twice."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lvsdoctor.cli.fix.play import play
from lvsdoctor.cli.fix.script import script
from tests.cli.fix_cases import ANSIBLE, every_prescription, pretenders, quietly

# Network and mounts are this run's own, and PATH has no program that changes a host (`pretenders`). /etc is empty but
# for the links that lead to awk. What is there after the first and after the second run of each script is kept.
HARNESS = """\
set -eu
cp -a /etc/alternatives "$HERE/alternatives"
mount -t tmpfs tmpfs /etc
test ! -e /etc/passwd
for script in "$HERE"/*.sh; do
    rm -rf /etc/*
    cp -a "$HERE/alternatives" /etc/alternatives
    mkdir /etc/sysctl.d
    printf '%s\\n' '# mine' 'net.ipv4.conf.all.arp_ignore=8' 'vm.swappiness = 1' > /etc/sysctl.d/zz-lvs.conf
    for run in 1 2; do
        for node in $(cat "$script.nodes"); do
            LOG="$script.log.$run" PATH="$HERE/bin" sh "$script" "$node" > "$script.said.$run" 2>&1 ||
                echo "exit $?" >> "$script.failed"
        done
        (cd /etc && find . -path ./alternatives -prune -o -type f -print -exec cat {} +) > "$script.etc.$run"
    done
done
"""


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with all scripts, none twice that differs in comments alone; beside each the nodes that it is for."""
    home = tmp_path_factory.mktemp("scripts")
    texts = {script(one): [fixes.node for fixes in one.fixes] for one in every_prescription()}
    different = {re.sub(r"^ *#.*", "", text, flags=re.MULTILINE): (text, nodes) for text, nodes in texts.items()}
    for number, (text, nodes) in enumerate(different.values()):
        (home / f"{number}.sh").write_text(text)
        (home / f"{number}.sh.nodes").write_text("\n".join(nodes))
    return home


def test_every_script_is_sound_shell(scripts: Path) -> None:
    for path in sorted(scripts.glob("*.sh")):
        done = subprocess.run(["sh", "-n", path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), path.read_text()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_no_word_about_any_script(scripts: Path) -> None:
    words = ["shellcheck", "--format=gcc", "--severity=style", *map(str, sorted(scripts.glob("*.sh")))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces of its own need root")
def test_every_script_runs_to_its_end_and_a_second_run_changes_no_file(scripts: Path, tmp_path: Path) -> None:
    home = tmp_path / "run"
    shutil.copytree(scripts, home)
    pretenders(home / "bin")
    environment = {**os.environ, "HERE": str(home)}
    words = ["unshare", "--mount", "--net", "sh", "-c", HARNESS]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    ran = sorted(home.glob("*.sh"))
    assert ran
    for path in ran:
        said = path.with_name(f"{path.name}.said.2")
        assert not path.with_name(f"{path.name}.failed").exists(), f"{path.read_text()}\n{said.read_text()}"
        first, second = (path.with_name(f"{path.name}.etc.{run}").read_text() for run in (1, 2))
        assert second == first
        if "setting /etc/sysctl.d/zz-lvs.conf net.ipv4.conf.all.arp_ignore 1" in path.read_text():
            assert "# mine\nvm.swappiness = 1\n" in first
            assert first.count("net.ipv4.conf.all.arp_ignore = 1\n") == 1
            assert "./sysctl.d/zz-lvs.conf.before-lvs\n" in first


class _Loader(yaml.SafeLoader):
    """Knows Ansible's !unsafe: a text that is no template."""


_Loader.add_constructor("!unsafe", lambda loader, node: str(node.value))


@pytest.fixture(scope="session")
def plays() -> dict[str, Any]:
    """The text of each play, and what it says as YAML."""
    texts = {play(one) for one in every_prescription() if one.fixes}
    return {text: yaml.load(text, _Loader) for text in sorted(texts)}


def test_every_play_is_yaml_and_uses_ansibles_own_modules_alone(plays: dict[str, Any]) -> None:
    assert plays
    for text, read in plays.items():
        for one in read:
            assert one["tasks"], text
            for task in one["tasks"]:
                modules = [key for key in task if "." in key]
                assert len(modules) == 1, task
                assert modules[0].startswith("ansible.builtin."), task


@pytest.mark.skipif(not ANSIBLE.exists(), reason="ansible-core is not installed")
def test_ansible_understands_every_play(plays: dict[str, Any], tmp_path: Path) -> None:
    everything = [one for read in plays.values() for one in read]
    whole = tmp_path / "play.yml"
    whole.write_text("".join(text.partition("---\n")[2] for text in plays))
    words = [str(ANSIBLE), "--syntax-check", "-i", "localhost,", str(whole)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=quietly(tmp_path))
    assert done.returncode == 0, done.stderr
    assert len(everything) > len(plays) / 2
