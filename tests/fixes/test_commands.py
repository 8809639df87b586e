"""Fixes: pasted as they stand, they do what they say and nothing else."""

import shlex
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.fixes.commands.addresses import add_address, bring_up, give_up, move_address
from lvsdoctor.fixes.commands.arp import announced_by, hide_vips, stop_proxying
from lvsdoctor.fixes.commands.ipvs import edit_real_server, set_ipvs
from lvsdoctor.fixes.commands.routes import delete_route, replace_route
from lvsdoctor.fixes.commands.settings import set_sysctls
from lvsdoctor.model.address import Address
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.sanitize import command, word

SEEN = Seen("test", None, "")
HOSTILE = "eth0; reboot\n$(reboot) `reboot` '"
SHOWN = HOSTILE.replace("\n", r"\n")


def test_a_hostile_name_stays_one_word_of_the_command_and_on_its_line() -> None:
    assert shlex.split(command("ip", "link", "set", HOSTILE, "up")) == ["ip", "link", "set", SHOWN, "up"]


def test_a_hostile_name_cannot_leave_a_comment() -> None:
    fixes = [
        add_address("192.0.2.10/32", HOSTILE),
        move_address(Address(ip_address("192.0.2.10"), 24, HOSTILE, SEEN), "lo"),
    ]
    fixes += [announced_by(HOSTILE, ["eth0"], ip_address("192.0.2.10"))]
    for fix in fixes:
        for line in fix.persist + fix.now:
            assert not line.startswith("#") or "\n" not in line


def test_where_ipv6_is_off_it_is_put_on_before_an_address_comes() -> None:
    """The kernel refuses the address else: IPv6 is disabled on this device."""
    key = "net.ipv6.conf.lo.disable_ipv6"
    node = Node("rs1", "", {"sysctl": {key: Setting(key, "1", SEEN)}})
    fix = add_address("2001:db8::10/128", "lo", node)
    assert fix.now == (f"sysctl -w {key}=0", "ip addr add 2001:db8::10/128 dev lo")
    assert add_address("192.0.2.10/32", "lo", node).now == ("ip addr add 192.0.2.10/32 dev lo",)
    assert add_address("2001:db8::10/128", "eth0", node).now == ("ip addr add 2001:db8::10/128 dev eth0",)


def test_a_setting_is_written_now_and_kept_in_a_file() -> None:
    fix = set_sysctls({"net.ipv4.conf.eth0/100.arp_ignore": 1})
    assert fix.now == ("sysctl -w net.ipv4.conf.eth0/100.arp_ignore=1",)
    assert fix.persist == ("printf '%s\\n' 'net.ipv4.conf.eth0/100.arp_ignore = 1' >> /etc/sysctl.d/zz-lvs.conf",)


def test_a_link_that_sysctl_cannot_name_is_left_to_a_hand() -> None:
    """`net.ipv4.conf.*.rp_filter = 2` in a file would set every link."""
    for name in ("*", "a=b", "e?", "[x]"):
        fix = set_sysctls({f"net.ipv4.conf.{name}.rp_filter": 2, "net.ipv4.conf.all.rp_filter": 2})
        assert fix.now[0] == "sysctl -w net.ipv4.conf.all.rp_filter=2"
        hand = f"# sysctl cannot name this interface: write 2 into {word(f'/proc/sys/net/ipv4/conf/{name}/rp_filter')}"
        assert fix.now[1:] == (hand,)
        assert fix.persist[1:] == (f"{hand}, whenever the interface is made",)


def test_what_hides_a_vip_is_the_pair_of_sysctls() -> None:
    assert hide_vips().now == ("sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",)


def test_two_fixes_together_say_nothing_twice() -> None:
    both = hide_vips() + replace_route("default", ip_address("192.0.2.1")) + hide_vips()
    assert both.now == (*hide_vips().now, "ip route replace default via 192.0.2.1")
    assert (Fix(warning="Careful.") + Fix(warning="Careful.")).warning == "Careful."


