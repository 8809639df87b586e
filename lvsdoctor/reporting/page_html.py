"""A rule's page says it in Markdown, and a browser is to show it: the few constructs that pages use, as safe HTML.

CommonMark: paragraphs, headings, lists, indented and fenced code, code spans, emphasis; and GitHub's tables. Whatever
else stands in a page stays text. Links keep their words and lose their target: a report sends nobody anywhere.
"""

import re
from collections.abc import Callable, Iterator

from lvsdoctor.sanitize import legible, unwrapped

# Compiled when they are used: every report loads this file, and few show a page.
_ITEM = r"(?:[-*+]|(\d+)[.)])\s+"
_CODE = r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)"
_WORDS = (
    (r"\[([^\]]+)\]\([^)\s]*\)", r"\1"),
    (r"\*\*(?=\S)(.+?)(?<=\S)\*\*", r"<strong>\1</strong>"),
    (r"(?<![*\w])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![*\w])", r"<em>\1</em>"),
)
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def hypertext(markdown: str) -> str:
    """The text as HTML: no tag, attribute or address in it comes from the text itself."""
    return "\n".join(_MADE[kind](lines) for kind, lines in _blocks(markdown.split("\n")))


def _blocks(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The lines in blocks that belong together, each with the name of its kind."""
    kind, block = "", list[str]()
    for line in lines:
        was = kind
        if kind == "fence":
            kind = "" if line.startswith("```") else "fence"
        elif line.startswith("```"):
            kind = "fence"
        elif not line.strip():
            kind = ""
        elif line.startswith("    ") and kind in ("", "code"):
            kind = "code"
        elif re.match(_ITEM, line):
            kind = "list"
        elif line.startswith("|"):
            kind = "table"
        elif line.startswith("#"):
            kind = "heading"
        elif kind not in ("paragraph", "list"):
            kind = "paragraph"
        if kind != was or kind == "heading":
            if block:
                yield was, block
            block = []
        if kind and not line.startswith("```"):
            block.append(line)
    if block:
        yield kind, block


def _inline(text: str) -> str:
    """Code spans are taken out first: nothing in them is emphasis."""
    shown, at = "", 0
    for span in re.finditer(_CODE, text):
        shown += _emphasised(text[at : span.start()]) + f"<code>{_safe(span[2].strip())}</code>"
        at = span.end()
    return shown + _emphasised(text[at:])


def _emphasised(text: str) -> str:
    text = _safe(text)
    for pattern, replacement in _WORDS:
        text = re.sub(pattern, replacement, text)
    return text


def _safe(text: str) -> str:
    return legible(text).translate(_ESCAPES)


def _joined(lines: list[str]) -> str:
    return _inline(unwrapped(lines))


def _list(lines: list[str]) -> str:
    items: list[list[str]] = []
    for line in lines:
        if found := re.match(_ITEM, line):
            items.append([line[found.end() :]])
        else:
            items[-1].append(line)
    numbered = re.match(_ITEM, lines[0])
    tag = "ol" if numbered and numbered[1] else "ul"
    return f"<{tag}>{''.join(f'<li>{_joined(item)}</li>' for item in items)}</{tag}>"


def _table(lines: list[str]) -> str:
    cells = (re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in lines)
    rows = [[cell.strip().replace("\\|", "|") for cell in row] for row in cells]
    has_head = len(rows) > 1 and all(re.fullmatch(r":?-+:?", cell) for cell in rows[1])
    head = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in rows[0]) if has_head else ""
    body = (f"<tr>{''.join(f'<td>{_inline(cell)}</td>' for cell in row)}</tr>" for row in rows[2 * has_head :])
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{''.join(body)}</tbody></table>"


def _code(lines: list[str]) -> str:
    return f"<pre><code>{chr(10).join(map(_safe, lines))}</code></pre>"


_MADE: dict[str, Callable[[list[str]], str]] = {
    "paragraph": lambda lines: f"<p>{_joined(lines)}</p>",
    # The report around it has the real headings.
    "heading": lambda lines: f"<p><strong>{_inline(lines[0].lstrip('# '))}</strong></p>",
    "list": _list,
    "table": _table,
    "fence": _code,
    "code": lambda lines: _code([line[4:] for line in lines]),
}
