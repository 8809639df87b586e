"""A reply on its way, as the steps after a listener have it."""

from dataclasses import dataclass, replace

from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, filter_fact, locality, passed, undecided
from lvsdoctor.analysis.reply_path import reply_path
from lvsdoctor.analysis.walk.filters import idle
from lvsdoctor.kernel.packet_filter import DELIVERED
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, Packet, connection_mark
from lvsdoctor.kernel.policy_rules import Flow, asks_for_marks
from lvsdoctor.kernel.routing import Lookup
from lvsdoctor.kernel.sockets import user_of_listener
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook

_ESTABLISHED = frozenset({"ESTABLISHED"})


@dataclass(frozen=True, slots=True)
class ReplyPacket:
    """A reply of `node` from `src`, the address that the request came to, to `client`. `straight`: the request came to
    the director by no router. `request` is what it answers, as it arrived at the node. `asked`: the client itself has
    asked the node for `src`, so its neighbour entry is there (net/ipv6/ndisc.c: ndisc_recv_ns(), ndisc_update())."""

    node: Node
    src: IP
    port: int
    protocol: str
    client: IP
    of_vip: bool = True
    straight: bool = False
    request: Packet | None = None
    asked: bool = False

    @property
    def key(self) -> object:
        return self.src, self.port, self.protocol, self.client, self.straight, self.request, self.asked

    @property
    def lookup(self) -> Lookup:
        """A mark that OUTPUT gives the reply has its route looked up again
        (net/ipv4/netfilter/iptable_mangle.c: ipt_mangle_out())."""
        flow = Flow(PROTOCOLS.get(self.protocol), self.port or None, CLIENT_PORT)
        first = reply_path(self.node, self.src, self.client, flow=flow)
        if first.type != "unicast" or not (mark := self.mark):
            return first
        return reply_path(self.node, self.src, self.client, mark, flow)

    @property
    def mark(self) -> int:
        """Its mark behind OUTPUT, where a policy rule asks for marks. Raises NotCollected where it is not known."""
        if not asks_for_marks(self.node, self.src.version):
            return 0
        return self.node.derived(("mark of reply", self.key), lambda _: self._marked())

    def _marked(self) -> int:
        version = self.src.version
        if idle(self.node, version) is not None:
            return 0
        verdict = passed(self.node, self.packet, (Hook.OUTPUT,), locality(self.node, version))
        if verdict.lacking is not None or verdict.packet.mark is None:
            raise verdict.lacking or undecided(self.node, filter_fact(version), f"the mark of replies from {self.src}")
        return verdict.packet.mark

    @property
    def packet(self) -> Packet:
        """The reply as OUTPUT sees it, but for its interface."""
        packet = Packet(
            self.src, self.client, PROTOCOLS.get(self.protocol), sport=self.port or None, dport=CLIENT_PORT,
            states=_ESTABLISHED,
        )  # fmt: skip
        request = self.request
        if request is None:
            return packet
        try:
            if idle(self.node, self.src.version) is not None:
                return packet
            verdict = passed(self.node, request, DELIVERED, locality(self.node, self.src.version))
        except NotCollected:
            return packet
        if verdict.lacking is not None:
            return packet
        dst, port = verdict.packet.dst, verdict.packet.dport
        known = dst is not None and port is not None
        user = user_of_listener(self.node, self.protocol, dst, port, arrived_on=request.in_link) if known else None  # type: ignore[arg-type]
        return replace(packet, connection_mark=connection_mark(verdict.packet), owner=user)
