"""Headings in whole phrases: `Output of rs1:`, `Ausgabe von rs1:`, `rs1 looks like this:`, `配置 node02、node03`.

A phrase names a host by what is said around the name, and says nothing else: of "the entry for rs1" it is not known
whose the next lines are.
"""

import re

from lvsdoctor.parse.paste.host_words import host_named
from lvsdoctor.parse.paste.patterns import pattern

_LONGEST = 70
# What a host's commands print, and what it has, in the languages of `role_words.py`.
_OUTPUT = (
    r"(?:the\s+|die\s+|das\s+|la\s+|las\s+|le\s+|les\s+|el\s+|o\s+|il\s+|de\s+|het\s+)?(?:command\s+|commands?'?\s+)?"
    r"(?:outputs?|results?|data|dumps?|infos?|information|details|state|status|settings?|config(?:uration)?|evidence|"
    r"ausgaben?|ergebnis(?:se)?|daten|konfiguration|einstellungen|sorties?|r[ée]sultats?|donn[ée]es|salidas?|resultados?|"
    r"datos|configuraci[óo]n|sa[íi]das?|dados|configura[çc][ãa]o|uscit[ae]|risultat[oi]|dati|configurazione|uitvoer|"
    r"gegevens|configuratie|wynik(?:i)?|dane|konfiguracja|вывод|результат(?:ы)?|данные|настройки|конфигурация|вивід|"
    r"дані|налаштування)"
)
_OF = (
    r"(?:of|on|from|for|at|von|vom|auf|bei|de|du|des|da|do|del|dal|dello|di|sur|en|em|su|van|op|z|ze|na|с|со|на|из|от|"  # noqa: RUF001
    r"з|із)"
)
_KIND = (
    r"(?:(?:the\s+|dem\s+|der\s+)?(?:host|node|server|machine|box|vm|knoten|rechner|serveur|n[œo]e?ud|machine|servidor|"
    r"nodo|n[óo]|m[áa]quina|serwer|węzeł|сервера?|узла|узел|хоста?|машины)\s+)?"
)
_OUTPUT_OF = pattern(rf"{_OUTPUT}\s+{_OF}\s+{_KIND}(?P<who>\S.{{0,40}})", re.IGNORECASE)
_SAYS = pattern(
    r"(?:(?:and|now|then|also|here is|here's|this is|that is|see)[,\s]+)*(?:what\s+)?(?P<who>\S.{0,40}?)\s+"
    r"(?:looks?\s+like(?:\s+this)?|(?:says|shows|gives|prints|reports|has|returns)(?:\s+(?:this|the\s+following))?|"
    r"(?:is|are)\s+(?:as\s+follows|like\s+this))",
    re.IGNORECASE,
)
_LOOKED_AT = pattern(
    r"(?:here is|here's|here are|this is|that is|see|and|now)[,\s]+(?:the\s+)?(?P<who>\S.{0,40}?)(?:'s|\u2019s)?\s+"
    r"(?:output|config(?:uration)?|data|settings|dumps?|results?)",
    re.IGNORECASE,
)
_PLACED = pattern(
    r"(?:(?:and|now|then|next|also|finally|und|jetzt|et|puis|y|ahora|и|теперь)[,\s]+)*"
    rf"(?:for|on|at|from|{_OF})\s+(?:(?:each|every|all|both)\s+(?:of\s+)?(?:the\s+)?)?{_KIND}(?P<who>\S.{{0,40}}?)"
    r"(?:,?\s+(?:i\s+|we\s+|you\s+)?(?:run|ran|execute|do|type|issue|perform|have|get|see)(?:\s+\w+){0,3})?",
    re.IGNORECASE,
)
_CONNECTED = pattern(
    r"(?:\W*(?:(?:connect(?:ing|ed)|logg(?:ing|ed)\s+in|switch(?:ing|ed))\s+(?:on\s*)?(?:to|into)"
    r"|(?:execut|runn|collect|check|ask|query|gather)(?:ing|ed)\s+(?:the\s+)?(?:commands?\s+)?(?:on|from))\s+"
    r"(?:domain\s+|host\s+|server\s+|node\s+)?['\"]?(?P<who>[\w.-]+?)['\"]?[\s.:]*)",
    re.IGNORECASE,
)
# 登录 node01, 配置 RS服务器, 在2台RS上操作; rs1 服务器配置, lb1での操作, rs1 출력.
_BEFORE = pattern(
    r"(?:首先|然后|接着|再|先|请)?\s*(?:分别)?(?:在|于|登[录陆]到?|进入|切换到?|查看|检查|配置|设置|修改|操作|"
    r"以下[是为]|下面[是为]|这是|此为|如下[是为]|在)?\s*"
    r"(?:(?:\d{1,2}|[一二两三四五六每各多全]|所有)\s*(?:台|个|部)?\s*的?)?(?:主机|机器|节点|服务器|虚拟机)?\s*"
)
_WHAT = (
    r"(?:分别|都|均)?(?:执行|运行|配置|设置|操作|修改|输出|信息|查看|命令|结果|查询|如下|情况|网络|内核|参数|文件|脚本|步骤|部署|安装|内容|状态|"
    r"keepalived|ipvsadm|sysctl|\.conf|出力|結果|設定|確認|操作|実行|執行|配置|輸出|資訊|출력|결과|설정|확인|에서|의)"
)
_BEHIND = pattern(
    rf"\s*(?:主机|机器|节点|服务器|虚拟机|サーバー?|서버)?\s*(?:上面|之?上|中|端|侧|での|で|の上で|上で|側)?\s*(?:的|の)?\s*(?:{_WHAT}\s*)*"
    r"[\uff1a:]?",
)
# 在DR上使用ipvsadm添加集群服务, RS上需要加一个路由
_UPON = pattern(
    r"(?:首先|然后|接着|再|先)?\s*(?:分别)?(?:在|于|到)?\s*(?P<who>[^上在]{2,30}?)\s*上(?:面)?\s*(?P<what>[^。.]{0,30})"
)
_AND = pattern(
    r"\s*(?:、|,|\uff0c|;|&|\+|~|\uff5e|/|和|与|及|跟|以及|と|\band\b|\bund\b|\bet\b|\by\b|\be\b)\s*", re.IGNORECASE
)
_ROUTER = pattern(r"(?:gateway|router|网关|路由器|閘道器?)\s*\d*", re.IGNORECASE)


