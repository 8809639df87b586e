"""One cluster's dumps as people paste them: under prompts, headings and commands of all kinds, copied by all means."""

import html
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/leaking-real-server"
COMMANDS = {
    "ip-addr": "ip addr",
    "ip-link": "ip -d link show",
    "ip-route": "ip route show table all",
    "ip-rule": "ip rule",
    "ip-neigh": "ip neigh",
    "sysctl": "sysctl -a",
    "arptables": "arptables -nvL",
    "ipvsadm": "ipvsadm -Ln",
}
HOSTS = ("lb1", "rs1", "rs2")


def dumps(host: str) -> dict[str, str]:
    """The dumps of one host of the example, by the names of their files."""
    files = sorted((EXAMPLE / host).glob("*.txt"), key=lambda file: list(COMMANDS).index(file.stem))
    return {file.stem: file.read_text() for file in files}


def pasted(prompt: str, carrier: str = "", hosts: Sequence[str] = HOSTS) -> str:
    """A paste of the three hosts: `prompt` has a place for the host, `carrier` for the host before the command."""
    lines = []
    for host in hosts:
        for name, text in dumps(host).items():
            lines.append(f"{prompt.format(host=host)}{carrier.format(host=host)}{COMMANDS[name]}\n{text}")
        lines.append(f"{prompt.format(host=host)}\n")
    return "".join(lines)


def headed(heading: str, names: Mapping[str, str], prompt: str = "$ ") -> str:
    """A paste whose hosts are named by headings alone, their dumps by a bare prompt (or by nothing, if it is empty)."""
    parts = []
    for host in HOSTS:
        parts.append(f"{heading.format(host=names.get(host, host))}\n\n")
        for name, text in dumps(host).items():
            parts.append((f"{prompt}{COMMANDS[name]}\n" if prompt else "") + text + "\n")
    return "".join(parts)


def filed(head: str, path: str = "{host}/{name}.txt") -> str:
    """The files of the example one after the other, each under its name."""
    parts = [
        f"{head.format(path=path.format(host=host, name=name))}\n{text}\n"
        for host in HOSTS
        for name, text in dumps(host).items()
    ]
    return "".join(parts)


def numbered(text: str, form: str, first: int = 1) -> str:
    return "".join(form.format(number=number, line=line) + "\n" for number, line in enumerate(text.splitlines(), first))


