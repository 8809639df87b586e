"""Command lines as a shell takes them apart: which are commands at all, and what only carries another command."""

import re
from collections.abc import Iterator, Sequence
from shlex import shlex

from lvsdoctor.parse.paste.patterns import pattern

# A bare "# word" may be a comment and "$ word" prose: only with one of these does it count as a command.
_KNOWN_TEXT = """
ip ipvsadm ipvsadm-save ipvsadm-restore sysctl arptables arptables-save arptables-legacy arptables-nft cat
iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft iptables-legacy-save ip6tables-legacy-save
iptables-nft-save ip6tables-nft-save
hostname hostnamectl uname ifconfig arp route netstat ss iptables iptables-save ip6tables ip6tables-save nft
lsmod modprobe brctl bridge grep egrep zgrep head tail less more sudo su ssh watch echo date arping ping ping6
curl wget systemctl service systemd-analyze keepalived ethtool docker podman nerdctl kubectl oc crictl ctr
nsenter lxc lxc-attach incus machinectl chroot ls cd tcpdump traceroute mtr nc ncat telnet tshark conntrack
ipset ebtables firewall-cmd nmcli networkctl resolvectl tc ipcalc awk sed for while exit logout history vi vim
nano dmesg journalctl ps top free df lscpu yum dnf apt apt-get tee printf python python3 doas env bash sh clear
pwd whoami w uptime scp rsync vagrant multipass pct limactl getent dig nslookup host nmap lldpctl ifup ifdown
nstat dmidecode pgrep pidof
make tar find chkconfig rc-service microk8s k3s minikube virsh xm xl juju salt ansible pssh pdsh clush sshpass gcloud
"""
KNOWN = frozenset(_KNOWN_TEXT.split())
# Headings such as "=== ip addr ===" and bare command lines count only for commands whose output is read here.
SHOWING = pattern(
    r"(?:sudo\s+)?(?:/\S*/)?"
    r"(?:ip(?:\s+-\S+)*\s+(?:a|addr|address|l|link|r|ro|route|ru|rule|n|neigh|neighbou?r)\b"
    r"(?!\s+(?:add|del|replace|change|set|flush))"
    r"|ipvsadm(?=$|\s+(?:-[lLSn]|--list|--save))|ipvsadm-save|sysctl\s+-\S*a|arptables\S*"
    r"|ip6?tables(?:-legacy|-nft)?(?:-save(?=$|\s)|(?:\s+\S+){0,4}?\s+-[a-z]*[LS][a-z]*(?=$|\s))"
    r"|ifconfig(?=$|\s+-a|\s+[a-z]\w*(?:[.:]\d+)?\s*$)"
    r"|ipset\s+(?:-\S+\s+)*(?:save|list)\b"
    r"|nft(?:\s+-\S+)*\s+list\s+\w+"
    r"|hostname$|uname\b|cat\s+/"
    r"|systemd-analyze\s+cat-config\s|route\s+-n|arp\s+-|arping\s+-|ss\s+-|netstat\s+-)[^=]*$"
)
# A path behind a # may as well be the title of a file: `# /etc/sysctl.d/90-lvs.conf`.
_PROGRAM = pattern(
    r"(?!/(?:proc|sys)/|\S*\.(?:conf|cfg|cnf|d|txt|log|ya?ml|json|ini|rules|network|netdev|service)$)~?\.?/\S+"
)
_ASSIGNMENT = pattern(r"[A-Za-z_]\w*=")
_SUBSTITUTED = pattern(r"\$\(([^()`]{0,300})\)|`([^`]{0,300})`")
_SEPARATORS = frozenset((";", "&&", "||", "&", ";;", "(", ")"))
_KEYWORDS = frozenset(
    ("do", "then", "else", "if", "while", "until", "!", "{", "time", "exec", "command", "nohup", "builtin")
)


def is_known(command: str) -> bool:
    """Does the line begin with a command that is likely in the paste of an operator, or with a path to a program?"""
    first = next((word for word in command.split() if not _ASSIGNMENT.match(word)), "")
    return first.rpartition("/")[2] in KNOWN or _PROGRAM.fullmatch(first) is not None


def words_of(command: str) -> list[str]:
    """The words and operators (`|`, `;`, `&&`, `2>`) of a command line, quotes taken off."""
    command = _SUBSTITUTED.sub(_substitute, command)
    reading = shlex(command, posix=True, punctuation_chars=";|&<>()")
    reading.whitespace_split, reading.commenters = True, ""
    try:
        return list(reading)
    except ValueError:  # a quote that is not closed
        return command.split()


def _substitute(match: re.Match[str]) -> str:
    """`$(docker inspect ... web1)` is one word; the last of its own says best which."""
    inner = (match[1] or match[2] or "").split()
    return "$" + re.sub(r"[^\w.-]", "", inner[-1]) if inner else "$"


def is_operator(word: str) -> bool:
    return bool(word) and not word.strip(";|&<>()")


def simple_commands(words: Sequence[str]) -> Iterator[list[str]]:
    """The commands that follow each other in a line, each with its pipes, without the shell's own words before them."""
    simple: list[str] = []
    for word in (*words, ";"):
        if word not in _SEPARATORS:
            simple.append(word)
            continue
        while simple and (simple[0] in _KEYWORDS or _ASSIGNMENT.match(simple[0])):
            del simple[0]
        if simple and simple[0] not in ("for", "done", "fi", "case", "esac", "}", "select", "in"):
            yield simple
        simple = []


def before_operators(words: Sequence[str]) -> tuple[list[str], bool]:
    """The words up to the first pipe or redirection, and whether all that the command prints is seen behind them."""
    end = next((number for number, word in enumerate(words) if is_operator(word)), len(words))
    whole = True
    for number, word in enumerate(words):
        if word.startswith("|") or word in (">", ">>", "&>", ">|"):
            errors = word in (">", ">>") and number and words[number - 1] == "2"
            whole = whole and bool(errors)
    kept = list(words[:end])
    # `2>&1` and `2>/dev/null` come as 2, >& and 1.
    if end < len(words) and words[end].startswith(">") and kept[-1:] in (["1"], ["2"]):
        whole = whole if kept.pop() == "2" else False
    return kept, whole
