"""A reply on its way, as the steps after a listener have it."""

from dataclasses import dataclass

from lvsdoctor.analysis.reply_path import reply_path
from lvsdoctor.kernel.routing import Lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class ReplyPacket:
    """A reply of `node` from `src`, the address that the request came to, to `client`. `straight`: the request came to
    the director by no router."""

    node: Node
    src: IP
    port: int
    protocol: str
    client: IP
    of_vip: bool = True
    straight: bool = False

    @property
    def key(self) -> object:
        return self.src, self.port, self.protocol, self.client, self.straight

    @property
    def lookup(self) -> Lookup:
        return reply_path(self.node, self.src, self.client)