def line_by_line(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "".join(f"{change(line)}\n" for line in text.splitlines())


def bold(before: str, behind: str) -> Callable[[str], str]:
    """The lines that somebody points at, in bold."""

    def change(line: str) -> str:
        bare = line.strip()
        if "192.0.2.10" not in bare and "arp_ignore" not in bare and "arp_announce" not in bare:
            return line
        return line.replace(bare, f"{before}{bare}{behind}")

    return line_by_line(change)


PROMPTS = (
    "[root@{host} ~]# ", "[root@{host} ~]#", "root@{host}:~# ", "root@{host}:~#", "root@{host}:/etc#", "{host}:~ # ",
    "root@{host} ❱ ", "root@{host} ~ \u276f ", "{host} ➜ ", "root@{host} ➜ ~ ", "{host} λ ", "{host} \u203a ",
    "{host}$ ", "{host}~# ",
    "{host}# ", "{host}> ", "[{host}]$ ", "{host}% ", "root@{host} ~ % ", "root@{host} ~> ",
    "root@{host} /e/sysctl.d# ",
    "[12:00:01] root@{host}:~# ", "2024-01-01 12:00:00 root@{host} ~ # ", "[root@{host} 12:00:01 ~]# ",
    "root@{host}:~ [12:00:01]# ", "(venv) root@{host}:~# ", "user@{host} ~ $ ", "root@{host}:~$ sudo ",
    "\x1b[01;32mroot@{host}\x1b[00m:\x1b[01;34m~\x1b[00m# ", "\x1b]0;root@{host}: ~\x07root@{host}:~# ",
    "\x1b[?2004h\x1b]0;root@{host}:~\x07[root@{host} ~]# ", "┌──(root㉿{host})-[~]\n└─# ", "╭─root@{host} ~\n╰─$ ",
    "{host}:~ root# ", "root@{host} [~]# ", "root@{host} in ~ \u276f ", "CORP\\admin@{host}:~$ ", "[root@{host}]# ",
    "<root@{host} ~># ", "root@{host}:~/repo (main)# ", "{host} ~ # ", "root@{host}~#",
    "admin@{host}.example.net:/etc$ ",
    "{host} [~] # ", "root@{host}(192.168.1.2):~# ", "root@{host}|~# ", "[{host}:root ~]# ", "root {host} ~ # ",
    "[~]root@{host}# ", "\U0001f427 root@{host} ~ \u276f ", "root@{host} \ue0b0 ~ \ue0b0 ", "root@{host} ❱❱❱ ",
    "{host}:root:~# ", "\\[root@{host} ~\\]# ", "{host}(root)# ", "root@[{host}]:~# ", "{host}:# ", "{host}]# ",
    "-bash-4.2 {host}# ", "[PROD] root@{host}:~# ", "┌─[root@{host}]─[~]\n└──╼ #", "root@{host}\n# ",
    "[root@{host} ~]\n# ",
)  # fmt: skip
CARRIERS = (
    "nsenter --net=/run/netns/{host} ", "nsenter --net=/var/run/docker/netns/{host} -- ", "ip netns exec {host} ",
    "sudo ip netns exec {host} ", "docker exec {host} ", "docker exec -it -u root {host} ", "podman exec {host} ",
    "nerdctl exec {host} ", "docker compose exec {host} ", "kubectl exec {host} -- ",
    "kubectl -n lvs exec {host} -c net -- ",
    "kubectl exec -n lvs pod/{host} -- ", "crictl exec {host} ", "lxc-attach -n {host} -- ", "lxc exec {host} -- ",
    "incus exec {host} -- ", "machinectl shell root@{host} /usr/sbin/", "ssh {host} ",
    "ssh -o BatchMode=yes root@{host} sudo ",
    "chroot /srv/{host} ", "nsenter -n -t $(pgrep -f {host}) ", "ssh gate ip netns exec {host} ",
    "LANG=C ip netns exec {host} ",
)  # fmt: skip
LVS_WORDS = {"lb1": "LVS director", "rs1": "Real server 1", "rs2": "Real server 2"}
CODES = {"lb1": "LB1", "rs1": "RS1", "rs2": "RS2"}
CHINESE = {"lb1": "调度器", "rs1": "真实服务器1", "rs2": "真实服务器2"}
HEADINGS: Sequence[tuple[str, Mapping[str, str]]] = (
    ("{host}:", LVS_WORDS), ("{host}:", CODES), ("{host}\uff1a", CHINESE), ("【{host}】", CHINESE),
    ("【{host}】", LVS_WORDS),
    ("{host}", CODES), ("{host}", LVS_WORDS), ("{host}", CHINESE), ("## {host}", LVS_WORDS),
    ("### The {host}", LVS_WORDS),
    ("## {host}", {}), ("# {host}", {}), ("--- {host} ---", {}), ("=== {host} ===", {}), ("on {host}:", {}),
    ("And this is on {host}:", {}), ("***** {host} *****", LVS_WORDS), ("**{host}**", LVS_WORDS),
    ("**{host}:**", {}), ("{host}:", {}),
    ("[{host}]", {}), ("{host}\n--------", {}), ("--------\n{host}\n--------", {}), ("1. {host}:", LVS_WORDS),
    ("在{host}上执行\uff1a", CHINESE), ("{host}配置\uff1a", CHINESE), ("<h2>{host}</h2>\n<p>{host}:</p>", LVS_WORDS),
    ("h3. {host}", LVS_WORDS),
    ("Output from {host}:", {}), ("Host {host}:", {}), ("hostname: {host}", {}), ("===[ {host} ]===", {}),
    (">>> {host} <<<", {}),
    ("({host})", {}), ("Node {host}", {}), ("HOST={host}", {}), ("host: {host}", {}), ("{host} - director", {}),
    ("// {host}", {}), ("=> {host}", {}), ("Host: {host} (eth0)", {}), ("ssh {host}", {}), ("root@{host}", {}),
    ("{host} -", LVS_WORDS), ("主机{host}\uff1a", {}), ("{host}节点", {}), ("① {host}", CHINESE),
    ("{host}\uff1a", {"lb1": "DR服务器", "rs1": "RS服务器1", "rs2": "RS服务器2"}),
    ("{host}:", {"lb1": "Балансировщик", "rs1": "Реальный сервер 1", "rs2": "Реальный сервер 2"}),
    ("{host}\uff1a", {"lb1": "ロードバランサー", "rs1": "リアルサーバー1", "rs2": "リアルサーバー2"}),
    ("{host} :", {"lb1": "Répartiteur", "rs1": "Serveur réel 1", "rs2": "Serveur réel 2"}),
    ("{host}:", {"lb1": "Balanceador", "rs1": "Servidor real 1", "rs2": "Servidor real 2"}),
    ("{host}:", {"lb1": "디렉터", "rs1": "리얼서버 1", "rs2": "리얼서버 2"}),
    ("{host}\uff1a", {"lb1": "調度器", "rs1": "真實伺服器1", "rs2": "真實伺服器2"}),
    ("on the {host}:", {"lb1": "load balancer", "rs1": "good real server", "rs2": "bad real server"}),
    ("{host} (192.0.2.99):", LVS_WORDS), ("==== {host} ====", {"lb1": "gandalf", "rs1": "frodo", "rs2": "bilbo"}),
)  # fmt: skip
PHRASES: Sequence[tuple[str, Mapping[str, str]]] = (
    ("Ausgabe von {host}:", {}), ("Sortie de {host} :", {}), ("Вывод с {host}:", {}), ("Salida de {host}:", {}),  # noqa: RUF001
    ("{host} での出力:", {}), ("{host} 출력:", {}), ("登录 {host} 查看\uff1a", {}), ("## {host} 服务器配置", {}),
    ("This is what {host} says:", {}), ("{host} looks like this:", {}), ("Data from {host}", {}),
    ("Results for {host}", {}),
    ("### Output on `{host}`:", {}), ("*** Connecting to {host}", {}),
)  # fmt: skip
FILES = (
    ("==> {path} <==", "{host}/{name}.txt"), ("==> {path} <==", "{host}-{name}.txt"),
    ("==> {path} <==", "cluster/{host}/{name}.txt"),
    ("==> {path} <==", "{name}.{host}"), ("==> {path} <==", "{host}.{name}"), ("==> {path} <==", "./{host}_{name}.log"),
    ("::::::::::::::\n{path}\n::::::::::::::", "{host}/{name}.txt"), ("::::::: {path} :::::::", "{host}/{name}.txt"),
    ("=== {path} ===", "{host}/{name}.txt"), ("--- {path} ---", "{host}-{name}.txt"),
    ("## {path}", "{host}/{name}.txt"),
    ("File: {path}", "{host}/{name}.txt"), ("==> {path} <==", "{host}.txt"),
)  # fmt: skip
COPIES: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "CRCRLF": lambda text: text.replace("\n", "\r\r\n"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "no-break spaces in pairs": lambda text: text.replace("  ", "\u00a0 "),
    "narrow spaces": lambda text: text.replace(" ", "\u202f"),
    "ideographic spaces": lambda text: text.replace(" ", "\u3000"),
    "zero width": lambda text: text.replace("\n", "\u200b\n").replace(".", ".\u200b"),
    "cat -n": lambda text: numbered(text, "{number:6}\t{line}"),
    "cat -n from a terminal": lambda text: numbered(text, "{number:6}  {line}"),
    "sed and cat -n": lambda text: numbered(text, "{number:6}\t{line}", 1200),
    "nl": lambda text: numbered(text, "{number:6}\t{line}").replace("\t\n", "\n"),
    "grep -n": lambda text: numbered(text, "{number}:{line}"),
    "less -N": lambda text: numbered(text, "{number:7} {line}"),
    "vi": lambda text: numbered(text, "{number:4} {line}"),
    "bat": lambda text: numbered(text, "{number:4} │ {line}"),
    "a mail": line_by_line(lambda line: f"> {line}"),
    "a mail twice": line_by_line(lambda line: f">> {line}"),
    "a mail's mail": line_by_line(lambda line: f"> > {line}"),
    "a mail, its blanks stripped": line_by_line(lambda line: f"> {line}".rstrip()),
    "bars": line_by_line(lambda line: f"| {line}"),
    "a box": line_by_line(lambda line: f"│ {line:<160} │"),
    "indented": line_by_line(lambda line: f"    {line}"),
    "indented by a tab": line_by_line(lambda line: f"\t{line}"),
    "indented twice": line_by_line(lambda line: f"        {line}" if line else ""),
    "smart quotes": lambda text: text.replace('"', "“").replace("'", "\u2019"),
    "Markdown bold": bold("**", "**"),
    "Markdown italics": bold("*", "*"),
    "Markdown code": bold("`", "`"),
    "Markdown both": bold("***", "***"),
    "HTML bold": bold("<b>", "</b>"),
    "HTML strong": bold('<strong class="x">', "</strong>"),
    "HTML span": bold('<span style="color: red">', "</span>"),
    "BBCode bold": bold("[b]", "[/b]"),
    "BBCode colour": bold("[color=red][B]", "[/B][/color]"),
    "wiki bold": bold("'''", "'''"),
    "pointed at": bold("", "     <-- look here"),
    "an HTML page": lambda text: html.escape(text),
    "a page in a page": lambda text: "<pre><code>" + html.escape(text, quote=False) + "</code></pre>",
    "a page with breaks": lambda text: html.escape(text).replace("\n", "<br>\n").replace("  ", " &nbsp;"),
    "entities by number": lambda text: text.replace("&", "&#38;").replace("<", "&#60;").replace(">", "&#x3e;"),
    "a fence": lambda text: f"Here it is:\n\n```console\n{text}```\n",
    "BBCode": lambda text: f"[code]{text}[/code]\n",
    "colours of grep": lambda text: text.replace("arp_ignore", "\x1b[01;31m\x1b[Karp_ignore\x1b[m\x1b[K"),
    "colours without their escape": lambda text: text.replace("arp_ignore", "[01;31m[Karp_ignore[m[K"),
    "colours in sight": lambda text: text.replace("192.0.2.10", "^[[35m192.0.2.10^[[0m"),
    "a mail of a numbered text": lambda text: numbered(text, "> {number:6}\t{line}"),
    "dashes of a word processor": lambda text: text.replace(" -n", " \u2013n").replace(" -a",
    " \u2013a").replace(" -d", " \u2013d"),
}  # fmt: skip
NUMBERS = frozenset(
    (
        "cat -n", "cat -n from a terminal", "sed and cat -n", "nl", "grep -n", "less -N", "vi", "bat",
        "a mail of a numbered text",
    )
)  # fmt: skip
MARGINS = NUMBERS | frozenset(
    (
        "a mail", "a mail twice", "a mail's mail", "a mail, its blanks stripped", "bars", "a box",
        "indented", "indented by a tab", "indented twice",
    )
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
