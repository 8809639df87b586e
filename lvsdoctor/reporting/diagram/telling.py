"""The text equivalent of the picture: all that it shows, in sentences, what is wrong first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lvsdoctor.model.topology import Answering, Cluster, Forwards, Holder, Host, Part
from lvsdoctor.reporting.diagram import FindingMark
from lvsdoctor.reporting.diagram.words import METHODS, PARTS, asks, hosts, lacking, listed, mute, safe, wrong
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
        said.append(f"{hosts(others)} {'have' if len(others) > 1 else 'has'} no part in the cluster that is known.")
    if cluster.left_out:
        said.append(f"{cluster.left_out} more VIPs are not drawn.")
    return tuple(map(legible, said))


def _marked(marks: Mapping[str, Sequence[FindingMark]]) -> Iterator[str]:
    """`ERROR ARP002 is about rs2 and rs5.`"""
    about: dict[tuple[int, str], dict[str, None]] = {}
    for host, own in marks.items():
        for mark in own:
            about.setdefault((mark.severity.rank, f"{mark.severity.value.upper()} {mark.code}"), {})[host] = None
    for (_, label), names in sorted(about.items(), key=lambda item: item[0]):
        yield f"{label} is about {hosts(names)}."


def _reached(cluster: Cluster) -> Iterator[str]:
    if not cluster.vips:
        return
    directors = {host.name for host in cluster.hosts if host.part is Part.DIRECTOR}
    routers = [
        _named(host) for host in cluster.hosts if host.part is Part.ROUTER and directors.intersection(host.gateway_of)
    ]
    through = f" through router{_s(routers)} {listed(routers)}" if routers else ""
    yield f"Clients reach VIP{_s(cluster.vips)} {listed(cluster.vips)}{through}."


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
        yield _answering(what, f"{hosts(names)} ({PARTS[part]}{_s(names)})", these, many=len(names) > 1)
    yield from _nobody(cluster)


def _urgency(holder: Holder) -> tuple[bool, bool, bool]:
    return not wrong(holder), not mute(holder), holder.answering is not Answering.UNKNOWN


def _answering(holder: Holder, who: str, vips: tuple[str, ...], *, many: bool) -> str:
    asked, them, they = asks(vips), "it" if len(vips) == 1 else "them", "they" if many else "it"
    which, why = listed(vips), f" ({holder.why})" if holder.why else ""
    answer = "answer" if many else "answers"
    holds = f"{who} {'hold' if many else 'holds'} {which} on {safe(holder.link)}"
    if holder.answering is Answering.UNKNOWN and not holder.link:
        return f"Whether {who} {answer} {asked} for {which} is not known{why}."
    if holder.answering is Answering.UNKNOWN:
        return f"{holds}; whether {they} {answer} {asked} for {them} is not known{why}."
    if holder.answering is Answering.SILENT:
        verdict = f"though {they} should answer" if holder.should else "which is right"
        return f"{holds} and {'do' if many else 'does'} not answer for {them}, {verdict}{why}."
    where = "" if (holder.link,) == holder.answers_on else f" on {listed(holder.answers_on)}"
    verdict = f"as {they} should" if holder.should else f"though {they} should not{why}"
    if not holder.link:
        return f"{who} {answer} {asked} for {which}{where}, {verdict}."
    return f"{holds} and {answer} {asked} for {them}{where}, {verdict}."


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
        yield f"No host of this scan answers {asks(silent)} for {listed(silent)}."


def _lacking(cluster: Cluster) -> Iterator[str]:
    alike: dict[tuple[Part, tuple[str, ...]], list[str]] = {}
    for host, vips in lacking(cluster):
        alike.setdefault((host.part, vips), []).append(host.name)
    for (part, vips), names in alike.items():
        verb = "do not hold" if len(names) > 1 else "does not hold"
        yield f"{hosts(names)} ({PARTS[part]}{_s(names)}) {verb} {listed(vips)}."


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
        heavy = "" if weight is None else f", weight {weight}"
        how = METHODS.get(method, f"by {method}")
        if method == "LOCAL":
            yield f"{safe(director)} serves {listed(services)} itself{heavy}."
        else:
            to = [_named(known[name]) if name in known else name for name in names]
            yield f"{safe(director)} forwards {listed(services)} to {hosts(to)} {how}{heavy}."


def _gateways(cluster: Cluster) -> Iterator[str]:
    """Those that are not on the clients' way."""
    directors = {host.name for host in cluster.hosts if host.part is Part.DIRECTOR}
    for host in cluster.hosts:
        if host.gateway_of and not (host.part is Part.ROUTER and directors.intersection(host.gateway_of)):
            yield f"{_named(host)} is the default gateway of {hosts(host.gateway_of)}."


def _named(host: Host) -> str:
    """`rs1 (192.0.2.21)`."""
    told = host.addresses and host.addresses[0] != host.name
    return f"{safe(host.name)} ({host.addresses[0]})" if told else safe(host.name)


def _s(things: Sequence[object]) -> str:
    return "" if len(things) == 1 else "s"
