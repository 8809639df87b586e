"""Which source masqueraded requests have at a real server: rules of the director may change that of all, or of some."""

from collections.abc import Iterable

from lvsdoctor.analysis.filters.director_filters import CONNTRACK, sent_by_nat, values_of
from lvsdoctor.analysis.filters.filter_paths import filter_fact, filters_seen
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.link import CONTAINER_LINKS
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import AddressRange, Effect, Match
from lvsdoctor.model.standing import Membership


def source_sent(director: Node, service: VirtualService, real: Destination, client: IP | None) -> IP | None:
    """The source that masqueraded requests have at a real server: `client`, which stands for all of them, unless rules
    of the director change it. None where they may, or change that of some."""
    if _asks_no_rule(director, service):
        return client
    try:
        verdict = sent_by_nat(director, service, real, client or far_away(service.version))
    except NotCollected:
        return None
    changed = verdict is not None and verdict.packet.changed
    if verdict is None or not (changed or _source_translated(director, service.version)):
        return client
    if not changed or not (director.has("sysctl") and director.knows_sysctl(CONNTRACK)):
        return None
    return verdict.packet.src


def hides_some_clients(listings: Iterable[Membership]) -> bool:
    """Does a rule of a director that names sources change that of some clients' requests, so that their replies come
    back to it? Reads as source_sent()."""
    return any(_hides_some(listing.director, listing.service, listing.destination) for listing in listings)


def _hides_some(director: Node, service: VirtualService, real: Destination) -> bool:
    if _asks_no_rule(director, service):
        return False
    tables = [table for table in director.packet_filter(filter_fact(service.version)) if table.nat]
    asked = [item for table in tables for row in table.rules for item in row.conditions if item.match is Match.SOURCE]
    ranges = [value for item in asked for value in item.values if isinstance(value, AddressRange)]
    for client in (value.low + 1 if value.low != value.high else value.low for value in ranges):
        try:
            verdict = sent_by_nat(director, service, real, client)
        except NotCollected:
            continue
        # Packets of a subnet of its own containers are no clients'.
        own = (row for row in director.addresses if row.link.startswith(CONTAINER_LINKS) and client in row.network)
        if verdict is not None and verdict.packet.changed and verdict.packet.src != client and not any(own):
            return True
    return False


def _asks_no_rule(director: Node, service: VirtualService) -> bool:
    """With vs.conntrack=0 no rule changes what IPVS sends; and none is known where no filter was seen."""
    return values_of(director, CONNTRACK)[0] == [False] or not filters_seen(director, service.version)


def _source_translated(director: Node, version: int) -> bool:
    """Does a rule of the director change the source of some packets?"""
    tables = director.packet_filter(filter_fact(version))
    changing = (Effect.SNAT, Effect.MASQUERADE)
    return any(action.effect in changing for table in tables for row in table.rules for action in row.actions)
