"""What is written for a thousand nodes is to the byte what the json module writes."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.reporting.json_text import write_json

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


def written(value: Mapping[str, Any]) -> str:
    stream = io.StringIO()
    write_json(value, stream)
    return stream.getvalue()


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_it_is_what_the_json_module_writes(value: dict[str, Any]) -> None:
    assert written(value) == json.dumps(value, indent=2, ensure_ascii=True)


@pytest.mark.parametrize("text", ["\x1b[31m", "\ud800", "é", '"\\', "\u2028"])
def test_what_a_terminal_or_a_parser_would_trip_over_is_escaped(text: str) -> None:
    shown = written({text: [text, {text: text}]})
    assert shown.isascii()
    assert "\x1b" not in shown
    assert json.loads(shown) == {text: [text, {text: text}]}
