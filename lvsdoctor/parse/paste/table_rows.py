"""Rows of a Markdown table, each with a host's name and what a command printed there: `| rs1 | ip addr | ... |`."""

from lvsdoctor.parse.paste.host_words import may_be_host_name
from lvsdoctor.parse.paste.patterns import pattern

HOSTS = frozenset(
    "host hostname node server machine instance target minion name 主机 主机名 节点 服务器 rechner serveur hôte "
    "servidor узел сервер хост ホスト サーバー".split()
)
COMMANDS = frozenset("command cmd commands 命令 befehl kommando commande comando команда コマンド".split())
OUTPUTS = frozenset(
    "output stdout out result results text 输出 结果 ausgabe ergebnis sortie résultat salida "
    "resultado вывод 出力".split()
)
_RULE = pattern(r"\s*\|?(?:\s*:?-{3,}:?\s*\|)+(?:\s*:?-{3,}:?\s*)?")
_TABLE = pattern(r"\n[ \t]*\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t]*:?-")
_CELL = pattern(r"(?<!\\)\|")
_BREAK = pattern(r"<br\s*/?>")


def with_rows_apart(text: str, several: str) -> str:
    """The text, each such row in its place as the prompt, the command and its output, with `several` between them."""
    if not _TABLE.search(text):
        return text
    lines = text.split("\n")
    for number in range(len(lines) - 1):
        if "|" in lines[number] and _RULE.fullmatch(lines[number + 1]):
            names = [name.strip(" *_`").lower() for name in _cells(lines[number])]
            host, output = _place(names, HOSTS), _place(names, OUTPUTS)
            if host is None or output is None:
                continue
            lines[number] = lines[number + 1] = ""
            _part(lines, number + 2, (host, output, _place(names, COMMANDS)), several)
    return "\n".join(lines)


def _part(lines: list[str], number: int, places: tuple[int, int, int | None], several: str) -> None:
    host_at, output_at, command_at = places
    while number < len(lines) and "|" in lines[number]:
        cells = _cells(lines[number])
        if max(host_at, output_at, command_at or 0) < len(cells):
            host = cells[host_at].strip(" *_`")
            command = cells[command_at].strip(" `*$#") if command_at is not None else ""
            rows = [row.strip("`") for row in _BREAK.split(cells[output_at].strip(" "))]
            if may_be_host_name(host) and "\n" not in command:
                lines[number] = several.join([f"[root@{host} ~]# {command}", *rows])
        number += 1


def _cells(line: str) -> list[str]:
    line = line.strip()
    line = line.removeprefix("|")
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.replace("\\|", "|") for cell in _CELL.split(line)]


def _place(names: list[str], of: frozenset[str]) -> int | None:
    return next((place for place, name in enumerate(names) if name in of), None)
