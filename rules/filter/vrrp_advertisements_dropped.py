"""A director's packet filter drops VRRP advertisements, so two directors become master."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    FilteredAdvert,
    Finding,
    Node,
    NotCollected,
    Severity,
    accept_adverts,
    assume,
    cite,
    filtered_adverts,
    filtered_if_asked,
    rule,
    vrrp_pairs,
)

RECEIVED = "{node} drops in chain {chain} the VRRP advertisements that it receives on {link}"
ALL = "{node} drops in chain {chain} the VRRP advertisements of other directors"
SENT = "{node} drops in chain {chain} the VRRP advertisements that it sends on {link}"


@rule(
    name="vrrp-advertisements-dropped",
    code="FW006",
    severity=Severity.ERROR,
    needs={"vrrp"},
    helps={"ipvs", "ip6tables", "addresses", "links"},
    suffice={"iptables"},
    cause=True,
)
def vrrp_advertisements_dropped(node: Node) -> Iterator[Finding]:
    if not node.has("vrrp"):
        if (unasked := filtered_if_asked(node)) is not None:
            yield _if_keepalived(unasked)
        raise NotCollected("vrrp", node.name)
    lower = [pair.own for pair in vrrp_pairs(node)]
    known: set[tuple[str, bool, int]] = set()
    for item in filtered_adverts(node):
        key = (item.instance.link, item.received, item.instance.family)
        # An instance without an address takes no client from the other director.
        if not item.dropped or key in known or not item.instance.brings_up:
            continue
        known.add(key)
        proved = item.received and item.instance in lower
        vip = item.instance.brings_up[0].ip
        yield Finding(
            RECEIVED if item.received else SENT,
            clients="Both directors become master for {vip}: some clients reach one, some the other."
            if proved
            else "If the other director has VIP {vip}, both become master: some clients reach one, some the other.",
            about={"link": item.instance.link, "way": "in" if item.received else "out", "vip": vip},
            chain=item.chain,
            severity=None if proved else Severity.WARNING,
            evidence=[
                *item.verdict.because,
                cite(item.instance, "VRRP advertisements of this instance", link=item.instance.link),
            ],
            fix=accept_adverts(item.packet, received=item.received),
        )


def _if_keepalived(item: FilteredAdvert) -> Finding:
    return Finding(
        ALL,
        clients="If another director has the same VIPs, both become master: some clients reach one, some the other.",
        about={"way": "in"},
        chain=item.chain,
        severity=Severity.WARNING,
        evidence=[*item.verdict.because, assume("vrrp", "keepalived runs here, and its adverts are multicast")],
        fix=accept_adverts(item.packet, received=item.received),
    )
