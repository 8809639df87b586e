"""Two directors with one VIP do not take each other's VRRP advertisements, so both become master."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    AdvertMismatch,
    Citation,
    Finding,
    Fix,
    Node,
    Severity,
    VrrpPair,
    cite,
    rule,
    vrrp_pairs,
    word,
)

BOTH = "{node} and {peer} both become master for VIP {vip}: {what} {differ}"
# What keepalived compares, as the sentence has it.
SUBJECTS = {
    "authentication": "the authentication",
    "virtual_ipaddress": "the list of virtual_ipaddress",
    "unicast_peer": "the list of unicast_peer",
}


@rule(
    name="vrrp-parameters-differ",
    code="VRRP003",
    severity=Severity.ERROR,
    needs={"vrrp"},
    helps={"addresses", "links"},
    cause=True,
)
def vrrp_parameters_differ(node: Node) -> Iterator[Finding]:
    pairs = list(vrrp_pairs(node))
    for pair in pairs:
        others = [other for other in pairs if other.own is pair.own and not other.differences]
        if not pair.differences or others:  # of three the third is master alone, and this one its backup
            continue
        what = [SUBJECTS.get(reason.what, reason.what) for reason in pair.differences]
        yield Finding(
            BOTH,
            clients="Some clients reach {node}, others {peer}. Connections end when a neighbour entry changes.",
            about={"vip": pair.shared[0], "peer": pair.peer.name},
            what=" and ".join(what[:2]) + (" and more" if len(what) > 2 else ""),
            differ="differs" if len(what) == 1 else "differ",
            severity=None if pair.proved else Severity.WARNING,
            evidence=[*(line for reason in pair.differences for line in _lines(pair, reason)), *pair.segment],
            fix=_fix(pair),
        )
    for pair in pairs:
        pair.require_authentication()


def _lines(pair: VrrpPair, reason: AdvertMismatch) -> Iterator[Citation]:
    yield cite(reason.own, "{what} of {vips}", what=reason.what, vips=pair.own.name or "this instance")
    yield cite(reason.other, "{what} on {peer}", what=reason.what, peer=pair.peer.name)


def _fix(pair: VrrpPair) -> Fix:
    """What the other has; a password is not shown."""
    other, peer = pair.other, word(pair.peer.name)
    values = {
        "virtual_router_id": f"virtual_router_id {other.router_id}",
        "version": f"version {other.version}",
        "advert_int": f"advert_int {other.advert_int:g}",
        "authentication": f"the same auth_type and auth_pass as on {peer}",
        "virtual_ipaddress": f"the same virtual_ipaddress as on {peer}",
        "unicast_peer": f"on both hosts: unicast_src_ip and, of the other host, unicast_peer, as {peer} needs them",
    }
    now = tuple(f"# in keepalived.conf: {values[reason.what]}" for reason in pair.differences)
    return Fix(
        now=(*now, "# then reload keepalived: systemctl reload keepalived"),
        persist=("# the file is what lasts",),
        warning="The director with the lower priority gives up the VIP, and loses the connections that it has.",
    )
