"""Words that name a host: its name, its address, or what it is to LVS ("real server 1", "调度器")."""

import re
from functools import lru_cache

from lvsdoctor.parse.paste.commands import KNOWN
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.role_words import OTHER_LANGUAGES
from lvsdoctor.parse.words import read_ip

_NAME = pattern(r"[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*", re.ASCII)
_DIGIT = pattern(r"\d")
# Links have names such as host names have.
_LINK = pattern(
    r"(?:lo|eth|en[opsx]\w*|em|p\d+p|bond|br|br-\w+|virbr|veth|vlan|vxlan|macvlan|ipvlan|tun|tunl|tap|gre|gretap|sit|ipip|"
    r"dummy|team|wlan|wl\w+|ib|docker|cali|cni|flannel|kube-ipvs|nodelocaldns|venet|ppp|wg|ip6tnl|ip6gre|ifb|vrrp|nlmon|"
    r"vti|bondib|vmnet|lxcbr|lxdbr|cilium_\w+|weave|genev\w*|usb|can|hsr|erspan|rmnet)[.:@_-]?\d[\w.:@-]*",
    re.ASCII,
)
# What else ends in a number: what a text is parted into, addresses by their part, systems, words of the trade.
_TOPIC = pattern(
    r"(?:[a-z]|ip|ipv|layer|step|part|test|case|example|fig|figure|table|section|chapter|question|answer|option|issue|bug|"
    r"note|log|output|try|attempt|run|round|phase|stage|scenario|config|method|fix|solution|update|edit|ubuntu|debian|"
    r"centos|rhel|el|fedora|sles|rocky|alma|suse|opensuse|alpine|windows|win|python|http|md|sha|utf|base|x|amd|arm|i|port|"
    r"page|day|line|kernel|linux|rc|exit|code|rule|chain|route|net|subnet|network|vrid|id|pid|cpu|core|vip|rip|dip|cip|"
    r"item|file|time|version|ver|rev|patch|build|todo|ps|appendix|ex|mode|hop|pass|level|iproute|iptables|"
    r"state|status|type|proto|tcp|udp|icmp|ospf|bgp|nat|dr|tls|ssl|jdk|php|ipvsadm|keepalived|sample|"
    r"session|screen|window|tab|tty|pts|pic|image|img|photo|dump|paste|snippet|block)[-_ .]?v?\d[\d.]*\w?",
    re.ASCII | re.IGNORECASE,
)
_TOPIC_WORDS = frozenset(
    """
    k8s iproute2 iperf3 e1000 e1000e 802.1q bnx2x utf-8 us-ascii x86_64 x86-64 ipvs0 rt_tables ipv4-only ipv6-only
    rp_filter s390x aarch64 ppc64le ipv4 ipv6
    """.split()
)
# The first parts of sysctl's keys, and what file names end in.
_ROOTS = frozenset("abi crypto debug dev fs kernel lnet net sunrpc user vm xen".split())
_ENDINGS = frozenset(
    """txt conf cfg log logs sh bash out md rst json yaml yml xml html htm csv tsv d service network netdev py pl c h ko
    rpm deb gz xz bz2 zip tar tgz zst pcap cap png jpg rules nft save dump ini env toml lua go list old bak rpmsave
    service socket target mount timer""".split()
)
# Names of letters alone are believed only where both sides of the line say that it is a name, and these never.
_NOT_NAMES = frozenset(
    """
    address addresses addr after again all analysis and answer answers any appendix arp arping arptables as attached
    auth background backtrace before begin bonding bridge bridges brctl bugs build cat cause change changes check
    checks cli clients cluster code command commands comment comments conclusion conf config configs configuration
    connection connections conntrack context continued crash cut data date debug default defaults description
    details device devices diagram diff discussion dmesg dns docker done down dump ebtables edit empty end env
    environment error errors ethtool evidence example examples expected explanation facts failed failure false fdb
    file files filter final findings firewall firewalld fix found free general grep group groups guide haproxy
    header help here history host hostname hosts how http id ifcfg ifconfig important inet info information inspect
    install installation interface interfaces intro introduction ip iproute ipset iptables ipvs ipvsadm irq issue
    issues item journal journalctl keepalived kernel kubernetes layout ldirectord legend link links list local log
    logs loopback ls lsmod lspci main manual mangle memory messages method misc mode modprobe modules more mtu name
    names nat neigh neighbor neighbors neighbour neighbours netns netplan netstat network networking networks new
    next nft nftables nginx nmcli no none note notes ok old options os other output outputs overview packages packet
    packets part paste pcap ping policy ports postrouting prerouting problem problems proc procs process processes
    ps question questions raw reason reboot reference references references report reports request requests required
    restart result results route routes routing rule rules run running scenario screenshot script scripts section
    security service services settings setup show similar snip snippet socket sockets solution ss ssh start stat
    state states statistics stats status step steps stop stopped storage strace summary symptom symptoms sysctl
    sysctls sysinfo syslog system systemctl systemd table tables tcp tcpdump telnet test tests text then thanks time
    title tl todo tools topology trace traceroute true tunnel tunnels type udp uname unknown up update uptime usage
    users validation verification verify version versions vip vips virtual vlan vlans vmstat vrrp warning warnings
    watch what when why workaround working yes example-output debugging diagnosis diagnostics observed actual
    """.split()
)

