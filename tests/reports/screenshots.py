"""docs/screenshots: the HTML page of the example, and of a captured cluster, as they look (`make screenshots`)."""

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from lvsdoctor.cli.main import main
from tests.reports.browser import chromium, opened

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "leaking-real-server"
CLUSTER = ROOT / "tests" / "fixtures" / "stories" / "arp-ignore-on-lo-alone"
WIDE, PHONE, PAPER = ({"width": width, "height": 900} for width in (1100, 390, 794))
SHOTS: dict[str, tuple[Path, dict[str, Any], str]] = {
    "light": (EXAMPLE, {"viewport": WIDE}, "screen"),
    "dark": (EXAMPLE, {"viewport": WIDE, "color_scheme": "dark"}, "screen"),
    "narrow": (EXAMPLE, {"viewport": PHONE}, "screen"),
    "print": (EXAMPLE, {"viewport": PAPER}, "print"),
    "cluster": (CLUSTER, {"viewport": WIDE}, "screen"),
}


def take(where: Path) -> None:
    """All of them, anew."""
    where.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, chromium() as browser:
        for name, (source, how, media) in SHOTS.items():
            file = Path(folder, f"{name}.html")
            main(["scan", str(source.relative_to(ROOT)), "-f", f"html={file}"])
            with opened(browser, file, **how) as shown:
                shown.page.emulate_media(media="print" if media == "print" else "screen")
                picture = Image.open(BytesIO(shown.page.screenshot(full_page=True)))
            # Few colours: a third of the bytes, and no eye sees a difference. By coverage, or the rare
            # ones, which tell right from wrong, would be the first to go.
            few = picture.convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            few.save(where / f"{name}.png", optimize=True)


if __name__ == "__main__":
    take(ROOT / "docs" / "screenshots")
    sys.exit(0)
