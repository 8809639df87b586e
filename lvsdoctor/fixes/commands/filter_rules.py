"""Fixes by rules of iptables that are put before others, or in their place."""

from lvsdoctor.analysis.director_filters import CONNTRACK
from lvsdoctor.analysis.filter_paths import PROTOCOLS
from lvsdoctor.fixes.commands.settings import set_sysctls
from lvsdoctor.fixes.commands.spelling import spell
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import FilterRule
from lvsdoctor.sanitize import word

FILTER_FACTS = {"iptables": 4, "ip6tables": 6}
_NAMES = {number: name for name, number in PROTOCOLS.items()}
SAVE_RULES = (
    "# save the rules the same way as the other rules of this host "
    "(iptables-save > /etc/iptables/rules.v{version}, firewalld, ufw or a script)"
)


def leave_to_ipvs(request: Packet) -> Fix:
    """No rule of nat PREROUTING rewrites such requests: one that accepts them comes before all others."""
    from lvsdoctor.model.change import PutFilterRule

    change = PutFilterRule(request.version, "nat", "PREROUTING", f"{matching(request)} -j ACCEPT", 1)
    return Fix(now=(spell(change),), persist=(SAVE_RULES.format(version=request.version),), warning=_TRANSLATED)


def remove_rule(node: Node, rule: FilterRule) -> Fix:
    """A rule goes; by hand where the dump does not show its words as iptables-save does, or its chain is not known."""
    from lvsdoctor.model.change import RemoveFilterRule

    for fact, version in FILTER_FACTS.items():
        for table in node.packet_filter(fact) if node.has(fact) else ():
            for chain in (chain for chain in table.chains if rule in chain.rules):
                save = SAVE_RULES.format(version=version)
                words = rule.seen.text.partition(f"-A {chain.name} ")[2].strip()
                if table.form == "save" and words and not rule.unknown:
                    return Fix((spell(RemoveFilterRule(version, table.name, chain.name, words)),), (save,))
    return Fix((f"# remove this rule: {word(rule.seen.text.strip())}",), (SAVE_RULES.format(version=4),))


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
