"""What a second person asks between two pastes: `sysctl on rs1?`, `what does rs2 say for ip a?`, `ok, now lb1 please`.

The answer is of the host that is asked. Words that ask for output and one host name it; a question that names a host
and is about something else says that the next lines may be of another host than those above.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lvsdoctor.parse.paste.commands import KNOWN
from lvsdoctor.parse.paste.host_words import host_named, is_host_name, is_role
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.words import read_ip

_LONGEST = 160
_MOST_WORDS = 24
# [10:02] alice: what; <alice> what; alice> what; @bob what. A speaker who is called like a host is the host.
_SPEAKER = pattern(
    r"(?:[\[(]?\d{1,2}:\d\d(?::\d\d)?(?:\s?[AaPp][Mm])?[\])]?[\s,-]*)?"
    r"(?:<(?P<a>[\w.@ -]{1,24})>|(?P<b>[A-Za-z][\w.-]{0,23})\s?[:>|]|@(?P<c>[\w.-]{1,24})[,:]?)\s+"
)
_HAN_QUESTION = pattern(
    r"(?:那么?|然后|还有|再|请|麻烦|看[下看]|看一下|贴一?下|发一?下|在|\s)*(?P<who>[A-Za-z0-9][A-Za-z0-9.-]*)\s*"
    r"(?:这台|那台|机器|主机|节点|服务器)?\s*(?:上面?|里)?\s*(?:的|执行|跑|运行)?\s*[A-Za-z0-9./_ -]*\s*"
    r"(?:的?(?:输出|结果|配置|情况))?\s*(?:呢|是什么|是多少|怎么样|如何)"
)
_ASKING = frozenset(
    """
    can could would will you u please pls plz plox kindly show send paste post give run get try check do grab share
    see look looks at me us the a an of from on in for to with what whats what's does say says print prints display
    look like is are about how hows how's has have got same that this it there also too again as well now next then
    result results output outputs here let lets let's i we need want your my our and or ok okay k thanks thx ty thank
    hm hmm hmmm so great cool nice right sure hi hey alright good fine interesting weird strange odd one more time
    first quickly quick real well mind may might could're possible tell any anything lemme gimme both just maybe
    perhaps then after before host node box machine server vm which by way btw if possible side end been
    und bitte auch jetzt et aussi maintenant y ahora por favor e ora poi
    """.split()
)
# Without a question mark: what asks, and what tells.
_MARKS = frozenset(
    "please pls plz kindly bitte show send paste post give grab share lemme gimme can could now next".split()
)
_TELLING = frozenset(
    ("is", "are", "does", "has", "have", "says", "say", "prints", "print", "looks", "like", "got", "been", "same")
)
# `is rs1 ok?` asks for no output.
_OF_STATE = frozenset(("is", "are", "has", "got", "have", "do", "possible"))
_PLACES = frozenset(("on", "from", "at", "of", "for", "in", "about"))
_TOPICS = frozenset(
    """
    sysctl sysctls address addresses addrs routes routing route interfaces links rules arp arptables iptables ipvs
    neighbours neighbors neigh settings config configuration table tables dump dumps conf keepalived.conf logs status
    state
    """.split()
)
_WORD = pattern(r"[a-z]+")
_NO_NAMES = frozenset(
    "boot startup start purpose top demand wire hold behalf lo loopback mine yours prod staging".split()
)
_THIRD_PARTIES = pattern(r".*\b(?:clients?|gateway|router)\b.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """`host` is asked for what it shows; "" where it is only known that it is about `hosts`."""

    host: str
    hosts: tuple[str, ...]


def may_ask(text: str) -> bool:
    """Has this line a question mark, or a word of a request? Few have, and the rest takes longer to say."""
    if not 3 <= len(text) <= _LONGEST:
        return False
    return _asks(text) or not _MARKS.isdisjoint(_WORD.findall(text.lower()))


def _asks(text: str) -> bool:
    return text.rstrip("!. \"'`)")[-1:] in ("?", "\uff1f")


def question_in(text: str) -> Inquiry | None:
    """The question that this line is; it has no blanks at either end."""
    if not 3 <= len(text) <= _LONGEST:
        return None
    asks = _asks(text)
    text = _without_speaker(text)
    if asks and not text.isascii() and (found := _HAN_QUESTION.fullmatch(text.rstrip("?\uff1f !。"))):
        host = host_named(found["who"])
        return Inquiry(host, (host,)) if host else None
    words = [bare for word in text.split() if (bare := word.strip("?\uff1f,.!;:\"'`()*_"))]
    if not 1 <= len(words) <= _MOST_WORDS or not (asks or _MARKS.intersection(map(str.lower, words))):
        return None
    hosts, rest = _hosts(words)
    lower = [word.lower() for word in rest]
    unknown = [word for word in lower if word not in _ASKING]
    command = bool(unknown) and _is_request(unknown)
    if not hosts and command and asks and (placed := _placed(rest)):
        hosts, unknown = [placed], [word for word in unknown if word != placed.lower()]
        command = _is_request(unknown)
        return Inquiry(placed, (placed,)) if command else None
    if not hosts or (not asks and ((unknown and not command) or _TELLING.intersection(lower))):
        return None
    own = [host for host in hosts if read_ip(host) is None and not _THIRD_PARTIES.fullmatch(host)]
    if len(hosts) == 1 and (command or (own and not unknown and not _OF_STATE.intersection(lower))):
        return Inquiry(hosts[0], (hosts[0],))
    return Inquiry("", tuple(own)) if asks and own else None


def _without_speaker(text: str) -> str:
    found = _SPEAKER.match(text)
    if found is None:
        return text
    name = found["a"] or found["b"] or found["c"]
    return text if is_host_name(name) or name.lower() in KNOWN or is_role(name) else text[found.end() :]


def _hosts(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The hosts among the words, and the other words."""
    hosts: list[str] = []
    rest: list[str] = []
    at = 0
    while at < len(words):
        length = next((n for n in (4, 3, 2, 1) if at + n <= len(words) and _host(words[at : at + n])), 0)
        if length:
            hosts.append(_host(words[at : at + length]))
            at += length
        else:
            rest.append(words[at])
            at += 1
    return list(dict.fromkeys(hosts)), rest


def _host(words: Sequence[str]) -> str:
    if words[0].lower() in KNOWN or words[-1].lower() in ("", *_PLACES):
        return ""
    if words[-1].endswith(("'s", "\u2019s")):
        words = [*words[:-1], words[-1][:-2]]
    return host_named(" ".join(words))


def _is_request(words: Sequence[str]) -> bool:
    """Are these words a command that shows something, or what one shows?"""
    first = words[0].rpartition("/")[2]
    if first in KNOWN or first == "cat":
        return len(words) <= 6
    return all(word in _TOPICS or word.startswith("-") for word in words)


def _placed(words: Sequence[str]) -> str:
    """A name of letters alone behind `on` or `from`: `sysctl -a on gandalf`."""
    for before, word in pairwise(words):
        if before.lower() in ("on", "from") and word.lower() not in _ASKING | _NO_NAMES:
            return host_named(word, surely=False)
    return ""
