"""The command line of iproute2's `ip` where it changes something: the object, the verb, and the words behind."""

from dataclasses import dataclass

from lvsdoctor.parse.shell.command import ShellCommand, verb_of

_OBJECTS = ("address", "addrlabel", "maddress", "route", "rule", "neighbor", "neighbour", "ntable", "link", "l2tp")
# In the order in which iproute2 tries them.
_VERBS = {
    "address": ("add", "change", "chg", "replace", "delete", "show", "list", "lst", "flush", "save", "restore"),
    "link": ("add", "set", "change", "replace", "delete", "show", "list", "lst"),
    "route": (
        "list", "show", "lst", "get", "add", "change", "chg", "replace", "prepend", "append", "test", "delete", "flush",
        "save", "restore",
    ),
    "rule": ("list", "lst", "show", "save", "restore", "add", "delete", "flush"),
}  # fmt: skip
CHANGING = frozenset("add change chg replace delete flush set prepend append".split())
SETTING_UP = frozenset("ip ifconfig route sysctl ipvsadm arptables iptables ip6tables".split())
_OPTIONS_WITH_VALUE = ("-family", "-f", "-rcvbuf", "-rc", "-loops", "-l")


@dataclass(frozen=True, slots=True)
class IpCall:
    """`ip -6 addr add ...`: the object, the verb, the words behind it; `elsewhere` is a network namespace's."""

    object: str
    verb: str
    words: tuple[str, ...]
    family: int | None
    elsewhere: bool


def ip_call(command: ShellCommand) -> IpCall | None:
    words = list(command.words[1:])
    family, elsewhere = None, False
    while words and words[0].startswith("-"):
        option = words.pop(0).replace("--", "-", 1)
        if option in ("-4", "-6"):
            family = int(option[1])
        elif option in ("-n", "-netns"):
            elsewhere = True
            del words[:1]
        elif option in ("-b", "-batch"):
            return IpCall("batch", "add", (), None, elsewhere=True)
        elif option in _OPTIONS_WITH_VALUE:
            family = {"inet": 4, "inet6": 6}.get(words.pop(0) if words else "", family)
    if words[:2] == ["netns", "exec"]:
        return IpCall("netns", "add", tuple(words[2:]), None, elsewhere=True)
    if not words or (name := verb_of(words[0], _OBJECTS)) not in _VERBS or len(words) < 2:
        return None
    verb = verb_of(words[1], _VERBS[name])
    return IpCall(name, "change" if verb == "chg" else verb, tuple(words[2:]), family, elsewhere)
