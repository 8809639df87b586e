"""Finds faces among the lines that no reader took: what a text also holds, and is not read.

The lines of a face are one thing with a name, not lines that were not understood.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.faces import ALL, BY_COMMAND, FACES, WITHOUT_RULES
from lvsdoctor.parse.faces.face import ARP, NOTHING, PACKETS, Face

_LONGEST = 400  # of a line, as far as it is looked at
_NEXT = 4  # lines among which `then` is looked for
# Where these stand in a script or a configuration, they are the sign that a rule set is.
_COMMAND = re.compile(r"\b(ip6?tables|nft|arptables|ebtables)\b[^#\n]* (?:-[AI]|--append|--insert|add|insert) ")
_DROPS = re.compile(r"policy:? ?(?:DROP|drop|REJECT)|^[:-](?:P )?\S+ (?:DROP|REJECT)\b")
_LISTENS = re.compile(r"\b(?:LISTEN|UNCONN)\b|^udp6?\s|only servers")
_NFT_TABLE = re.compile(r"(?:add )?table (?:(ip6?|inet|arp|bridge|netdev) )?\S+")
_NFT_FRAGMENT = re.compile(r"chain |type |ip6? |tcp |udp |meta |ct |[io]ifname ")
_NFT_NO_RULE = re.compile(
    r"(?:#|\}|\{|table |flush |chain \S+ \{$"
    r"|(?:type|policy|flags|elements|timeout|size|comment|gc-interval|devices?|hook)\b"
    r"|(?:set|map|flowtable|counter|quota|ct) [^{]*\{|define )"
)
_IN_TWO_ROOMS = frozenset({"ip", "ip6", "inet"})


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a stretch of lines holds: the kinds, the lines of none, and whether a kind is the whole file's."""

    kinds: tuple[Unread, ...] = ()
    rest: tuple[Seen, ...] = ()
    whole: bool = False


def recognise(lines: Sequence[Seen], paths: Iterable[str] = (), *, certain: bool = True) -> Recognised:
    """The faces in these lines, which stand together in the file or are shown by the command of `paths`.

    `certain` is false where lines may have been left out: then a filter without a rule may have had some.
    """
    kinds: list[Unread] = []
    rest: list[Seen] = []
    whole = False
    at = 0
    while at < len(lines):
        face = _face_at(lines, at)
        if face is None:
            rest.append(lines[at])
            at += 1
            continue
        end = _end(face, lines, at)
        kinds += _judged(face, lines[at:end], certain=certain)
        whole = whole or (face.whole and at < _NEXT)
        at = end
    if not kinds and rest and (named := _by_path(paths)):
        return Recognised((named.unread(rest[0]), *filter_commands(rest)), whole=True)
    mostly = len(rest) * 2 < len(lines)
    return Recognised(tuple(unique(kinds)), tuple(rest), whole or mostly)


def of_command(command: Sequence[str], lines: Sequence[Seen]) -> Recognised | None:
    """What a command that is known by its name printed, where no line of it tells."""
    face = FACES.get(BY_COMMAND.get(command[0].rpartition("/")[2], "")) if command else None
    if face is None or not lines or recognise(lines).kinds:
        return None
    return Recognised((face.unread(min(lines, key=lambda seen: seen.line or 0)),))


def unique(kinds: Iterable[Unread]) -> list[Unread]:
    """The first of each kind, hiding what any of them hides; a rule set without a rule only where none has any."""
    by_kind: dict[str, Unread] = {}
    for kind in kinds:
        first = by_kind.setdefault(kind.kind, kind)
        by_kind[kind.kind] = replace(first, hides=first.hides | kind.hides)
    return [kind for kind in by_kind.values() if kind.kind.removesuffix(WITHOUT_RULES) == kind.kind or
            kind.kind.removesuffix(WITHOUT_RULES) not in by_kind]  # fmt: skip


@cache
def _starts() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<f{number}>{face.starts})" for number, face in enumerate(ALL)))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _face_at(lines: Sequence[Seen], at: int) -> Face | None:
    """The face that this line begins. One that needs more than a line is asked for after the others."""
    text = lines[at].text[:_LONGEST]
    match = _starts().match(text)
    if match is None or match.lastgroup is None:
        return None
    first = int(match.lastgroup[1:])
    for face in ALL[first:]:
        if _pattern(face.starts).match(text) and (not face.then or _followed(face.then, lines, at)):
            return face
    return None


def _followed(then: str, lines: Sequence[Seen], at: int) -> bool:
    return any(_pattern(then).match(seen.text[:_LONGEST]) for seen in lines[at + 1 : at + _NEXT])


def _by_path(paths: Iterable[str]) -> Face | None:
    for path in paths:
        for face in ALL:
            if face.file and _pattern(f"(?:{face.file})$").search(f"/{path}"):
                return face
    return None


