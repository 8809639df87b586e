"""What makes a change last, in each system's own way."""

from ipaddress import ip_address, ip_network

import pytest

from lvsdoctor.fixes.changes.kinds import spell
from lvsdoctor.fixes.persist.build import lasting
from lvsdoctor.fixes.persist.parts import ByHand, OwnFile, OwnLine, Part, Run, Settings
from lvsdoctor.fixes.persist.systems import Network
from lvsdoctor.model.change import (
    AddAddress,
    Change,
    PutRealServer,
    PutRoute,
    RemoveAddress,
    RemoveRealServer,
    SetLink,
)
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.sanitize import word


def as_run(change: Change) -> Change:
    """The change as a fix's command has it."""
    return spell(change).changes[0]


VIP = ip_address("192.0.2.10")
SEEN = Seen("fix", None, "")
SYSCTL = "/etc/sysctl.d/zz-lvs.conf"
ON_LO = as_run(AddAddress(VIP, 32, "lo"))
ON_ETH0 = as_run(AddAddress(VIP, 32, "eth0"))
ON_TUNL0 = as_run(AddAddress(VIP, 32, "tunl0"))
OFF_ETH0 = as_run(RemoveAddress(VIP, 24, "eth0"))
ROUTE = Route(ip_network("0.0.0.0/0"), SEEN, nexthops=(NextHop("eth0", ip_address("192.0.2.1")),))
DEFAULT = as_run(PutRoute(ROUTE, replaces=True))
NAMED = [Network.NETPLAN, Network.NETWORKD, Network.NETWORKMANAGER, Network.IFCFG, Network.IFUPDOWN]


def files(parts: tuple[Part, ...]) -> dict[str, str]:
    return {part.path: part.text for part in parts if isinstance(part, OwnFile)}


def by_hand(parts: tuple[Part, ...]) -> str:
    return "\n".join("\n".join((part.says, *part.lines)) for part in parts if isinstance(part, ByHand))


def test_settings_and_modules_come_from_the_findings_own_lines() -> None:
    told = [
        f"printf '%s\\n' 'net.ipv4.conf.all.arp_ignore = 1' 'net.ipv4.conf.eth0/100.arp_ignore = 1' >> {SYSCTL}",
        "echo ip_vs >> /etc/modules-load.d/lvs.conf",
    ]
    assert lasting([], told, Network.NONE) == (
        Settings(SYSCTL, (("net.ipv4.conf.all.arp_ignore", "1"), ("net.ipv4.conf.eth0/100.arp_ignore", "1"))),
        OwnLine("/etc/modules-load.d/lvs.conf", "ip_vs"),
    )


def test_a_line_of_an_operators_own_rule_is_kept_as_it_is() -> None:
    (part,) = lasting([], ["systemctl enable mine"], Network.NONE)
    assert part == Run("as the finding says", "systemctl enable mine")


@pytest.mark.parametrize("network", NAMED)
@pytest.mark.parametrize("name", ["$(reboot)", "a'b", "{{x}}", "-rf", "*", "a#b", "!x"])
def test_a_name_that_a_file_may_read_otherwise_is_written_into_none(network: Network, name: str) -> None:
    hop = Route(ip_network("0.0.0.0/0"), SEEN, nexthops=(NextHop(name, ip_address("192.0.2.1")),))
    changes: list[Change] = [
        AddAddress(VIP, 32, name),
        PutRoute(hop, replaces=True),
        SetLink(name, up=True),
    ]
    for change in changes:
        (part,) = lasting([change], [], network)
        assert isinstance(part, ByHand)
        assert "so it needs a plain name before" in "".join(part.lines)
        assert name not in "".join((part.says, *part.lines)).replace(word(name), "")


def test_netplan_gets_a_file_for_each_address_on_lo_and_checks_it() -> None:
    file, check = lasting([ON_LO], [], Network.NETPLAN)
    assert isinstance(file, OwnFile)
    assert (file.path, file.mode) == ("/etc/netplan/90-lvs-192.0.2.10.yaml", "0600")
    assert 'lo:\n      renderer: networkd\n      addresses:\n      - "192.0.2.10/32"' in file.text
    assert isinstance(check, Run)
    assert check.command == "netplan generate"


def test_two_addresses_of_networkd_share_the_links_file() -> None:
    other = AddAddress(ip_address("2001:db8::10"), 128, "lo")
    found = files(lasting([ON_LO, other], [], Network.NETWORKD))
    home = "/etc/systemd/network/90-lvs-lo.network"
    assert list(found) == [home, f"{home}.d/192.0.2.10.conf", f"{home}.d/2001-db8--10.conf"]
    assert "Name=lo" in found[home]
    assert "KeepConfiguration=static" in found[home]
    assert found[f"{home}.d/2001-db8--10.conf"] == "[Network]\nAddress=2001:db8::10/128\n"


