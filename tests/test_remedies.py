"""Fixes: pasted as they stand, they do what they say and nothing else."""

import shlex
from ipaddress import ip_address

from lvsdoctor.finding import Fix
from lvsdoctor.remedies import add_address, announced_by, command, hide_vips, move_address, replace_route, set_sysctls

HOSTILE = "eth0; reboot\n$(reboot) `reboot` '"


def test_a_hostile_name_stays_one_word_of_the_command() -> None:
    assert shlex.split(command("ip", "link", "set", HOSTILE, "up")) == ["ip", "link", "set", HOSTILE, "up"]


def test_a_hostile_name_cannot_leave_a_comment() -> None:
    fixes = [add_address("192.0.2.10/32", HOSTILE), move_address("192.0.2.10/24", HOSTILE, "192.0.2.10/32", "lo")]
    fixes += [announced_by(HOSTILE, ["eth0"], ip_address("192.0.2.10"))]
    for fix in fixes:
        for line in fix.persist + fix.now:
            assert not line.startswith("#") or "\n" not in line


def test_a_setting_is_written_now_and_kept_in_a_file() -> None:
    fix = set_sysctls({"net.ipv4.conf.eth0/100.arp_ignore": 1})
    assert fix.now == ("sysctl -w net.ipv4.conf.eth0/100.arp_ignore=1",)
    assert fix.persist == ("printf '%s\\n' 'net.ipv4.conf.eth0/100.arp_ignore = 1' >> /etc/sysctl.d/90-lvs.conf",)


def test_what_hides_a_vip_is_the_pair_of_sysctls() -> None:
    assert hide_vips().now == ("sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",)


def test_two_fixes_together_say_nothing_twice() -> None:
    both = hide_vips() + replace_route("default", ip_address("192.0.2.1")) + hide_vips()
    assert both.now == (*hide_vips().now, "ip route replace default via 192.0.2.1")
    assert (Fix(warning="Careful.") + Fix(warning="Careful.")).warning == "Careful."
