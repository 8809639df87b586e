"""A director's packet filter drops VRRP advertisements, so two directors become master."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    FilteredAdvert,
    Finding,
    Fix,
    Node,
    Severity,
    cite,
    command,
    filtered_adverts,
    rule,
    vrrp_pairs,
)

RECEIVED = "{node} drops in chain {chain} the VRRP advertisements that it receives on {link}"
SENT = "{node} drops in chain {chain} the VRRP advertisements that it sends on {link}"


@rule(
    name="vrrp-advertisements-dropped",
    code="FW006",
    severity=Severity.ERROR,
    needs={"vrrp"},
    helps={"iptables", "ip6tables", "addresses", "links"},
    cause=True,
)
def vrrp_advertisements_dropped(node: Node) -> Iterator[Finding]:
    lower = [pair.own for pair in vrrp_pairs(node)]
    known: set[tuple[str, bool, int]] = set()
    for item in filtered_adverts(node):
        key = (item.instance.link, item.received, item.instance.family)
        if not item.dropped or key in known:
            continue
        known.add(key)
        proved = item.received and item.instance in lower
        yield Finding(
            RECEIVED if item.received else SENT,
            clients="Both directors become master for {vip}: some clients reach one, some the other."
            if proved
            else "If the other director has VIP {vip}, both become master: some clients reach one, some the other.",
            about={
                "link": item.instance.link,
                "way": "in" if item.received else "out",
                "vip": item.instance.brings_up[0].ip,
            },
            chain=item.chain,
            severity=None if proved else Severity.WARNING,
            evidence=[
                *item.verdict.because,
                cite(item.instance, "VRRP advertisements of this instance", link=item.instance.link),
            ],
            fix=_fix(item),
        )


def _fix(item: FilteredAdvert) -> Fix:
    version = item.packet.version
    program = "ip6tables" if version == 6 else "iptables"
    chain = "INPUT" if item.received else "OUTPUT"
    ends = ("-s", item.packet.src) if item.received and item.packet.src else ()
    return Fix(
        now=(command(program, "-I", chain, "1", *ends, "-p", item.packet.protocol or 112, "-j", "ACCEPT"),),
        persist=(f"# save the rules as this host does: {program}-save > /etc/iptables/rules.v{version}, or firewalld",),
        warning="The director with the lower priority gives up the VIP, and loses the connections that it has.",
    )
