"""Holds the findings of a scan against the answers of the wire: confirmed, contradicted, or why it cannot be told."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_address

from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.model.address import IP
from lvsdoctor.model.examination import Confirmation, Diagnosis, Examination
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Predicts, Probed
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.session import ProbeRun, ProbeSession

_UNMODELLED = (
    "a filter that the dumps of {node} do not show (arptables, nft, ebtables), a setting that was changed since they "
    "were taken, or a switch that filters ARP"
)
_OUTDATED = "a change since the dumps of {node} were taken, or a program on this host that answers ARP requests itself"
_UNKNOWN_HOST = "a director that this scan does not know, a host that has the VIP by mistake, or outdated dumps"


def confirmed(examination: Examination, nodes: Sequence[Node], asked: ProbeRun) -> Examination:
    """The examination with a confirmation for each finding, and first what the wire contradicts."""
    wire, by_name = ProbeSession(asked, nodes), {node.name: node for node in nodes}
    held = [
        replace(diagnosis, confirmation=_confirmation(diagnosis, by_name.get(diagnosis.node), wire))
        for diagnosis in examination.diagnoses
    ]
    held.sort(key=lambda diagnosis: diagnosis.probed is not Probed.CONTRADICTED)
    return replace(examination, diagnoses=tuple(held))


def _confirmation(diagnosis: Diagnosis, node: Node | None, wire: ProbeSession) -> Confirmation:
    for item in diagnosis.evidence:
        if item.seen in wire.frames:
            return Confirmation(Probed.CONFIRMED, "the probe saw it", seen=item.seen)
    predicts, vip = diagnosis.finding.predicts, _address(diagnosis.about.get("vip", ""))
    if predicts is None or vip is None or node is None:
        return _not_probed("no probe shows it")
    if predicts is Predicts.SENDER:
        return _not_probed("listening would tell: lvsdoctor probe --listen 60 {vip}", vip=vip)
    if predicts is Predicts.REFUSES:
        return _not_probed("a probe by its director would tell: lvsdoctor probe --accepts {vip}", vip=vip)
    if wire.run.why:
        return _not_probed("{why}", why=wire.run.why)
    said = _About(node, diagnosis.about.get("link"), vip, wire)
    if not said.asked:
        return _not_probed("{why}", why=wire.why_unasked(said.vip))
    if not said.here:
        return _not_probed(
            "{link} of {node} is on another network than {where}, where {vip} was asked for",
            link=said.link, node=node.name, where=_list({probe.link for probe in said.asked}), vip=vip,
        )  # fmt: skip
    return said.unanswered() if predicts is Predicts.UNANSWERED else said.answers(predicts is Predicts.ANSWERS)


def _address(text: str) -> IP | None:
    """An operator's own rule may be about anything."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _not_probed(why: str, /, **fields: object) -> Confirmation:
    return Confirmation(Probed.NOT_PROBED, why, _texts(fields))


def _texts(fields: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items()}


def _list(words: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, words)))


