"""A NAT director sends ICMPv6 redirects, and its real server follows them: later replies do not pass the director."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Command,
    Decision,
    Finding,
    Fix,
    Node,
    Nothing,
    Severity,
    cite,
    conf_key,
    nat_memberships,
    redirected6,
    rule,
    set_sysctls,
    taking_requests,
)

FOLLOWS = "{node} follows ICMPv6 redirects of NAT director {director} on {link}, with next hop {next_hop}"


@rule(
    name="nat6-real-server-follows-redirects", code="V6010", severity=Severity.ERROR, explains=Decision.REDIRECT,
    role="real-server", needs={"memberships", "sysctl | configured-sysctl", "addresses", "links", "routes"},
    helps={"policy-rules", "local-routes", "ip6tables"}, harmless_at_weight_0=True, only_ipv6=True,
)  # fmt: skip
def nat6_real_server_follows_redirects(node: Node) -> Iterator[Finding]:
    done: set[str] = set()
    for rip, listings in nat_memberships(node, 6).items():
        for listing in taking_requests(listings):
            told = redirected6(node, rip, listing)
            if told is None or told.link.name in done:
                continue
            done.add(told.link.name)
            director = listing.director.name
            yield Finding(
                FOLLOWS,
                clients="{rip} then replies to clients directly. Clients drop replies from {rip}.",
                about={"link": told.link.name},
                rip=rip,
                director=director,
                next_hop=told.next_hop,
                evidence=[
                    cite(listing.destination, "{director} masquerades to {rip}", director=director, rip=rip),
                    *told.because,
                ],
                # conf/all counts for no interface here.
                fix=set_sysctls({conf_key(told.link.name, "accept_redirects", 6): 0})
                + Fix(now=(Command("ip -6 route flush cache", (Nothing(),)),)),
            )
