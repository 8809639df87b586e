"""What `tcpdump` prints of ARP, TCP and ICMP: with and without -e, -n, -v and -i any, of 3.9 to 4.99.

tcpdump's own print-arp.c, print-ip.c, print-tcp.c, print-icmp.c, print-ether.c, print-sll.c word it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

from lvsdoctor.model.address import IP
from lvsdoctor.model.recording import RecordedFrame, RecordedKind, Recording
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.endpoint import PORTS
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac

_LONGEST = 2000  # of a line, as far as it is looked at
_STAMP = re.compile(
    r" {0,2}(?:(?:\d{4}-\d\d-\d\d )?(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d\.\d{1,9})|(?P<epoch>\d{9,10}\.\d{1,9})) "
)
_OUI = r"(?: \(oui [^)]{1,80}\))?"
_ETHER_MAC = rf"(?:[0-9a-fA-F]{{1,2}}(?::[0-9a-fA-F]{{1,2}}){{5}}|Broadcast){_OUI}"
_TYPE = r"(?:ethertype )?(?P<type>[\w.]{1,20}) ?(?:\(0x[0-9a-f]{4}\))?"
_ETHER = re.compile(rf"(?P<from>{_ETHER_MAC}) > (?P<to>{_ETHER_MAC}), {_TYPE}, length \d{{1,6}}: ")
_VLAN = re.compile(rf"vlan \d{{1,4}}, p \d(?:, DEI)?, {_TYPE}, ")
# -i any: print-sll.c of 4.99 names the link, older ones the direction alone.
_ANY = re.compile(
    r"(?:(?P<link>\S{1,15}) {1,2})?(?P<way>In|Out|B|M|P|F) {1,3}(?:ifindex \d{1,6} )?"
    rf"(?:(?P<from>{_ETHER_MAC}) {_TYPE}, length \d{{1,6}}: )?"
)
_ARP = re.compile(
    r"(?:ARP, |arp )?(?:Ethernet \(len 6\), IPv4 \(len 4\), )?"
    rf"(?:(?:Request )?who-has (?P<target>\S+)(?: \({_ETHER_MAC}\))? tell (?P<tell>[^\s,]+)"
    rf"|[Rr]eply (?P<sender>\S+) is-at (?P<mac>[0-9a-fA-F:]{{11,17}}){_OUI})"
    r"(?:, length \d{1,5})?.{0,40}"
)
_HEAD = re.compile(r"\((?:tos|class|hlim|flowlabel)(?:[^()]|\([^()]*\)){1,300}\) ")  # -v: ttl, id and so on
_CHECKED = re.compile(r"\[(?:bad )?icmp6 [^\]]{1,60}\] ")
_ENDS = re.compile(r"(?:(?P<ip>IP6?) )?(?P<src>\S{1,300}) > (?P<dst>\S{1,300}): ")
_FLAGS = re.compile(r"Flags \[(?P<new>[A-Z.]{1,9}|none)\]|(?P<old>[SFRPWE]{1,5}\.?|\.)(?= |$)")
_SEQ = re.compile(r"\bseq (\d{1,10})|\b(\d{1,10}):\d{1,10}\(")
_OLD_ACK = re.compile(r" ack \d")
_UNREACHABLE = re.compile(
    r"(?:ICMP|icmp:?) (?:(?:host|net) )?(?P<about>\S+) (?:(?:tcp|udp) port (?P<port>\S+) |protocol \d+ |)unreachable.*"
    r"|ICMP6, destination unreachable, (?:unreachable )?[a-z ]{0,30},? ?(?P<about6>[0-9a-f:.]+)"
    r"(?: (?:tcp|udp) port (?P<port6>\S+?))?(?:,.*)?"
)
# -v shows the packet that an ICMP error is about.
_QUOTED = re.compile(r"[ \t][0-9a-f.:]{2,45}\.([\w-]{1,20}) > [0-9a-f.:]{2,45}\.[\w-]{1,20}: (?:Flags|\[\|tcp)")
_REDIRECT = re.compile(r"(?:ICMP|icmp:?) redirect (?:host |net )?(?P<about>\S+) to (?:host|net) (?P<gateway>[^\s,]+).*")
_SOLICITATION = re.compile(r"ICMP6, neighbor solicitation, .*?who has (?P<target>[0-9a-f:.]+).*")
_ADVERTISEMENT = re.compile(r"ICMP6, neighbor advertisement, .*?tgt is (?P<target>[0-9a-f:.]+).*")
_LINK_ADDRESS = re.compile(r"link-address option \(\d\), length 8 \(1\): ([0-9a-f:]{11,17})")
_BANNER = re.compile(
    r"(?:tcpdump: )?(?:verbose output suppressed|listening on |data link type |reading from file |\^C)|dropped privs"
    r"|(?:\^C)?\d+ packets? (?:captured|received by filter)|use -v"
)
_DROPPED = re.compile(r"(?:\^C)?(\d{1,12}) packets? dropped by (?:kernel|interface)")
_HEX = re.compile(r"\s+0x[0-9a-f]{4,8}:  ")
# Frames of other protocols, none of which a walk is about.
_OTHER = re.compile(r"(?:STP|LLDP|IPX|LLC|UDP|EAPOL|LACPv1|CDPv2|802\.|[A-Z][\w.-]{1,20},|Unknown|unknown|ethertype )")


@dataclass(frozen=True, slots=True)
class _Line:
    """A frame's line, cut at what stands around the packet: `text` begins with the packet."""

    seen: Seen
    text: str
    stamped: bool
    time: float | None = None
    mac_from: str = ""
    mac_to: str = ""
    link: str = ""
    type: str = ""


