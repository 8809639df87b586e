"""Finds the lines between dumps that tell what comes next: prompts, command echoes, lines of ansible and watch."""

import re
from dataclasses import dataclass
from shlex import split

# A bare "# word" may be a comment and "$ word" prose: only with one of these does it count as a command.
_KNOWN_TEXT = """
ip ipvsadm ipvsadm-save sysctl arptables arptables-save arptables-legacy arptables-nft cat hostname hostnamectl uname
ifconfig arp route netstat ss iptables iptables-save nft lsmod brctl bridge grep head tail sudo ssh watch echo date
arping ping curl systemctl systemd-analyze keepalived ethtool
"""
_KNOWN = frozenset(_KNOWN_TEXT.split())
# Headings such as "=== ip addr ===" and bare command lines count only for commands whose output is read here.
_SHOWING = re.compile(
    r"(?:sudo\s+)?(?:/\S*/)?"
    r"(?:ip(?:\s+-\S+)*\s+(?:a|addr|address|l|link|r|ro|route|ru|rule|n|neigh|neighbou?r)\b(?!\s+(?:add|del|replace|change|set|flush))"
    r"|ipvsadm(?=$|\s+(?:-[lLSn]|--list|--save))|ipvsadm-save|sysctl\s+-\S*a|arptables\S*|hostname$|uname\b|cat\s+/"
    r"|systemd-analyze\s+cat-config\s|route\s+-n|arp\s+-|arping\s+-)[^=]*$"
)
_PROMPTS = (
    re.compile(r"^\[?[\w.-]+@(?P<host>[\w.-]+)[\s:][^\]#$]{0,200}\]?\s?[#$%](?:\s+(?P<command>.*))?$"),
    re.compile(r"^(?P<host>[A-Za-z][\w.-]*):[~/][^#$:]{0,200}\s?[#$](?:\s+(?P<command>.*))?$"),
)
_BARE_PROMPT = re.compile(r"^[#$+]\s*(?P<command>\S.*)$")
_HEADING = re.compile(r"^[=#*+-]{2,}>?\s*(?P<command>\S.*?)\s*[:=#*<-]*$")
_ANSIBLE = re.compile(r"^(?P<host>\S+) \| (?:SUCCESS|CHANGED|FAILED|UNREACHABLE)\S* ")
_WATCH = re.compile(r"^Every [\d.]+s: (?P<command>.+?)\s{2,}(?P<host>[\w.-]+): ")


@dataclass(frozen=True, slots=True)
class Echo:
    """The words of a command whose output follows, and the host it ran on ("" where not told).

    `whole` is false where a pipe or a redirection may have kept part of the output back.
    """

    command: tuple[str, ...] = ()
    host: str = ""
    whole: bool = True


def echo_in(line: str) -> Echo | None:
    """What a line between dumps tells, or None for a line of a dump."""
    if len(line) > 1000:
        return None
    text = line.strip()
    for prompt in _PROMPTS:
        if found := prompt.match(text):
            return _echo(found["command"] or "", found["host"])
    if found := _ANSIBLE.match(text):
        return Echo(host=found["host"])
    if found := _WATCH.match(text):
        return _echo(found["command"], found["host"])
    if found := _BARE_PROMPT.match(text):
        words = found["command"].split()
        if words[0].rpartition("/")[2] in _KNOWN:
            return _echo(found["command"], "")
    if _SHOWING.match(text):
        return _echo(text, "")
    if (found := _HEADING.match(text)) and _SHOWING.match(found["command"]):
        return _echo(found["command"], "")
    return None


def _echo(command: str, host: str) -> Echo:
    """A command line without what only carries it: sudo, ssh HOST, watch, ip netns exec NAME, a pipe behind it."""
    try:
        words = split(command)
    except ValueError:
        words = command.split()
    end = next((i for i, word in enumerate(words) if word[:1] in ("|", ">", ";", "&") or word == "2>&1"), len(words))
    whole = "|" not in command and ">" not in command
    words = words[:end]
    while words:
        first = words[0].rpartition("/")[2]
        if first in ("sudo", "watch", "time"):
            words = _without_options(words[1:])
        elif first == "ssh":
            rest = _without_options(words[1:])
            host, words = (rest[0].rpartition("@")[2], rest[1:]) if rest else (host, [])
        elif words[1:3] == ["netns", "exec"] and len(words) > 3:
            host, words = words[3], words[4:]
        elif first == "ip" and words[1:2] in (["-n"], ["-netns"]) and len(words) > 3:
            host, words = words[2], [words[0], *words[3:]]
        else:
            words = [first, *words[1:]]
            break
    return Echo(tuple(words), host, whole)


def _without_options(words: list[str]) -> list[str]:
    """What stands behind the options of sudo, watch and ssh (-n 2, -o Batch=yes, -t)."""
    while words and words[0].startswith("-"):
        valued = words[0] in ("-u", "-g", "-o", "-p", "-i", "-l", "-F", "-J")
        counted = words[0] == "-n" and words[1:2] and words[1][:1].isdigit()  # watch -n 2, but ssh -n HOST
        words = words[2:] if valued or counted else words[1:]
    return words
