"""lvsdoctor redact: what is written, and what is said beside it."""

import io
import sys
from pathlib import Path

import pytest

from lvsdoctor.cli.main import main
from tests.collect.archive_bytes import tar_of

TABLE = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"


def test_a_directory_becomes_another_with_other_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in" / "lb1").mkdir(parents=True)
    (tmp_path / "in" / "lb1" / "ipvsadm.txt").write_text(TABLE + "and a word of mine\n")
    assert main(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0
    (file,) = (tmp_path / "out").glob("*/ipvsadm.txt")
    assert file.parent.name.startswith("node")
    text = file.read_text()
    assert text.startswith("-A -t 192.")
    assert "192.0.2." not in text
    assert "mine" not in text
    assert "kept 2 lines of 1 files; dropped 1" in capsys.readouterr().err


def test_a_file_can_go_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "table.txt").write_text(TABLE)
    (tmp_path / "key").write_bytes(b"k" * 32)
    outputs = []
    for _ in range(2):
        assert main(["redact", str(tmp_path / "table.txt"), "-o", "-", "--key", str(tmp_path / "key")]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert "192.0.2.10" not in outputs[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["redact", "no-such-file", "-o", "-"], "No such file"),
        (["redact", "table.txt", "-o", "-", "--key", "short"], "at least 16 bytes"),
        (["redact", ".", "-o", "-"], "into a directory"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "table.txt").write_text(TABLE)
    (tmp_path / "short").write_bytes(b"k")
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert says in capsys.readouterr().err


def test_a_directory_that_is_there_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ipvsadm.txt").write_text(TABLE)
    (tmp_path / "out").mkdir()
    assert main(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 2
    assert "out" in capsys.readouterr().err


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_an_archive_on_standard_input_becomes_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tar_of({"lb1/ipvsadm.txt": TABLE, "lb2/ipvsadm.txt": TABLE, "lb1/core": b"\x7fELF\x00\x01"})
    monkeypatch.setattr(sys, "stdin", _Stdin(data))
    assert main(["redact", "-", "-o", str(tmp_path / "out")]) == 0
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert [file.name for file in files] == ["ipvsadm.txt", "ipvsadm.txt"]
    assert all(file.parent.name.startswith("node") and "192.0.2.10" not in file.read_text() for file in files)
    monkeypatch.setattr(sys, "stdin", _Stdin(data))
    assert main(["redact", "-", "-o", "-"]) == 2
    assert "into a directory" in capsys.readouterr().err


def test_a_text_on_standard_input_becomes_a_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(TABLE.encode()))
    assert main(["redact", "-", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("-A -t 192.")
    monkeypatch.setattr(sys, "stdin", _Stdin(b"\x7fELF\x00\x01\x02"))
    assert main(["redact", "-", "-o", "-"]) == 2
    assert "standard input: is a binary file" in capsys.readouterr().err


def test_what_is_left_out_is_named_with_its_kind_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "in"
    given.mkdir()
    (given / "ipvsadm.txt").write_text(TABLE)
    (given / "site.yml").write_text(
        "- hosts: all\n  tasks:\n    - sysctl:\n        name: net.ipv4.conf.all.arp_ignore\n        value: 1\n"
    )
    (given / "service.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  clusterIP: 192.0.2.10\n"
    )
    assert main(["redact", str(given), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    assert "site.yml: a playbook of Ansible holds free text, and is left out" in said
    assert "service.yaml: a manifest of Kubernetes holds free text, and is left out" in said
    assert "left out 2 files that a scan reads, named above" in said
