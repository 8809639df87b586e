"""ICMP redirects on the way of a masqueraded reply: does the director, which forwards it, tell the real server of a
shorter way, and does the real server take that? Later replies then do not pass the director.

Only what is forwarded can be: of direct routing and tunnelling the director sends no redirect. In IPv6 no sysctl asks
for it (net/ipv6/ip6_output.c: ip6_forward()), and a router is named by its link-local address alone
(net/ipv6/ndisc.c: ndisc_send_redirect()).
"""

from lvsdoctor.analysis.filters.filter_paths import link_towards
from lvsdoctor.analysis.named_segments import links_on, segment_named
from lvsdoctor.analysis.nat.redirects6 import redirects6, takes_redirects6
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.reply_packet import ReplyPacket
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.redirects import believes_redirects, sends_redirect
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decided, Decision, StepVerdict


def arrival_link(director: Node, reply: ReplyPacket) -> str | None:
    """The link of the director on which a reply arrives."""
    links = set(reply.lookup.links)
    segment = segment_named(reply.node, next(iter(links))) if len(links) == 1 else ""
    if segment and len(named := links_on(director, segment)) == 1:
        return named[0]
    gateway = next(iter(reply.lookup.gateways), None)
    rows = director.holding(gateway) if gateway is not None else ()
    return rows[0].link if rows else link_towards(director, reply.src)


def redirect_sent(decider: Decider, reply: ReplyPacket, director: Node) -> StepVerdict | None:
    """Does the director keep from sending a redirect? net/ipv4/ip_forward.c sends it before the FORWARD chain."""
    if reply.src.version == 6:
        return _sent_6(decider, reply, director)

    def decide() -> Answer | None:
        name = arrival_link(director, reply)
        link = director.link(name) if name is not None else None
        if link is None:
            return None
        answer = sends_redirect(director, src=reply.src, dst=reply.client, arrived_on=link)
        if not answer:
            return yes("no redirect: {why}", *answer.because, why=answer.why)
        text, hop = "{host} sends a redirect: {src} is to reach {client} by {next_hop}", answer.fields["next_hop"]
        return no(text, *answer.because, host=director.name, src=reply.src, client=reply.client, next_hop=hop)

    return decider.step(director, Decision.REDIRECT, f"to {reply.src}", (reply.client, reply.node.name), decide)


def _sent_6(decider: Decider, reply: ReplyPacket, director: Node) -> StepVerdict | None:
    """A step only where a redirect of IPv6 is sent."""
    try:
        name = arrival_link(director, reply)
        link = director.link(name) if name is not None else None
        answer = redirects6(director, reply.src, reply.client, link) if link is not None else None
    except NotCollected:
        return None
    if not answer:
        return None
    text, hop = "{host} sends a redirect: {src} is to reach {client} by {next_hop}", answer.fields["next_hop"]
    sent = no(text, *answer.because, host=director.name, src=reply.src, client=reply.client, next_hop=hop)
    key = (reply.client, reply.node.name)
    return decider.step(director, Decision.REDIRECT, f"to {reply.src}", key, lambda: sent)


def redirect_taken(decider: Decider, reply: ReplyPacket, director: Node) -> StepVerdict | None:
    """Does the real server keep its route? Asked where a redirect is sent."""
    sent = redirect_sent(decider, reply, director)
    if sent is None or sent.decided is not Decided.NO:
        return None

    def decide() -> Answer | None:
        names = reply.lookup.links
        link = reply.node.link(names[0]) if names else None
        if link is None:
            return None
        v6, unasked = reply.src.version == 6, reply.protocol != "tcp"
        answer = takes_redirects6(reply.node, link) if v6 else believes_redirects(reply.node, link)
        if v6 and answer and unasked and not all(hop.is_link_local for hop in reply.lookup.gateways):
            return None
        if not answer:
            return yes("{link} accepts no redirects", *answer.because, link=link.name)
        text = "{host} accepts redirects, so later replies to {client} do not go through {director}"
        return no(text, *answer.because, host=reply.node.name, client=reply.client, director=director.name)

    return decider.step(reply.node, Decision.REDIRECT, f"from {director.name}", reply.client, decide)
