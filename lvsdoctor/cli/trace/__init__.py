"""lvsdoctor trace: the packet's path to a VIP, through each real server and back, and where it ends."""

from argparse import ArgumentTypeError, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli import collecting, speaking
from lvsdoctor.cli.errors import ERROR, FINDINGS, OK, say

if TYPE_CHECKING:
    from lvsdoctor.cli.trace.against import Against
    from lvsdoctor.engine.rule import Rule
    from lvsdoctor.model.address import IP
    from lvsdoctor.model.node import Node
    from lvsdoctor.model.segment import NetworkSegment
    from lvsdoctor.model.walk import Walk

_DESCRIPTION = """Follow a connection to a VIP, step by step: the ARP answer, the director, each
real server, the reply. Says which real servers serve which clients, where a
packet is lost, and which line of the evidence decides it.

VIP is an address, with or without a port, or the firewall mark of a service:
192.0.2.10, 192.0.2.10:80, [2001:db8::10]:80, "FWM 1". Each PATH is read as scan
reads it; without PATH this node is inspected, live and read-only.

Clients that the evidence shows (a connection, a neighbour entry) are evidenced;
others are assumed. --from names a client: only its connections are shown then.
Interfaces in one subnet are assumed to share a network segment. Where they do
not, or others do, --segment says so: --segment front=lb1:eth0,rs1:eth0

--against holds a recording against the walks: the text of tcpdump (best with
-ne, for its MACs) or a pcap file. It says where the two part, and quotes the
frame. Then the clients of the recording are those that are shown.
"""
_EPILOG = """exit codes:
  0  no walk of evidenced clients, or of --from, dies; some may be unknown
  1  a walk of evidenced clients, or of --from, dies; the recording of --against
     parts from a walk
  2  wrong usage, no such VIP, unreadable input, internal error,
     evidence of a host that contradicts itself
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `trace` and its options."""
    parser = verbs.add_parser(
        "trace",
        help="which real servers serve which clients of a VIP, and where a packet is lost",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.intermixed = True  # VIP --from ADDRESS PATH
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("target", metavar="VIP[:PORT]", help="whose connections: a VIP, one of its ports, or a firewall mark (FWM 1)")
    collecting.add_options(parser)
    collecting.add_node(parser)
    what = "a client's address: follow its connections (repeat)"
    add("--from", dest="clients", action="append", default=[], type=_address, metavar="ADDRESS", help=what)
    what = "hold a recording (what tcpdump prints or writes) against the walks of its clients"
    add("--against", metavar="FILE", help=what)
    add("-f", "--format", choices=("terminal", "json"), default="terminal", metavar="NAME", help="terminal, json")
    add("--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto, always, never")
    speaking.add_option(parser, " for the terminal")
    add("-q", "--quiet", action="store_true", help="only the sentence of each service, and what parts from --against")
    add("-v", "--verbose", action="count", default=0, help="quote the evidence of each step; tracebacks")


def run(options: Namespace) -> int:
    """Walk, show, and tell by the exit code."""
    from lvsdoctor.cli.trace.against import Against, recording_of
    from lvsdoctor.cli.trace.target import chosen_walks, target_of

    speaking.wanted(options)  # before anything is collected
    target = target_of(options)
    recording = recording_of(options.against) if options.against else None
    collection = collecting.collected(options, _all_rules())
    contradictory = _contradictory(collection.nodes)
    for path in collection.unread:
        from lvsdoctor.reporting.wording import not_read

        say(not_read(path))
    clients = options.clients
    walks = chosen_walks(target, collection.nodes, walks_of(collection.nodes, clients), clients)
    against = None
    if recording is not None:
        from lvsdoctor.analysis.recorded_walks import recorded_clients, recorded_walks

        clients = list(dict.fromkeys([*clients, *recorded_clients(walks, recording)]))
        walks = chosen_walks(target, collection.nodes, walks_of(collection.nodes, clients), clients)
        against = Against(recording, tuple(recorded_walks(collection.nodes, walks, recording)))
    from lvsdoctor.analysis.named_segments import segments_of_scan

    segments = segments_of_scan(collection.nodes)
    if options.format == "json":
        _put_json(walks, segments, against)
    else:
        from lvsdoctor.cli.trace.ladder import put_ladders

        put_ladders(walks, segments, options, against)
    parts = against is not None and against.parts
    return ERROR if contradictory else FINDINGS if parts else code(walks, clients)


def walks_of(nodes: Sequence["Node"], clients: Sequence["IP"]) -> Sequence["Walk"]:
    """All walks of these nodes, also of clients that the user names."""
    from lvsdoctor.analysis.walk import walks

    return walks(nodes, clients=tuple(clients))


def _all_rules() -> Iterator["Rule"]:
    """They are loaded where evidence contradicts itself, and what it comes to is asked of them."""
    from lvsdoctor.cli.choosing import load

    yield from load([])


def code(walks: Sequence["Walk"], clients: Sequence["IP"]) -> int:
    """1 if a walk of clients that are there, or that the user names, dies."""
    from lvsdoctor.model.walk import Served

    there = (walk for walk in walks if walk.client.evidenced or walk.client.address in clients)
    return FINDINGS if any(walk.outcome is Served.DIES for walk in there) else OK


def _put_json(walks: Sequence["Walk"], segments: Sequence["NetworkSegment"], against: "Against | None") -> None:
    import sys

    from lvsdoctor.cli.trace.against import as_data
    from lvsdoctor.reporting.json_text import write_json
    from lvsdoctor.reporting.walks_as_data import walks_as_data

    data = walks_as_data(walks, segments) | ({} if against is None else {"against": as_data(against)})
    write_json(data, sys.stdout)
    sys.stdout.write("\n")


def _contradictory(nodes: Sequence["Node"]) -> bool:
    """Does the evidence of a node contradict itself? Says so, with both lines."""
    strange = [node for node in nodes if node.contradictions]
    for node in strange:
        say(f"the evidence of {node.name} contradicts itself, so its steps are not sure. {node.contradictions[0].says}")
    return bool(strange)


def _address(text: str) -> "IP":
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no IP address (write --from 192.0.2.99)") from None