def _end(face: Face, lines: Sequence[Seen], at: int) -> int:
    if face.lines is None:
        return len(lines)
    belongs, begins, depth = _pattern(face.lines), _pattern(face.starts), 0
    for number in range(at, len(lines)):
        text = lines[number].text[:_LONGEST]
        inside = face.braces and depth > 0
        if number > at and face.adjacent:
            inside = (lines[number].line or 0) == (lines[number - 1].line or 0) + 1
        if number > at and not inside and not belongs.match(text) and not begins.match(text):
            return number
        depth = max(0, depth + text.count("{") - text.count("}"))
    return len(lines)


# -- what a face hides ------------------------------------------------------------------------------------------------


def _judged(face: Face, block: Sequence[Seen], *, certain: bool) -> list[Unread]:
    texts = [seen.text.strip() for seen in block]
    if face.kind == "sockets":
        return [face.unread(block[0], face.hides if any(map(_LISTENS.search, texts)) else NOTHING)]
    if face.kind == "iptables" and _of_ebtables(texts):
        face = FACES["ebtables"]
    if face.kind in ("iptables", "ebtables", "nftables"):
        hides = _hidden(face, texts)
        if hides or not certain:
            return [face.unread(block[0], hides or face.hides)]
        return [Unread(face.kind + WITHOUT_RULES, f"{face.name} without a rule", block[0])]
    more = filter_commands(block) if face.kind not in ("firewall-commands", "arp-filter-commands") else []
    return [face.unread(block[0]), *more]


def filter_commands(block: Sequence[Seen]) -> list[Unread]:
    """The commands of a packet filter that stand in a script, a manifest, a configuration or behind a prompt."""
    kinds = []
    for seen in block:
        if match := _COMMAND.search(seen.text[:_LONGEST]):
            of_arp = match[1] in ("arptables", "ebtables")
            kinds.append(FACES["arp-filter-commands" if of_arp else "firewall-commands"].unread(seen))
    return unique(kinds)


def _of_ebtables(texts: Sequence[str]) -> bool:
    """`*filter` begins both: ebtables-save counts nothing behind its policies, and names protocols of Ethernet."""
    policies = [text for text in texts if re.match(r":[A-Z]+ [A-Z]+", text)]
    return bool(policies) and not any("[" in text for text in policies)


def _hidden(face: Face, texts: Sequence[str]) -> frozenset[str]:
    """What the rules of a filter hide; nothing where it has none."""
    if face.kind == "nftables":
        return _hidden_by_json(texts) if texts[0].startswith("{") else _hidden_by_nft(texts)
    if any(map(_DROPS.search, texts)):
        return face.hides
    no_rule = re.compile(r"#|\*|COMMIT|:|-P |-N |Chain |(?:num +)?(?:pkts +bytes +)?target +prot|Bridge |$")
    return NOTHING if all(map(no_rule.match, texts)) else face.hides


def _hidden_by_nft(texts: Sequence[str]) -> frozenset[str]:
    """Tables of ip, ip6 and inet see packets, those of arp, bridge and netdev what comes before: ARP, too.

    Where the beginning is missing, the table of the first rules is not known.
    """
    if _NFT_FRAGMENT.match(texts[0]):
        table = next((at for at, text in enumerate(texts) if _NFT_TABLE.match(text)), len(texts))
        above = [text for text in texts[:table] if text and not text.startswith("chain ")]
        rules = any(_NFT_NO_RULE.match(text) is None or "policy drop" in text for text in above)
        return (PACKETS | ARP if rules else NOTHING) | (
            _hidden_by_nft(texts[table:]) if table < len(texts) else NOTHING
        )
    hides, family, in_chain = NOTHING, "ip", False
    for text in texts:
        if named := _NFT_TABLE.match(text):
            family, in_chain = named[1] or "ip", False
        if text.startswith("chain "):
            in_chain = True
        elif text.startswith(("set ", "map ", "flowtable ")):
            in_chain = False
        rule = "policy drop" in text or text.startswith(("include ", "add rule ")) or (
            in_chain and _NFT_NO_RULE.match(text) is None and bool(text)
        )  # fmt: skip
        if rule:
            hides |= PACKETS if family in _IN_TWO_ROOMS else ARP
            hides |= PACKETS | ARP if text.startswith("include ") or family in ("bridge", "netdev") else NOTHING
    return hides


def _hidden_by_json(texts: Iterable[str]) -> frozenset[str]:
    try:
        objects = json.loads("\n".join(texts))["nftables"]
        rules = [item.get("rule") or item["chain"] for item in objects
                 if "rule" in item or item.get("chain", {}).get("policy") == "drop"]  # fmt: skip
        families = {rule["family"] for rule in rules}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return PACKETS | ARP  # cut, or something that we do not know
    hides = NOTHING
    for family in families:
        hides |= PACKETS if family in _IN_TWO_ROOMS else ARP if family == "arp" else PACKETS | ARP
    return hides
