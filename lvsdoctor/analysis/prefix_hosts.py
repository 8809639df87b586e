"""What tells that other hosts live in the prefix of an address on lo."""

from collections.abc import Iterator

from lvsdoctor.model.address import Address
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node


def prefix_hosts(node: Node, wide: Address) -> Iterator[Citation]:
    """A subnet of another interface, or another host of the scan, in the prefix of this address; the first alone.

    Raises NotCollected where what was not seen may tell, but for a host of which files alone tell.
    """
    for own in node.known_rows("addresses"):
        if own.link != wide.link and not own.host_only and own.network.overlaps(wide.network):
            yield cite(own, "hosts of {subnet} are on {wire}", subnet=own.network, wire=own.link)
            return
    for peer in node.peers_with("addresses"):
        for address in peer.seen_rows("addresses") if node.planned else peer.addresses:
            if address.link != "lo" and not address.host_only and address.ip in wide.network:
                yield cite(address, "{host} is {peer}", host=address.ip, peer=peer.name)
                return
