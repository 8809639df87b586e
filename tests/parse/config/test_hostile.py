"""Whatever a file of the network says, its reader raises nothing, and what it quotes is a line of the file."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.parse.config import ifcfg, interfaces, netplan, networkd, nm_keyfile, saved_filters
from lvsdoctor.parse.reader import Dump

KINDS: dict[str, tuple[Callable[[str, str], Dump | None], str, tuple[str, ...]]] = {
    "etc/sysconfig/network-scripts/ifcfg-eth0": (ifcfg.dump_of, "=", (
        "DEVICE", "IPADDR", "IPADDR0", "IPADDR_START", "IPADDR_END", "CLONENUM_START", "PREFIX", "NETMASK", "GATEWAY",
        "IPV6ADDR", "IPADDR_1", "LABEL_1", "VLAN", "PHYSDEV", "MASTER", "STARTMODE", "MY_INNER_IPADDR", "BOOTPROTO")),
    "etc/sysconfig/network-scripts/ifcfg-lo-range0": (ifcfg.dump_of, "=", ("IPADDR_START", "IPADDR_END")),
    "etc/sysconfig/network-scripts/route-eth0": (ifcfg.dump_of, " ", ("default", "via", "ADDRESS0=", "192.0.2.0/24")),
    "etc/sysconfig/network-scripts/rule-eth0": (ifcfg.dump_of, " ", ("from", "to", "table", "priority", "not")),
    "etc/network/interfaces": (interfaces.dump_of, " ", (
        "auto", "iface", "iface eth0 inet static", "address", "netmask", "gateway", "up", "source", "mapping",
        "bridge_ports", "pointopoint", "metric", "scope", "auto eth0", "vlan-raw-device")),
    "etc/netplan/x.yaml": (netplan.dump_of, ": ", (
        "network", "  ethernets", "    eth0", "      addresses", "      - 192.0.2.1/24", "      routes", "      - to",
        "        via", "      routing-policy", "      - from", "  bonds", "      match",
        "      interfaces", "      gateway4")),
    "etc/systemd/network/x.network": (networkd.dump_of, "=", (
        "[Match]", "[Network]", "[Address]", "[Route]", "[RoutingPolicyRule]", "[NetDev]", "Name", "Address", "Gateway",
        "Destination", "From", "Table", "Priority", "Kind", "VLAN", "IPv4Forwarding", "Type", "Label", "Peer")),
    "system-connections/x.nmconnection": (nm_keyfile.dump_of, "=", (
        "[connection]", "[ipv4]", "[ipv6]", "[vlan]", "type", "id", "interface-name", "address1", "addresses",
        "gateway", "route1", "route1_options", "routing-rule1", "method", "parent", "master", "route-table")),
    "etc/iptables/rules.v4": (saved_filters.dump_of, " ", (
        "*filter", "*nat", ":INPUT ACCEPT [0:0]", "-A INPUT -j", "COMMIT")),
    "etc/nftables.conf": (saved_filters.dump_of, " ", (
        "table inet filter {", "chain input {", "type filter hook input priority 0;", "}", "policy", "include",
        "set x {")),
    "etc/arptables.conf": (saved_filters.dump_of, " ", ("*filter", ":INPUT ACCEPT", "-A INPUT -j DROP -d", "COMMIT")),
}  # fmt: skip
VALUES = ("192.0.2.10", "192.0.2.10/24", "2001:db8::1/64", "255.255.255.0", "lo:0", "eth0", "yes", "no", "0",
          "99999999999", "'", '"', "$X", "${IPADDR}", "{{ x }}", "\\", "#", ",", ";", "*", "\x00", "\ud800", "²", "²/²",
          "-1", "::", "default", "192.0.2.1,192.0.2.2,5", "priority ² from all table 9", "[", "{",
          "- ", "&a", "*a", "static", "\u0661")  # fmt: skip


@pytest.mark.parametrize("where", KINDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_text_raises(where: str, data: st.DataObject) -> None:
    dump_of, between, keys = KINDS[where]
    line = st.builds(lambda key, value: f"{key}{between}{value}", st.sampled_from(keys), st.sampled_from(VALUES))
    lines = st.lists(st.one_of(line, st.sampled_from(keys), st.text(max_size=20)), max_size=25)
    text = "\n".join(data.draw(lines))
    dump = dump_of(text, where)
    if dump is None:
        return
    shown = text.split("\n")
    rows = [row for fact in ("configured-addresses", "configured-links", "configured-routes", "configured-policy-rules")
            for row in dump.facts.get(fact, ())]  # fmt: skip
    for seen in (*dump.unread, *(row.seen for row in rows)):
        assert seen.line is not None
        assert shown[seen.line - 1].rstrip("\r").startswith(seen.text[:5].rstrip())


@pytest.mark.parametrize("where", KINDS)
def test_a_long_file_takes_a_time_that_grows_with_its_length(where: str) -> None:
    dump_of, between, keys = KINDS[where]
    for piece in (
        "\n".join(f"{key}{between}192.0.2.10/24" for key in keys),
        "=",
        " ",
        "\\\n",
        "[",
        "#",
        "'",
        "$A",
        "{{",
        "{% ",
    ):
        start = time.process_time()
        dump_of("\n".join(keys) + "\n" + piece * (60_000 // len(piece)), where)
        assert time.process_time() - start < 20, piece


def test_a_line_with_an_end_that_only_yaml_knows_is_quoted_as_it_stands() -> None:
    dump = netplan.dump_of("network: {}\n\x850", "etc/netplan/x.yaml")
    assert dump is not None
    assert [(seen.line, seen.text) for seen in dump.unread] == [(2, "\x850")]
