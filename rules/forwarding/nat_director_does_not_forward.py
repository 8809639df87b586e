"""A NAT director does not forward what arrives on the link of its real servers: their replies end there."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Decision,
    Destination,
    Finding,
    Node,
    Severity,
    cite,
    conf_key,
    contradicting_counters,
    forwards,
    mixed_methods,
    nat_pairs,
    replies_pass,
    reply_links,
    rule,
    set_sysctls,
    standing_by,
)

IP_FORWARD = "net.ipv4.ip_forward"
_LATER = "After a failover to {node}, clients whose requests go to these real servers ({rips}) get no reply."


@rule(
    name="nat-director-does-not-forward", code="NAT003", severity=Severity.ERROR, explains=Decision.RETURN_PATH,
    role="director", needs={"ipvs", "sysctl | configured-sysctl", "addresses"},
    helps={"ipvs-stats", "routes", "local-routes", "policy-rules", "links"}, only_ipv4=True,
)  # fmt: skip
def nat_director_does_not_forward(node: Node) -> Iterator[Finding]:
    # That one real server of a service is masqueraded and the others are not is a pitfall of its own.
    odd = {real for mix in mixed_methods(node) for real in mix.odd}
    replied: dict[str, Destination] = {}
    behind: dict[str, dict[IP, tuple[Citation, ...]]] = {}
    serving: set[str] = set()
    for service, destination, rip in nat_pairs(node):
        if destination in odd:
            continue
        links, way = reply_links(node, rip)
        for link in links:
            waits, assumed = standing_by(node, service)
            proof = (cite(destination, "behind NAT"), *way, *assumed)
            behind.setdefault(link, {}).setdefault(rip, proof)
            serving |= set() if waits else {link}
            if replies_pass(node, destination):
                replied.setdefault(link, destination)
    for link, rips in behind.items():
        forwarding = forwards(node, link)
        if forwarding or link in replied:
            continue
        because = next(iter(rips.values()))
        named = [str(rip) for rip in rips][:3] + ([f"{len(rips) - 3} more"] if len(rips) > 3 else [])
        known = [node.sysctl(key) for key in (IP_FORWARD, conf_key("all", "forwarding")) if node.knows_sysctl(key)]
        # A change of ip_forward is copied to every link; where it is 1 already, writing 1 again copies nothing.
        settings = {} if any(setting.value for setting in known) else {IP_FORWARD: 1}
        settings |= {} if settings and known else {conf_key(link, "forwarding"): 1}
        yield Finding(
            "{node} does not forward replies of NAT real servers that arrive on {link} ({rips})",
            severity=None if link in serving else Severity.WARNING,
            clients="Clients whose requests go to these real servers ({rips}) get no reply."
            if link in serving
            else _LATER,
            about={"link": link},
            rips=", ".join(named),
            evidence=[*because, *forwarding.because],
            fix=set_sysctls(settings),
        )
    # Whatever the settings say, these replies came through: they are of another time or network namespace.
    for link in (link for link in replied if not forwards(node, link)):
        raise contradicting_counters(node, replied[link], link)
