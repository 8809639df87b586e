"""Fixes by rules of iptables that are put before others, or in their place, and by what is done with a mark."""

import re
from collections.abc import Sequence

from lvsdoctor.analysis.filters.director_filters import CONNTRACK
from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, filter_fact
from lvsdoctor.analysis.filters.requests_rewritten import Rewritten
from lvsdoctor.analysis.marks import MarkedPacket, other_link
from lvsdoctor.fixes.commands.addresses import add_address
from lvsdoctor.fixes.commands.arp import announce_again
from lvsdoctor.fixes.commands.settings import ADDRESS_HOMES, set_sysctls
from lvsdoctor.fixes.commands.spelling import spell
from lvsdoctor.kernel.delivery import home_link
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Chain, Effect, FilterRule, FilterTable, Hook
from lvsdoctor.model.route import NextHop, PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.words import EVERYWHERE
from lvsdoctor.sanitize import command, word

FILTER_FACTS = {"iptables": 4, "ip6tables": 6}
SAVE_NFT = "# save the rule where the table comes from (/etc/nftables.conf, firewalld or a script)"
_NAMES = {number: name for name, number in PROTOCOLS.items()}
SAVE_RULES = (
    "# save the rules the same way as the other rules of this host "
    "(iptables-save > /etc/iptables/rules.v{version}, firewalld, ufw or a script)"
)


def leave_to_ipvs(node: Node, item: Rewritten) -> Fix:
    """No rule of nat PREROUTING rewrites such requests: one that accepts them comes before all others.

    A chain of nft has its own: what a rule of iptables accepts comes to it all the same (net/netfilter/nf_nat_core.c:
    nf_nat_inet_fn()).
    """
    from lvsdoctor.model.change import PutFilterRule, PutNftRule

    request = item.request
    if (place := _nft_chain(node, item)) is not None:
        table, chain = place
        first = PutNftRule(table.family, table.name, chain.name, f"{_nft_matching(request)} accept")
        return Fix((spell(first),), (SAVE_NFT,), warning=_TRANSLATED)
    change = PutFilterRule(request.version, "nat", "PREROUTING", f"{matching(request)} -j ACCEPT", 1)
    return Fix(now=(spell(change),), persist=(SAVE_RULES.format(version=request.version),), warning=_TRANSLATED)


def _nft_chain(node: Node, item: Rewritten) -> tuple[FilterTable, Chain] | None:
    """The base chain of nft that led to the rule which rewrites the requests; None where the rule is of iptables."""
    lines = {line.seen for line in item.because}
    for table in node.packet_filter(filter_fact(item.request.version)):
        rewriting = any(
            rule.seen in lines and any(action.effect in _REWRITES for action in rule.actions) for rule in table.rules
        )
        if is_of_nft(table) and rewriting:
            bases = (chain for chain in table.chains if chain.hook is Hook.PREROUTING)
            base = next((chain for chain in bases if any(rule.seen in lines for rule in chain.rules)), None)
            if base is not None:
                return table, base
    return None


_REWRITES = frozenset({Effect.DNAT, Effect.REDIRECT})


def _nft_matching(request: Packet) -> str:
    """The words with which nft matches such requests."""
    words = [f"{'ip' if request.version == 4 else 'ip6'} daddr {request.dst}"] if request.dst is not None else []
    words += [f"iifname {word(request.in_link)}"] if request.in_link else []
    if (name := _NAMES.get(request.protocol or 0)) is not None:
        words.append(f"{name} dport {request.dport}" if request.dport else f"meta l4proto {name}")
    return " ".join(words)


def is_of_nft(table: FilterTable) -> bool:
    """Is it for nft to change this table? Not one that iptables-nft has made (iptables/nft.c: xtables_ipv4)."""
    bases = [chain for chain in table.chains if chain.hook is not None]
    named = table.family in ("ip", "ip6") and table.name in _TABLES_OF_IPTABLES
    of_iptables = named and bool(bases) and all(chain.name.isupper() for chain in bases)
    return table.form == "nft" and not of_iptables


