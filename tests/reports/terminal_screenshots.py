"""docs/screenshots: the report for people as a terminal shows it, 80 and 160 columns wide (`make screenshots`)."""

import re
import subprocess
import sys
from html import escape
from io import BytesIO
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from lvsdoctor.sanitize import cells
from tests.reports import many_nodes
from tests.reports.browser import chromium, opened
from tests.reports.screenshots import has_chinese_font

ROOT = Path(__file__).parents[2]
LEAKING = (3, 7, 11)  # of twelve real servers
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_CLASSES = {
    "1": "bold", "2": "dim", "3": "italic", "4": "line",
    "31": "red", "32": "green", "33": "yellow", "35": "pink", "36": "cyan",
}  # fmt: skip
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #16181d }}
pre {{ display: inline-block; margin: 0; padding: 16px; color: #d7dae0; font: 14px/1.3 "DejaVu Sans Mono", monospace }}
.bold {{ font-weight: bold }} .dim {{ color: #8b919c }} .italic {{ font-style: italic }}
.line {{ text-decoration: underline }}
.red {{ color: #ff7b72 }} .green {{ color: #7ee787 }} .yellow {{ color: #e3b341 }} .pink {{ color: #d2a8ff }}
.cyan {{ color: #76d9e6 }}
.wide {{ display: inline-block; width: 2ch; text-align: center; font-style: normal }}
</style><pre>$ lvsdoctor scan dumps/
{}</pre>"""


def as_html(text: str) -> str:
    """What the report paints, as spans: it sets colours one by one and resets them."""
    pieces, classes = [], list[str]()
    for number, piece in enumerate(_SGR.split(text)):
        if number % 2:
            codes = piece.split(";")
            classes = [] if piece in ("", "0") else [*classes, *(_CLASSES[code] for code in codes if code in _CLASSES)]
        elif piece:
            name = " ".join(classes)
            pieces.append(f'<span class="{name}">{_spaced(piece)}</span>' if name else _spaced(piece))
    return "".join(pieces)


def _spaced(text: str) -> str:
    """Escaped, and each wide character in two columns, as a terminal has it: a browser's fonts do not agree on that."""
    return "".join(f'<i class="wide">{letter}</i>' if cells(letter) == 2 else escape(letter) for letter in text)


def take(where: Path) -> None:
    """Both widths, anew; of the narrow one also in Chinese."""
    with TemporaryDirectory() as folder, chromium() as browser:
        many_nodes.written(Path(folder, "dumps"), 12, LEAKING)
        chinese = [(80, "zh_CN")] if has_chinese_font() else []
        for width, language in ((80, "en"), (160, "en"), *chinese):
            command = [sys.executable, "-m", "lvsdoctor", "scan", "--color", "always", "--lang", language, "dumps"]
            paths = {"COLUMNS": str(width), "PYTHONPATH": str(ROOT)}
            ran = subprocess.run(
                command, cwd=folder, env={**environ, **paths}, capture_output=True, text=True, check=False
            )
            name = f"terminal-{width}" if language == "en" else f"terminal-{width}-chinese"
            file = Path(folder, f"{name}.html")
            file.write_text(_PAGE.format(as_html(ran.stdout)), encoding="utf-8")
            with opened(browser, file, viewport={"width": 10 * width, "height": 400}) as shown:
                picture = Image.open(BytesIO(shown.page.locator("pre").screenshot()))
            few = picture.convert("RGB").quantize(64, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            few.save(where / f"{name}.png", optimize=True)


if __name__ == "__main__":
    take(ROOT / "docs" / "screenshots")
