"""Connections that are known to be opened and known to fail at a host, as its walks tell (analysis/walk).

Only what is proved counts: the host that gets the client's packets is a director, each step up to the one that says no
is known, that one assumes nothing, and no host on the way is only planned. Machinery that an earlier step takes for
absent could only end the connection sooner.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.connection import Connection
from lvsdoctor.model.coverage import Origin, coverage_of
from lvsdoctor.model.facts import CONFIGURED, NotApplicable, NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import FAILING_TYPES
from lvsdoctor.model.walk import HARMLESS, ClientClass, ClientPlace, Decided, Decision, Served, StepVerdict, Walk

_FILTERS = frozenset({Decision.INPUT_FILTER, Decision.FORWARD_FILTER, Decision.OUTPUT_FILTER})
# What comes before a director's entry of a connection.
_BEFORE_ENTRY = frozenset({Decision.ARP_REPLY, Decision.SOURCE_VALIDATION, Decision.IPVS})
# net/netfilter/ipvs/ip_vs_proto_tcp.c: tcp_states: a handshake that has ended leaves SYN_RECV for these.
_ANSWERED = frozenset({"ESTABLISHED", "FIN_WAIT", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK"})


@dataclass(frozen=True, slots=True)
class BrokenPath:
    """Connections of `clients` (whole phrases) to a VIP of a service, as ipvsadm writes it, fail at the host that
    decides `verdict`. `client` is one of them, and `because` shows that there are such clients. `connects`: and that
    such a client connects; `evidenced`: the scan shows such a host; else it is assumed that there are some. `of_all`:
    it shows one, and clients of all places that are known fail with this real server, whoever of them are clients."""

    service: str
    vip: IP
    clients: tuple[str, ...]
    client: IP
    verdict: StepVerdict
    because: tuple[Citation, ...]
    connects: bool = True
    evidenced: bool = True
    of_all: bool = False


def broken_paths(node: Node) -> Iterator[BrokenPath]:
    """Where connections fail at this host, one for each service and decision.

    Raises NotApplicable where no walk of clients that are known to connect meets this host, and NotCollected at the end
    where it is not known what this host decides of one. Reads what walks read.
    """
    if not may_show_clients(node):
        raise NotApplicable
    from lvsdoctor.reporting.walks import clients

    running = _running(node)
    opened = _opened(node)
    own = [walk for walk, hosts in opened.at_host.get(node.name, ()) if hosts <= running]
    by_decision: dict[tuple[str, IP, Decision], list[Walk]] = {}
    for walk in own:
        if (verdict := walk.deciding) is not None and walk.outcome is Served.DIES and verdict.step.node == node.name:
            by_decision.setdefault((walk.service, walk.vip, verdict.step.decision), []).append(walk)
    for (service, vip, _), failing in by_decision.items():
        proved = [walk for walk in failing if proved_to_end(walk) and not _contradicted(walk, node)]
        known = [walk for walk in proved if walk.client.connects and not is_wished(walk)]
        others = [
            w for w in proved
            if (not _ends_at_listener(w) and (w.client.scanned or not is_wished(w)))
            or _served_by_others(w, opened.walks)
        ]  # fmt: skip
        shown = known or [walk for walk in others if walk.client.evidenced] or others
        if shown and (verdict := shown[0].deciding) is not None:
            because = {line.seen: line for walk in shown for line in walk.client.because}
            names = dict.fromkeys(clients(walk.client) for walk in shown)
            lines = tuple(because.values())
            first = shown[0].client
            evidenced = bool(known) or is_evidenced(first)
            of_all = any(is_evidenced(walk.client) and _server(walk) in opened.lost for walk in shown)
            yield BrokenPath(service, vip, tuple(names), first.address, verdict, lines, bool(known), evidenced, of_all)
    _refuse_unknown(node, [walk for walk in own if walk.client.connects])


_SHOWING = ("connections", "health-checks")
# Whoever is in another prefix of a host, a back network say, need not be a client of the VIP.
_USUAL = frozenset({ClientPlace.ON_SEGMENT, ClientPlace.BEYOND_ROUTER})


def is_evidenced(client: ClientClass) -> bool:
    """Does the scan show such a client? A director that checks its real servers is usual, whatever a dump tells."""
    return client.evidenced or client.place is ClientPlace.HEALTH_CHECK


def shows_clients(node: Node) -> bool:
    """May the scan show clients that connect?"""
    return any(map(node.has, _SHOWING)) or any(node.peers_with(*_SHOWING))


def may_show_clients(node: Node) -> bool:
    """May the scan show clients: those that connect, a neighbour, or a host that is no part of the cluster?"""
    return shows_clients(node) or node.has("neighbours") or any(True for peer in node.peers if not peer.roles)


def is_shown(walk: Walk) -> bool:
    """Does the scan show that such clients connect, or are they where clients usually are?"""
    usual = walk.client.place in _USUAL and not walk.client.part
    return walk.client.connects or usual or _may_be_checked(walk)


_Server = tuple[str, IP, IP | None]


def _server(walk: Walk) -> _Server | None:
    """The real server of a service that the walk of a client leads to; None for a health check."""
    return None if walk.client.place is ClientPlace.HEALTH_CHECK else (walk.service, walk.vip, walk.rip)


def _lost_by_all(walks: Sequence[Walk]) -> frozenset[_Server]:
    dying: dict[_Server, bool] = {}
    for walk in walks:
        if walk.share and walk.forwarding is not None and (server := _server(walk)) is not None:
            dying[server] = dying.get(server, True) and walk.outcome is Served.DIES
    return frozenset(server for server, all_die in dying.items() if all_die)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The walks of clients that the scan shows, by a director, to real servers that get connections; by each host
    that a walk meets, with all that it meets; and the real servers of a service with which the clients of all places
    fail."""

    walks: Sequence[Walk]
    at_host: Mapping[str, Sequence[tuple[Walk, set[str]]]]
    lost: frozenset[_Server]


