"""Debian's Chromium, driven by playwright: one browser for a module, a fresh profile for every page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What Chromium does of itself would look like a request of the page, or wait for a machine that is not there.
FLAGS = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
).split()


@contextmanager
def chromium() -> Iterator["Browser"]:
    """The browser; skips, and says what is missing."""
    command = shutil.which("chromium")
    if command is None:
        pytest.skip("there is no chromium")
    pytest.importorskip("playwright", reason="playwright is not installed")
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as home, sync_playwright() as playwright:
        # No sandbox: in a container, as root, Chromium has none to offer.
        browser = playwright.chromium.launch(
            executable_path=command, chromium_sandbox=False, args=FLAGS, env=_at_home_in(Path(home))
        )
        yield browser
        browser.close()


# As in fontconfig's own fonts.conf, but for the caches: those of the whole system are root's to write.
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>
<include ignore_missing="yes">/etc/fonts/conf.d</include>
<cachedir>{home}/fonts</cachedir>
</fontconfig>
"""


def _at_home_in(home: Path) -> dict[str, str | float | bool]:
    """An environment in which Chromium writes nothing of the user's, nor of the system's."""
    fonts = home / "fonts.conf"
    fonts.write_text(_FONTS.format(home=home))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**inherited, "HOME": str(home), "FONTCONFIG_FILE": str(fonts)}


@dataclass
class Opened:
    """A page, and what it did besides showing itself."""

    page: "Page"
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def ask(self, script: str, *arguments: object) -> Any:
        return self.page.evaluate(script, *arguments)

    def violations(self) -> list[str]:
        """What axe-core finds: WCAG 2.2 A and AA, and its best practices."""
        package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
        self.ask(Path(package.__path__[0], "axe.min.js").read_text(encoding="utf-8"))
        found = self.ask("axe.run().then((result) => result.violations)")
        return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


@contextmanager
def opened(browser: "Browser", file: Path, fragment: str = "", **how: Any) -> Iterator[Opened]:
    """The file in a browser of its own; `how` as playwright's new_context has it."""
    context = browser.new_context(**how)
    shown = Opened(context.new_page())
    shown.page.on("console", lambda message: shown.complaints.append(message.text))
    shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    shown.page.on("request", lambda request: shown.requests.append(request.url))
    shown.page.goto(file.as_uri() + fragment)
    yield shown
    context.close()
