"""Which setting the files of sysctl.d undo at boot, and which they are not said to undo."""

import pytest

from lvsdoctor.analysis.drift.boot_settings import Undone, concerns, undone
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces

IGNORE, FORWARD, FILTER = "net.ipv4.conf.all.arp_ignore", "net.ipv4.ip_forward", "net.ipv4.conf.all.rp_filter"


def node(role: str = "auto", **files: str) -> Node:
    """A node with these files."""
    dumps = [NodeDump(piece, "h", "h") for where, text in files.items() for piece in pieces(text, f"h/{where}")]
    (made,) = with_standing(nodes_of(dumps), role=role)
    return made


def of(files: dict[str, str], role: str = "auto") -> list[Undone]:
    here = node(role, **files)
    return [lost for concern in concerns(here) if (lost := undone(here, concern)) is not None]


def keys(files: dict[str, str], role: str = "auto") -> list[tuple[str, str]]:
    return [(lost.key, lost.deciding.seen.where) for lost in of(files, role)]


def test_a_vendor_s_value_is_no_wish() -> None:
    files = {"usr/lib/sysctl.d/50-a.conf": f"{FILTER} = 2\n", "etc/sysctl.d/60-b.conf": f"{FILTER} = 1\n"}
    assert keys(files) == []
    ubuntu = {"etc/sysctl.d/10-network-security.conf": f"{FILTER} = 2\n", "etc/sysctl.conf": f"{FILTER} = 1\n"}
    assert keys(ubuntu) == []


def test_another_name_of_the_same_variable_undoes_it() -> None:
    files = {
        "etc/sysctl.d/90-lvs.conf": f"{FORWARD} = 1\n",
        "etc/sysctl.d/99-x.conf": "net.ipv4.conf.all.forwarding = 0\n",
    }
    found = [("net.ipv4.conf.all.forwarding", "h/etc/sysctl.d/99-x.conf")]
    assert keys(files) == found
    # systemd 252, parse_file(): a line that says the same again leaves the assignment in its earlier place.
    assert keys({**files, "etc/sysctl.d/zz.conf": f"{FORWARD} = 1\n"}) == found
    assert keys({**files, "etc/sysctl.d/zz.conf": "net.ipv4.conf.all.forwarding = 1\n"}) == []


def test_the_larger_of_all_and_the_interface_is_looked_at() -> None:
    files = {
        "etc/sysctl.d/90-lvs.conf": f"{IGNORE} = 1\nnet.ipv4.conf.eth0.arp_ignore = 1\n",
        "etc/sysctl.d/99-x.conf": "net.ipv4.conf.eth0.arp_ignore = 0\n",
    }
    assert keys(files) == []


@pytest.mark.parametrize("role", ["director", "client"])
def test_arp_settings_are_a_real_server_s(role: str) -> None:
    files = {"etc/sysctl.d/90-lvs.conf": f"{IGNORE} = 1\n", "etc/sysctl.d/99-x.conf": f"{IGNORE} = 0\n"}
    assert keys(files, role) == []
    assert keys(files, "real-server") == [(IGNORE, "h/etc/sysctl.d/99-x.conf")]


def test_lines_of_files_whose_order_is_not_known_undo_nothing() -> None:
    paste = f"# cat /etc/sysctl.conf /etc/sysctl.d/*.conf\n{IGNORE} = 1\n{IGNORE} = 0\n"
    assert keys({"paste": paste}) == []


def test_a_container_engine_forwards_whatever_the_files_say() -> None:
    links = "1: lo: <LOOPBACK,UP> mtu 65536\n2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500\n"
    links += "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n3: docker0: <BROADCAST,UP> mtu 1500\n"
    files = {"etc/sysctl.d/90-lvs.conf": f"{FORWARD} = 1\n", "etc/sysctl.d/99-x.conf": f"{FORWARD} = 0\n"}
    assert keys({**files, "ip-link": links}) == []
