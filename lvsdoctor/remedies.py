"""Fixes that many rules share: shell commands for now, and what makes them last."""

from collections.abc import Mapping
from dataclasses import replace
from shlex import join, quote

from lvsdoctor.finding import Fix
from lvsdoctor.kernel.settings import effective
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key

SYSCTL_FILE = "/etc/sysctl.d/90-lvs.conf"
# The levels at which a link is silent about an address of another link, and the one to write: net/ipv4/arp.c:
# arp_ignore() answers for a host's own addresses of other links at 0 and 3 to 7, and at 8 not even for the link's own;
# arp_solicit() names such an address as its sender at any level but 2 (at 1 where a subnet holds both ends).
_HIDING = {"arp_ignore": ((1, 2), 1), "arp_announce": ((2,), 2)}
_ADDRESS_HOMES = "netplan, systemd-networkd, NetworkManager, ifcfg or /etc/network/interfaces"


def command(*words: object) -> str:
    """One shell command. Names come from strangers' dumps, so every word is quoted where a shell would care."""
    return join(map(str, words))


def set_sysctls(settings: Mapping[str, int]) -> Fix:
    """Write settings now, and into a file that sorts after the distribution's own (sysctl.d(5))."""
    assignments = [f"{key}={value}" for key, value in settings.items()]
    lines = [quote(f"{key} = {value}") for key, value in settings.items()]
    return Fix(
        now=(command("sysctl", "-w", *assignments),),
        persist=(f"printf '%s\\n' {' '.join(lines)} >> {SYSCTL_FILE}",),
    )


def hide_vips(node: Node | None = None) -> Fix:
    """What a real server needs on every link: arp_ignore for its answers, arp_announce for its own requests.

    For a node, only what it lacks: a link's own value that is too large is lowered, for the larger of all and the link
    counts, and no fix is left where every link is silent already. Reads sysctl and links.
    """
    wanted: dict[str, int] = {}
    for name, (enough, level) in _HIDING.items():
        links = node.links_hearing_arp if node is not None else ()
        loud = [link.name for link in links if node and effective(node, name, link.name).value not in enough]
        if loud or node is None:
            wanted[conf_key("all", name)] = level
        for key in (conf_key(link, name) for link in loud):
            if node and node.sysctl(key).value > max(enough):
                wanted[key] = level
    return set_sysctls(wanted) if wanted else Fix()


def announce_again(director_link: str, vip: IP) -> str:
    """The line that makes the segment learn the director's MAC again; it is run on the director."""
    return command("arping", "-U", "-I", director_link, "-c", 3, vip)


def move_address(old: str, old_link: str, new: str, new_link: str) -> Fix:
    """Take an address (with its prefix length) off one link and put it on another, or back with another prefix."""
    return Fix(
        now=(command("ip", "addr", "del", old, "dev", old_link), command("ip", "addr", "add", new, "dev", new_link)),
        persist=(
            f"# in the host's network configuration ({_ADDRESS_HOMES}):",
            f"# {old} on {legible_word(old_link)} becomes {new} on {legible_word(new_link)}",
        ),
    )


def move_vip_to_lo(node: Node, held: Address) -> Fix:
    """Take a VIP off the link where it is `held` and keep it on lo, as a single host's address.

    Deleting a primary address deletes its secondaries unless promote_secondaries is set (net/ipv4/devinet.c:
    __inet_del_ifa()), and the real server's own address may be one of them. Reads addresses and sysctl.
    """
    beside = [other for other in node.addresses_on(held.link) if other.ip.version == 4 and other is not held]
    fix = Fix()
    if not held.secondary and any(other.secondary and other.network == held.network for other in beside):
        if not effective(node, "promote_secondaries", held.link):
            fix += set_sysctls({conf_key(held.link, "promote_secondaries"): 1})
    fix += move_address(str(held), held.link, f"{held.ip}/{held.ip.max_prefixlen}", "lo")
    if any(other.link == "lo" for other in node.holding(held.ip)):
        fix = replace(fix, now=fix.now[:-1])  # it is on lo already
    if not beside:
        fix += Fix(warning="It is the only IPv4 address of its link: the routes over that link go with it.")
    return fix


def add_address(new: str, link: str) -> Fix:
    """Put an address with its prefix length on a link."""
    return Fix(
        now=(command("ip", "addr", "add", new, "dev", link),),
        persist=(f"# in the host's network configuration ({_ADDRESS_HOMES}): {new} on {legible_word(link)}",),
    )


def legible_word(word: object) -> str:
    """A word from a dump inside a shell comment: it must not end the comment's line."""
    return "".join(char if char.isprintable() else "?" for char in str(word))
