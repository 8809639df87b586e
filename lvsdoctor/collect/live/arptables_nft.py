"""The chains and rules of nf_tables' family arp: arptables-nft's, and nft's own where they are as simple."""

from collections.abc import Sequence

from lvsdoctor.collect.live import dumps
from lvsdoctor.collect.live.arp_words import HOOKS, VERDICTS
from lvsdoctor.collect.live.netlink_socket import Message
from lvsdoctor.collect.live.nft_rule import ACCEPT, Undecodable, nft_rule
from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.seen import Seen

DORMANT = 0x1  # NFT_TABLE_F_DORMANT

Key = tuple[str, str]  # a table's name and a chain's


def nft_tables() -> ArpTables | None:
    """What stands in the way of ARP packets; None for nothing. Raises OSError, Undecodable."""
    return decode(*dumps.nft_arp())


def decode(tables: Sequence[Message], chains: Sequence[Message], rules: Sequence[Message]) -> ArpTables | None:
    """A chain is called after its hook, whatever its own name. One without rules that accepts is left out."""
    asleep = {each.get_attr("NFTA_TABLE_NAME") for each in tables if each.get_attr("NFTA_TABLE_FLAGS", 0) & DORMANT}
    awake = [chain for chain in chains if _of_chain(chain)[0] not in asleep]
    filled = {_of_rule(rule) for rule in rules}
    names: dict[Key, str] = {}
    policies: dict[str, str] = {}
    for chain in awake:
        key, hook, policy = (
            _of_chain(chain),
            chain.get_attr("NFTA_CHAIN_HOOK"),
            chain.get_attr("NFTA_CHAIN_POLICY", ACCEPT),
        )
        if hook is not None and (key in filled or policy != ACCEPT):
            names[key] = name = HOOKS[hook.get_attr("NFTA_HOOK_HOOKNUM")]
            if name in policies or len({table for table, _ in names}) > 1:
                raise Undecodable("several chains that see the same packets")
            policies[name] = VERDICTS[policy]
    if not names:
        return None
    (table,) = {table for table, _ in names}
    for chain in awake:
        if _of_chain(chain)[0] == table and chain.get_attr("NFTA_CHAIN_HOOK") is None:
            names[_of_chain(chain)] = name = _of_chain(chain)[1]
            policies[name] = "-"
    rows = tuple(
        nft_rule(table, name, rule.get_attr("NFTA_RULE_EXPRESSIONS", b""))
        for key, name in names.items()
        for rule in rules
        if _of_rule(rule) == key
    )
    where = f"netlink NFT_MSG_NEWCHAIN arp {table}"
    return ArpTables(policies, rows, tuple(Seen(where, None, f":{name} {policies[name]}") for name in policies))


def _of_chain(chain: Message) -> Key:
    return chain.get_attr("NFTA_CHAIN_TABLE"), chain.get_attr("NFTA_CHAIN_NAME")


def _of_rule(rule: Message) -> Key:
    return rule.get_attr("NFTA_RULE_TABLE"), rule.get_attr("NFTA_RULE_CHAIN")
