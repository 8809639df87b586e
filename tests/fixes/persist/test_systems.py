"""Which system configures a host's network, told from the names of its files."""

from pathlib import Path

import pytest

from lvsdoctor.fixes.persist.systems import Network, network_of

DEBIANS = "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n"


@pytest.mark.parametrize(
    ("file", "network"),
    [
        ("etc/netplan/50-cloud-init.yaml", Network.NETPLAN),
        ("etc/systemd/network/10-eth0.network", Network.NETWORKD),
        ("etc/sysconfig/network-scripts/ifcfg-eth0", Network.IFCFG),
        ("etc/NetworkManager/system-connections/eth0.nmconnection", Network.NETWORKMANAGER),
    ],
)
def test_its_file_tells(file: str, network: Network, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()
    assert network_of(tmp_path) == (network, file)


def test_netplan_writes_the_files_of_others(tmp_path: Path) -> None:
    for file in ("etc/systemd/network/10-eth0.network", "etc/netplan/01.yaml"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    assert network_of(tmp_path) == (Network.NETPLAN, "etc/netplan/01.yaml")


def test_ifupdown_counts_where_it_configures_a_link(tmp_path: Path) -> None:
    interfaces = tmp_path / "etc/network/interfaces"
    interfaces.parent.mkdir(parents=True)
    interfaces.write_text(DEBIANS)
    assert network_of(tmp_path) == (Network.UNKNOWN, "")
    interfaces.write_text(f"{DEBIANS}iface eth0 inet dhcp\n")
    assert network_of(tmp_path) == (Network.IFUPDOWN, "etc/network/interfaces")


def test_the_loopbacks_own_ifcfg_tells_nothing(tmp_path: Path) -> None:
    scripts = tmp_path / "etc/sysconfig/network-scripts"
    scripts.mkdir(parents=True)
    (scripts / "ifcfg-lo").touch()
    assert network_of(tmp_path) == (Network.UNKNOWN, "")
