"""Which of all, default and the link's own value counts. include/linux/inetdevice.h"""

import pytest

from lvsdoctor.kernel.effective_sysctl import COMBINED, Combined, effective, forwards
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.sysctl import IPV4_CONF_DEFAULTS
from tests.kernel.hosts import host, quoted

# name, all, eth0 -> what counts
LARGER = [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 2, 2), (2, 1, 2), (8, 1, 8)]
EITHER = [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1), (2, 0, 1)]
BOTH = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1), (2, 3, 1)]
ITS_OWN = [(0, 0, 0), (1, 0, 0), (0, 1, 1), (1, 1, 1)]


@pytest.mark.parametrize(
    ("name", "of_all", "of_link", "counts"),
    [
        pytest.param(name, *row, id=f"{name}: all {row[0]}, eth0 {row[1]} is {row[2]}")
        for names, rows in (
            ("rp_filter arp_ignore arp_announce", LARGER),
            ("send_redirects shared_media proxy_arp accept_local arp_filter route_localnet", EITHER),
            ("accept_source_route", BOTH),
            ("forwarding", ITS_OWN),
        )
        for name in names.split()
        for row in rows
    ],
)
def test_all_and_the_link_make_one_value(name: str, of_all: int, of_link: int, counts: int) -> None:
    node = host(sysctl={f"all.{name}": of_all, f"eth0.{name}": of_link})
    found = effective(node, name, "eth0")
    assert (found.value, bool(found)) == (counts, counts != 0)
    assert f"net.ipv4.conf.eth0.{name} = {of_link} (" in quoted(found.because)


def test_both_settings_are_quoted_but_only_its_own_where_all_does_not_count() -> None:
    node = host(sysctl={"all.rp_filter": 1, "eth0.rp_filter": 0, "all.forwarding": 0, "eth0.forwarding": 1})
    assert quoted(effective(node, "rp_filter", "eth0").because).splitlines() == [
        "net.ipv4.conf.all.rp_filter = 1 (effective value on eth0 = max(all 1, eth0 0) = 1)",
        "net.ipv4.conf.eth0.rp_filter = 0 (effective value on eth0 = max(all 1, eth0 0) = 1)",
    ]
    assert quoted(effective(node, "forwarding", "eth0").because).splitlines() == [
        "net.ipv4.conf.eth0.forwarding = 1 (effective value on eth0, whatever all is)"
    ]


def test_another_link_s_setting_does_not_count() -> None:
    node = host(sysctl={"all.arp_ignore": 0, "lo.arp_ignore": 1, "eth0.arp_ignore": 0})
    assert effective(node, "arp_ignore", "eth0").value == 0


@pytest.mark.parametrize(
    ("forwarding", "of_all", "of_link", "accepts"),
    [
        pytest.param(0, 1, 0, True, id="a host takes either: all"),
        pytest.param(0, 0, 1, True, id="a host takes either: eth0"),
        pytest.param(0, 0, 0, False, id="a host with neither"),
        pytest.param(1, 1, 0, False, id="a router wants both: only all"),
        pytest.param(1, 0, 1, False, id="a router wants both: only eth0"),
        pytest.param(1, 1, 1, True, id="a router with both"),
    ],
)
def test_accept_redirects_depends_on_forwarding(forwarding: int, of_all: int, of_link: int, accepts: bool) -> None:
    """IN_DEV_RX_REDIRECTS."""
    settings = {"eth0.forwarding": forwarding, "all.accept_redirects": of_all, "eth0.accept_redirects": of_link}
    found = effective(host(sysctl=settings), "accept_redirects", "eth0")
    assert bool(found) is accepts
    assert f"net.ipv4.conf.eth0.forwarding = {forwarding}" in quoted(found.because)


