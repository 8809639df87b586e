"""What kernel/ says Linux would do is what the Linux under this test does, in every combination of what decides it.

test_against_this_kernel.py draws settings at random for many odd nodes; here nothing is drawn. dimensions.py says which
combinations there have to be.
"""

import functools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from itertools import product

import pytest

from lvsdoctor.kernel.arp_source import arp_sender
from lvsdoctor.model.sysctl import conf_key
from tests.kernel.arp_combinations import PLACES, arp_claims, level_claims, who_has
from tests.kernel.claim import Claim
from tests.kernel.dimensions import COMBINATIONS, SETTINGS, possible
from tests.kernel.own_combinations import VIPS_ON, announce_claims, redirect_claims
from tests.kernel.routed_combinations import RULES, proxy_claims, rule_claims
from tests.kernel.specimen import CONTROL, Question, Specimen, with_settings
from tests.kernel.wire import REPLY, REQUEST, Arp, wire

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")

NODES: Mapping[str, Callable[[], Iterator[Claim]]] = {
    **{f"VIP on {place}": partial(arp_claims, place) for place in PLACES},
    "two levels of arp_ignore": level_claims,
    **{f"policy rules: {rule}": partial(rule_claims, rule) for rule in RULES},
    "proxy ARP": partial(proxy_claims, entries=False),
    "proxy ARP with proxy entries": partial(proxy_claims, entries=True),
    **{f"arp_announce, VIPs on {where}": partial(announce_claims, where) for where in VIPS_ON},
    "redirects": redirect_claims,
}


@functools.cache
def claims_of(name: str) -> tuple[Claim, ...]:
    if shutil.which("ip") is None:
        pytest.skip("needs ip (tests/system-packages.txt)")
    return tuple(NODES[name]())


def claims_about(of: str) -> list[Claim]:
    return [claim for name in NODES for claim in claims_of(name) if claim.at["of"] == of]


def outcome(claim: Claim) -> object:
    """What the kernel did: spoke, and in whose name if it asked."""
    for event in claim.happened:
        if isinstance(event, Arp) and event.operation == REQUEST:
            return event.sender
    return bool(claim.happened)


def place_of(claim: Claim, without: Iterable[str] = ()) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(((key, value) for key, value in claim.at.items() if key not in without), key=lambda kv: kv[0]))


@pytest.mark.parametrize("name", NODES)
def test_the_kernel_does_what_the_model_says_in_every_combination(name: str) -> None:
    assert [str(claim) for claim in claims_of(name) if not claim.agrees] == []


@pytest.mark.parametrize("of", COMBINATIONS)
def test_every_combination_was_held_against_the_kernel(of: str) -> None:
    dimensions = COMBINATIONS[of]
    wanted = {
        values for values in product(*dimensions.values()) if possible(of, dict(zip(dimensions, values, strict=True)))
    }
    done = [tuple(claim.at[name] for name in dimensions) for claim in claims_about(of)]
    assert set(done) == wanted
    assert len(done) == len(wanted), "some were compared twice"


@pytest.mark.parametrize(
    ("of", "dimension"), [(of, name) for of, names in COMBINATIONS.items() for name in names if len(names[name]) > 1]
)
def test_each_dimension_decides_what_the_kernel_does(of: str, dimension: str) -> None:
    """Two combinations that differ in it alone have different outcomes: who drops it drops something."""
    outcomes: dict[object, set[object]] = {}
    for claim in claims_about(of):
        outcomes.setdefault(place_of(claim, (dimension,)), set()).add(outcome(claim))
    assert any(len(different) > 1 for different in outcomes.values())


@pytest.mark.parametrize(("setting", "other"), [(setting, other) for setting, other in SETTINGS.items() if other])
@pytest.mark.parametrize("set_on", ["all", "the link"])
def test_each_setting_changes_an_answer(setting: str, other: str, set_on: str) -> None:
    with_it, without = (
        {place_of(claim, ("setting", "set on")): outcome(claim) for claim in claims_about("one setting")
         if (claim.at["setting"], claim.at["set on"]) == (which, where)}
        for which, where in ((setting, set_on), (other, "the link"))
    )  # fmt: skip
    assert [place for place, spoke in with_it.items() if without.get(place, spoke) != spoke] != []


def test_at_least_three_thousand_combinations_were_compared() -> None:
    compared = {place_of(claim) for name in NODES for claim in claims_of(name)}
    assert len(compared) >= 3_000


def test_the_kernel_was_seen_to_speak_and_to_be_silent_about_everything() -> None:
    spoke = {(claim.about, bool(claim.happened)) for name in NODES for claim in claims_of(name)}
    assert spoke == {
        (about, yes) for about in ("arp_reply", "source_ok", "sends_redirect") for yes in (True, False)
    } | {("arp_sender", True)}


# -- truths that the kernel shows by itself, whatever the model says --------------------------------------------------


def at_zero(claims: Iterable[Claim], name: str) -> dict[object, object]:
    return {place_of(claim, (name,)): outcome(claim) for claim in claims if claim.at[name] == 0}


