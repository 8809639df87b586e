"""Fixes that keep a host silent about a VIP, and that tell the segment who has it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lvsdoctor.analysis.arp.rip_neighbours import Stray
from lvsdoctor.analysis.arp.unanswered import ArpUnanswered, Silence
from lvsdoctor.fixes.commands.addresses import add_address, move_address, move_vip_to_lo
from lvsdoctor.fixes.commands.ipvs import SAVE_TABLE
from lvsdoctor.fixes.commands.settings import set_sysctls
from lvsdoctor.fixes.commands.spelling import spell
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.sanitize import command, word

if TYPE_CHECKING:
    from lvsdoctor.model.change import Command

# The levels at which a link is silent about an address of another link, and the one to write: net/ipv4/arp.c:
# arp_ignore() answers for a host's own addresses of other links at 0 and 3 to 7, and at 8 not even for the link's own;
# arp_solicit() names such an address as its sender at any level but 2 (at 1 where a subnet holds both ends).
_HIDING = {"arp_ignore": ((1, 2), 1), "arp_announce": ((2,), 2)}


def hide_vips(node: Node | None = None) -> Fix:
    """What a real server needs on every link: arp_ignore for its answers, arp_announce for its own requests.

    For a node, only what it lacks: a link's own value that is too large is lowered, for the larger of all and the link
    counts, and no fix is left where every link is silent already. Reads sysctl and links.
    """
    if node is None:
        return set_sysctls({conf_key("all", name): level for name, (_, level) in _HIDING.items()})
    node, wanted = node.aside(), dict[str, int]()
    for name, (enough, level) in _HIDING.items():
        loud = [link.name for link in node.links_hearing_arp if effective(node, name, link.name).value not in enough]
        too_large = [key for link in loud if node.sysctl(key := conf_key(link, name)).value > max(enough)]
        wanted |= dict.fromkeys([conf_key("all", name), *too_large] if loud else [], level)
    return set_sysctls(wanted) if wanted else Fix()


def answer_again(node: Node, link: str) -> Fix:
    """What lifts arp_ignore=8 on a link, at which it answers for no address at all; where the host has VIPs to hide,
    for its other addresses alone. Reads sysctl and links."""
    keys = [conf_key(scope, "arp_ignore") for scope in ("all", link)]
    wrong = [key for key in keys if node.sysctl(key).value == 8] or keys
    return hide_vips(node) if node.hidden_vips else set_sysctls(dict.fromkeys(wrong, 0))


def announce_again(director_link: str, vip: IP) -> "Command":
    """The line that makes the segment learn the director's MAC again; it is run on the director."""
    from lvsdoctor.model.change import Command, Nothing

    return Command(command("arping", "-U", "-I", director_link, "-c", 3, vip), (Nothing(),))


_DAEMON = "If keepalived or another daemon moves the VIP, change the interface in its configuration, not by hand."


def answer_for(node: Node, vip: IP, silence: ArpUnanswered) -> Fix:
    """What makes a director answer for a VIP of its own on a link: the VIP on it where arp_ignore hides it elsewhere,
    ARP, or no arptables rule that drops the requests. Reads sysctl, links, addresses and arptables."""
    link = silence.link.name
    if silence.silence is Silence.IGNORED:
        no_answers = effective(node, "arp_ignore", link).value == 8
        lifted = answer_again(node, link) if no_answers else Fix()
        if lifted.now and any(address.link == link for address in node.holding(vip)):
            return lifted
        added = add_address(f"{vip}/{vip.max_prefixlen}", link) + Fix(now=(announce_again(link, vip),))
        return lifted + added + Fix(warning="" if no_answers else _DAEMON)
    if silence.silence is Silence.SWITCHED_OFF:
        persist = "# the interface with ARP, where it is configured (netplan, systemd-networkd, ifupdown)"
        return Fix(now=(command("ip", "link", "set", "dev", link, "arp", "on"),), persist=(persist,))
    for chain in ("INPUT", "OUTPUT"):
        for number, row in enumerate(node.arptables.chain(chain), 1):
            if row.seen == silence.decided_by:
                keep = "# the arptables rules without this rule, where they are saved"
                return Fix(now=(command("arptables", "-D", chain, number),), persist=(keep,))
    by_hand = "# in the chains of arptables: accept ARP requests for the VIP"
    return Fix(now=(by_hand,), persist=(by_hand,))