def is_tcpdump(text: str) -> bool:
    """Does a frame stand in the first lines?"""
    return any(isinstance(_frame(line), RecordedFrame) for line in _lines(text[:100_000].splitlines()[:500], ""))


def read_tcpdump(text: str, where: str) -> Recording:
    """All frames. A line that may be one and was not understood is `unread`; a frame of another kind is counted."""
    frames: list[RecordedFrame] = []
    unread: list[Seen] = []
    others = dropped = 0
    lines = text.splitlines()
    for line in _lines(lines, where):
        frame = _frame(line)
        if isinstance(frame, RecordedFrame):
            frames.append(frame)
        elif match := _DROPPED.match(line.seen.text):
            dropped += int(match[1])
        elif frame is None and not _BANNER.match(line.seen.text.strip()):
            unread.append(line.seen)
        elif frame is False:
            others += 1
    return Recording(where, tuple(_clocked(frames)), others, tuple(unread), dropped)


def _lines(lines: Sequence[str], where: str) -> Iterator[_Line]:
    """What -v prints below a line belongs to it, what -x prints does not."""
    pending: _Line | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip() or _HEX.match(line):
            continue
        text = line[:_LONGEST].rstrip()
        stamp = _STAMP.match(text)
        if pending is not None and stamp is None and text[:1] in " \t":
            pending = replace(pending, text=f"{pending.text} {text.strip()}")
            continue
        if pending is not None:
            yield pending
        pending = _line(Seen(where, number, text), stamp)
    if pending is not None:
        yield pending


def _clocked(frames: Sequence[RecordedFrame]) -> Sequence[RecordedFrame]:
    """With -ttt each line has the seconds since the one above it: they begin at 0, and do not only grow."""
    times = [frame.time for frame in frames if frame.time is not None]
    if len(times) < len(frames) or not times or times[0] != 0 or times == sorted(times):
        return frames
    return [replace(frame, time=time) for frame, time in zip(frames, accumulate(times), strict=True)]


def _time(stamp: re.Match[str] | None) -> float | None:
    if stamp is None:
        return None
    if stamp["epoch"]:
        return float(stamp["epoch"])
    return int(stamp["h"]) * 3600 + int(stamp["m"]) * 60 + float(stamp["s"]) if stamp["h"] else None


def _line(seen: Seen, stamp: re.Match[str] | None) -> _Line:
    """Cut at the link layer, whose MACs and type are kept."""
    text = seen.text[stamp.end() if stamp else 0 :].lstrip()
    origin = to = link = kind = ""
    if match := _ETHER.match(text):
        origin, to, kind = _mac(match["from"]), _mac(match["to"]), match["type"]
    elif match := _ANY.match(text):
        origin, link, kind = _mac(match["from"] or ""), read_link_name(match["link"] or "") or "", match["type"] or ""
    if match:
        text = text[match.end() :]
    while vlan := _VLAN.match(text):
        kind, text = vlan["type"], text[vlan.end() :]
    return _Line(seen, text, stamp is not None, _time(stamp), origin, to, link, kind)


@lru_cache(maxsize=4096)
def _mac(text: str) -> str:
    word = text.partition(" ")[0]
    return "ff:ff:ff:ff:ff:ff" if word == "Broadcast" else read_mac(word) or ""


