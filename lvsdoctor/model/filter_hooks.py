"""At which hook the kernel calls a chain of a packet filter, and in which order those of one hook."""

from collections.abc import Iterable

from lvsdoctor.model.packet_filter import Chain, FilterTable, Hook

# include/uapi/linux/netfilter_ipv4.h: enum nf_ip_hook_priorities. nat's destination comes before the filter's place,
# its source after: net/netfilter/xt_nat, iptable_nat.c: nf_nat_ipv4_ops.
RAW, MANGLE, NAT_DST, FILTER, SECURITY, NAT_SRC = -300, -150, -100, 0, 50, 100
CONNTRACK = -200  # nf_conntrack_proto.c: ipv4_conntrack_ops; what comes before knows no state of a connection

_PRIORITIES = {"raw": RAW, "mangle": MANGLE, "filter": FILTER, "security": SECURITY}
_HOOKS = {hook.value.upper(): hook for hook in Hook}


def hook_of(chain: str) -> Hook | None:
    """The hook that a built-in chain of iptables is called at."""
    return _HOOKS.get(chain)


def priority_of(table: str, hook: Hook) -> int:
    """Where a built-in chain of iptables comes among those of its hook."""
    if table == "nat":
        return NAT_DST if hook in (Hook.PREROUTING, Hook.OUTPUT) else NAT_SRC
    return _PRIORITIES.get(table, FILTER)


def base_chains(tables: Iterable[FilterTable], hook: Hook) -> list[tuple[FilterTable, Chain]]:
    """The chains that the kernel calls at a hook, in its order."""
    chains = [(table, chain) for table in tables for chain in table.chains if chain.hook is hook]
    return sorted(chains, key=lambda pair: _place(pair[0], pair[1], hook))


def _place(table: FilterTable, chain: Chain, hook: Hook) -> tuple[int, int]:
    """net/netfilter/nf_nat_core.c: nf_nat_register_fn(): nat has one place for all its chains."""
    return (priority_of("nat", hook), chain.priority) if table.nat or chain.nat else (chain.priority, 0)
