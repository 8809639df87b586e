"""The files of sysctl.d of a host, read live."""

from pathlib import Path

from lvsdoctor.collect.live.sysctl_files import configured_files
from lvsdoctor.model.sysctl_d import ConfiguredSysctl

KEY = "net.ipv4.conf.all.arp_ignore"


def test_the_files_of_a_host_are_read_with_their_links_and_masks(tmp_path: Path) -> None:
    for name, text in {
        "etc/sysctl.conf": f"{KEY} = 0\n",
        "etc/sysctl.d/10-lvs.conf": f"# ours\n{KEY} = 1\n",
        "etc/sysctl.d/README": f"{KEY} = 8\n",
        "usr/lib/sysctl.d/50-a.conf": f"{KEY} = 3\n",
        "usr/lib/sysctl.d/60-b.conf": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "etc/sysctl.d/50-a.conf").symlink_to("/dev/null")
    (tmp_path / "lib").symlink_to("usr/lib")
    without = ConfiguredSysctl(file for file in configured_files(tmp_path) if file.path != "/etc/sysctl.conf")
    assert (without[KEY].raw, str(without[KEY].seen)) == ("1", "/etc/sysctl.d/10-lvs.conf:2")
    (tmp_path / "etc/sysctl.d/99-sysctl.conf").symlink_to("../sysctl.conf")
    linked = ConfiguredSysctl(configured_files(tmp_path))
    assert (linked[KEY].raw, linked.assumed_link) == ("0", False)
    assert "/usr/lib/sysctl.d/60-b.conf" in {file.path for file in linked.files}


def test_a_host_without_such_files_has_none(tmp_path: Path) -> None:
    assert list(configured_files(tmp_path)) == []