def _frame(line: _Line) -> RecordedFrame | bool | None:
    """False for a frame of another kind, None for what is not understood."""
    if match := _ARP.fullmatch(line.text):
        return _of_arp(line, match)
    text = _CHECKED.sub("", _HEAD.sub("", line.text))
    frame = _of_ip(line, text)
    if frame is None and (line.stamped or line.type):
        return False if line.type not in ("", "IPv4", "IPv6", "ARP") or _OTHER.match(line.text) else None
    return frame


def _of_arp(line: _Line, match: re.Match[str]) -> RecordedFrame | None:
    if match["target"]:
        target, sender, kind = read_ip(match["target"]), read_ip(match["tell"]), RecordedKind.ARP_REQUEST
    else:
        target = sender = read_ip(match["sender"])
        kind = RecordedKind.ARP_ANSWER
    if target is None or sender is None:
        return None
    return _made(line, kind, sender, target, mac=_mac(match["mac"] or "") or line.mac_from)


def _made(line: _Line, kind: RecordedKind, src: IP, dst: IP, **more: Any) -> RecordedFrame:
    return RecordedFrame(
        kind, line.seen, src, dst, link=line.link, time=line.time, mac_from=line.mac_from, mac_to=line.mac_to, **more
    )


def _of_ip(line: _Line, text: str, outer: IP | None = None) -> RecordedFrame | bool | None:
    match = _ENDS.match(text)
    if match is None:
        return None
    src, dst, rest = _end(match["src"]), _end(match["dst"]), text[match.end() :]
    if src is None or dst is None:  # names, without -n: no address to hold against anything
        return None if _FLAGS.match(rest) or rest.startswith(("ICMP", "icmp")) else False
    if src[1] is None and _ENDS.match(rest):  # a tunnel
        return _of_ip(line, rest, dst[0])
    if src[1] is not None and dst[1] is not None:
        return _of_tcp(line, rest, (src[0], src[1]), (dst[0], dst[1]), outer)
    return _of_icmp(line, rest, src[0], dst[0])


def _of_tcp(line: _Line, rest: str, src: tuple[IP, int], dst: tuple[IP, int], outer: IP | None) -> RecordedFrame | bool:
    match = _FLAGS.match(rest)
    if match is None:
        return False  # UDP and its kin have ports, too
    flags = "" if match["new"] == "none" else match["new"] or match["old"]
    if match["old"] and _OLD_ACK.search(rest) and "." not in flags:
        flags += "."
    number = _SEQ.search(rest)
    seq = int(number[1] or number[2]) if number else None
    ports = {"sport": src[1], "dport": dst[1]}
    return _made(line, RecordedKind.TCP, src[0], dst[0], flags=flags, seq=seq, outer_dst=outer, **ports)


def _of_icmp(line: _Line, rest: str, src: IP, dst: IP) -> RecordedFrame | bool | None:
    if match := _UNREACHABLE.fullmatch(rest):
        about = read_ip(match["about"] or match["about6"])
        port = _port(match["port"] or match["port6"] or "") or 0
        quoted = _QUOTED.search(rest)
        sport = (_port(quoted[1]) or 0) if quoted else 0
        if about is None:
            return None
        return _made(line, RecordedKind.UNREACHABLE, src, dst, about=about, port=port, sport=sport)
    if match := _REDIRECT.fullmatch(rest):
        about, gateway = read_ip(match["about"]), read_ip(match["gateway"])
        if about is None or gateway is None:
            return None
        return _made(line, RecordedKind.REDIRECT, src, dst, about=about, gateway=gateway)
    if match := _SOLICITATION.fullmatch(rest):
        target = read_ip(match["target"])
        return None if target is None else _made(line, RecordedKind.ARP_REQUEST, src, target)
    if match := _ADVERTISEMENT.fullmatch(rest):
        target = read_ip(match["target"])
        given = _LINK_ADDRESS.search(rest)
        mac = read_mac(given[1]) if given else None
        return None if target is None else _made(line, RecordedKind.ARP_ANSWER, target, dst, mac=mac or line.mac_from)
    return False


@lru_cache(maxsize=4096)
def _end(text: str) -> tuple[IP, int | None] | None:
    """`192.0.2.10.80`, `192.0.2.10.http`, `2001:db8::10.80`, or an address alone."""
    if (alone := read_ip(text)) is not None:
        return alone, None
    host, _, word = text.rpartition(".")
    address, port = read_ip(host), _port(word)
    return None if address is None or port is None else (address, port)


def _port(word: str) -> int | None:
    number = int(word) if word.isascii() and word.isdigit() and len(word) <= 5 else PORTS.get(word)
    return number if number is not None and number <= 65535 else None
