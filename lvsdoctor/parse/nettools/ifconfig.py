"""`ifconfig`: of net-tools before and after 2.0, of busybox, and of net-tools that speak German, French or Chinese.

It asks the kernel by label (net/ipv4/devinet.c: devinet_ioctl()) and is given the first address of each: what
`ip addr add` put on a link beside another, without a label, is in none of its lines. Nor are an address's scope and
flags, and which link is a port of another.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_LOOPBACK, narrowed
from lvsdoctor.parse.iproute.ip_brief import with_secondaries
from lvsdoctor.parse.nettools.ifconfig_block import Block
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump, Reader

UP_ALONE = "`ifconfig` shows no interface that is down, and of each label one address"
FIRST_OF_LABELS = "`ifconfig` shows one address of each label, and not which interfaces are ports of others"

# What stands under a link beside its addresses: counters, and what the driver has.
_UNUSED = pattern(
    r"(?:RX|TX|Interrupt|Memory|Base address|DMA chan|Media|device (?:interrupt|memory|base)|Outfill|Keepalive|IPX/"
    r"|EtherTalk|econet|AX\.25|Kollisionen|collisions|inet6? (?:addr|Adresse|adr|地址): *$"
    r"|(?:接收|发送|碰撞|中断|内存|基本地址)|Empfangene|Gesendete|(?:R|T)X-"
    r"|(?:Packets|Octets|Paquets) (?:reçus|transmis)|lg file|(?:Paquetes|Bytes|pacotes) [RT]X|colisiones|colis[õo]es"
    r"|Interrup\w+|IRQ|Dirección base|Adresse de base|Memoria|Mémoire)\b.*|(?:接收|发送|碰撞|中断).*",
    re.IGNORECASE,
)
_FAILED = pattern(r"\S{1,40}: error fetching interface information: Device not found$")


class Ifconfig(Reader):
    """A link without an address that could be a port of another one is left out: what it hears is its master's."""

    name: ClassVar[str] = "ifconfig"
    programs: ClassVar[tuple[str, ...]] = ("ifconfig",)

    def __init__(self) -> None:
        self._blocks: dict[str, Block] = {}
        self._block: Block | None = None
        self._first: Seen | None = None
        self._unread: list[Seen] = []
        self._all = False

    @classmethod
    def starts(cls, text: str) -> bool:
        return Block.of_header(Seen("", None, text)) is not None

    def set_command(self, command: Sequence[str]) -> None:
        self._all = "-a" in command[1:]

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        links = command[0].rpartition("/")[2] == "ifconfig" and any(word[:1] not in "-|" for word in command[1:])
        return narrowed(command, echo) if links else None

    def feed(self, seen: Seen) -> bool:
        if (block := Block.of_header(seen)) is not None:
            if block.label in self._blocks:
                return False  # a second dump begins
            self._first = self._first or seen
            self._block = self._blocks[block.label] = block
            return True
        line = seen.text.strip()[:2000]
        if self._first is None or _FAILED.match(line):
            return False
        taken = self._block.take(line, seen) if self._block is not None else None
        if taken is None:
            taken = _UNUSED.match(line) is not None
            if not taken and line.startswith(("inet ", "inet6 ")):
                taken = False if self._block is None and "scope " in line else self._refuse(seen)
            return taken
        return taken or self._refuse(seen)

    def _refuse(self, seen: Seen) -> bool:
        self._unread.append(seen)
        return True

    def gap(self) -> None:
        self._block = None  # whose the next lines are is not known

    def dump(self) -> Dump:
        blocks = list(self._blocks.values())
        if not blocks or self._first is None:
            return Dump()
        addresses = [address for block in blocks for address in block.addresses]
        addressed = {address.link for address in addresses if address.scope != "link"}
        own = {block.link: block for block in reversed(blocks)}
        own |= {block.link: block for block in blocks if block.label == block.link}
        links = [
            own[name].as_link()
            for name in dict.fromkeys(block.link for block in blocks)
            if own[name].complete and (name in addressed or not own[name].may_be_port)
        ]
        all_links = self._all or any(block.complete and "UP" not in block.flags for block in blocks)
        reason = FIRST_OF_LABELS if all_links else UP_ALONE
        if not any(block.link == "lo" or "LOOPBACK" in block.flags for block in blocks):
            reason = NO_LOOPBACK
        # kube-proxy gives one link the addresses of all services, of which the first is shown.
        nearly = reason != NO_LOOPBACK and not self._unread and not any(name.startswith("kube-") for name in own)
        # An interface without addresses is normal, so that a dump without any tells nothing.
        facts = {
            name: tuple(rows) for name, rows in (("links", links), ("addresses", with_secondaries(addresses))) if rows
        }
        return Dump(facts, tuple(self._unread), partial=Partial(reason, self._first, nearly=nearly))
