"""What the network's files of several hosts determine together: whose address, and whose gateway."""

from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.finding import Severity

RULES = [rule for rule in load_rules() if rule.code in ("NAT001", "ADDR003", "ADDR006", "ADDR009")]
IFCFG = "etc/sysconfig/network-scripts/ifcfg-"
TABLE = "etc/sysconfig/ipvsadm"
NAT = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 10.0.0.21:80 -m -w 1\n"
DR = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"
VRRP = """vrrp_instance web {
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        192.0.2.10/24
    }
}
"""


def ifcfg(link: str, ip: str, gateway: str = "", dynamic: str = "none") -> str:
    address = f"IPADDR={ip}\nPREFIX=24\n" if ip else ""
    return f"DEVICE={link}\nONBOOT=yes\nBOOTPROTO={dynamic}\n{address}" + (f"GATEWAY={gateway}\n" if gateway else "")


def findings(top: Path, files: dict[str, str]) -> set[tuple[str, str, Severity, str]]:
    """Code, host, severity, and the lines that the finding quotes."""
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    examination = examine(with_standing(collect_paths([str(top)])), RULES)
    return {
        (
            found.code,
            found.node,
            found.severity,
            " ".join(str(item.seen.line) for item in found.evidence if item.seen.line),
        )
        for found in examination.diagnoses
    }


def nat_cluster(gateway: str, inner: str = "10.0.0.1", dynamic: str = "none") -> dict[str, str]:
    return {
        "lb1/" + TABLE: NAT,
        f"lb1/{IFCFG}eth0": ifcfg("eth0", "192.0.2.5", "192.0.2.1"),
        f"lb1/{IFCFG}eth1": ifcfg("eth1", inner, dynamic=dynamic),
        f"rs1/{IFCFG}eth0": ifcfg("eth0", "10.0.0.21", gateway),
    }


def test_a_gateway_that_is_not_the_nat_director_is_a_warning(tmp_path: Path) -> None:
    assert findings(tmp_path, nat_cluster("10.0.0.254")) == {("NAT001", "rs1", Severity.WARNING, "2 6 4")}


def test_the_director_as_gateway_is_fine(tmp_path: Path) -> None:
    assert findings(tmp_path, nat_cluster("10.0.0.1")) == set()


@pytest.mark.parametrize(("inner", "dynamic"), [("", "dhcp"), ("10.9.9.1", "none")])
def test_a_director_whose_address_beside_the_real_server_no_file_tells_accuses_nobody(
    tmp_path: Path, inner: str, dynamic: str
) -> None:
    assert findings(tmp_path, nat_cluster("10.0.0.254", inner, dynamic)) == set()


def test_a_real_server_whose_gateway_no_file_tells_is_not_accused(tmp_path: Path) -> None:
    assert findings(tmp_path, nat_cluster("")) == set()


def dr_cluster(director: dict[str, str], second: str = "192.0.2.22") -> dict[str, str]:
    return {
        **{f"lb1/{path}": text for path, text in director.items()},
        f"rs1/{IFCFG}eth0": ifcfg("eth0", "192.0.2.21", "192.0.2.1"),
        f"rs1/{IFCFG}eth1": ifcfg("eth1", second).replace("24", "32"),
        f"rs1/{IFCFG}lo:0": "DEVICE=lo:0\nIPADDR=192.0.2.10\nNETMASK=255.255.255.255\nONBOOT=yes\n",
    }


def test_the_vip_as_the_only_static_address_is_the_sender(tmp_path: Path) -> None:
    files = dr_cluster({TABLE: DR, f"{IFCFG}eth0": ifcfg("eth0", "192.0.2.10", "192.0.2.1")})
    assert {found[:3] for found in findings(tmp_path, files)} == {("ADDR003", "lb1", Severity.WARNING)}


def test_the_vip_of_vrrp_comes_after_the_addresses_of_the_network(tmp_path: Path) -> None:
    own = ifcfg("eth0", "192.0.2.5", "192.0.2.1")
    assert (
        findings(tmp_path, dr_cluster({TABLE: DR, "etc/keepalived/keepalived.conf": VRRP, f"{IFCFG}eth0": own}))
        == set()
    )


def test_a_vip_of_vrrp_on_a_link_whose_own_address_no_file_tells_accuses_nobody(tmp_path: Path) -> None:
    own = ifcfg("eth1", "198.51.100.5")
    assert (
        findings(tmp_path, dr_cluster({TABLE: DR, "etc/keepalived/keepalived.conf": VRRP, f"{IFCFG}eth1": own}))
        == set()
    )


def test_a_lease_beside_a_static_vip_accuses_nobody(tmp_path: Path) -> None:
    netplan = """network:
  version: 2
  ethernets:
    eth0:
      dhcp4: true
      addresses: [192.0.2.10/24]
"""
    assert findings(tmp_path, dr_cluster({TABLE: DR, "etc/netplan/50.yaml": netplan})) == set()


def test_an_address_of_the_director_on_a_real_server_is_told_at_the_real_server(tmp_path: Path) -> None:
    files = {
        "lb1/" + TABLE: DR,
        f"lb1/{IFCFG}eth0": ifcfg("eth0", "192.0.2.5", "192.0.2.1"),
        f"rs1/{IFCFG}eth0": ifcfg("eth0", "192.0.2.21", "192.0.2.1"),
        f"rs1/{IFCFG}eth0:1": ifcfg("eth0:1", "192.0.2.5"),
    }
    assert {found[:3] for found in findings(tmp_path, files)} == {("ADDR009", "rs1", Severity.WARNING)}


def test_the_address_of_a_real_server_on_its_director_is_told_at_the_director(tmp_path: Path) -> None:
    files = {
        "lb1/" + TABLE: DR,
        f"lb1/{IFCFG}eth0": ifcfg("eth0", "192.0.2.5", "192.0.2.1"),
        f"lb1/{IFCFG}eth0:1": ifcfg("eth0:1", "192.0.2.21"),
        f"rs1/{IFCFG}eth0": ifcfg("eth0", "192.0.2.21", "192.0.2.1"),
    }
    assert ("ADDR006", "lb1", Severity.WARNING) in {found[:3] for found in findings(tmp_path, files)}