_COUNTED = (
    r"(?:(?:\s*(?:#|№|n°|no\.?|nr\.?|number|号)\s*|[-_]?|\s+)(?P<number>\d{1,3})"
    r"|(?:[\s_-]+|(?<=[主机器点服务]))(?P<letter>[A-Za-z]|one|two|three)|\s*(?P<han>[一二三四五六]))"
)
_ARTICLE = pattern(r"(?:(?:the|my|our|this|your)\s+)+", re.IGNORECASE)
_WHICH = (
    r"(?:(?:the|my|our|this|your|other|another|one|main|first|second|third|last|next|1st|2nd|3rd|active|standby|passive|"
    r"primary|secondary|current|good|bad|broken|working|failing|healthy|faulty|new|old)\s+)*"
)
# These say by themselves what the host is to LVS.
_STRONG = (
    r"(?:virtual\s+server|other\s+(?:one|side)|(?:next|second|third|2nd|3rd)\s+one|"
    r"(?:other|next|first|second|third|1st|2nd|3rd)\s+(?:host|server|node|machine|box|vm)|slaves?|"
    r"第[一二三四]台(?:服务器|主机|节点|机器)|"
    r"(?:lvs[-_/ ]?(?:(?:dr|nat|tun)[-_ ])?)?real[-_ ]?servers?|"
    r"lvs[-_ ]?(?:server|host|node|box|machine|master|backup|router|director|dr|lb)|"
    r"(?:lvs[-_ ]|"
    r"lvs[-_/ ]?(?:dr|nat|tun)[-_ ]|ipvs[-_ ]|keepalived[-_ ]|backup[-_ ]|master[-_ ]|active[-_ ]|standby[-_ ])?"
    r"(?:directors?(?:[-_ ](?:node|server|host|machine))?|load[-_ ]?balancers?(?:[-_ ](?:node|server|host))?|"
    r"balancers?|lbs?|"
    r"master(?:\s+(?:node|server|host))?|backup(?:\s+(?:node|server|host))?)|"
    r"ipvs[-_ ](?:server|host|node)|keepalived[-_ ](?:server|host|node)|"
    r"(?:rs|lb)[-_ ](?:node|host|server|machine)|(?:rs|lb|dr|lvs)(?:服务器|主机|节点|机器)|"
    r"rs|ds|back[-_ ]?end(?:[-_ ](?:servers?|hosts?|nodes?))?|"
    r"(?:web|app|application|dns|db|database|nginx|apache)[-_ ]?(?:server|host|node)s?|"
    r"(?:worker|master|slave|control[- ]plane|k8s|kubernetes|swarm|compute)[-_ ](?:node|host)s?|"
    r"(?:test[-_ ]?)?clients?(?:[-_ ](?:host|machine|pc))?|gateway|router|"
    r"(?:lvs|ipvs)?\s*(?:主|备|从)?(?:调度器|负载均衡器?|均衡器|分发器|负载调度器|调度服务器)|"
    rf"{OTHER_LANGUAGES}|"
    r"(?:后端|真实|真正)(?:服务器|主机|节点|机器)|realserver节点|rs节点|后端|客户端(?:主机|机器)?|(?:主|备|从|工作)(?:节点|服务器|机)|网关|路由器)"
)
# These do it only with a number.
_WEAK = (
    r"(?:(?:lvs|test|linux|physical|virtual)[-_ ])?"
    r"(?:node|host|server|machine|box|vm|guest|slave|lvs|ipvs|worker|web|app|peer|主机|节点|服务器|机器)"
)
_ROLE = pattern(
    rf"(?P<text>{_WHICH}(?:{_STRONG}(?:{_COUNTED})?|{_WEAK}{_COUNTED.replace('P<', 'P<weak_')}))(?![A-Za-z0-9]|\.\d)",
    re.ASCII | re.IGNORECASE,
)
_DIRECTING = pattern(
    r"direct|balanc|lb|lvs|master|backup|virtual|调度|均衡|分发|[一二三四五六主备从]|調度|均衡|負荷|ロード|ディレクタ|балансир|bilanc|"
    r"r.partiteur|verteiler|로드|디렉터",
    re.IGNORECASE,
)
_CLOSES = ")\uff09]>"
_AROUND = pattern(
    r"\s*[(\uff08\[<]\s*(?P<inner>[^()\uff08\uff09\[\]<>]{1,60}?)\s*[)\uff09\]>]$|\s*(?:[-\u2013,\uff0c:\uff1a/|]|\s)\s*(?P<behind>\S{1,60})$"
)


