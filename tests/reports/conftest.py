"""The renderers, loaded as a scan loads them, and the examinations to render."""

import importlib.util
import io
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lvsdoctor.engine.loader import load_report
from lvsdoctor.engine.paths import report_formats
from lvsdoctor.reportkit import Examination, Output, Render

HERE = Path(__file__).parent


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"loaded_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def examinations() -> ModuleType:
    return _loaded(HERE / "examinations.py")


@pytest.fixture(scope="session")
def schema_file() -> Path:
    return report_formats()["json"].with_name("lvsdoctor-1.schema.json")


@pytest.fixture(scope="session")
def as_json() -> Render:
    return load_report("json")


@pytest.fixture(scope="session")
def as_terminal() -> Render:
    return load_report("terminal")


@pytest.fixture(scope="session")
def as_html() -> Render:
    return load_report("html")


@pytest.fixture(scope="session")
def shown(as_terminal: Render) -> Callable[..., str]:
    """What the terminal report writes."""

    def shown(examination: Examination, **how: Any) -> str:
        stream = io.StringIO()
        as_terminal(examination, Output(stream, **how))
        return stream.getvalue()

    return shown


@pytest.fixture(scope="session")
def unpainted() -> Callable[[str], str]:
    """The text without the colours (select graphic rendition, and no other sequence)."""
    return lambda text: re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture(scope="session")
def report_as() -> Callable[..., str]:
    """What a format writes of an examination."""

    def report_as(name: str, examination: Examination, **how: Any) -> str:
        stream = io.StringIO()
        load_report(name)(examination, Output(stream, **how))
        return stream.getvalue()

    return report_as
