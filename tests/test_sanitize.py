"""What makes untrusted text safe to show, and how it is fitted into columns."""

import io
import re

import pytest

from lvsdoctor.reporting.console import Page
from lvsdoctor.reportkit import Output
from lvsdoctor.sanitize import cells, commands_nobody, legible, shortened, unwrapped, wrapped


@pytest.mark.parametrize(
    ("letter", "escape"),
    [
        ("\x1b", r"\x1b"),
        ("\x00", r"\x00"),
        ("\x7f", r"\x7f"),
        ("\x9b", r"\x9b"),  # the one-byte CSI of a terminal in 8-bit mode
        ("\n", r"\n"),
        ("\r", r"\r"),
        ("\x85", r"\x85"),
        ("\u2028", r"\u2028"),
        ("\u2029", r"\u2029"),
        *((chr(code), rf"\u{code:04x}") for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
        ("\u200b", r"\u200b"),
        ("\u200f", r"\u200f"),
        ("\ufeff", r"\ufeff"),
        ("\u00ad", r"\xad"),
        ("\u00a0", r"\xa0"),
        ("\u3164", r"\u3164"),
        ("\ufe0f", r"\ufe0f"),
        ("\U000e0041", r"\U000e0041"),
        ("\udce4", r"\udce4"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_would_not_be_seen_as_itself_becomes_an_escape(letter: str, escape: str) -> None:
    assert legible(f"eth{letter}0") == f"eth{escape}0"


def test_every_control_and_surrogate_is_escaped() -> None:
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)):
        assert legible(chr(code)).isprintable()


def test_a_tab_is_a_blank() -> None:
    assert legible("inet\t192.0.2.10") == "inet 192.0.2.10"


@pytest.mark.parametrize(
    "text", ["inet 192.0.2.10/32 scope global lo", "监听虚拟地址", "Zürich", r"C:\new", "[red]", "<b>&"]
)
def test_what_can_be_seen_stays_as_it_is(text: str) -> None:
    assert legible(text) == text


def test_a_stream_is_given_only_what_it_can_write() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream.write(Output(stream).legible("Zürich 监\u202e\udce4"))
    stream.flush()
    assert stream.buffer.getvalue() == rb"Z\xfcrich \u76d1\u202e\udce4"


def test_a_chinese_character_takes_two_columns_and_a_combining_mark_none() -> None:
    assert cells("监听 eth0") == 9
    assert cells("e\u0301") == 1


def test_wrapping_loses_nothing_but_the_blanks_it_breaks_at() -> None:
    text = "rs1 answers ARP for VIP 192.0.2.10 on " + "x" * 50 + " and 监听虚拟地址监听虚拟地址监听虚拟地址"
    pieces = wrapped(text, 20, 11)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert cells(pieces[0]) <= 11
    assert all(cells(piece) <= 20 for piece in pieces)


def test_a_word_that_fits_on_the_next_line_is_not_cut() -> None:
    assert wrapped("2 rules: local-route-holds-vip", 22) == ["2 rules:", "local-route-holds-vip"]
    assert wrapped("local-route-holds-vip", 22, 5) == ["", "local-route-holds-vip"]


def test_shortening_keeps_both_ends() -> None:
    assert shortened("a" * 50 + "b" * 50, 25) == "a" * 10 + " ... " + "b" * 10
    assert shortened("short", 25) == "short"
    assert cells(shortened("监" * 50, 25)) <= 25


@pytest.mark.parametrize("mark", ["##[error]x", "##vso[task.setvariable]x", "##teamcity[buildStatus]", "###[group]"])
def test_no_text_holds_a_command_of_azure_or_teamcity(mark: str) -> None:
    shown = legible(f"link {mark}")
    assert "##" not in shown.replace("###", "#")
    assert r"\x23#" in shown
    assert legible("## heading [link]") == "## heading [link]"


@pytest.mark.parametrize(
    "line", ["::error::x", "  ::add-mask::x", "::set-output name=a::b", "::warning file=a,line=1::x"]
)
def test_no_line_begins_a_command_of_github(line: str) -> None:
    shown = commands_nobody(line)
    assert shown == line.replace(":", r"\x3a", 1)
    assert commands_nobody(f"lvsdoctor: {line}") == f"lvsdoctor: {line}"


@pytest.mark.parametrize(
    "line", ["::1 dev lo proto kernel", "::/0 via fe80::1 dev eth0", "    ::ffff:192.0.2.1", "::", ""]
)
def test_ipv6_at_the_start_of_a_line_stays_as_it_is(line: str) -> None:
    assert commands_nobody(line) == line


def test_a_page_puts_no_command_in_front_however_it_is_wrapped() -> None:
    for color in (False, True):
        page = Page(Output(io.StringIO(), width=40, color=color))
        page.say("a sentence whose later words are wrapped " + "::error::x " * 9, label="::warning::y", indent=0)
        page.verbatim(["::stop-commands::z"], indent=0)
        page.commands(["::debug::x"])
        page.quotes([("::group::x", "::error::x", "::error::x")])
        page.write({"label": "bold", "quote": "green"})
        assert isinstance(page.output.stream, io.StringIO)
        bare = re.sub(r"\x1b\[[0-9;]*m", "", page.output.stream.getvalue())
        assert [line for line in bare.splitlines() if line.lstrip().startswith("::")] == []
        assert "x3a:error::x" in bare


# -- Chinese, which has no blanks between words ------------------------------------------------------------------------

CHINESE = "rs2 在 eth0 上应答对 VIP 192.0.2.10 的 ARP 请求，客户端的连接因此直接发往 rs2（不经过调度器）。"


@pytest.mark.parametrize("width", range(14, 120))
def test_chinese_is_wrapped_between_any_two_characters_and_within_the_width(width: int) -> None:
    pieces = wrapped(CHINESE, width, width - 6)
    assert all(cells(piece) <= width - 6 * (place == 0) for place, piece in enumerate(pieces))
    assert "".join(pieces).replace(" ", "") == CHINESE.replace(" ", "")
    assert not any(piece.startswith(("，", "。", "）")) or piece.endswith("（") for piece in pieces)


def test_an_address_in_chinese_is_not_cut() -> None:
    assert any("192.0.2.10" in piece for piece in wrapped(CHINESE, 20))


def test_lines_of_a_chinese_paragraph_are_joined_without_a_blank() -> None:
    assert (
        unwrapped(["真实服务器应答对 VIP", "的 ARP 请求，", "不经过", "调度器。"])
        == "真实服务器应答对 VIP 的 ARP 请求，不经过调度器。"
    )
    assert unwrapped(["One line,", " and another"]) == "One line, and another"