def host_in_phrase(text: str) -> str:
    """The host that the phrase names, "" where it says anything else."""
    text = text.strip(" :\uff1a`\"'*_")
    if not 4 <= len(text) <= _LONGEST:
        return ""
    for form in (_OUTPUT_OF, _CONNECTED, _LOOKED_AT, _SAYS):
        if (found := form.fullmatch(text)) and (host := _host(found["who"])):
            return host
    if (found := _PLACED.fullmatch(text)) and (host := _host(found["who"])):
        return host
    return hosts_joined(text) or ("" if text.isascii() else _in_han(text))


def is_phrase(text: str) -> bool:
    """Could it be a heading, and as well the end of a sentence? What follows it tells."""
    return text[-1:] not in ":\uff1a" and bool(host_in_phrase(text))


def hosts_joined(text: str) -> str:
    """`node02、node03`, `rs1 and rs2`: what follows is of each of them, which makes it a host of its own."""
    words = _AND.split(text)
    if not 2 <= len(words) <= 6 or (" and " in text and "/" in text):
        return ""
    hosts = [host_named(word) for word in words]
    return ", ".join(hosts) if all(hosts) and len(set(hosts)) == len(hosts) else ""


def names_no_host(title: str) -> bool:
    """Is what is configured there a gateway, which every host has?"""
    return _ROUTER.fullmatch(title) is not None


def _host(who: str) -> str:
    who = who.strip(" `\"'*_,")
    return host_named(who) or hosts_joined(who)


def _in_han(text: str) -> str:
    """What is left of a line between the words that stand before and behind a host's name."""
    if upon := _UPON.fullmatch(text):
        counted = _BEFORE.match(upon["who"])
        name = upon["who"][counted.end() :] if counted else upon["who"]
        if host := _host(name) or host_named(f"{name}服务器"):
            return host
    before = _BEFORE.match(text)
    bare = text[before.end() :] if before else text
    for start in {text, bare}:
        for end in range(len(start), 1, -1):
            if end == len(start) or _BEHIND.fullmatch(start, end):
                name = start[:end].strip(" `\"'")
                if (host := _host(name)) and not names_no_host(name) and name != text:
                    return host
    return ""
