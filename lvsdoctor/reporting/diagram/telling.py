"""The text equivalent of the picture: all that it shows, in sentences, what is wrong first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lvsdoctor.language import template, translated
from lvsdoctor.model.topology import Answering, Cluster, Forwards, Holder, Host, Part
from lvsdoctor.reporting.diagram import FindingMark
from lvsdoctor.reporting.diagram.words import (
    METHODS,
    asks,
    hosts,
    lacking,
    listed,
    mark_label,
    mute,
    part_of,
    safe,
    wrong,
)  # fmt: skip
from lvsdoctor.sanitize import legible


def sentences(cluster: Cluster, marks: Mapping[str, Sequence[FindingMark]]) -> tuple[str, ...]:
    """What the picture shows. Hosts and VIPs of which the same is to be said share a sentence."""
    said = [
        *_marked(marks),
        *_reached(cluster),
        *_holders(cluster),
        *_lacking(cluster),
        *_forwarded(cluster),
        *_gateways(cluster),
    ]
    holding = {holder.host for holder in cluster.holders}
    others = [host.name for host in cluster.hosts if host.part is Part.OTHER and host.name not in holding]
    if others:
        text = "{hosts} has no part in the cluster that is known."
        text = text if len(others) == 1 else "{hosts} have no part in the cluster that is known."
        said.append(translated(text, hosts=hosts(others)))
    if cluster.left_out:
        said.append(translated("{number} more VIPs are not drawn.", number=cluster.left_out))
    return tuple(map(legible, said))


def _marked(marks: Mapping[str, Sequence[FindingMark]]) -> Iterator[str]:
    """`ERROR ARP002 is about rs2 and rs5.`"""
    about: dict[tuple[int, str], dict[str, None]] = {}
    for host, own in marks.items():
        for mark in own:
            about.setdefault((mark.severity.rank, mark_label(mark)), {})[host] = None
    for (_, label), names in sorted(about.items(), key=lambda item: item[0]):
        yield translated("{label} is about {hosts}.", label=label, hosts=hosts(names))


def _reached(cluster: Cluster) -> Iterator[str]:
    if not cluster.vips:
        return
    directors = {host.name for host in cluster.hosts if host.part is Part.DIRECTOR}
    routers = [
        _named(host) for host in cluster.hosts if host.part is Part.ROUTER and directors.intersection(host.gateway_of)
    ]
    text = "Clients reach VIP {vips}" if len(cluster.vips) == 1 else "Clients reach VIPs {vips}"
    text += (" through router {routers}" if len(routers) == 1 else " through routers {routers}") if routers else ""
    yield translated(f"{text}.", vips=listed(cluster.vips), routers=listed(routers))


_REACHED = (
    template("Clients reach VIP {vips}."),
    template("Clients reach VIPs {vips}."),
    template("Clients reach VIP {vips} through router {routers}."),
    template("Clients reach VIPs {vips} through router {routers}."),
    template("Clients reach VIP {vips} through routers {routers}."),
    template("Clients reach VIPs {vips} through routers {routers}."),
)


def _holders(cluster: Cluster) -> Iterator[str]:
    parts = {host.name: host.part for host in cluster.hosts}
    vips: dict[tuple[str, bool, Holder], list[str]] = {}
    for holder in sorted(cluster.holders, key=_urgency):
        what = replace(holder, host="", vip="")
        vips.setdefault((holder.host, ":" in holder.vip, what), []).append(holder.vip)
    alike: dict[tuple[Part, Holder, tuple[str, ...]], list[str]] = {}
    for (host, _, what), held in vips.items():
        alike.setdefault((parts.get(host, Part.OTHER), what, tuple(held)), []).append(host)
    for (part, what, these), names in alike.items():
        yield _answering(what, _who(names, part), these, many=len(names) > 1)
    yield from _nobody(cluster)


def _urgency(holder: Holder) -> tuple[bool, bool, bool]:
    return not wrong(holder), not mute(holder), holder.answering is not Answering.UNKNOWN


def _who(names: Sequence[str], part: Part) -> str:
    """`rs1, rs2 (real servers)`."""
    return translated("{hosts} ({part})", hosts=listed(names), part=part_of(part, len(names)))


# The words of a sentence that depend on the number of hosts, and of VIPs.
_WORDS = {
    template("answers"): template("answer"),
    template("holds"): template("hold"),
    template("does"): template("do"),
    template("it"): template("they"),
}


def _answering(holder: Holder, who: str, vips: tuple[str, ...], *, many: bool) -> str:
    answer, hold, do, they = (translated(several if many else single) for single, several in _WORDS.items())
    fields = {"answer": answer, "hold": hold, "do": do, "they": they, "asked": asks(vips), "hosts": who}
    fields |= {"vips": listed(vips), "link": safe(holder.link), "why": f" ({translated(holder.why)})"}
    fields |= {"why": fields["why"] if holder.why else "", "them": translated("it" if len(vips) == 1 else "them")}
    if holder.answering is Answering.UNKNOWN and not holder.link:
        return translated("Whether {hosts} {answer} {asked} for {vips} is not known{why}.", **fields)
    if holder.answering is Answering.UNKNOWN:
        text = "{hosts} {hold} {vips} on {link}; whether {they} {answer} {asked} for {them} is not known{why}."
        return translated(text, **fields)
    if holder.answering is Answering.SILENT:
        verdict = translated("though {they} should answer" if holder.should else "which is right", they=they)
        text = "{hosts} {hold} {vips} on {link} and {do} not answer for {them}, {verdict}{why}."
        return translated(text, verdict=verdict, **fields)
    elsewhere = (holder.link,) != holder.answers_on
    fields["where"] = translated(" on {places}", places=listed(holder.answers_on)) if elsewhere else ""
    verdict = translated("as {they} should", they=they)
    if not holder.should:
        verdict = translated("though {they} should not{why}", they=they, why=fields["why"])
    if not holder.link:
        return translated("{hosts} {answer} {asked} for {vips}{where}, {verdict}.", verdict=verdict, **fields)
    text = "{hosts} {hold} {vips} on {link} and {answer} {asked} for {them}{where}, {verdict}."
    return translated(text, verdict=verdict, **fields)


def _nobody(cluster: Cluster) -> Iterator[str]:
    """VIPs that no host answers for, though a director should."""
    directors = {host.name for host in cluster.hosts if host.part is Part.DIRECTOR}
    answered = {
        holder.vip
        for holder in cluster.holders
        if holder.answering is not Answering.SILENT or (holder.host in directors and not holder.should)
    }
    directed = {forward.vip for forward in cluster.forwards}
    silent = [vip for vip in cluster.vips if vip in directed and vip not in answered]
    if silent:
        text = "No host of this scan answers {asked} for {vips}."
        yield translated(text, asked=asks(silent), vips=listed(silent))


def _lacking(cluster: Cluster) -> Iterator[str]:
    alike: dict[tuple[Part, tuple[str, ...]], list[str]] = {}
    for host, vips in lacking(cluster):
        alike.setdefault((host.part, vips), []).append(host.name)
    for (part, vips), names in alike.items():
        text = "{hosts} does not hold {vips}." if len(names) == 1 else "{hosts} do not hold {vips}."
        yield translated(text, hosts=_who(names, part), vips=listed(vips))


def _forwarded(cluster: Cluster) -> Iterator[str]:
    known = {host.name: host for host in cluster.hosts}
    pairs: dict[tuple[str, str, str, int | None], list[Forwards]] = {}
    for forward in cluster.forwards:
        key = (forward.director, forward.real_server, forward.method, forward.weight)
        pairs.setdefault(key, []).append(forward)
    alike: dict[tuple[str, tuple[str, ...], str, int | None], list[str]] = {}
    for (director, real_server, method, weight), forwards in pairs.items():
        services = tuple(dict.fromkeys(forward.service for forward in forwards))
        alike.setdefault((director, services, method, weight), []).append(real_server)
    for (director, services, method, weight), names in alike.items():
        heavy = "" if weight is None else translated(", weight {weight}", weight=weight)
        how = translated(METHODS[method]) if method in METHODS else translated("by {method}", method=method)
        fields = {"director": safe(director), "services": listed(services), "weight": heavy}
        if method == "LOCAL":
            yield translated("{director} serves {services} itself{weight}.", **fields)
        else:
            to = [_named(known[name]) if name in known else name for name in names]
            text = "{director} forwards {services} to {hosts} {how}{weight}."
            yield translated(text, hosts=hosts(to), how=how, **fields)


def _gateways(cluster: Cluster) -> Iterator[str]:
    """Those that are not on the clients' way."""
    directors = {host.name for host in cluster.hosts if host.part is Part.DIRECTOR}
    for host in cluster.hosts:
        if host.gateway_of and not (host.part is Part.ROUTER and directors.intersection(host.gateway_of)):
            text = "{host} is the default gateway of {hosts}."
            yield translated(text, host=_named(host), hosts=hosts(host.gateway_of))


def _named(host: Host) -> str:
    """`rs1 (192.0.2.21)`."""
    told = host.addresses and host.addresses[0] != host.name
    return f"{safe(host.name)} ({host.addresses[0]})" if told else safe(host.name)
