"""`lvsdoctor trace --against` what tcpdump records of real hosts, which are namespaces on a bridge of their own."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.probe.segment import VIP, interrupted, segment, table

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root"),
    pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed"),
]

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("options", [("-lne",), ("-lnev",), ("-lne", "-tttt")])
def test_the_hosts_that_a_recording_shows_to_answer_are_those_that_the_walks_predict(
    run: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    with segment() as hosts:
        dumps = hosts.dumps(
            tmp_path / "dumps", ("lb1", "rs1", "rs2"), lb1={"ipvsadm": table("192.0.2.21", "192.0.2.22")}
        )
        recorder = hosts.start("client", "tcpdump", "--immediate-mode", "-i", "eth0", *options, "arp or tcp port 80")
        assert recorder.stderr is not None
        while "listening on" not in (line := recorder.stderr.readline()):
            assert line, "tcpdump has ended"
        hosts.run("client", "bash", "-c", f"exec 3<>/dev/tcp/{VIP}/80", check=False)
        assert recorder.stdout is not None
        text = ""
        while not all(word in text for word in ("Flags [R", "is-at 02:00:00:00:00:02", "is-at 02:00:00:00:00:22")):
            line = recorder.stdout.readline()
            assert line, text
            text += line
        text += interrupted(recorder)[0]
    (tmp_path / "case.txt").write_text(text)
    code, out, err = run("trace", VIP, dumps, "--against", tmp_path / "case.txt", "-f", "json")
    assert err == ""
    against = json.loads(out)["against"]
    assert (code, err, against["not_understood"]) == (0, "", [])
    answers = {
        row["step"]["node"]: row["agreement"] for row in against["rows"] if row["step"] and not row["connections"]
    }
    assert answers == {"lb1": "agrees", "rs2": "agrees"}
    (connection,) = (row for row in against["rows"] if row["connections"])
    assert (connection["agreement"], "refused" in connection["reason"]) == ("open", True)