_TABLES_OF_IPTABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})


def remove_rule(node: Node, rule: FilterRule) -> Fix:
    """A rule goes; by hand where the dump does not show its words as iptables-save does, or its chain is not known."""
    from lvsdoctor.model.change import RemoveFilterRule, RemoveNftRule

    for fact, version in FILTER_FACTS.items():
        for table in node.packet_filter(fact) if node.has(fact) else ():
            for chain in (chain for chain in table.chains if rule in chain.rules):
                save = SAVE_RULES.format(version=version)
                words = rule.seen.text.partition(f"-A {chain.name} ")[2].strip()
                if table.form == "save" and words and not rule.unknown:
                    return Fix((spell(RemoveFilterRule(version, table.name, chain.name, words)),), (save,))
                if rule.handle is not None and is_of_nft(table):
                    gone = RemoveNftRule(table.family, table.name, chain.name, rule.handle)
                    return Fix((spell(gone),), (SAVE_NFT,))
                return Fix((f"# remove this rule: {word(rule.seen.text.strip())}",), (save,))
    return Fix((f"# remove this rule: {word(rule.seen.text.strip())}",), (SAVE_RULES.format(version=4),))


def accept_adverts(packet: Packet, *, received: bool) -> Fix:
    """The first rule of INPUT or OUTPUT lets VRRP advertisements such as this pass."""
    program = "ip6tables" if packet.version == 6 else "iptables"
    ends = ("-s", packet.src) if received and packet.src else ()
    chain = "INPUT" if received else "OUTPUT"
    return Fix(
        now=(command(program, "-I", chain, "1", *ends, "-p", packet.protocol or 112, "-j", "ACCEPT"),),
        persist=(
            f"# save the rules as this host does: {program}-save > /etc/iptables/rules.v{packet.version}, or firewalld",
        ),
        warning="The director with the lower priority gives up the VIP, and loses the connections that it has.",
    )


def track_connections() -> Fix:
    """Connection tracking sees what IPVS sends, so the rules of table nat do. The key exists while ip_vs is loaded."""
    loaded = Fix(persist=("echo ip_vs >> /etc/modules-load.d/lvs.conf",), warning=_TRACKED)
    return loaded + set_sysctls({CONNTRACK: 1})


_TRACKED = (
    "The real servers then see the director in place of the clients. With conntrack=1 a rule that drops INVALID "
    "packets breaks services by direct routing on the same director."
)
_TRANSLATED = (
    "Connections that a rule has rewritten go on as they are. A UDP client keeps its entry for as long as it sends: "
    "`conntrack -D` removes it."
)


def matching(request: Packet) -> str:
    """The words of a rule that matches such requests: destination, protocol and port."""
    words = [f"-d {request.dst}/{request.dst.max_prefixlen}"] if request.dst is not None else []
    words += [f"-i {request.in_link}"] if request.in_link else []
    if (name := _NAMES.get(request.protocol or 0)) is not None:
        words.append(f"-p {name}")
        words += [f"-m {name} --dport {request.dport}"] if request.dport else []
    return " ".join(words)


def set_mark(node: Node, rule: FilterRule, mark: int, link: str | None = None) -> Fix:
    """In the place of a rule that sets another mark, or that asks for another interface, the same rule with these."""
    from lvsdoctor.model.change import PutFilterRule, RemoveFilterRule

    for fact, version in FILTER_FACTS.items():
        for table in node.packet_filter(fact) if node.has(fact) else ():
            for chain in (chain for chain in table.chains if rule in chain.rules):
                words = rule.seen.text.partition(f"-A {chain.name} ")[2].strip()
                new = _MARK.sub(f"--set-xmark {mark:#x}/0xffffffff", words)
                new = _IN_LINK.sub(rf"\1-i {link}", new) if link else new
                if table.form == "save" and new != words and not rule.unknown and (link is None or word(link) == link):
                    number = chain.rules.index(rule) + 1
                    lines = (
                        spell(RemoveFilterRule(version, table.name, chain.name, words)),
                        spell(PutFilterRule(version, table.name, chain.name, new, number)),
                    )
                    return Fix(lines, (SAVE_RULES.format(version=version),))
    return mark_by_hand(mark, None, None)