def test_networkmanager_gets_a_profile_once_and_the_address_in_it() -> None:
    first, second = lasting([ON_LO], [], Network.NETWORKMANAGER)
    assert isinstance(first, Run)
    assert (first.command, first.unless) == (
        "nmcli connection add type loopback con-name lvs-lo ifname lo",
        "nmcli connection show lvs-lo",
    )
    assert isinstance(second, Run)
    assert second.command == "nmcli connection modify lvs-lo +ipv4.addresses 192.0.2.10/32"


def test_an_ifcfg_alias_has_a_number_of_its_own_address() -> None:
    other = AddAddress(ip_address("192.0.2.11"), 32, "lo")
    found = files(lasting([ON_LO, other], [], Network.IFCFG))
    assert list(found) == [f"/etc/sysconfig/network-scripts/ifcfg-lo:{number}" for number in (522, 523)]
    assert "DEVICE=lo:522\nIPADDR=192.0.2.10\nNETMASK=255.255.255.255\nONBOOT=yes\nARPCHECK=no" in next(
        iter(found.values())
    )


def test_an_ifupdown_file_has_no_dot_in_its_name() -> None:
    found = files(lasting([ON_LO, ON_TUNL0], [], Network.IFUPDOWN))
    assert found == {
        "/etc/network/interfaces.d/lvs-lo-192-0-2-10": "iface lo inet static\n    address 192.0.2.10/32\n",
        "/etc/network/interfaces.d/lvs-tunl0-192-0-2-10": (
            "auto tunl0\niface tunl0 inet static\n    address 192.0.2.10/32\n"
        ),
    }


def test_a_tunnels_fallback_link_is_networkds_where_netplan_is() -> None:
    found = files(lasting([ON_TUNL0], [], Network.NETPLAN))
    assert "Name=tunl0" in found["/etc/systemd/network/90-lvs-tunl0.network"]


@pytest.mark.parametrize("network", NAMED)
def test_what_others_wrote_is_found_and_changed_by_hand(network: Network) -> None:
    """No file is written for a link that somebody else configures."""
    parts = lasting([OFF_ETH0, ON_ETH0, DEFAULT], [], network)
    assert all(isinstance(part, ByHand) for part in parts)
    assert "grep -rniF 192.0.2.10 /etc/" in by_hand(parts)
    assert "192.0.2.1\n" in by_hand(parts) + "\n"


@pytest.mark.parametrize("network", NAMED)
def test_a_directors_vip_is_in_no_file_for_vrrp_may_move_it(network: Network) -> None:
    (part,) = lasting([ON_LO], [], network, directed={VIP})
    assert isinstance(part, ByHand)
    assert "virtual_ipaddress { 192.0.2.10/32 dev lo }" in part.lines


@pytest.mark.parametrize("network", NAMED)
def test_an_ipvs_table_is_changed_where_it_comes_from(network: Network) -> None:
    service = VirtualService("tcp", VIP, 80, SEEN)
    old = Destination(ip_address("192.0.2.21"), 8080, SEEN, forwarding=Forwarding.DR, weight=1)
    new = Destination(ip_address("192.0.2.21"), 80, SEEN, forwarding=Forwarding.DR, weight=2)
    changes: list[Change] = [RemoveRealServer(service, old), PutRealServer(service, new, was=False)]
    told = ["# in keepalived.conf, ldirectord.cf or the saved rules (...): 192.0.2.21 with port 80"]
    (part,) = lasting(changes, told, network)
    assert isinstance(part, ByHand)
    block = "keepalived.conf, in virtual_server 192.0.2.10 80 (TCP)"
    assert part.lines[:4] == (
        f"{block}: no real_server 192.0.2.21 8080",
        "ldirectord.cf, in virtual=192.0.2.10:80: no real=192.0.2.21:8080",
        f"{block}: real_server 192.0.2.21 80 {{ weight 2 }} with lvs_method DR",
        "ldirectord.cf, in virtual=192.0.2.10:80: real=192.0.2.21:80 gate 2",
    )
    assert "ipvsadm-save -n > /etc/ipvsadm.rules" in part.lines[4]


def test_where_nobody_knows_the_network_the_option_is_named_and_the_findings_words_stay() -> None:
    told = ["# in the network configuration of the host (...): 192.0.2.10/32 on lo"]
    words = by_hand(lasting([ON_LO], told, Network.UNKNOWN))
    assert "in the network configuration of the host (...): 192.0.2.10/32 on lo" in words
    assert "lvsdoctor fix --network NAME (netplan, networkd, networkmanager, ifcfg, ifupdown, none)" in words


def test_a_network_that_something_else_configures_gets_the_commands() -> None:
    assert "ip addr add 192.0.2.10/32 dev lo" in by_hand(lasting([ON_LO], [], Network.NONE))
