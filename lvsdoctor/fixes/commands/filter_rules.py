"""Fixes by rules of iptables that are put before others, or in their place."""

from lvsdoctor.analysis.filter_paths import PROTOCOLS
from lvsdoctor.fixes.commands.spelling import spell
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.model.finding import Fix

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