_MARK = re.compile(r"--(?:set-x?mark|or-mark|and-mark|xor-mark) \S+")
_IN_LINK = re.compile(r"(^| )-i \S+")


def mark_requests(node: Node, service: VirtualService, packets: Sequence[MarkedPacket]) -> Fix:
    """Requests get the mark of a service: by a rule that gives some another mark which no service has, or that is for
    another interface; else by hand."""
    mark, used = service.fwmark or 0, {row.fwmark for row in node.services}
    for item in packets:
        links = other_link(node, item)
        if links and mark in item.by.marks:
            return set_mark(node, item.by.rule, mark, links[1])
        if not links and item.gets not in used:
            return set_mark(node, item.by.rule, mark)
    ports = {real.port for real in service.destinations if real.port}
    vips = {item.packet.dst for item in packets if item.packet.dst}
    return mark_by_hand(mark, vips.pop() if len(vips) == 1 else None, ports.pop() if len(ports) == 1 else None)


def mark_by_hand(mark: int, vip: IP | None, port: int | None) -> Fix:
    """The rule that marks requests, with what is known of them. The protocol is for the operator to say."""
    program = "ip6tables" if vip is not None and vip.version == 6 else "iptables"
    line = (
        f"# mark the requests of the service: {program} -t mangle -A PREROUTING -d {vip or 'VIP'} -p tcp "
        f"--dport {port or 'PORT'} -j MARK --set-mark {mark}"
    )
    return Fix((line,), (SAVE_RULES.format(version=6 if program == "ip6tables" else 4),))


def deliver_marked_requests(node: Node, vip: IP, item: MarkedPacket) -> Fix:
    """The VIP on the interface that faces the clients, where it is of their subnet or the mark comes too late for
    routing; else all that has the mark is delivered."""
    link = home_link(node, vip)
    wires = [row for row in node.addresses if row.link == link and not row.host_only and vip in row.network]
    if link is None or (not wires and item.mark_for_routing):
        return deliver_marked(node, item.gets or 0, vip.version)
    announced = Fix((announce_again(link, vip),)) if vip.version == 4 else Fix()
    return add_address(f"{vip}/{vip.max_prefixlen}", link) + announced + Fix(warning=_HOLDER)


_HOLDER = "Only the active director may have a VIP. Where keepalived moves the VIP, change its configuration instead."


def deliver_marked(node: Node, mark: int, version: int) -> Fix:
    """What has a mark is delivered on this host, whatever its address: a policy rule, and a route in its table."""
    from lvsdoctor.model.change import AddPolicyRule, PutRoute

    rules = [rule for rule in (node.policy_rules if node.has("policy-rules") else ()) if rule.family == version]
    known = next((rule for rule in rules if rule.fwmark == mark and rule.action == "lookup"), None)
    taken = {rule.priority for rule in rules}
    priority = next(number for number in range(100, 32766) if number not in taken)
    seen = Seen("fix", None, "")
    added = PolicyRule(priority, seen, version, table=known.table if known else str(priority), fwmark=mark)
    route = Route(EVERYWHERE[version], seen, "local", added.table, nexthops=(NextHop("lo"),), scope="")
    lines = [] if known is not None else [spell(AddPolicyRule(added))]
    kept = f"# in the network configuration of the host ({ADDRESS_HOMES}): the same rule and route"
    return Fix((*lines, spell(PutRoute(route, replaces=True))), (kept,))
