"""The IPVS table that runs, against the one that the host's files make.

A real server that the files list and the table lacks is no difference: a health check takes out what fails.
"""

from collections.abc import Iterator

from lvsdoctor.analysis.drift.table_differences import TableDifference, table_differences
from lvsdoctor.analysis.usable_servers import seen_with_kube_proxy
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node


def table_drift(director: Node) -> Iterator[tuple[TableDifference, bool]]:
    """Each difference, and whether the table that runs has it (else the files). Nothing where no table is loaded: the
    backup director may have none. Reads ipvs and configured-ipvs; links, addresses where collected.

    Raises NotCollected at the end where one of both was not seen whole, and for a host of which files alone tell.
    """
    if director.planned:
        raise NotCollected("ipvs", director.name)
    lacking: NotCollected | None = None
    running, files = director.services, director.virtual_services("configured-ipvs")
    own = [row for row in director.seen_rows("ipvs") if not seen_with_kube_proxy(director, row)]
    if not own:
        return
    try:
        for difference in table_differences(own, files, weights=True):
            if not _sorry_server(difference):
                yield difference, True
    except NotCollected as absent:
        lacking = absent
    try:
        for difference in table_differences(files, running):
            if difference.other is None:
                yield difference, False
    except NotCollected as absent:
        lacking = lacking or absent
    if lacking is not None:
        raise lacking.anew()


def _sorry_server(difference: TableDifference) -> bool:
    """May the real server be the one that is there while all others are out?"""
    if difference.what or difference.real is None or difference.other is None:
        return False
    listed = {(row.ip, row.port) for row in difference.other.destinations}
    return listed.isdisjoint((row.ip, row.port) for row in difference.service.destinations)
