"""What a command line of `ip` asked for."""

import pytest

from lvsdoctor.parse.iproute.ip_command import IpCommand, ip_command


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        ("ip a", IpCommand("address")),
        ("/sbin/ip -6 -d addr show", IpCommand("address", 6, True)),
        ("ip -details link", IpCommand("link", None, True)),
        ("ip -o -f inet route show table all", IpCommand("route", 4, False, ("table", "all"))),
        ("ip r ls t local", IpCommand("route", None, False, ("t", "local"))),
        ("ip ru", IpCommand("rule")),
        ("ip n", IpCommand("neighbour")),
        ("ip -j neigh show dev eth0", IpCommand("neighbour", None, False, ("dev", "eth0"))),
        ("ip -n blue --json addr", IpCommand("address")),
        ("sudo ip netns exec blue ip route", IpCommand("route")),
        ("ip route | grep default", IpCommand("route", piped=True)),
        ("ip addr ; ip route", IpCommand("address")),
    ],
)
def test_it_understands(command: str, asked: IpCommand) -> None:
    assert ip_command(command.split()) == asked


@pytest.mark.parametrize("command", ["", "ipvsadm -Ln", "ip", "ip -d", "ip vrf show", "cat /proc/net/arp"])
def test_other_commands_ask_nothing_of_it(command: str) -> None:
    assert ip_command(command.split()) is None


def test_an_option_may_be_abbreviated() -> None:
    command = ip_command(["ip", "route", "show", "t", "100"])
    assert command is not None
    assert (command.value("table"), command.value("dev")) == ("100", None)