class _About:
    """What was answered for one VIP, as far as it tells of one node's link."""

    def __init__(self, node: Node, link: str | None, vip: IP, wire: ProbeSession) -> None:
        self.node, self.link, self.vip, self.wire = node, link, vip, wire
        self.its = _with_ip(node, node.link(link)) if link is not None and node.has("links") else None
        self.mac = self.its.own_mac if self.its is not None else ""
        self.asked = wire.about(vip)
        # The links of a VLAN have their parent's MAC: then only the subnet tells which of them it was.
        shared = self.mac and len([each for each in node.links_hearing_arp if each.mac == self.mac]) > 1
        wanted = (True,) if shared else (True, None)
        self.here = [probe for probe in self.asked if link is None or wire.beside(node, self.its, probe.link) in wanted]
        self.links = {probe.link for probe in self.here}

    # -- the node answers, or keeps silent ----------------------------------------------------------------------------

    def answers(self, should: bool) -> Confirmation:
        """A verdict on "it answers" (or, unless it `should`, on "it keeps silent")."""
        mac, silence, why = self._who()
        if why is not None:
            return why
        if reply := self._reply(mac):
            return self._verdict(should, "{node} ({mac}) answered for {vip}", reply.seen, _OUTDATED, mac=mac)
        if self.wire.is_prober(self.node):
            return _not_probed(
                "{node} itself sent the requests, and no host receives its own answer: probe from another host",
                node=self.node.name,
            )
        if silence is None:
            return self._unheard()
        own, reply = silence
        if reply.count < own.asked:
            return _not_probed(
                "{node} answered only {count} of {asked} requests for its own {rip}, so that its silence about {vip} "
                "may be lost frames: lvsdoctor probe {vip} --requests 30",
                node=self.node.name, count=reply.count, asked=own.asked, rip=own.target, vip=self.vip,
            )  # fmt: skip
        if should and (unforeseen := self._not_to_these_senders()):
            return unforeseen
        text = "{node} ({mac}) answered for its own {rip} and did not answer for {vip}"
        return self._verdict(not should, text, self.here[0].seen, _UNMODELLED, mac=mac, rip=own.target)

    def _verdict(self, right: bool, why: str, seen: Seen, perhaps: str, **fields: object) -> Confirmation:
        filled = _texts({"node": self.node.name, "vip": self.vip, **fields})
        return Confirmation(
            Probed.CONFIRMED if right else Probed.CONTRADICTED, why, filled, seen, "" if right else perhaps
        )

    def _reply(self, mac: str) -> Reply | None:
        return next((reply for probe in self.here for reply in probe.replies if mac and reply.mac == mac), None)

    def _who(self) -> tuple[str, tuple[Probe, Reply] | None, Confirmation | None]:
        """The node's MAC there, where it answered for an address of its own, or why it cannot be told from others."""
        name, own = self.node.name, self._own()
        if self.mac:
            if others := [other for other in self.wire.owners(self.mac) if other != name]:
                text = "{mac} is the MAC of {node} and of {others}, which the wire cannot tell apart"
                return "", None, _not_probed(text, mac=self.mac, node=name, others=_list(others))
            heard = next(((probe, reply) for probe, reply in own if reply.mac == self.mac), None)
            there = [(probe, reply) for probe, reply in own if self._is_on_link(probe.target)]
            if heard is None and there and not self._reply(self.mac) and not self.wire.is_prober(self.node):
                probe, reply = there[0]
                text = "{other} answers for {rip}, while the dumps of {node} say that it has {mac} on {link}"
                return "", None, _not_probed(
                    text, other=reply.mac, rip=probe.target, node=name, mac=self.mac, link=self.link
                )  # fmt: skip
            return self.mac, heard, None
        found = {reply.mac: (probe, reply) for probe, reply in own if self._is_on_link(probe.target)}
        if not found:
            return "", None, None
        if len(found) > 1:
            text = "several MACs answer for {node}'s own {rip}: {macs}"
            rip = next(iter(found.values()))[0].target
            return "", None, _not_probed(text, node=name, rip=rip, macs=_list(found))
        ((mac, heard),) = found.items()
        if others := self._others_with(mac):
            text = "{mac} answers for {rip} and for {others} as well: the wire does not show which host it is"
            return "", None, _not_probed(text, mac=mac, rip=heard[0].target, others=_list(others))
        return mac, heard, None

    def _own(self) -> list[tuple[Probe, Reply]]:
        """The answers for addresses of the node's own, where the VIP was asked for."""
        return [(probe, reply) for probe in self._own_probes() for reply in probe.replies]

    def _own_probes(self) -> list[Probe]:
        own = {address.ip for address in self.node.addresses} if self.node.has("addresses") else set()
        own -= self.wire.vips
        return [probe for probe in self.wire.run.probes if probe.target in own and probe.link in self.links]

    def _is_on_link(self, ip: IP) -> bool:
        name = self.its.name if self.its is not None else self.link
        return any(address.link == name for address in self.node.holding(ip))

    def _others_with(self, mac: str) -> list[str]:
        """What else answers with this MAC: a router with proxy ARP does for its neighbours."""
        own = {address.ip for address in self.node.addresses} | self.wire.vips
        beside = [str(p.target) for p in self.wire.run.probes if mac in p.macs and p.target not in own]
        return beside + [name for name in self.wire.owners(mac) if name != self.node.name]

    def _unheard(self) -> Confirmation:
        own, where = {probe.target for probe in self._own_probes()}, _list(self.links)
        if not self.wire.answered_anything(self.links, besides=self.vip):
            return _not_probed("no host answered any request on {where}: the probe proves nothing", where=where)
        if not own:
            text = "{node} was asked for no address of its own on {where}, so that its silence tells nothing"
            return _not_probed(text, node=self.node.name, where=where)
        text = "{node} did not answer for its own {own} either: it is down, filtered, or not on this segment"
        return _not_probed(text, node=self.node.name, own=_list(own))

    def _not_to_these_senders(self) -> Confirmation | None:
        """Would the node, by its own settings, keep silent to just those who asked?"""
        node, senders = self.node, {sender for probe in self.here for sender in probe.senders}
        if self.its is None or not senders:
            return None
        try:
            replies = [
                arp_reply(node, self.vip, arrived_on=self.its, sender=sender, proxied=node.proxy_entries)
                for sender in senders
            ]
        except NotCollected:
            return None
        if any(replies):
            return None
        text = "{node} does not answer who asked ({senders}): {why}"
        return _not_probed(text, node=node.name, senders=_list(senders), why=replies[0].why)

    # -- nobody answers -----------------------------------------------------------------------------------------------

    def unanswered(self) -> Confirmation:
        """A verdict on "no director answers": what real servers answer is told of them."""
        replies = [reply for probe in self.here for reply in probe.replies]
        if others := [reply for reply in replies if reply.mac not in self.wire.reals]:
            who = self.wire.owner(others[0].mac)
            return self._verdict(False, "{who} answered for {vip}", others[0].seen, _UNKNOWN_HOST, who=who)
        if self.wire.has(self.vip):
            return _not_probed(
                "the host that sent the requests has {vip} itself, and no host receives its own answer", vip=self.vip
            )
        if not self.wire.answered_anything(self.links, besides=self.vip):
            return _not_probed(
                "no host answered any request on {where}: the probe proves nothing", where=_list(self.links)
            )  # fmt: skip
        text = (
            "real servers alone answered for {vip}"
            if replies
            else "no host answered for {vip}, and requests for other addresses were answered"
        )
        return self._verdict(True, text, replies[0].seen if replies else self.here[0].seen, "")


def _with_ip(node: Node, link: Link | None) -> Link | None:
    """The link itself, or for the port of a bridge or bond the one whose MAC speaks for it."""
    while link is not None and node.enslaved(link) and link.master and (master := node.link(link.master)):
        link = master
    return link