@lru_cache(1 << 14)
def is_host_name(word: str) -> bool:
    """Is it beyond doubt a host's name, or its address? A name of letters alone is not: any word is."""
    if read_ip(word) is not None:
        return True
    if not 2 <= len(word) <= 64 or not _NAME.fullmatch(word) or not word.strip("0123456789.-"):
        return False
    labels = word.lower().split(".")
    if len(labels) > 1 and labels[0].isdigit():  # 192.168.150.1x, 9.commit
        return False
    if labels[0] in _ROOTS or labels[-1] in _ENDINGS or word.lower() in _TOPIC_WORDS or word.lower() in KNOWN:
        return False
    if (
        _LINK.fullmatch(word)
        or _TOPIC.fullmatch(word)
        or "_" in labels[0].lstrip("abcdefghijklmnopqrstuvwxyz0123456789_")
    ):
        return False
    return bool(_DIGIT.search(labels[0])) or len(labels) > 2 or bool(is_role(labels[0].replace("-", " ")))


def may_be_host_name(word: str) -> bool:
    """Could it be a host's name where something else says that it is one? `gandalf` could, `addresses` could not."""
    if is_host_name(word):
        return True
    plain = 3 <= len(word) <= 30 and _NAME.fullmatch(word) and word.lower().split(".")[0] not in _NOT_NAMES
    if not plain or "_" in word or word.lower() in _TOPIC_WORDS or _DIGIT.search(word):
        return False
    labels = word.lower().split(".")
    return labels[0] not in _ROOTS and labels[-1] not in _ENDINGS and (word.islower() or "-" in word)


def is_role(text: str) -> bool:
    """Is it what a host is to LVS, such as `LVS director` or `Real server 1`?"""
    return len(text) <= 40 and _ROLE.fullmatch(text) is not None


def host_named(text: str, *, surely: bool = True) -> str:
    """The host that these words name and do nothing else, or "": `rs1`, `Real server 1 (rs1)`, `director lb1`.

    Not `surely`: what encloses the words says that they are a name, so that letters alone will do.
    """
    text = " ".join(text.split())
    if not text or len(text) > 80:
        return ""
    word = text.rpartition("@")[2]  # ssh's way to name a host
    if " " not in text and (is_host_name(word) if surely else may_be_host_name(word)):
        return word
    role = _ROLE.match(text)
    if role is None:
        # Looked for is a name before brackets: most lines are prose.
        around = _AROUND.search(text) if text[-1] in _CLOSES else None
        name = text[: around.start()] if around and around["inner"] else ""
        return name if name and " " not in name and is_host_name(name) else ""
    rest = text[role.end() :]
    title = _ARTICLE.sub("", re.sub(r"\s*#\s*", " ", role["text"]))
    if not rest:
        return title
    around = _AROUND.fullmatch(rest)
    if around is None:
        return ""
    if around["inner"]:
        names = [word.strip(",;") for word in around["inner"].split()]
        # Its own name serves better than its role; its address names it no better.
        own = (name for name in names if is_host_name(name) and read_ip(name) is None)
        addresses = [name for name in names if read_ip(name) is not None]
        return next((name for name in own if _DIGIT.search(name) or not is_role(name)), _by_address(title, addresses))
    behind = around["behind"]
    if read_ip(behind) is not None:
        return _by_address(title, [behind])
    return behind if is_host_name(behind) else ""


def _by_address(title: str, addresses: list[str]) -> str:
    """`Real server (192.0.2.21)` and `Real server (192.0.2.22)` are two; a director is mostly the only one."""
    if len(addresses) != 1 or _DIGIT.search(title) or _DIRECTING.search(title) or re.search(r"\s[A-Z]$", title):
        return title
    return f"{title} {addresses[0]}"
