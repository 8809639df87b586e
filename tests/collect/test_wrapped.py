"""What the example's three hosts print, as other programs wrap it: each way gives what the directories give."""

import csv
import html
import io
import json
import re
import zipfile
from base64 import encodebytes
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from quopri import encodestring
from textwrap import indent

import pytest

from lvsdoctor.collect.files import collect_paths
from tests.collect.packings import EXAMPLE, HOSTS

COMMANDS = {"ip addr show": "ip-addr", "sysctl -a": "sysctl", "ip route show table main": "ip-route"}


def printed(host: str) -> dict[str, str]:
    """What each command printed there, as a shell shows it."""
    named = {"ipvsadm -Ln": "ipvsadm", **COMMANDS} if host == "lb1" else COMMANDS
    texts = {command: (EXAMPLE / host / f"{dump}.txt").read_text().rstrip("\n") for command, dump in named.items()}
    main = [line for line in texts["ip route show table main"].split("\n") if " table " not in line and ":" not in line]
    return {**texts, "ip route show table main": "\n".join(main)}


def session(host: str) -> str:
    return "".join(f"[root@{host} ~]# {command}\n{text}\n" for command, text in printed(host).items())


def everything() -> str:
    return "".join(map(session, HOSTS))


def wrapped_at(width: int, quote: str, text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        while len(line) > width and (place := line.rfind(" ", 0, width)) > 0 and line[:place].strip():
            lines.append(line[:place])
            line = line[place + 1 :]
        lines.append(line)
    return "\n".join(quote + line for line in lines)


def mail(encoding: str, body: bytes) -> bytes:
    head = "From: anna@example.net\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    return f"{head}Content-Transfer-Encoding: {encoding}\n\n".encode() + body


def attached() -> bytes:
    message = EmailMessage()
    message["From"] = "anna@example.net"
    message.set_content("the dumps are attached\n")
    for host in HOSTS:
        message.add_attachment(session(host).encode(), maintype="text", subtype="plain", filename=f"{host}.txt")
    return message.as_bytes()


def rich_text() -> str:
    text = re.sub(r"([\\{}])", r"\\\1", everything()).replace("\n", "\\par\n")
    return "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0\\fmodern Courier New;}}{\\*\\generator x;}\n\\f0\\fs20 " + text + "}"


def zipped(**members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return file.getvalue()


def of_word() -> bytes:
    rows = "".join(
        f'<w:p w:rsidR="00A"><w:r><w:t xml:space="preserve">{html.escape(line)}</w:t></w:r></w:p>'
        for line in everything().split("\n")
    )
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = f'<?xml version="1.0"?>\n<w:document xmlns:w="{space}"><w:body>{rows}</w:body></w:document>'
    return zipped(**{"[Content_Types].xml": "<Types/>", "docProps/app.xml": "<x/>", "word/document.xml": document})


def of_opendocument() -> bytes:
    def line(text: str) -> str:
        text = html.escape(text).replace("\t", "<text:tab/>")
        return re.sub("  +", lambda blanks: f' <text:s text:c="{len(blanks[0]) - 1}"/>', text)

    rows = "".join(f'<text:p text:style-name="P1">{line(text)}</text:p>' for text in everything().split("\n"))
    space = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    content = f'<?xml version="1.0"?>\n<office:document-content {space}><office:body>{rows}</office:body>'
    return zipped(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": content})


def recording() -> str:
    text = everything().replace("\n", "\r\n")
    events = [[place / 100, "o", text[place : place + 300]] for place in range(0, len(text), 300)]
    head = {"version": 2, "width": 80, "height": 24, "env": {"TERM": "xterm"}}
    return "\n".join(map(json.dumps, [head, *events]))


def typescript() -> str:
    """As script(1) records bash: a title, bracketed paste, colours, a word that was typed and taken back."""
    lines = ["Script started on 2026-01-05 12:00:00+00:00"]
    for host in HOSTS:
        for command, text in printed(host).items():
            typed = f"{command[:3]}xx\b \b\b \b\x07{command[3:]}"
            lines.append(f"\x1b[?2004h\x1b]0;root@{host}: ~\x07\x1b[01;32mroot@{host}\x1b[00m:~# {typed}")
            first, *rest = text.split("\n")
            lines += [f"\x1b[?2004l\r{first}", *rest]
    return "\r\n".join(lines) + "\r\n"


def table(delimiter: str) -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(["time", "hostname", "command", "output"])
    for host in HOSTS:
        writer.writerows(["12:00", host, command, text] for command, text in printed(host).items())
    return file.getvalue()


def line_by_line() -> str:
    rows = [(h, c, line) for h in HOSTS for c, text in printed(h).items() for line in text.split("\n")]
    return "host\tcommand\toutput\n" + "".join("\t".join(row) + "\n" for row in rows)


def of_markdown() -> str:
    cells = [
        (host, f"`{command}`", text.replace("|", "\\|").replace("\n", "<br>"))
        for host in HOSTS
        for command, text in printed(host).items()
    ]
    rows = [f"| {' | '.join(row)} |\n" for row in cells]
    return "# Dumps\n\n| Host | Command | Output |\n|---|---|---|\n" + "".join(rows)


def unixy() -> str:
    return "".join(
        f"{command}...\n  {host} done | stdout: {text}\n" for host in HOSTS for command, text in printed(host).items()
    )


def by_debug_callback() -> str:
    return "".join(
        f'TASK [ask] ****\nchanged: [{host}] => {{\n    "changed": true,\n    "cmd": "{command}"\n}}\n\n'
        f"STDOUT:\n\n{text}\n\n"
        for host in HOSTS
        for command, text in printed(host).items()
    )


def page() -> str:
    return "<p>dumps</p>" + "".join(
        f'<h2>{host}</h2><ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[{session(host)}]]>'
        "</ac:plain-text-body></ac:structured-macro>"
        for host in HOSTS
    )


def chat() -> str:
    def message(host: str) -> str:
        return session(host).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    return json.dumps([{"type": "message", "text": f"{host}:\n```{message(host)}```"} for host in HOSTS], indent=2)


def interface() -> str:
    results = [
        {"host": host, "results": [{"cmd": c, "stdout": t, "rc": 0} for c, t in printed(host).items()]}
        for host in HOSTS
    ]
    return json.dumps({"data": results})


def debugging() -> str:
    return "".join(
        f"$ kubectl debug node/{host} -q --image=busybox -- chroot /host {command}\n"
        f"Creating debugging pod node-debugger-{host}-x2k4z with container debugger on node {host}.\n{text}\n"
        for host in HOSTS
        for command, text in printed(host).items()
    )


def page_of_few_lines() -> str:
    """A page whose tags stand side by side: only the dumps themselves break lines."""
    blocks = [
        f"<h2>{host}</h2>"
        + "".join(f"<p>{c}</p><pre><code>{html.escape(t)}\n</code></pre>" for c, t in printed(host).items())
        for host in HOSTS
    ]
    return f"<!DOCTYPE html><html><head><title>LVS</title></head><body><h1>Cluster</h1>{''.join(blocks)}</body></html>"


def notebook() -> str:
    def cell(host: str, command: str, text: str) -> dict[str, object]:
        lines = text.splitlines(keepends=True)
        printed = [{"output_type": "stream", "name": "stdout", "text": lines}]
        return {"cell_type": "code", "source": [f"!ssh root@{host} {command}"], "outputs": printed}

    cells = [cell(host, command, text) for host in HOSTS for command, text in printed(host).items()]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def scalars(quote: str) -> str:
    """A block of YAML for each command of each host."""
    return "".join(
        f"{host}:\n" + "".join(f"  {quote}{c}{quote}: |\n" + indent(t, "    ") + "\n" for c, t in printed(host).items())
        for host in HOSTS
    )


WRAPPINGS: dict[str, Callable[[], str | bytes]] = {
    "table.md": of_markdown,
    "table.csv": lambda: table(","),
    "table-2.csv": lambda: table(";"),
    "table.tsv": line_by_line,
    "cat-A.txt": lambda: everything().replace("\t", "^I").replace("\n", "$\n"),
    "typescript": typescript,
    "wrapped.txt": lambda: "On Monday anna wrote:\n" + wrapped_at(70, "> ", everything()),
    "quoted-printable.eml": lambda: mail("quoted-printable", encodestring(everything().encode())),
    "base64.eml": lambda: mail("base64", encodebytes(everything().encode())),
    "attached.eml": attached,
    "page.xml": page,
    "page.html": page_of_few_lines,
    "plain.yaml": lambda: scalars(""),
    "quoted.yaml": lambda: scalars('"'),
    "colons.txt": lambda: "".join(
        f"{host}:\n" + "".join(f"{command}:\n{text}\n" for command, text in printed(host).items()) for host in HOSTS
    ),
    "outputs.txt": lambda: "".join(
        f"{host}:\n" + "".join(f"{command} output:\n\n{text}\n" for command, text in printed(host).items())
        for host in HOSTS
    ),
    "table-de.csv": lambda: (
        "\ufeff" + table(";").replace("time;hostname;command;output", "Zeit;Server;Befehl;Ausgabe", 1)
    ),
    "notebook.ipynb": notebook,
    "wsl.txt": lambda: "".join(
        f"PS C:\\lab> wsl -d Ubuntu ssh root@{host} {command}\n{text}\n"
        for host in HOSTS
        for command, text in printed(host).items()
    ),
    "vagrant.txt": lambda: "".join(
        f'PS C:\\lab> vagrant ssh {host} -c "sudo {command}"\r\n{text}\r\nConnection to 127.0.0.1 closed.\r\n'
        for host in HOSTS
        for command, text in printed(host).items()
    ),
    "chat.json": chat,
    "interface.json": interface,
    "notes.rtf": rich_text,
    "notes.docx": of_word,
    "notes.odt": of_opendocument,
    "demo.cast": recording,
    "debug.log": by_debug_callback,
    "compose.log": lambda: "".join(f"{h}  | {line}\n" for h in HOSTS for line in session(h).splitlines()),
    "debugging.txt": debugging,
    "summary.md": lambda: "".join(
        f"<details><summary><code>{command}</code> on {host}</summary>\n\n```\n{text}\n```\n\n</details>\n"
        for host in HOSTS
        for command, text in printed(host).items()
    ),
}


def written(directory: Path, name: str, content: str | bytes) -> str:
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def facts(path: str) -> dict[str, dict[str, int]]:
    """How many rows of each fact each host has, and that each is whole."""
    nodes = collect_paths([path], [])
    return {
        node.name: {
            fact: len(node.evidence[fact])
            for fact in ("addresses", "links", "routes", "sysctl", "ipvs")
            if fact in node.evidence and node.partial(fact) is None
        }
        for node in nodes
    }


@pytest.mark.parametrize("name", WRAPPINGS)
def test_what_a_program_wraps_is_what_the_hosts_print(name: str, tmp_path: Path) -> None:
    plain = facts(written(tmp_path, "session.txt", everything()))
    assert set(plain) == set(HOSTS)
    assert facts(written(tmp_path, name, WRAPPINGS[name]())) == plain


def test_the_title_of_a_task_is_no_command(tmp_path: Path) -> None:
    plain = facts(written(tmp_path, "session.txt", everything()))
    asked = {host: {fact: rows for fact, rows in of.items() if fact != "sysctl"} for host, of in plain.items()}
    assert facts(written(tmp_path, "unixy.log", unixy())) == asked


@pytest.mark.parametrize("name", ["notes.docx", "notes.odt", "notes.rtf", "attached.eml"])
def test_a_document_in_a_directory_and_in_an_archive_is_the_same_document(name: str, tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    alone = facts(written(tmp_path / "case", name, WRAPPINGS[name]()))
    assert facts(str(tmp_path / "case")) == alone
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        archive.write(tmp_path / "case" / name, f"case/{name}")
    assert facts(str(tmp_path / "case.zip")) == alone


def test_a_quoted_line_of_a_document_is_the_line_that_the_host_printed(tmp_path: Path) -> None:
    nodes = {node.name: node for node in collect_paths([written(tmp_path, "notes.rtf", rich_text())], [])}
    address = next(row for row in nodes["rs2"].addresses if str(row.ip) == "192.0.2.22")
    assert address.seen.where.endswith("notes.rtf (text)")
    assert address.seen.text.split()[:2] == ["inet", "192.0.2.22/24"]


@pytest.mark.parametrize(
    "text",
    [
        "{\\rtf1 " + "{" * 5000,
        "{\\rtf1 \\u-99999999999 \\'zz \\par}",
        "{\\rtf1\\ansicpg99999 \\'e9}",
        '{"version": 2, "width": 80}\n[1, "o", 5]\n[1]\nnull\n',
        '{"version": 1, "width": 80, "stdout": [[1]]}',
        "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: base64\n\n%%%\n--x--\n",
        "Content-Transfer-Encoding: base64\nContent-Type: text/plain; charset=none\n\nMTI3\n",
        '<?xml version="1.0"?><w:document xmlns:w="x"><w:p><w:t>&#99999999;&#xD800;</w:t></w:p></w:p></w:p>',
        'host,output\n"rs1,\n' + "x" * 200_000,
        "host,output\nrs1\n",
        "| host | output |\n|---|---|\n| rs1 |\n||||\n| rs1 | 1: lo: <LOOPBACK> |",
        "[" * 100_000,
    ],
)
def test_a_damaged_document_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, "odd.txt", text)
    assert [node for node in collect_paths([path, str(EXAMPLE / "lb1")], []) if node.name == "lb1"]


def test_a_name_at_the_end_of_a_broken_line_is_no_host(tmp_path: Path) -> None:
    text = (
        "[root@rs1 ~]# ip link\n"
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode\nDEFAULT group default qlen 1000\n"
        "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
        "2: eth0@if9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue\nstate UP mode DEFAULT group default\n"
        "    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff link-netns\n1-switch\n"
        "3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
        "    link/ether 02:00:00:00:00:22 brd ff:ff:ff:ff:ff:ff\n"
    )
    (node,) = collect_paths([written(tmp_path, "mail.txt", text)], [])
    assert node.name == "rs1"
    assert [link.name for link in node.links] == ["lo", "eth0", "eth1"]
    assert node.partial("links") is None


def test_lines_of_several_answers_that_came_in_turns_are_no_whole_answer(tmp_path: Path) -> None:
    text = (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n"
        "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n"
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
        "    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.21/24 scope global eth0\n"
        "    link/ether 02:00:00:00:00:22 brd ff:ff:ff:ff:ff:ff\n    inet 192.0.2.22/24 scope global eth0\n"
    )
    (node,) = collect_paths([written(tmp_path, "mixed.txt", text)], [])
    assert node.partial("links") is not None
    assert [link.mac for link in node.links if link.name == "eth0"] == ["02:00:00:00:00:21"]