def _opened(node: Node) -> _Opened:
    from lvsdoctor.analysis.walk import walks_of_scan  # a scan may show no client

    walks = walks_of_scan(node)

    def work_out(_: Sequence[Node]) -> tuple[_Opened, Iterable[str]]:
        opened = [w for w in walks if is_shown(w) and w.share and w.forwarding is not None]
        at_host: dict[str, list[tuple[Walk, set[str]]]] = {}
        for walk in opened:
            hosts = {verdict.step.node for verdict in walk.steps}
            for host in hosts:
                at_host.setdefault(host, []).append((walk, hosts))
        return _Opened(opened, at_host, _lost_by_all(walks)), ()

    return node.derived_of_scan("opened walks", work_out)


def _may_be_checked(walk: Walk) -> bool:
    """Whether a director checks a real server at all, no dump tells; how such a check of TCP fares its walk does."""
    return walk.client.place is ClientPlace.HEALTH_CHECK and walk.protocol == "tcp"


def _ends_at_listener(walk: Walk) -> bool:
    """Of such a port service-not-listening tells, and a mark may stand for more ports than are served."""
    return walk.deciding is not None and walk.deciding.step.decision is Decision.LISTENER


def _served_by_others(walk: Walk, every: Iterable[Walk]) -> bool:
    """Does another real server serve the clients that this one turns away? Then it is hardly wanted."""
    if walk.deciding is None or walk.deciding.step.node != walk.real_server:
        return False
    return any(
        other.outcome is Served.SERVED
        and (other.service, other.port, other.client) == (walk.service, walk.port, walk.client)
        for other in every
    )


def lost(walk: Walk) -> bool:
    """Is it proved that clients which connect lose connections on this walk, and that nobody wants it?"""
    opened = walk.client.connects and walk.share and walk.forwarding is not None
    return bool(opened) and walk.outcome is Served.DIES and proved_to_end(walk) and not is_wished(walk)


def _running(node: Node) -> frozenset[str]:
    """The hosts of the scan of which all shows what runs. This one may not be as the scan has it: a rule sees it."""
    scanned = node.derived_of_scan("running", lambda nodes: (frozenset(n.name for n in nodes if _runs(n)), ()))
    return scanned | {node.name} if _runs(node) else scanned - {node.name}


