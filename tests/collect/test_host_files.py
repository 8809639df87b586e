"""Units and scripts read other files of their host: drop-ins, EnvironmentFile=, `. FILE`. Each row keeps its line."""

from pathlib import Path

import pytest

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.model.node import Node

UNIT = "[Service]\nType=oneshot\n%sExecStart=/sbin/ip addr add ${VIP}/${MASK} dev lo\n"
FIXED = "[Service]\nType=oneshot\nExecStart=/sbin/ip addr add 192.0.2.10/24 dev lo\n"
HOME = "rs1/etc/systemd/system/vip.service"
VARIABLES = "# of the site\nVIP=192.0.2.10\nMASK='24'\n"
SCRIPT = "#!/bin/sh\n%s\nip addr add $VIP/$MASK dev lo\n"


def scanned(top: Path, files: dict[str, str]) -> Node:
    for name, text in {"rs1/etc/sysctl.d/a.conf": "net.ipv4.ip_forward = 0\n", **files}.items():
        path = top / "golden" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (node,) = [node for node in collect_paths([str(top / "golden")]) if node.evidence]
    return node


def addresses(node: Node) -> list[str]:
    return [f"{row.ip}/{row.prefixlen} {row.seen}" for row in node.evidence.get("configured-addresses", ())]


@pytest.mark.parametrize("path", ["/etc/default/vip", "-/etc/default/vip", "-/etc/sysconfig/../default/vip"])
def test_an_environment_file_of_the_tree_tells_the_variables(tmp_path: Path, path: str) -> None:
    node = scanned(tmp_path, {HOME: UNIT % f"EnvironmentFile={path}\n", "rs1/etc/default/vip": VARIABLES})
    assert addresses(node) == [f"192.0.2.10/24 {HOME}:4"]
    assert node.unread == ()


def test_what_an_environment_file_elsewhere_may_set_is_not_known(tmp_path: Path) -> None:
    unit = UNIT % "Environment=VIP=192.0.2.10 MASK=24\nEnvironmentFile=/etc/default/vip\n"
    node = scanned(tmp_path, {HOME: unit})
    assert addresses(node) == []
    assert [seen.line for seen in node.unread] == [5]


def test_an_environment_file_counts_before_the_unit(tmp_path: Path) -> None:
    unit = UNIT % "EnvironmentFile=/etc/default/vip\nEnvironment=MASK=32\n"
    assert addresses(scanned(tmp_path, {HOME: unit, "rs1/etc/default/vip": VARIABLES})) == [f"192.0.2.10/24 {HOME}:5"]


@pytest.mark.parametrize(
    ("unit", "script"),
    [
        ("EnvironmentFile=/etc/default/vip\nExecStart=/usr/local/sbin/vip.sh\n", "ip addr add $VIP/$MASK dev lo\n"),
        ("Environment=MASK=24\nExecStart=/usr/local/sbin/vip.sh 192.0.2.10\n", "ip addr add $1/$MASK dev lo\n"),
        ("Environment=X=1\nExecStart=/bin/sh /usr/local/sbin/vip.sh 192.0.2.10/24\n", "ip addr add $1 dev lo\n"),
    ],
)
def test_a_script_that_a_unit_runs_gets_the_units_environment(tmp_path: Path, unit: str, script: str) -> None:
    name = "rs1/usr/local/sbin/vip.sh"
    more = {"rs1/etc/default/vip": VARIABLES} if "EnvironmentFile" in unit else {}
    node = scanned(tmp_path, {HOME: f"[Service]\n{unit}", name: f"#!/bin/sh\n{script}", **more})
    assert addresses(node) == [f"192.0.2.10/24 {name}:2"]
    assert node.unread == ()


def test_the_file_of_another_host_is_not_this_one_s(tmp_path: Path) -> None:
    files = {HOME: UNIT % "EnvironmentFile=/etc/default/vip\n", "rs2/etc/default/vip": VARIABLES}
    assert addresses(scanned(tmp_path, files)) == []


def test_a_drop_in_takes_back_and_adds(tmp_path: Path) -> None:
    more = "[Service]\nExecStart=\nExecStart=/sbin/ip addr add 192.0.2.10/32 dev lo\n"
    node = scanned(tmp_path, {HOME: FIXED, f"{HOME}.d/override.conf": more})
    assert addresses(node) == [f"192.0.2.10/32 {HOME}.d/override.conf:3"]


def test_the_last_drop_in_counts_and_the_one_in_etc_hides_its_namesake(tmp_path: Path) -> None:
    files = {
        HOME: UNIT % "Environment=VIP=192.0.2.10 MASK=8\n",
        f"{HOME}.d/10.conf": "[Service]\nEnvironment=MASK=24\n",
        f"{HOME}.d/20.conf": "[Service]\nEnvironment=MASK=32\n",
        "rs1/usr/lib/systemd/system/vip.service.d/20.conf": "[Service]\nEnvironment=MASK=16\n",
    }
    assert addresses(scanned(tmp_path, files)) == [f"192.0.2.10/32 {HOME}:4"]


@pytest.mark.parametrize(
    "reads",
    [
        ". /etc/lvs/vip.conf",
        "source ./vip.conf",
        "[ -r /etc/lvs/vip.conf ] && . /etc/lvs/vip.conf",
        "if [ -f /etc/lvs/vip.conf ]; then . /etc/lvs/vip.conf; fi",
    ],
)
def test_a_script_knows_what_it_reads(tmp_path: Path, reads: str) -> None:
    node = scanned(tmp_path, {"rs1/etc/lvs/up.sh": SCRIPT % reads, "rs1/etc/lvs/vip.conf": VARIABLES})
    assert addresses(node) == ["192.0.2.10/24 rs1/etc/lvs/up.sh:3"]
    assert node.unread == ()


def test_a_function_of_another_file_is_followed_there(tmp_path: Path) -> None:
    library = '# of the site\nadd() {\n  ip addr add "$1/24" dev lo\n}\n'
    files = {
        "rs1/usr/local/lib/vip.sh": library,
        "rs1/etc/init.d/vip": "#!/bin/sh\n. /usr/local/lib/vip.sh\nadd 192.0.2.10\n",
    }
    assert addresses(scanned(tmp_path, files)) == ["192.0.2.10/24 rs1/usr/local/lib/vip.sh:3"]


def test_files_that_read_each_other_end(tmp_path: Path) -> None:
    files = {"rs1/opt/a.sh": "#!/bin/sh\n. ./b.sh\nip addr add 192.0.2.10/32 dev lo\n", "rs1/opt/b.sh": ". ./a.sh\n"}
    assert scanned(tmp_path, files).unread != ()


@pytest.mark.parametrize("path", ["/secret.conf", "../../../secret.conf", "$DIR/vip.conf"])
def test_what_lies_outside_is_not_opened(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.conf").write_text(VARIABLES)
    assert addresses(scanned(tmp_path, {"rs1/opt/up.sh": SCRIPT % f". {path}"})) == []