@pytest.mark.parametrize("set_on", ["lo", "default", "the VIP's link"])
def test_arp_ignore_counts_nowhere_but_on_all_and_on_the_link_that_hears(set_on: str) -> None:
    claims = [claim for claim in claims_about("arp_ignore") if claim.at["set on"] == set_on]
    zero = at_zero(claims, "arp_ignore")
    assert [str(claim) for claim in claims if outcome(claim) != zero[place_of(claim, ("arp_ignore",))]] == []


@pytest.mark.parametrize("level", [4, 5, 6, 7])
def test_a_reserved_level_of_arp_ignore_is_none(level: int) -> None:
    claims = claims_about("arp_ignore")
    zero = at_zero(claims, "arp_ignore")
    assert [
        str(claim) for claim in claims
        if claim.at["arp_ignore"] == level and outcome(claim) != zero[place_of(claim, ("arp_ignore",))]
    ] == []  # fmt: skip


def test_all_and_the_link_count_alike_for_arp_ignore() -> None:
    claims = claims_about("arp_ignore")
    one, other = (
        {place_of(claim, ("set on",)): outcome(claim) for claim in claims if claim.at["set on"] == where}
        for where in ("all", "the link")
    )
    assert one == other


def test_what_is_set_on_lo_default_or_another_link_changes_no_sender_of_a_request() -> None:
    claims = [claim for claim in claims_about("arp_announce") if not claim.at["route_localnet"]]
    dimensions = ("set on", "arp_announce")
    zero = {place_of(claim, dimensions): outcome(claim) for claim in claims if claim.at["arp_announce"] == 0}
    elsewhere = [claim for claim in claims if claim.at["set on"] in ("lo", "default", "another link")]
    assert [str(claim) for claim in elsewhere if outcome(claim) != zero[place_of(claim, dimensions)]] == []


# -- conf/default -----------------------------------------------------------------------------------------------------


def test_a_link_starts_with_the_arp_ignore_of_default_and_keeps_it() -> None:
    """Where a dump shows default alone, the model takes its value for the link's: so does the kernel."""
    vip = IPv4Address("192.0.2.200")
    with wire((CONTROL,)) as on:
        specimen = Specimen(on)
        on.ip(f"addr add {vip}/32 dev lo")
        for level in range(9):
            on.write({"default.arp_ignore": level})
            on.join([f"eth{level}"])
            on.ip(f"addr add 10.{level}.0.21/24 dev eth{level}")
        node = on.node()
        for level in range(9):
            link, at = f"eth{level}", {"of": "default", "arp_ignore": level}
            own = conf_key(link, "arp_ignore")
            shown = {key: row for key, row in node.evidence["sysctl"].items() if key != own}
            alone = with_settings(
                replace(node, evidence={**node.evidence, "sysctl": shown}), {"default.arp_ignore": level}
            )
            assert not alone.knows_sysctl(own)
            asked = [partial(who_has, specimen, found, link, vip, IPv4Address(f"10.{level}.0.1"), at)
                     for found in (node, alone)]  # fmt: skip
            for ask in asked:
                claims = specimen.compared(partial(_only, ask))
                assert [str(claim) for claim in claims if not claim.agrees] == []


def _only(ask: Callable[[], Question]) -> list[Question]:
    return [ask()]


def test_default_is_too_late_for_a_link_that_has_its_address() -> None:
    """net/ipv4/devinet.c: devinet_copy_dflt_conf() passes over what ipv4_devconf_setall() marked."""
    vip, sender = IPv4Address("192.0.2.200"), IPv4Address("192.0.2.1")
    with wire((CONTROL,)) as on:
        specimen = Specimen(on)
        on.join(["eth0"])
        on.ip(f"addr add {vip}/32 dev lo\naddr add 192.0.2.21/24 dev eth0")
        on.write({"default.arp_ignore": 8})
        (claim,) = specimen.compared(lambda: [who_has(specimen, on.node(), "eth0", vip, sender, {})])
        assert claim.agrees
        assert claim.happened == {Arp("eth0", REPLY, vip, sender)}


def test_nothing_shows_in_which_order_links_came_but_the_kernel_lets_them_speak_in_it() -> None:
    """Why the model may be wrong about a link without an address: it takes the order of the index for that of arrival.

    net/ipv4/devinet.c: inet_select_addr() walks the list of links, a dump the index. Only who chose an index, or moved
    links between namespaces, has two orders.
    """
    asked_for = IPv4Address("10.9.0.9")
    with wire(("eth0",)) as on:
        on.ip(
            "link add first index 500 type bridge\nlink add second index 400 type bridge\n"
            "addr add 10.1.0.21/24 dev first\naddr add 10.2.0.21/24 dev second\nroute add 10.9.0.0/24 dev eth0"
        )
        node = on.node()
        link = node.link("eth0")
        assert link is not None
        assert arp_sender(node, link, asking_for=asked_for, packet_source=None).ip == IPv4Address("10.2.0.21")
        assert on.send_from("eth0", IPv4Address("203.0.113.9"), asked_for)
        spoke = Arp("eth0", REQUEST, IPv4Address("10.1.0.21"), asked_for)
        assert on.events({spoke}, 0.01, 1.0) == {spoke}