@pytest.mark.parametrize(
    ("settings", "name", "value", "line"),
    [
        pytest.param(
            {"all.arp_ignore": 0, "default.arp_ignore": 1},
            "arp_ignore", 1,
            "assumed: net.ipv4.conf.default.arp_ignore = 1 (an interface starts with a copy of default)",
            id="a link that nobody wrote to has a copy of default",
        ),
        pytest.param(
            {"net.ipv4.ip_forward": 1},
            "forwarding", 1,
            "assumed: net.ipv4.ip_forward = 1 (the same variable as all.forwarding; a change is copied to",
            id="ip_forward is copied to every link",
        ),
        pytest.param(
            {"net.ipv4.ip_forward": 0, "all.forwarding": 1},
            "forwarding", 1,
            "assumed: net.ipv4.conf.all.forwarding = 1 (a change is copied to every interface)",
            id="all.forwarding is copied to every link",
        ),
        pytest.param(
            {"net.ipv4.ip_forward": 1},
            "accept_redirects", 0,
            "assumed: net.ipv4.ip_forward = 1 (a change of it sets all.accept_redirects to the opposite)",
            id="a router's all.accept_redirects is off",
        ),
        pytest.param(
            {"net.ipv4.ip_forward": 0, "default.accept_redirects": 0},
            "accept_redirects", 1,
            "assumed: net.ipv4.ip_forward = 0 (a change of it sets all.accept_redirects to the opposite)",
            id="a host's all.accept_redirects is on",
        ),
        pytest.param(
            {"default.forwarding": 1, "all.forwarding": 0},
            "forwarding", 0,
            "assumed: net.ipv4.conf.all.forwarding = 0",
            id="default.forwarding tells nothing where all.forwarding is known",
        ),
        pytest.param(
            {"all.send_redirects": 0},
            "send_redirects", 1,
            "eth0.send_redirects = 1 (not in the evidence; effective value on eth0 = all or eth0)",
            id="what nobody wrote is the kernel's default, and that is 1 for send_redirects",
        ),
        pytest.param(
            {"eth0.rp_filter": 1},
            "rp_filter", 1,
            "all.rp_filter = 0 (not in the evidence; effective value on eth0 = max(all 0, eth0 1) = 1)",
            id="all has no heir: it is the kernel's default",
        ),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_in_the_evidence_is_assumed(
    settings: dict[str, object], name: str, value: int, line: str
) -> None:
    found = effective(host(sysctl=settings), name, "eth0")
    assert found.value == value
    assert line in quoted(found.because)


def test_an_assumption_names_the_command_that_settles_it() -> None:
    found = effective(host(sysctl={"all.rp_filter": 0}), "rp_filter", "eth0")
    assert [item.settle for item in found.because] == ["", "sysctl net.ipv4.conf.eth0.rp_filter"]


def test_a_dot_in_the_name_of_a_link_is_a_slash_in_the_key() -> None:
    node = host(["eth0.100 192.0.2.21/24"], {"all.arp_ignore": 0, "eth0/100.arp_ignore": 1})
    assert effective(node, "arp_ignore", "eth0.100").value == 1


def test_nothing_is_assumed_where_no_sysctl_was_collected() -> None:
    with pytest.raises(NotCollected, match="sysctl"):
        effective(host(sysctl={}), "arp_ignore", "eth0")


def test_a_setting_that_is_not_modelled_is_no_zero() -> None:
    with pytest.raises(KeyError):
        effective(host(), "arp_evict_nocarrier", "eth0")


def test_forwards_asks_the_link_that_a_packet_arrives_on() -> None:
    node = host(sysctl={"net.ipv4.ip_forward": 0, "eth0.forwarding": 1, "eth1.forwarding": 0})
    assert (bool(forwards(node, "eth0")), bool(forwards(node, "eth1"))) == (True, False)


def test_every_documented_default_says_how_it_combines() -> None:
    """accept_redirects is the one that combines now so, now so."""
    assert set(IPV4_CONF_DEFAULTS) - set(COMBINED) == {"accept_redirects"}
    assert COMBINED["forwarding"] is Combined.LINK
