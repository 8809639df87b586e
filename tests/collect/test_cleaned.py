"""`sos clean` takes masks of /32 away: what it made of them is no fault of the host's."""

from pathlib import Path

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Examination
from lvsdoctor.model.node import Node

EXAMPLE = Path(__file__).parents[2] / "examples/leaking-real-server"
VIP = "192.0.2.10"


def cleaned(tmp_path: Path, vip: str, *, without: str = "") -> tuple[Node, ...]:
    """The example as sos clean leaves rs1: its MAC, and the VIP on lo in the words `vip`."""
    for host in ("lb1", "rs1"):
        (tmp_path / host).mkdir(exist_ok=True)
        for file in (EXAMPLE / host).iterdir():
            text = file.read_text().replace("02:00:00:00:0", "53:4f:53:00:00:0")
            if host == "rs1":
                text = text.replace(f"{VIP}/32", vip)
            if host != "rs1" or file.stem != without:
                (tmp_path / host / file.name).write_text(text)
    return with_standing(collect_paths([str(tmp_path)]))


def examined(nodes: tuple[Node, ...]) -> Examination:
    return examine(nodes, load_rules())


def vip_of(nodes: tuple[Node, ...]) -> str:
    rs1 = next(node for node in nodes if node.name == "rs1")
    return next(f"{row} {row.link}" for row in rs1.evidence["addresses"] if str(row.ip) == VIP)


def test_a_cleaned_report_is_said_to_be_one(tmp_path: Path) -> None:
    nodes = cleaned(tmp_path, f"{VIP}/24")
    assert all(any("sos clean replaced names and addresses" in note for note in node.notes) for node in nodes)
    assert not any("sos clean" in note for node in collect_paths([str(EXAMPLE)]) for note in node.notes)


def test_a_vip_of_32_that_got_the_mask_of_a_network_is_judged_by_the_local_table(tmp_path: Path) -> None:
    nodes = cleaned(tmp_path, f"{VIP}/24")
    assert vip_of(nodes) == f"{VIP}/32 lo"
    assert "ADDR001" not in {diagnosis.code for diagnosis in examined(nodes).diagnoses}


def test_a_vip_of_32_that_lost_its_mask_is_one_of_32(tmp_path: Path) -> None:
    assert vip_of(cleaned(tmp_path, VIP)) == f"{VIP}/32 lo"


def test_a_vip_on_dummy0_is_one_of_32_where_no_connected_route_says_otherwise(tmp_path: Path) -> None:
    cleaned(tmp_path, f"{VIP}/24")
    addresses = tmp_path / "rs1/ip-addr.txt"
    lines = [line for line in addresses.read_text().splitlines(keepends=True) if VIP not in line]
    lines += [
        "9: dummy0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN group default qlen 1000\n",
        "    link/ether 53:4f:53:00:00:09 brd ff:ff:ff:ff:ff:ff\n",
        f"    inet {VIP}/24 scope global dummy0\n",
    ]
    addresses.write_text("".join(lines))
    assert vip_of(with_standing(collect_paths([str(tmp_path)]))) == f"{VIP}/32 dummy0"


def test_a_mask_that_the_local_table_shows_stays(tmp_path: Path) -> None:
    cleaned(tmp_path, f"{VIP}/24")
    routes = tmp_path / "rs1/ip-route.txt"
    routes.write_text(
        routes.read_text() + "local 192.0.2.0/24 dev lo table local proto kernel scope host src 192.0.2.10 \n"
    )
    nodes = with_standing(collect_paths([str(tmp_path)]))
    assert vip_of(nodes) == f"{VIP}/24 lo"
    assert "ADDR001" in {diagnosis.code for diagnosis in examined(nodes).diagnoses}


def test_without_routes_no_rule_judges_a_mask(tmp_path: Path) -> None:
    nodes = cleaned(tmp_path, f"{VIP}/24", without="ip-route")
    examination = examined(nodes)
    assert "ADDR001" not in {diagnosis.code for diagnosis in examination.diagnoses}
    verdict = next(o for o in examination.outcomes if o.node == "rs1" and o.rule == "vip-mask-on-lo-too-wide")
    assert verdict.verdict.value == "not-checked"
