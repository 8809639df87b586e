"""What `ifconfig` prints of one link, or of one label of it: a block of lines under the name."""

import re
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from lvsdoctor.model.address import Address, Network
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_brief import scope_shown
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_network, read_number

# include/uapi/linux/if.h. Other systems number theirs in hex, and have words that are not here.
_FLAGS = {
    "UP": 0x1, "BROADCAST": 0x2, "DEBUG": 0x4, "LOOPBACK": 0x8, "POINTOPOINT": 0x10, "NOTRAILERS": 0x20,
    "RUNNING": 0x40, "NOARP": 0x80, "PROMISC": 0x100, "ALLMULTI": 0x200, "MASTER": 0x400, "SLAVE": 0x800,
    "MULTICAST": 0x1000, "DYNAMIC": 0x8000,
}  # fmt: skip
_WITHOUT_WORD = 0x6000  # IFF_PORTSEL, IFF_AUTOMEDIA
# Net-tools: lib/*.c: struct hwtype, and what iproute2 calls the same. What is not here speaks no ARP.
_TYPES = {
    "Ethernet": "ether", "以太网": "ether", "Local Loopback": "loopback", "Lokale Schleife": "loopback",
    "Boucle locale": "loopback", "Bucle local": "loopback", "Loopback Local": "loopback",
    "本地环回": "loopback", "IPIP Tunnel": "ipip", "IPv6-in-IPv4": "sit",
    "Point-to-Point Protocol": "ppp", "InfiniBand": "infiniband", "GRE": "gre",
}  # fmt: skip
_OLD = pattern(
    r"(?P<name>\S{1,40})\s+(?:(?:Link|Lien) encap:|Encapsulamento do Link:|Protokoll ?:|链接封装 ?:) ?"
    r"(?P<title>\S+(?: \S+){0,4}?)"
    r"(?:\s+(?:HWaddr|Hardware Adresse|direcciónHW|Endereço de HW|硬件地址)\s+(?P<mac>\S{1,80}))?"
    r"(?:\s+Media:\S*|\s+\(auto\))*\s*"
)
_NEW = pattern(r"(?P<name>\S{1,40}): flags=(?P<number>-?\d{1,5})<(?P<flags>[A-Z,]{0,200})>\s+mtu (?P<mtu>\d{1,10})\s*")
# net-tools/po/es_ES.po; other languages leave the words as they are.
_IN_SPANISH = {
    "ACTIVO": "UP", "DIFUSIÓN": "BROADCAST", "BUCLE": "LOOPBACK", "PUNTO": "POINTOPOINT", "FUNCIONANDO": "RUNNING",
    "PROMISCUO": "PROMISC", "MAESTRO": "MASTER", "ESCLAVO": "SLAVE", "DINÁMICO": "DYNAMIC", "DEPURACIÓN": "DEBUG",
}  # fmt: skip
_OLD_FLAGS = pattern(r"(?P<flags>(?:[A-ZÁÉÍÓÚÑ]+ +){1,16}|\[NO FLAGS\] +)MTU:(?P<mtu>\d{1,10})(?: +.*)?", re.DOTALL)
_OLD_INET = pattern(
    r"(?:inet (?:addr|Adresse|adr|end\.|地址)|Direc\. inet): ?(?P<ip>[\d.]+)(?: +P-t-P:(?P<peer>[\d.]+))?"
    r"(?: +(?:Bcast|Difus\.|广播):(?P<broadcast>[\d.]+))?(?: +(?:Mask|Maske|Masque|Másc|Masc|掩码):(?P<mask>[\d.]+))"
)
_NEW_INET = pattern(
    r"inet (?P<ip>[\d.]+) +netmask (?P<mask>[\d.]+)(?: +broadcast (?P<broadcast>[\d.]+))?"
    r"(?: +destination (?P<peer>[\d.]+))?"
)
_INET6 = pattern(
    r"(?:inet6 (?:(?:addr|Adresse|adr|地址): ?)?|(?:inet6-Adresse|(?:adr|Dirección|endereço) inet6): ?)"
    r"(?P<ip>[0-9A-Fa-f:.]+)(?:/| +prefixlen +)(?P<length>\d{1,3})"
    r" +(?:Scope:|Gültigkeitsbereich:|Alcance:|Escopo:|scopeid 0x[0-9a-f]+<)[\w,]+>?(?: +destination \S+)?"
)
_HARDWARE = pattern(
    r"(?P<word>[a-z][\w/-]{1,15})(?: +(?P<mac>\S{1,80}))?(?: +txqueuelen \d+)? +\((?P<title>[^()]{1,60})\)"
)


