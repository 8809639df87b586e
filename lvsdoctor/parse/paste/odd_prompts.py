"""Prompts in a dress of their owner's: what stands before a sign and a command whose output is read here.

The command gives the prompt away. Whose it is, USER@HOST says, or the one word in the dress that is a host's name.
"""

import re

from lvsdoctor.parse.paste.commands import SHOWING
from lvsdoctor.parse.paste.host_words import is_host_name, may_be_host_name
from lvsdoctor.parse.paste.patterns import pattern

_LONGEST = 80
_SIGN = pattern(r"[#$%>\u276f❱➜➤λ\u203a»→▶⟩\ue0b0\ue0b1]+")
_COMMAND = pattern(
    r"(?:sudo\s+)?(?:/\S*/)?(?:ip|ipvsadm|sysctl|arptables|ip6?tables|nft|ss|netstat|ifconfig|uname|hostname|route|arp|"
    r"cat|grep|tail|ipset|lsmod)(?:-\w+)*(?=$|\s+[-\w/.\"'])[^=]*$"
)
_USER_AT = pattern(r"[A-Za-z_][\w.+-]{0,63}@\[?(?P<host>[^\W_](?:[\w.-]{0,62}\w)?)")
_WORDS = pattern(r"[\w.~/+-]+")
_USERS = frozenset("root admin user ubuntu debian centos ec2-user vagrant core opc pi in at on prod test".split())
_SHELL = pattern(r"-?(?:ba|z|k|da|a)?sh[-\d.]*")
_NAME_FIRST = pattern(r"[#$%>]\s*(?P<host>[^\W_](?:[\w.-]{0,62}\w)?)(?:\s*[:>#$%]\s*)(?P<command>\S.*)")  # `$lb1: ip a`
_SIGN_FIRST = pattern(rf"[#$%>]\s*[\[(<{{]{_USER_AT.pattern}[\])>}}]\s*(?P<command>\S.*)")
# What zsh and fish put at the right end of a line: `> ip addr        root@rs1 12:00:01`.
_RIGHT = pattern(
    rf"[#$%>\u276f❱➜➤λ\u203a»→▶⟩][ \t]+(?P<command>\S.{{0,160}}?)[ \t]{{3,}}(?:\S{{1,20}}[ \t])?{_USER_AT.pattern}"
    r"(?:[:\s].{0,40})?"
)


def odd_prompt_in(text: str) -> tuple[str, str] | None:
    """The host and the command ("" if nothing was typed) of such a line."""
    for sign in _SIGN.finditer(text[: _LONGEST + 2]):
        dress, command = text[: sign.start()].strip(), text[sign.end() :].strip()
        if dress and (not command or _COMMAND.match(command)) and (host := _host_in(dress, sign[0], command)):
            return host, command
    if text[0] in "#$%>" and (first := _SIGN_FIRST.fullmatch(text)) and _COMMAND.match(first["command"]):
        return first["host"], first["command"]
    named = _NAME_FIRST.fullmatch(text) if text[0] in "#$%>" else None
    if named and is_host_name(named["host"]) and SHOWING.match(named["command"]) and _COMMAND.match(named["command"]):
        return named["host"], named["command"]
    return None


def right_prompt_in(text: str) -> tuple[str, str] | None:
    """The host at the right end of such a line, and the command at its left."""
    right = _RIGHT.fullmatch(text)
    return (right["host"], right["command"]) if right is not None and SHOWING.match(right["command"]) else None


def _host_in(dress: str, sign: str, command: str) -> str:
    if found := _USER_AT.search(dress):
        beside = dress.replace(found[0], " ")
        prose = not command and re.search(r"(?<![~/\w])[a-z]{2,}", beside)
        return "" if prose or len(beside.split()) > 5 else found["host"]
    words = [word for word in _WORDS.findall(dress) if word[0] not in "~/" and re.search(r"[^\W\d]", word)]
    names = [word for word in words if word.lower() not in _USERS and not _SHELL.fullmatch(word)]
    # Without a command only a user or a shell beside the name tells a prompt from a sentence.
    if len(names) != 1 or not (SHOWING.match(command) if command else len(words) > 1):
        return ""
    name = names[0].strip("-.")
    # `[plum] # ip addr`: nothing else stands so before what root types.
    alone = dress == f"[{name}]" and sign == "#" and may_be_host_name(name)
    return name if is_host_name(name) or alone else ""
