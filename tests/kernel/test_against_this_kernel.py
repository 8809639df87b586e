"""What kernel/ says Linux would do is what the Linux under this test does.

Each setup is made in a network namespace, collected from it as a live scan would, asked of the model, and then tried
with real frames. Nothing leaves the namespaces.
"""

import functools
import os
import shutil
from ipaddress import IPv4Address

import pytest

from lvsdoctor.kernel.policy_rules import has_custom_rules
from tests.kernel.claim import Claim
from tests.kernel.probing import compared_with_the_kernel
from tests.kernel.route_probing import ShownRoute, route_get, shown_route
from tests.kernel.setups import SETUPS, made
from tests.kernel.wire import wire

# Another word draws other configurations. What it finds wrong deserves a setup, or a row, of its own.
SEED = os.environ.get("LVSDOCTOR_TEST_SEED", "")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")


# What can come of a request, and each of them came: else a branch of kernel/arp.py was never held against the kernel.
REASONS = {
    "arp_filter: the way back to {sender} is not {link}",
    "arp_ignore=2: the sender is in no subnet of {link}",
    "arp_ignore=3: no address {target} wider than scope host",
    "arp_ignore=8: answers for no address at all",
    "arp_ignore={level}: not configured on {link}",
    "arp_ignore={level}: {target} is in no subnet of {link}",
    "arptables drops the request",
    "arptables keeps the reply from naming {target}",
    "drop_gratuitous_arp",
    "no host answers for such an address",
    "proxy_arp answers for {target}",
    "proxy_arp_pvlan answers for {target}",
    "rp_filter: no route back to the source",
    "rp_filter: {link} has no IPv4 address, so even the loose check fails",
    "rp_filter=1: the way back is {back}, not {link}",
    "such a sender is never answered",
    "the source is this host's own address",
    "the source is {type} here (martian)",
    "{link} receives no ARP requests",
    "{target} is local and nothing keeps {link} from answering",
    "{target} is not local here",
}


@functools.cache
def claims_of(name: str) -> tuple[Claim, ...]:
    missing = [command for command in ("ip", "arptables") if shutil.which(command) is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)} (tests/system-packages.txt)")
    return tuple(compared_with_the_kernel(SETUPS[name], f"{name} {SEED}".strip()))


def disagreements(name: str, about: str) -> str:
    return "\n".join(str(claim) for claim in claims_of(name) if claim.about == about and not claim.agrees)


@pytest.mark.parametrize("name", SETUPS)
def test_the_kernel_answers_as_arp_reply_says(name: str) -> None:
    assert disagreements(name, "arp_reply") == ""


@pytest.mark.parametrize("name", SETUPS)
def test_the_kernel_takes_and_passes_on_what_source_ok_accepts(name: str) -> None:
    assert disagreements(name, "source_ok") == ""


@pytest.mark.parametrize("name", SETUPS)
def test_the_kernel_asks_in_the_name_that_arp_sender_says(name: str) -> None:
    assert disagreements(name, "arp_sender") == ""


@pytest.mark.parametrize("name", SETUPS)
def test_the_kernel_redirects_as_sends_redirect_says(name: str) -> None:
    assert disagreements(name, "sends_redirect") == ""


@pytest.mark.parametrize("name", SETUPS)
def test_ip_route_get_shows_what_route_lookup_says(name: str) -> None:
    assert disagreements(name, "route_lookup") == ""


@pytest.mark.parametrize("name", SETUPS)
def test_the_kernel_speaks_from_the_address_that_own_source_says(name: str) -> None:
    assert disagreements(name, "own_source") == ""


@pytest.mark.parametrize("name", SETUPS)
def test_addresses_make_the_routes_that_the_kernel_made(name: str) -> None:
    assert disagreements(name, "derived") == ""


def test_every_reason_of_arp_reply_was_held_against_the_kernel() -> None:
    assert {claim.reason for name in SETUPS for claim in claims_of(name) if claim.about == "arp_reply"} >= REASONS


def test_nothing_shows_a_policy_rule_that_is_gone_but_the_kernel_remembers_it() -> None:
    """Why the model may be wrong about a subnet inside a wider prefix on lo: tables once parted stay apart."""
    with wire() as on:
        made(SETUPS["VIP/16 on lo"], on)
        ip = IPv4Address("192.0.2.77")
        before = on.node()
        assert shown_route(route_get(on)[ip]) == ShownRoute("unicast", "eth0")
        on.ip("rule add to 203.0.113.99 lookup main\nrule del to 203.0.113.99 lookup main")
        assert shown_route(route_get(on)[ip]) == ShownRoute("local")
        assert on.node().policy_rules == before.policy_rules
        assert has_custom_rules(on.node()) is None
