"""A NAT director on one link tells its real servers, by ICMP redirects, to reply to clients directly."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Decision,
    Finding,
    Fix,
    Node,
    Severity,
    assume,
    believes_redirects,
    cite,
    conf_key,
    nat_pairs,
    neighbours_through,
    real_server,
    replying_through,
    route_lookup,
    rule,
    sends_redirect,
    set_sysctls,
)

SENT = "{node} sends ICMP redirects on {link} to real server {rip}, with next hop {next_hop}"
IGNORED = "{node} sends ICMP redirects on {link} to real server {rip}, which ignores them"
BESIDE = "{node} sends ICMP redirects on {link} to real server {rip}, which replies to its neighbour {next_hop}"
AROUND = "{rip} then sends replies to {next_hop}, not through {node}. Clients drop replies from {rip}."
FORGET = Fix(now=("# then on the real servers, to forget what they were told: ip route flush cache",))


@rule(
    name="director-sends-redirects", code="FWD001", severity=Severity.ERROR, explains=Decision.REDIRECT,
    role="director", needs={"ipvs", "sysctl | configured-sysctl", "addresses", "links"},
    helps={"iptables", "routes", "local-routes", "policy-rules"}, only_ipv4=True,
)  # fmt: skip
def director_sends_redirects(node: Node) -> Iterator[Finding]:
    found: dict[str, Finding] = {}
    for _, destination, rip in nat_pairs(node):
        for link in (link for name in route_lookup(node, rip).links if (link := node.link(name))):
            clients = [(*each, SENT) for each in replying_through(node, rip)]
            clients += [(*each, BESIDE) for each in neighbours_through(node, rip)]
            for client, comes_by, message in clients:
                told = sends_redirect(node, src=rip, dst=client, arrived_on=link)
                if not told:
                    continue
                believed, why = _believed(node, rip, client)
                severity = None if believed and message is SENT else Severity.WARNING if believed else Severity.NOTE
                if link.name in found and _rank(severity) >= _rank(found[link.name].severity):
                    continue
                silence = set_sysctls({conf_key(name, "send_redirects"): 0 for name in ("all", "default", link.name)})
                found[link.name] = Finding(
                    message if believed else IGNORED,
                    clients=AROUND if believed else "Clients are served, as {rip} ignores these redirects.",
                    about={"link": link.name},
                    rip=rip,
                    next_hop=told.fields["next_hop"],
                    severity=severity,
                    evidence=[cite(destination, "behind NAT"), *told.because, *comes_by, *why],
                    fix=silence + FORGET if believed else silence,
                )
    yield from found.values()


def _rank(severity: Severity | None) -> int:
    return severity.rank if severity is not None else Severity.ERROR.rank


def _believed(node: Node, rip: IP, client: IP) -> tuple[bool, tuple[Citation, ...]]:
    """Does the real server follow a redirect, and what tells so?"""
    peer = real_server(node, rip)
    if peer is None or not all(peer.has(fact) for fact in ("sysctl", "links", "routes")):
        text = f"{rip} accepts ICMP redirects, the default of Linux"
        return True, (assume("sysctl", text, "on the real server", "sysctl -a -r '[.]accept_redirects'"),)
    links = [link for name in route_lookup(peer, client, src=rip).links if (link := peer.link(name))]
    answers = [believes_redirects(peer, link) for link in links]
    return any(answers), tuple(line for answer in answers for line in answer.because)