def _runs(node: Node) -> bool:
    """Does all that is known of it show what runs, without contradiction?"""
    known = (fact for fact in CONFIGURED if fact in node.evidence)
    return not node.contradictions and all(coverage_of(fact, node.coverage).origin is Origin.RUNTIME for fact in known)


def proved_to_end(walk: Walk) -> bool:
    """Is each step known up to the one that ends it, and nothing assumed of that one?"""
    steps = [verdict for verdict in walk.steps if verdict.step.decision not in HARMLESS]
    first = next((verdict for verdict in steps if verdict.decided is not Decided.YES), None)
    return first is not None and first.decided is Decided.NO and not first.assumed


def is_wished(walk: Walk) -> bool:
    """Does a filter, or a route of a failing type, turn these clients away? Somebody wants that. A director that turns
    its own health checks away is no wish."""
    verdict = walk.deciding
    if verdict is None or walk.client.place is ClientPlace.HEALTH_CHECK:
        return False
    lines = [line.seen.text.split() for line in verdict.because]
    reply = verdict.step.decision in (Decision.RETURN_PATH, Decision.REPLY_ROUTE)
    # A table without any route but one of that type is for a source, not for some clients, as is a rule for all.
    chosen = [words for words in lines if not FAILING_TYPES.isdisjoint(words) and "default" not in words]
    failing = verdict.step.decision is not Decision.ROUTE and any(not (reply and _for_all(words)) for words in chosen)
    return verdict.step.decision in _FILTERS or failing


def _for_all(words: Sequence[str]) -> bool:
    """A policy rule without a destination, which a reply's clients are: `32765: from all iif eth1 prohibit`."""
    return words[1:2] == ["from"] and "to" not in words


def _contradicted(walk: Walk, node: Node) -> bool:
    """Is a connection there whose handshake has ended, of such a client, through this real server? Or one at all, where
    this director is to have taken none? (net/netfilter/ipvs/ip_vs_core.c: ip_vs_schedule() makes it.)"""
    verdict, asks = walk.deciding, walk.client.place is not ClientPlace.HEALTH_CHECK
    took_it = verdict is not None and verdict.step.node == walk.answering and verdict.step.decision in _BEFORE_ENTRY
    # Whom the rules mark, somebody chose; of clients that were scanned it is worth to know.
    by_mark = walk.service.startswith("FWM") and not walk.client.scanned
    telling = {Decision.SOURCE_VALIDATION, *(() if by_mark else (Decision.IPVS,))}
    if asks and took_it and verdict is not None and verdict.step.decision in telling:
        rows = (row for peer in (node, *node.peers_with("connections")) for row in _connections(peer))
        beyond = walk.client.prefix is None  # whoever is in no prefix that is known
        return walk.client.connects or any(_is_of(walk, r) or (beyond and r.virtual.ip == walk.vip) for r in rows)
    by_router = verdict is not None and verdict.step.decision is Decision.ROUTE
    if asks and (took_it or not (walk.answering or by_router)):
        return True
    return any(_like(walk, row) for peer in (node, *node.peers_with("connections")) for row in _connections(peer))


def _connections(node: Node) -> Iterable[Connection]:
    rows: Iterable[Connection] = node.seen_rows("connections") if node.has("connections") else ()
    return rows


def _like(walk: Walk, row: Connection) -> bool:
    return row.state in _ANSWERED and row.destination.ip == walk.rip and _is_of(walk, row)


def _is_of(walk: Walk, row: Connection) -> bool:
    """Is it a connection of such a client to this VIP?"""
    if row.virtual.ip != walk.vip:
        return False
    client, prefix = row.client.ip, walk.client.prefix
    return client == walk.client.address or (client is not None and prefix is not None and client in prefix)


def _refuse_unknown(node: Node, own: Iterable[Walk]) -> None:
    """Raises NotCollected for what this host decides of a walk, and NotApplicable where nothing is known to be well."""
    known = False
    for walk in own:
        verdict = walk.deciding
        if verdict is None:
            known = True
        elif verdict.lacking and walk.outcome is Served.UNKNOWN and verdict.step.node == node.name:
            raise NotCollected(verdict.lacking, node.name, verdict.fields.get("wanted", ""), verdict.settle)
    if not known:
        raise NotApplicable