def test_an_edit_says_method_weight_and_thresholds_for_ipvsadm_resets_what_it_is_not_told() -> None:
    service = VirtualService("tcp", ip_address("192.0.2.10"), 80, SEEN)
    real = Destination(ip_address("192.0.2.21"), 80, SEEN, forwarding=Forwarding.TUN, weight=3, upper_threshold=9)
    edit = "ipvsadm -e -t 192.0.2.10:80 -r 192.0.2.21:80 -i -w 3 -x 9"
    assert edit_real_server(service, real) == edit
    gue = replace(real, tunnel_type="gue", tunnel_port=6080)
    assert edit_real_server(service, gue) == f"{edit} --tun-type gue --tun-port 6080"


def test_an_edit_without_a_known_method_is_a_comment() -> None:
    service = VirtualService("tcp", ip_address("192.0.2.10"), 80, SEEN)
    assert edit_real_server(service, Destination(None, 80, SEEN, shown=f"web\n{HOSTILE}")).startswith("# ")
    assert "\n" not in edit_real_server(service, Destination(None, 80, SEEN, shown=f"web\n{HOSTILE}"))


def test_secondaries_outlive_the_primary_that_is_given_up() -> None:
    first = Address(ip_address("192.0.2.21"), 24, "eth0", SEEN)
    second = Address(ip_address("192.0.2.2"), 24, "eth0", SEEN, flags=frozenset({"secondary"}))
    node = Node("lb1", evidence={"addresses": (first, second)})
    kept, gone = give_up(node, first.ip).now
    assert kept == "sysctl -w net.ipv4.conf.eth0.promote_secondaries=1"
    assert gone == "ip addr del 192.0.2.21/24 dev eth0"
    assert give_up(node, second.ip).now == ("ip addr del 192.0.2.2/24 dev eth0",)


def test_an_address_is_given_up_on_one_link_alone() -> None:
    on_lo, on_wire = (Address(ip_address("192.0.2.10"), 32, link, SEEN) for link in ("lo", "eth0"))
    node = Node("lb1", evidence={"addresses": (on_lo, on_wire)})
    assert give_up(node, on_wire.ip, on="eth0").now == ("ip addr del 192.0.2.10/32 dev eth0",)


def test_proxying_stops_where_it_was_turned_on() -> None:
    settings = {key: Setting(key, "1", SEEN) for key in ("net.ipv4.conf.all.proxy_arp",)}
    entry = Neighbour(ip_address("192.0.2.10"), SEEN, link="eth0", flags=frozenset({"proxy"}))
    node = Node("gw1", evidence={"sysctl": settings, "neighbours": (entry,)})
    assert stop_proxying(node, "eth0", entry.ip).now == (
        "ip neigh del proxy 192.0.2.10 dev eth0",
        "sysctl -w net.ipv4.conf.all.proxy_arp=0",
    )


def test_a_link_without_carrier_is_not_set_up() -> None:
    down, dead = Link("eth1", SEEN), Link("eth2", SEEN, flags=frozenset({"UP", "NO-CARRIER"}))
    assert bring_up(down).now == ("ip link set eth1 up",)
    assert [line.startswith("#") for line in bring_up(dead).now] == [True]


def test_a_failing_route_is_deleted_with_its_metric_and_table() -> None:
    route = Route(ip_network("192.0.2.16/28"), SEEN, "unreachable", "100", metric=10)
    assert delete_route(route).now == ("ip route del unreachable 192.0.2.16/28 table 100 metric 10",)


EXPIRE = "net.ipv4.vs.expire_nodest_conn"
ALL = "kernel.osrelease = 6.1.0\nnet.ipv4.ip_forward = 0\nvm.swappiness = 60\n"


def test_what_the_kernel_lacks_before_ip_vs_is_loaded_is_not_written_now(tmp_path: Path) -> None:
    def fix(text: str) -> Fix:
        (tmp_path / "lb1.txt").write_text(f"[root@lb1 ~]# {text}")
        return set_ipvs(collect_paths([str(tmp_path)])[0], {EXPIRE: 1})

    assert fix(f"sysctl -a\n{ALL}") == Fix(
        persist=(
            "printf '%s\\n' ip_vs > /etc/modules-load.d/ip_vs.conf",
            f"printf '%s\\n' '{EXPIRE} = 1' >> /etc/sysctl.d/zz-lvs.conf",
        )
    )
    written = set_sysctls({EXPIRE: 1})
    for known in (
        f"sysctl -a\nnet.ipv4.vs.conntrack = 0\n{ALL}",
        "sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 0\n",
        "ip rule\n0:\tfrom all lookup local\n",
    ):
        assert fix(known) == written