@dataclass(slots=True)
class Block:
    """The lines of one label, gathered; `complete`: that which tells its flags is among them."""

    label: str
    link: str
    seen: Seen
    type: str = ""
    mac: str = ""
    flags: frozenset[str] = frozenset()
    mtu: int | None = None
    complete: bool = False
    addresses: list[Address] = field(default_factory=list)

    @classmethod
    def of_header(cls, seen: Seen) -> "Block | None":
        """The block that this line opens. Old net-tools cut a name after nine letters: `eth0.100:` is a label."""
        line = seen.text.strip()[:400]
        if (old := _OLD.fullmatch(line)) is not None:
            block = cls._named(old["name"], seen)
            if block is not None:
                block.type = _TYPES.get(old["title"], "unspec")
                block.take_mac(old["mac"] or "")
            return block
        new = _NEW.fullmatch(line)
        if new is None:
            return None
        flags = frozenset(new["flags"].split(",")) - {""}
        number = int(new["number"]) & 0xFFFF & ~_WITHOUT_WORD
        if not flags or not flags <= _FLAGS.keys() or sum(_FLAGS[flag] for flag in flags) != number:
            return None
        block = cls._named(new["name"], seen)
        if block is not None:
            block.take_flags(flags, new["mtu"])
        return block

    @classmethod
    def _named(cls, label: str, seen: Seen) -> "Block | None":
        link = label.partition(":")[0]
        return None if read_link_name(link) is None else cls(label, link, seen)

    def take_flags(self, flags: frozenset[str], mtu: str) -> None:
        """In the words of iproute2, which says NO-CARRIER in the place of what is not RUNNING."""
        self.flags = flags - {"RUNNING"} | ({"NO-CARRIER"} if "UP" in flags and "RUNNING" not in flags else frozenset())
        self.mtu, self.complete = read_number(mtu), True
        if "LOOPBACK" in flags:
            self.type = "loopback"

    def take_mac(self, text: str) -> None:
        # Of InfiniBand's twenty bytes the kernel hands over fourteen (struct sockaddr).
        self.mac = read_mac(text) or "" if self.type == "ether" else ""

    def take(self, line: str, seen: Seen) -> bool | None:
        """Take a line below the name. None: it is none of those that are kept; False: it is, and was not understood."""
        if (flags := _OLD_FLAGS.fullmatch(line)) is not None:
            words = frozenset(_IN_SPANISH.get(word, word) for word in flags["flags"].split()) - {"[NO", "FLAGS]"}
            if not words <= _FLAGS.keys():
                return False
            self.take_flags(words, flags["mtu"])
            return True
        if line.startswith(("inet", "Direc", "adr inet6", "endereço inet6")):
            return self._take_address(line, seen)
        if (hardware := _HARDWARE.fullmatch(line)) is not None:
            self.type = _TYPES.get(hardware["title"], "unspec")
            self.take_mac(hardware["mac"] or "")
            return True
        return None

    def _take_address(self, line: str, seen: Seen) -> bool | None:
        if (six := _INET6.fullmatch(line)) is not None:
            return self._add(six["ip"], six["length"], seen)
        four = _OLD_INET.fullmatch(line) or _NEW_INET.fullmatch(line)
        if four is None:
            return None
        try:
            length = str(IPv4Network(f"0.0.0.0/{four['mask']}").prefixlen)
        except ValueError:
            return False  # no mask, or one with holes
        return self._add(four["ip"], length, seen, peer=four["peer"] or "", broadcast=four["broadcast"] or "")

    def _add(self, text: str, length: str, seen: Seen, *, peer: str = "", broadcast: str = "") -> bool:
        ip = read_ip(text)
        prefixlen = None if ip is None else read_number(length, most=ip.max_prefixlen)
        if ip is None or prefixlen is None or ip.is_unspecified:
            return False
        far: Network | None = None
        if peer and peer != text and (far := read_network(f"{peer}/{prefixlen}")) is None:
            return False
        row = Address(
            ip, prefixlen, self.link, seen, "", self.label if ip.version == 4 else "", peer=far,
            broadcast=read_ip(broadcast),
        )  # fmt: skip
        self.addresses.append(replace(row, scope=scope_shown(row)))
        return True

    @property
    def may_be_port(self) -> bool:
        """Could a bridge or a bond be its master? Only `ip link` tells."""
        return self.as_link().arp or "SLAVE" in self.flags

    def as_link(self) -> Link:
        return Link(self.link, self.seen, flags=self.flags, mtu=self.mtu, type=self.type, mac=self.mac)
