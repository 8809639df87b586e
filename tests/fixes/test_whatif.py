"""A node as it would be: the file's rows in place of the node's, each quoting the file; nothing else is different."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.fixes.whatif import CannotSuppose, KeepalivedFile, SysctlFile, deployed, supposing
from lvsdoctor.fixes.whatif.keepalived import MOST_ADDRESSES
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.node import Node

EXAMPLE = Path(__file__).parents[2] / "examples/leaking-real-server"
VIP = ip_address("192.0.2.10")
KEEPALIVED = """vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 150
    virtual_ipaddress {
        192.0.2.10/24
    }
}
virtual_server 192.0.2.10 443 {
    protocol TCP
    real_server 192.0.2.21 443 { }
}
"""


# What is added stands below the VIP, whose line stays the seventh.
PASSWORD = "authentication {\nauth_type PASS\nauth_pass s3cretXY1\n}\n"
SECRET = KEEPALIVED.replace("}\nvirtual_server", f"{PASSWORD}}}\nvirtual_server")
UNICAST = KEEPALIVED.replace("}\nvirtual_server", "unicast_peer {\n192.0.2.2\n192.0.2.21\n}\n}\nvirtual_server")
V3 = "global_defs {\n    vrrp_version 3\n}\n"


@pytest.fixture(scope="module")
def nodes() -> dict[str, Node]:
    return {node.name: node for node in collect_paths([str(EXAMPLE)])}


def what_if(node: Node, text: str, file: str = "the.conf") -> Node:
    (supposed,) = supposing([node], [deployed(file, text)])
    return supposed


def without(node: Node, fact: str) -> Node:
    return Node(node.name, node.source, {name: rows for name, rows in node.evidence.items() if name != fact})


# -- what a file is ---------------------------------------------------------------------------------------------------


def test_a_file_is_what_is_in_it() -> None:
    assert isinstance(deployed("a", "# x\n\nnet.ipv4.ip_forward = 1\n"), SysctlFile)
    assert isinstance(deployed("a", "! x\nglobal_defs\n{\n}\n"), KeepalivedFile)
    assert isinstance(deployed("a", "@lb1 vrrp_instance A {\n@lb1 }\n"), KeepalivedFile)


@pytest.mark.parametrize(
    "text", ["hello\n", "# net.ipv4.ip_forward = 1\n", "192.0.2.0/24 dev eth0 scope link\n", "a { }"]
)
def test_another_file_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(CannotSuppose, match=r"^a: sets no address, route, setting or virtual service, .*it$"):
        deployed("a", text)


# -- sysctl.d ---------------------------------------------------------------------------------------------------------


def test_a_setting_of_the_file_is_the_node_s_and_quotes_the_file(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["rs2"], "# head\nnet.ipv4.conf.all.arp_ignore = 2\nnet.ipv4.conf.all.arp_ignore=1\n")
    setting = after.sysctl("net.ipv4.conf.all.arp_ignore")
    assert (setting.value, str(setting.seen), setting.seen.text) == (1, "the.conf:3", "net.ipv4.conf.all.arp_ignore=1")
    own = "net.ipv4.conf.lo.arp_ignore"
    assert after.sysctl(own) == nodes["rs2"].sysctl(own)
    assert after.notes[-1] == "as it would be with the.conf deployed (1 setting)"
    assert after.files["the.conf"] == "the.conf"


def test_a_star_is_every_link_but_for_those_that_are_named(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["rs2"], "net.ipv4.conf.eth0.arp_ignore = 2\nnet.ipv4.conf.*.arp_ignore = 1\n")
    values = {scope: after.sysctl(f"net.ipv4.conf.{scope}.arp_ignore") for scope in ("all", "default", "lo", "eth0")}
    assert {scope: setting.value for scope, setting in values.items()} == {"all": 1, "default": 1, "lo": 1, "eth0": 2}
    assert {str(setting.seen) for setting in values.values()} == {"the.conf:1", "the.conf:2"}


def test_what_the_kernel_writes_along_quotes_the_line_that_made_it(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["lb1"], "net.ipv4.ip_forward = 1\n")
    for key in ("net.ipv4.conf.eth0.forwarding", "net.ipv4.conf.all.forwarding", "net.ipv4.ip_forward"):
        assert (after.sysctl(key).value, str(after.sysctl(key).seen)) == (1, "the.conf:1")


def test_a_link_that_is_not_there_has_no_settings(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["rs2"], "net.ipv4.conf.eth7.arp_ignore = 1\n")
    assert not after.knows_sysctl("net.ipv4.conf.eth7.arp_ignore")
    assert "the.conf:1: rs2 has no net.ipv4.conf.eth7.arp_ignore, so this changes nothing" in after.notes


def test_where_no_settings_were_collected_the_rest_is_assumed_and_a_note_says_so(nodes: dict[str, Node]) -> None:
    after = what_if(without(nodes["rs2"], "sysctl"), "net.ipv4.conf.all.arp_ignore = 1\n")
    assert after.sysctl("net.ipv4.conf.all.arp_ignore").seen.where == "the.conf"
    assert after.sysctl("net.ipv4.conf.all.arp_announce").assumed
    assert any("settings of rs2 were not collected" in note for note in after.notes)


def test_what_is_not_understood_is_counted_with_the_node(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["rs2"], "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.eth0.arp_ignore 1\n")
    assert [str(seen) for seen in after.unread[len(nodes["rs2"].unread) :]] == ["the.conf:2"]


def test_files_are_deployed_in_their_order_and_only_where_they_belong(nodes: dict[str, Node]) -> None:
    first = deployed("1", "net.ipv4.conf.all.arp_ignore = 1\n")
    then = deployed("2", "net.ipv4.conf.all.arp_ignore = 2\n", "rs2")
    after = {node.name: node for node in supposing(list(nodes.values()), [first, then])}
    values = {name: str(node.sysctl("net.ipv4.conf.all.arp_ignore").seen) for name, node in after.items()}
    assert values == {"lb1": "1:1", "rs1": "1:1", "rs2": "2:1"}


# -- keepalived.conf --------------------------------------------------------------------------------------------------


def test_a_service_of_the_file_joins_the_table_and_replaces_its_like(nodes: dict[str, Node]) -> None:
    both = KEEPALIVED + "virtual_server 192.0.2.10 80 { protocol TCP\n real_server 192.0.2.22 80 { } }\n"
    one, two = what_if(nodes["lb1"], KEEPALIVED), what_if(nodes["lb1"], both)
    assert [str(row) for row in one.services] == ["tcp 192.0.2.10:443", "tcp 192.0.2.10:80"]
    assert [row.seen.where for row in one.services] == ["the.conf", "lb1/ipvsadm.txt"]
    assert any("does not name tcp 192.0.2.10:80" in note for note in one.notes)
    assert [row.seen.line for row in two.services] == [10, 14]
    assert [d.forwarding for row in two.services for d in row.destinations] == [Forwarding.NAT, Forwarding.NAT]


def test_lvs_flush_clears_what_others_made(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["lb1"], "global_defs {\nlvs_flush\n}\n" + KEEPALIVED)
    assert [str(row) for row in after.services] == ["tcp 192.0.2.10:443"]


def test_counters_of_a_service_that_is_made_anew_are_gone(nodes: dict[str, Node]) -> None:
    lb1 = nodes["lb1"]
    counted = Node("lb1", "", {**lb1.evidence, "ipvs-stats": lb1.services})
    text = KEEPALIVED.replace("443 {", "80 {", 1)
    assert what_if(counted, text).evidence["ipvs-stats"] == ()
    assert what_if(counted, KEEPALIVED).evidence["ipvs-stats"] == lb1.services


def test_an_address_of_the_file_replaces_the_node_s_with_its_routes(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["lb1"], KEEPALIVED)
    (held,) = after.holding(VIP)
    assert (str(held), held.link, str(held.seen), held.secondary) == ("192.0.2.10/24", "eth0", "the.conf:7", True)
    (own,) = [route for route in after.local_routes if route.dst.network_address == VIP]
    # The kernel's source of a secondary's routes is its primary.
    assert (str(own.src), str(own.seen)) == ("192.0.2.2", "the.conf:7")


def test_an_address_that_is_there_already_only_quotes_the_file(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["lb1"], KEEPALIVED.replace("192.0.2.10/24", "192.0.2.10"))
    (held,) = after.holding(VIP)
    assert str(held.seen) == "the.conf:7"
    assert after.routes == nodes["lb1"].routes
    assert after.local_routes == nodes["lb1"].local_routes


def test_use_vmac_moves_the_vip_and_sets_what_keepalived_sets(nodes: dict[str, Node]) -> None:
    after = what_if(nodes["lb1"], KEEPALIVED.replace("state MASTER", "use_vmac"))
    link = after.link("vrrp.51")
    assert link is not None
    assert (link.kind, link.parent, link.mac, link.up, link.arp) == ("macvlan", "eth0", "00:00:5e:00:01:33", True, True)
    assert [address.link for address in after.holding(VIP)] == ["vrrp.51"]
    for scope, name, value in (("vrrp/51", "arp_ignore", 1), ("vrrp/51", "rp_filter", 0), ("eth0", "arp_filter", 1)):
        setting = after.sysctl(f"net.ipv4.conf.{scope}.{name}")
        assert (setting.value, str(setting.seen), setting.seen.text) == (value, "the.conf:2", "    use_vmac")


def test_rp_filter_of_all_moves_to_the_links_when_a_vmac_needs_none(nodes: dict[str, Node]) -> None:
    strict = what_if(nodes["lb1"], "net.ipv4.conf.all.rp_filter = 1\nnet.ipv4.conf.lo.rp_filter = 2\n", "90.conf")
    after = what_if(strict, KEEPALIVED.replace("state MASTER", "use_vmac"))
    values = {link: after.sysctl(f"net.ipv4.conf.{link}.rp_filter").value for link in ("all", "default", "lo", "eth0")}
    assert values == {"all": 0, "default": 1, "lo": 2, "eth0": 1}


def test_a_route_of_the_file_is_there_while_it_is_master(nodes: dict[str, Node]) -> None:
    text = KEEPALIVED.replace("    priority", "    virtual_routes {\n203.0.113.0/24 via 192.0.2.21\n}\n    priority")
    (route,) = [route for route in what_if(nodes["lb1"], text).routes if str(route.dst) == "203.0.113.0/24"]
    assert (route.links, str(route.gateways[0]), route.protocol, str(route.seen)) == (
        ("eth0",), "192.0.2.21", "keepalived", "the.conf:6",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (KEEPALIVED.replace("eth0", "eth7"), "the.conf:7: lb1 has no interface eth7 to hold it"),
        (KEEPALIVED.replace("state MASTER", ""), "the.conf:1: instance VI_1 is taken to be master, as no other node"),
        (KEEPALIVED + "include x\n", "the.conf, line 14: an include is not followed"),
    ],
)
def test_what_could_not_be_supposed_is_told(nodes: dict[str, Node], text: str, note: str) -> None:
    assert any(said.startswith(note) for said in what_if(nodes["lb1"], text).notes)


def test_addresses_that_were_not_collected_stay_so(nodes: dict[str, Node]) -> None:
    after = what_if(without(nodes["lb1"], "addresses"), KEEPALIVED)
    assert not after.has("addresses")
    assert "the addresses of lb1 were not collected, so those of the.conf are not supposed either" in after.notes


def test_a_table_that_was_not_collected_is_the_file_s_and_a_note_says_so(nodes: dict[str, Node]) -> None:
    after = what_if(without(nodes["lb1"], "ipvs"), KEEPALIVED)
    assert [str(row) for row in after.services] == ["tcp 192.0.2.10:443"]
    assert any("was not collected: what else is in it is not known" in note for note in after.notes)


def test_more_addresses_than_anybody_has_are_not_all_supposed(nodes: dict[str, Node]) -> None:
    many = "\n".join(f"10.{n >> 8}.{n & 255}.1" for n in range(MOST_ADDRESSES + 1))
    after = what_if(nodes["lb1"], KEEPALIVED.replace("192.0.2.10/24", many))
    assert f"the.conf: only the first {MOST_ADDRESSES} addresses and routes are supposed" in after.notes
    assert len(after.addresses) == len(nodes["lb1"].addresses) + MOST_ADDRESSES


# -- two directors ----------------------------------------------------------------------------------------------------


def pair(nodes: dict[str, Node], first: str, second: str) -> list[list[str]]:
    """Who holds the VIP on the wire once `first` is deployed on lb1, which has it now, and `second` on rs1.

    What rs1 holds on lo, as a real server does, is not keepalived's and stays.
    """
    files = [deployed(name, text, name) for name, text in (("lb1", first), ("rs1", second)) if text]
    found = supposing([nodes["lb1"], nodes["rs1"]], files)
    assert found[1].holding(VIP)[0].link == "lo"
    return [[str(address.seen) for address in node.holding(VIP) if address.link == "eth0"] for node in found]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # The priority decides, whatever `state` says; who loses lets go of the VIP.
        (KEEPALIVED, KEEPALIVED.replace("150", "200"), [[], ["rs1:7"]]),
        (KEEPALIVED.replace("MASTER", "BACKUP"), KEEPALIVED.replace("150", "100"), [["lb1:7"], []]),
        # An advertisement with another id, another password or from no peer is not taken: both are master.
        (KEEPALIVED, KEEPALIVED.replace("id 51", "id 52"), [["lb1:7"], ["rs1:7"]]),
        (SECRET, SECRET.replace("150", "90"), [["lb1:7"], []]),
        (SECRET, SECRET.replace("150", "90").replace("s3cretXY1", "s3cretXY2"), [["lb1:7"], []]),
        (SECRET, SECRET.replace("150", "90").replace("s3cret", "secret"), [["lb1:7"], ["rs1:7"]]),
        (SECRET, KEEPALIVED.replace("150", "90"), [["lb1:7"], ["rs1:7"]]),
        (SECRET + V3, KEEPALIVED.replace("150", "90") + V3, [["lb1:7"], []]),
        (UNICAST, KEEPALIVED.replace("150", "90"), [["lb1:7"], ["rs1:7"]]),
        (UNICAST, UNICAST.replace("150", "90"), [["lb1:7"], []]),
        (UNICAST.replace("192.0.2.21\n", "192.0.2.99\n"), UNICAST.replace("150", "90"), [["lb1:7"], ["rs1:7"]]),
        # Of a node without a file it is not known: then `state` decides.
        ("", KEEPALIVED, [["lb1/ip-addr.txt:13"], ["rs1:7"]]),
        ("", KEEPALIVED.replace("MASTER", "BACKUP"), [["lb1/ip-addr.txt:13"], []]),
    ],
)
def test_of_several_that_share_a_vip_one_is_master(
    nodes: dict[str, Node], first: str, second: str, expected: list[list[str]]
) -> None:
    assert pair(nodes, first, second) == expected
