"""docs/screenshots: the HTML page as it looks (`make screenshots`), of the example and of a cluster of many."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from lvsdoctor.cli.main import main
from tests.reports.browser import chromium, opened
from tests.reports.twelve import write as write_twelve

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "leaking-real-server"
WIDE, PHONE, PAPER = ({"width": width, "height": 900} for width in (1280, 390, 718))
HOW: dict[str, tuple[dict[str, Any], str]] = {
    "light": ({"viewport": WIDE}, "screen"),
    "dark": ({"viewport": WIDE, "color_scheme": "dark"}, "screen"),
    "narrow": ({"viewport": PHONE}, "screen"),
    "print": ({"viewport": PAPER}, "print"),
}
SHEET = 1047  # a sheet of A4 with margins of 1 cm, in CSS pixels
# What of a long page is shown. Of the example nearly all, of the cluster its beginning.
LONGEST = {"": 2700, "cluster-": 2300}


def take(where: Path) -> None:
    """All of them, anew."""
    where.mkdir(exist_ok=True)
    for old in where.glob("*.png"):
        if old.stem.removeprefix("cluster-") in HOW or old.stem == "cluster":
            old.unlink()
    with TemporaryDirectory() as folder, chromium() as browser:
        copytree(EXAMPLE, Path(folder, "leaking-real-server"))
        sources = {"": Path(folder, "leaking-real-server"), "cluster-": write_twelve(Path(folder, "twelve"))}
        for cluster, source in sources.items():
            page = Path(folder, "page.html")
            main(["scan", str(source), "--fail-on", "never", "-f", f"html={page}"])
            for name, (how, media) in HOW.items():
                with opened(browser, page, **how) as shown:
                    shown.page.emulate_media(media="print" if media == "print" else "screen")
                    height = shown.ask("document.documentElement.scrollHeight")
                    longest = 2 * SHEET if media == "print" else LONGEST[cluster]
                    area: Any = {"x": 0, "y": 0, "width": how["viewport"]["width"], "height": min(height, longest)}
                    picture = Image.open(BytesIO(shown.page.screenshot(full_page=True, clip=area)))
                # Few colours: a third of the bytes, and no eye sees a difference. By coverage, or the rare
                # ones, which tell right from wrong, would be the first to go.
                few = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
                few.save(where / f"{cluster}{name}.png", optimize=True)
        if has_chinese_font():
            take_chinese(browser, Path(folder, "leaking-real-server"), where)


def has_chinese_font() -> bool:
    """Whether a browser can show Chinese here; says what is missing."""
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
    if not fonts:
        print(
            "no Chinese font is installed (fonts-wqy-microhei): pictures in Chinese stay as they are", file=sys.stderr
        )
    return bool(fonts)


def take_chinese(browser: Any, source: Path, where: Path) -> None:
    """The beginning of the example's page."""
    page = source.with_name("chinese.html")
    main(["scan", str(source), "--lang", "zh_CN", "--fail-on", "never", "-f", f"html={page}"])
    with opened(browser, page, viewport=WIDE) as shown:
        area: Any = {"x": 0, "y": 0, "width": WIDE["width"], "height": 1900}
        picture = Image.open(BytesIO(shown.page.screenshot(full_page=True, clip=area)))
    few = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(where / "chinese.png", optimize=True)


if __name__ == "__main__":
    take(ROOT / "docs" / "screenshots")
    sys.exit(0)