def stop_proxying(node: Node, link: str, ip: IP) -> Fix:
    """No proxy ARP on a link: the settings of all and the link (either is enough), and an entry for this address.

    Reads sysctl, and neighbours where collected.
    """
    from lvsdoctor.model.change import RemoveNeighbour

    entries = [entry for entry in node.proxy_entries if (entry.ip, entry.link) == (ip, link)]
    lines = [spell(RemoveNeighbour(ip, link, proxy=True)) for _ in entries]
    keys = [key for scope in ("all", link) if node.sysctl(key := conf_key(scope, "proxy_arp")).value]
    fix = Fix(now=tuple(lines), persist=("# no proxy entry in the network configuration or a script",) if lines else ())
    if not keys:
        return fix
    cut = "This host then answers for no other host on this interface. Neighbours may need a route or another prefix."
    return fix + set_sysctls(dict.fromkeys(keys, 0)) + Fix(warning=cut)


def announced_by(director: str, links: Iterable[str], vip: IP) -> Fix:
    """What is left to do on a director when another node's part is done, as comments: a fix is run on one node."""
    lines = [announce_again(link, vip) for link in links if link != "lo" and vip.version == 4]
    return Fix(now=tuple(f"# then on {word(director)}, for all other caches: {line}" for line in lines))


def stop_answering(node: Node | None, ip: IP) -> Fix:
    """What a real server lacks that answers for a VIP on a wire, though it has to keep it: silence, and the VIP on lo.
    Without a node, what helps if it has it on lo; IPv6 knows no silence but that (net/ipv6/ndisc.c: ndisc_recv_ns()).

    Reads addresses, links and sysctl where collected.
    """
    settings = node if node is not None and node.has("sysctl") and node.has("links") else None
    fix = hide_vips(settings) if ip.version == 4 else Fix()
    if node is None or not (node.has("addresses") and node.has("links")):
        line = f"# if `ip addr show to {ip}` names another interface than lo: move the VIP to lo, as a single host"
        return fix + Fix(now=(line,), persist=(f"# in the network configuration of the host: {ip} on lo",))
    wires = {link.name for link in node.links_hearing_arp}
    for address in (address for address in node.holding(ip) if address.link in wires):
        knows = settings is not None and ip.version == 4
        fix += move_vip_to_lo(node, address) if knows else move_address(address, "lo")
    stale = "# by its own dumps it does not answer: collect them again, and look for a program that answers for others"
    return fix if fix.now else Fix(now=(stale,))


def find_host(mac: str, ip: IP) -> Fix:
    """How to find a host of which only the MAC is known, as comments: it is somebody else's."""
    table = f"the table of MACs of a switch; on Linux: bridge fdb show | {command('grep', mac)}"
    seek = f"# find the host that has {word(mac)} ({table})"
    return Fix(now=(seek, f"# it gives up {ip}, or stops to answer for others (proxy ARP)"))


def _asking(ip: IP, link: str) -> str:
    """What shows on a link which MAC has an address; an address of IPv6 is no matter of ARP."""
    return command("ndisc6", ip, link) if ip.version == 6 else command("arping", "-I", link, "-c", 3, ip)


def find_stray(rip: IP, lost: Stray) -> Fix:
    """What brings a director's packets to the real server again: without a wrong entry, or by hand."""
    from lvsdoctor.model.change import RemoveNeighbour

    if lost.twice:
        both = f"ndisc6 -m {rip} LINK" if rip.version == 6 else f"arping -D -I LINK -c 3 {rip}"
        line = f"# give {rip} to one of the two hosts alone: {both} shows both MACs"
        return Fix(now=(line,), persist=("# the same in the network configuration of the other host",))
    entry = lost.entry
    if entry is not None and entry.mac and lost.of_a_moment:
        return find_host(entry.mac, rip)
    if entry is not None and entry.mac:
        kept = (f"# take the entry of {entry.ip} out of the network configuration or the script that adds it",)
        return Fix(now=(spell(RemoveNeighbour(entry.ip, entry.link)),), persist=kept)
    ask = _asking(rip, entry.link if entry is not None else "LINK")
    if lost.unlisted and entry is not None and entry.ip != rip:
        line = f"# is {entry.ip} the right gateway to {rip}? ip route replace {rip} via ROUTER sends by another"
        return Fix(now=(line,), persist=("# the same in the network configuration of this host",))
    if lost.unlisted:
        line = f"# is {rip} the right address? {ask} shows the MAC of its host; ipvsadm -d removes a wrong one"
        return Fix(now=(line,), persist=(f"{SAVE_TABLE} the address of the real server",))
    line = f"# is {rip} up, and does it answer this director? {ask}"
    return Fix(now=(line,), persist=("# nothing here: what keeps the real server from answering is on that host",))
