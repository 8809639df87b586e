"""Two directors with one VIP do not take each other's VRRP advertisements, so both become master."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    AdvertMismatch,
    Citation,
    Finding,
    Node,
    Severity,
    VrrpPair,
    cite,
    in_keepalived_conf,
    known_pairs,
    rule,
    same_vrrp_values,
    shared_router_ids,
)

BOTH = "{node} and {peer} both become master for VIP {vip}: {what} {differ}"
SAME_ID = "{node} and {peer} use virtual_router_id {id} on one segment, and have no VIP in common"
IGNORED = "{node} ignores nopreempt in {instance}, as its state is MASTER"


@rule(
    name="vrrp-parameters-differ", code="VRRP003", severity=Severity.ERROR, needs={"vrrp"},
    helps={"addresses", "links"}, cause=True,
)  # fmt: skip
def vrrp_parameters_differ(node: Node) -> Iterator[Finding]:
    pairs, absent = known_pairs(node)
    for pair in pairs:
        others = [other for other in pairs if other.own is pair.own and not other.differences]
        if not pair.differences or others:  # of three the third is master alone, and this one its backup
            continue
        what = [reason.subject for reason in pair.differences]
        yield Finding(
            BOTH,
            clients="Some clients reach {node}, others {peer}. Connections end when a neighbour entry changes.",
            about={"vip": pair.shared[0], "peer": pair.peer.name},
            what=" and ".join(what[:2]) + (" and more" if len(what) > 2 else ""),
            differ="differs" if len(what) == 1 else "differ",
            severity=None if pair.proved else Severity.WARNING,
            evidence=[*(line for reason in pair.differences for line in _lines(pair, reason)), *pair.segment],
            fix=same_vrrp_values(pair),
        )
    for clash in shared_router_ids(node):
        yield Finding(
            SAME_ID,
            clients="Clients see no difference, unless both use use_vmac: then both have one MAC.",
            about={"id": clash.own.router_id, "peer": clash.peer.name},
            severity=Severity.WARNING,
            evidence=[*(_line(clash, "virtual_router_id")), *clash.segment],
            fix=in_keepalived_conf("a virtual_router_id that no other cluster of the segment has"),
        )
    for instance in node.vrrp_instances:
        if instance.starts_as_master and {"nopreempt", "state"} <= instance.lines.keys():
            yield Finding(
                IGNORED,
                clients="Connections end a second time, when {node} takes the VIP back after a failure.",
                about={"instance": instance.name},
                severity=Severity.WARNING,
                evidence=[cite(instance.lines["nopreempt"], "is ignored"), cite(instance.lines["state"], "the reason")],
                fix=in_keepalived_conf("state BACKUP, with nopreempt, on both directors"),
            )
    for pair in pairs:
        pair.require_authentication()
    if absent is not None:
        raise absent


def _line(clash: VrrpPair, word: str) -> Iterator[Citation]:
    yield cite(clash.own.line(word), "{what} {id}", what=word, id=clash.own.router_id)
    yield cite(clash.other.line(word), "{what} {id} on {peer}", what=word, id=clash.own.router_id, peer=clash.peer.name)


def _lines(pair: VrrpPair, reason: AdvertMismatch) -> Iterator[Citation]:
    yield cite(reason.own, "{what} of {vips}", what=reason.what, vips=pair.own.name or "this instance")
    yield cite(reason.other, "{what} on {peer}", what=reason.what, peer=pair.peer.name)
