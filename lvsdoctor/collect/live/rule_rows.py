"""Policy rules: rows from rtnetlink messages, the same that the text of `ip rule` gives."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lvsdoctor.collect.live.netlink_socket import Message
from lvsdoctor.collect.live.route_rows import prefix, shown
from lvsdoctor.collect.live.words import INET, INET6, RULE_ACTIONS, TRANSPORTS, table_names, word
from lvsdoctor.model.route import PolicyRule
from lvsdoctor.model.seen import Seen

FIB_RULE_INVERT = 0x2
NONE = 0xFFFFFFFF


def rule_rows(messages: Iterable[Message]) -> tuple[PolicyRule, ...]:
    """Policy rules in the order in which the kernel asks them, IPv4's first."""
    return tuple(_rule(message) for message in messages if message["family"] in (INET, INET6))


def _rule(message: Message) -> PolicyRule:
    family, get = (4 if message["family"] == INET else 6), message.get_attr
    src = prefix(message, get("FRA_SRC"), message["src_len"]) if message["src_len"] else None
    dst = prefix(message, get("FRA_DST"), message["dst_len"]) if message["dst_len"] else None
    fwmask = get("FRA_FWMASK")
    fwmark = get("FRA_FWMARK", 0 if fwmask else None)
    suppressed = get("FRA_SUPPRESS_PREFIXLEN", NONE)
    action = word(message["action"], RULE_ACTIONS)
    number, l3mdev = get("FRA_TABLE", message["table"]), bool(get("FRA_L3MDEV", 0))
    table = word(number, table_names()) if action == "lookup" and number else ""
    rule = PolicyRule(
        get("FRA_PRIORITY", 0),
        Seen("", None, ""),
        family=family,
        action=action,
        table=table,
        target=get("FRA_GOTO"),
        negated=bool(message["flags"] & FIB_RULE_INVERT),
        src=src,
        dst=dst,
        iif=get("FRA_IIFNAME"),
        oif=get("FRA_OIFNAME"),
        fwmark=fwmark,
        fwmask=0xFFFFFFFF if fwmask is None else fwmask,
        tos=message["tos"],
        l3mdev=l3mdev,
        suppress_prefixlength=None if suppressed == NONE else suppressed,
        other=tuple(_other(message)),
    )
    return replace(rule, seen=Seen("netlink RTM_NEWRULE", None, _rule_text(rule)))


def _other(message: Message) -> Iterator[str]:
    """Selectors that look at more than addresses, links and marks, as `ip rule` prints them."""
    get = message.get_attr
    if users := get("FRA_UID_RANGE"):
        yield "uidrange " + users.replace(":", "-")
    if transport := get("FRA_IP_PROTO"):
        yield f"ipproto {word(transport, TRANSPORTS)}"
    for name in ("sport", "dport"):
        if ports := get(f"FRA_{name.upper()}_RANGE"):
            first, _, last = ports.partition(":")
            yield f"{name} {first}" if first == last else f"{name} {first}-{last}"
    if identifier := get("FRA_TUN_ID"):
        yield f"tun_id {identifier}"
    for name in ("dscp", "flowlabel"):
        if (value := get(f"FRA_{name.upper()}")) is not None:
            yield f"{name} {value:#x}"
    if (group := get("FRA_SUPPRESS_IFGROUP", NONE)) != NONE:
        yield f"suppress_ifgroup {group or 'default'}"


def _rule_text(rule: PolicyRule) -> str:
    text = ["not" if rule.negated else "", f"from {shown(rule.src) if rule.src else 'all'}"]
    text += [f"to {shown(rule.dst)}" if rule.dst else "", f"tos 0x{rule.tos:02x}" if rule.tos else ""]
    if rule.fwmark is not None:
        text.append(f"fwmark {rule.fwmark:#x}" + (f"/{rule.fwmask:#x}" if rule.fwmask != 0xFFFFFFFF else ""))
    text += [f"iif {rule.iif}" if rule.iif else "", f"oif {rule.oif}" if rule.oif else "", *rule.other]
    if rule.action == "lookup":
        text.append("lookup " + ("[l3mdev-table]" if rule.l3mdev else rule.table))
    else:
        text.append(rule.action + (f" {rule.target}" if rule.target else ""))
    if rule.suppress_prefixlength is not None:
        text.append(f"suppress_prefixlength {rule.suppress_prefixlength}")
    return f"{rule.priority}: " + " ".join(filter(None, text))
