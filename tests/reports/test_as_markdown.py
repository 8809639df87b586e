"""The report for a pull request: what is in it, that no text of the evidence gets out of its place, and its length."""

import html.parser
import io
import re
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import cmarkgfm  # type: ignore[import-untyped]
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]

from lvsdoctor.engine.loader import load_report
from lvsdoctor.reportkit import (
    Citation,
    Diagnosis,
    Examination,
    Finding,
    Fix,
    Output,
    Remark,
    Seen,
    ServiceOutcome,
    Severity,
    markdown,
)

Written = Callable[..., str]
ALLOWED = set("h3 h4 p ul li strong code pre table thead tbody tr th td details summary blockquote".split())
# What GitHub, or Markdown itself, would make something of.
TEMPTING = (
    "@everybody",
    "#1",
    "GH-1",
    "torvalds/linux#1",
    "http://192.0.2.66/x",
    "www.example.com",
    "someone@example.com",
    "0123456789abcdef0123456789abcdef01234567",
    ":+1:",
    "$x$",
    "*eth0* _eth1_ ~~eth2~~",
    "![pixel](http://192.0.2.66/x.png)",
    "[here]: http://192.0.2.66",
    "<!-- gone",
    "</details><img src=x onerror=alert(1)>",
    "&lt;script&gt;",
    "`` ` ``` ````",
    "```\n# out of the fence",
    "~~~",
    "|a|b|\n| --- | --- |",
    "# eth0",
    "> eth0",
    "\\",
    "`",
)


@pytest.fixture(scope="module")
def written() -> Written:
    render = load_report("markdown")

    def written(examination: Examination, **how: int) -> str:
        stream = io.StringIO()
        render(examination, Output(stream, **how))  # type: ignore[arg-type]
        return stream.getvalue()

    return written


class Page(html.parser.HTMLParser):
    """The page that GitHub's own parser makes: its tags, its text outside of code, and its blocks of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.prose = ""
        self.spans: list[str] = []
        self.blocks: list[str] = []
        self.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        if tag == "code":
            (self.blocks if "pre" in self.open else self.spans).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" not in self.open:
            self.prose += data
        elif "pre" in self.open:
            self.blocks[-1] += data
        else:
            self.spans[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def flooded(number: int, severity: Severity = Severity.NOTE, text: str = "x" * 60) -> tuple[Diagnosis, ...]:
    """As many findings, no two of one pitfall."""
    return tuple(
        Diagnosis(
            Finding(
                "{node} has case {case} of {text}",
                about={"case": at},
                text=text,
                evidence=[Citation(Seen("rs1/sysctl.txt", at + 1, f"evidence {at} {text}"))],
                fix=Fix(now=(f"mend {at}",)),
            ),
            f"rule-{severity}-{at}",
            "ARP001",
            "rs1",
            severity,
        )
        for at in range(number)
    )


def test_the_verdict_comes_first(written: Written, examinations: ModuleType) -> None:
    first, _, second, *_ = written(examinations.cluster()).splitlines()
    assert first == "### lvsdoctor: 2 errors, 2 warnings"
    assert second == "3 nodes: 2 errors, 2 warnings, 0 notes; 2 rules not checked; 0 lines unread"
    healthy = written(examinations.healthy())
    assert healthy.startswith("### lvsdoctor: no known pitfall found in what could be checked\n")
    assert written(Examination((), (), ())).startswith("### lvsdoctor: nothing was checked\n")


def test_the_table_has_a_row_for_each_node_the_worst_first(written: Written, examinations: ModuleType) -> None:
    rows = [line for line in written(examinations.agreed()).splitlines() if line.startswith("| ")]
    assert rows == [
        "| node | role | errors | warnings | notes | accepted | not checked |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        "| `rs1` | real server | 2 | 1 | 0 | 0 | 0 |",
        "| `director1` | director | 0 | 0 | 0 | 0 | 1 |",
        "| `web9` |  | 0 | 0 | 0 | 1 | 1 |",
    ]


def test_a_finding_has_its_sentence_its_lines_and_its_fix(written: Written, examinations: ModuleType) -> None:
    text = written(examinations.single_leak())
    head, _, rest = text.partition("<details open><summary><strong>ERROR ARP002</strong> ")[2].partition("\n\n")
    assert head.startswith("rs1 answers ARP for VIP 192.0.2.10 on eth0: <code>arp_ignore=1</code> is set on lo, which")
    assert head.endswith("</summary>")
    assert rest.startswith("- **Clients:** Some send to rs1 directly.")
    assert "\n> rs1/sysctl.txt:212 | net.ipv4.conf.lo.arp_ignore = 1     <- set here, read by nobody\n" in text
    assert "\n  rs1/sysctl.txt:188 | net.ipv4.conf.all.arp_ignore = 0 " in text
    assert "Fix now, on rs1:\n\n```sh\nsysctl -w net.ipv4.conf.all.arp_ignore=1\nsysctl -w net" in text
    assert "Fix for good, on rs1:\n\n```sh\necho net.ipv4.conf.all.arp_ignore=1 >> " in text
    assert "More: `lvsdoctor explain arp-ignore-only-on-lo`\n" in text


def test_a_likely_finding_says_what_was_assumed_and_where_the_fix_is_run(
    written: Written, examinations: ModuleType
) -> None:
    text = written(examinations.cluster())
    likely = text.partition("<strong>WARNING FWD004</strong>")[2]
    assert "Assumed: not in the evidence, so the finding is likely, not proved:" in likely
    assert "To settle it, on `rs1`:\n\n```sh\nsysctl net.ipv4.conf.all.rp_filter\nip rule show\n```\n" in likely
    assert "Fix now, on director1:\n" in likely
    assert "**Careful:** connections that are being tunnelled break" in likely


def test_one_pitfall_of_two_vips_is_said_twice_and_mended_once(written: Written, examinations: ModuleType) -> None:
    two = replace(examinations.single_leak(), diagnoses=(examinations.leak(), examinations.leak(vip="192.0.2.11")))
    text = written(two)
    assert "\n- rs1 answers ARP for VIP 192.0.2.10 on eth0" in text
    assert "\n- rs1 answers ARP for VIP 192.0.2.11 on eth0" in text
    assert text.count("Fix now, on rs1:") == 1


def test_what_the_wire_says_stands_beside_the_finding(written: Written, examinations: ModuleType) -> None:
    text = written(examinations.probed())
    assert "**The wire contradicts this scan.**" in text.partition("<details")[0]
    assert "  - **contradicted by the wire:** web9 kept silent about 192.0.2.11\n" in text
    assert "  - This may be: a filter that the dumps of web9 do not show\n" in text
    assert "  - **confirmed by the wire:** rs1 answered for 192.0.2.10\n" in text
    assert f"| {examinations.FRAME.text}\n" in text


def test_accepted_findings_stay_in_sight(written: Written, examinations: ModuleType) -> None:
    text = written(examinations.agreed())
    accepted = text.partition("#### Accepted: 1\n")[2].partition("<details>")[0]
    assert "- WARNING ARP002 web9 answers ARP for VIP 192.0.2.10 on eth7" in accepted
    assert "accepted: old hardware (by lvsdoctor.toml:12, until 2027-01-01)\n" in accepted
    assert "ARP002</strong> web9" not in text


def test_a_lapsed_acceptance_and_a_remark_are_told(written: Written, examinations: ModuleType) -> None:
    text = written(examinations.agreed())
    assert "  - Was accepted until 2026-10-01 (lvsdoctor.toml:30): until the move\n" in text
    assert "- nothing matches the acceptance of vip-missing on rs7: taken out of service (lvsdoctor.toml:40)\n" in text


def test_the_notes_of_a_node_are_told(written: Written, examinations: ModuleType) -> None:
    before = written(examinations.single_leak()).partition("| node")[0]
    assert "\n- `rs1`: rs1/ip-addr.txt ends in the middle of eth3\n" in before


def test_what_was_not_checked_or_passed_is_folded(written: Written, examinations: ModuleType) -> None:
    text = written(examinations.single_leak())
    missing = text.partition("<details><summary>Not checked</summary>\n\n")[2].partition("</details>")[0]
    assert "7 rules need sysctl: arp-announce-leaves-source" in missing
    assert "```sh\nsysctl -a\n```\n" in missing
    passed = text.partition("<details><summary>Passed</summary>\n\n")[2].partition("</details>")[0]
    assert "- `rs1`: vip-answered (explained by arp-ignore-only-on-lo), vip-missing\n" in passed
    assert "2 of rs1/ip-addr.txt (1, 9), 1 of rs1/sysctl.txt (3)" in text


def test_a_crash_is_not_folded(written: Written, examinations: ModuleType) -> None:
    text = re.sub("<details.*?</details>", "", written(examinations.single_leak()), flags=re.DOTALL)
    assert "**CRASHED** rule sysctl-unreadable on rs1: ValueError: invalid literal for int()" in text
    assert "Traceback" not in text
    assert "Traceback (most recent call last):\n" in written(examinations.single_leak(), verbose=1)


def test_the_first_finding_of_a_rule_is_unfolded_and_the_others_are_folded(
    written: Written, examinations: ModuleType
) -> None:
    leaks = tuple(examinations.leak(f"rs{number}") for number in range(3))
    text = written(Examination((), (*leaks, examinations.likely()), ()))
    folds = re.findall(r"<details( open)?><summary><strong>(.*?)</strong> (\w+)", text)
    assert folds == [
        (" open", "ERROR ARP002", "rs0"),
        ("", "ERROR ARP002", "rs1"),
        (" open", "WARNING FWD004", "rs1"),
        ("", "ERROR ARP002", "rs2"),
    ]
    assert text.count("<details") == text.count("</details>")


def test_the_services_that_suffer_are_named_first(written: Written, examinations: ModuleType) -> None:
    service = ServiceOutcome("tcp 192.0.2.10:80", ("rs1", "rs2"), direct=("rs1",), serving=("rs2",), evidenced=True)
    before = written(replace(examinations.single_leak(), services=(service,))).partition("| node")[0]
    assert "> tcp `192.0.2.10:80`: 1 of 2 real servers (rs1) receives client traffic directly.\n" in before


@pytest.mark.parametrize("text", TEMPTING)
def test_in_a_line_of_html_tempting_text_stands_in_code(text: str) -> None:
    page = Page(f"<details><summary>{markdown.in_html(f'eth0 {text}')}</summary>\n\nx\n\n</details>")
    assert page.tags <= {"details", "summary", "code", "p"}
    assert page.open == []
    assert text.split()[0] not in page.prose
    assert page.prose.startswith("eth0 ")


def test_quiet_is_one_line_a_finding(written: Written, examinations: ModuleType) -> None:
    lines = written(examinations.agreed(), quiet=True).splitlines()
    assert [line.split(" ")[:3] for line in lines[4:]] == [
        ["-", "ERROR", "ARP002"],
        ["-", "ERROR", "ARP001"],
        ["-", "WARNING", "FWD004"],
    ]


def test_github_s_own_parser_finds_only_our_tags(written: Written, examinations: ModuleType) -> None:
    for text in (*examinations.HOSTILE, *TEMPTING):
        for how in ({}, {"verbose": 1}, {"quiet": 1}):
            page = Page(written(examinations.hostile(text), **how))
            assert page.tags <= ALLOWED
            assert page.open == []


@pytest.mark.parametrize("text", TEMPTING)
def test_tempting_text_stands_in_code(written: Written, examinations: ModuleType, text: str) -> None:
    page = Page(written(examinations.hostile(text)))
    word = text.split()[0]
    assert word not in page.prose
    assert any(word in span for span in page.spans)


@pytest.mark.parametrize("text", TEMPTING)
def test_a_fence_ends_where_it_should(written: Written, examinations: ModuleType, text: str) -> None:
    page = Page(written(examinations.hostile(text)))
    shown = text.replace("\n", r"\n")
    assert f"ip link set {shown} down\n" in page.blocks
    assert any(shown in block and "/ip-addr.txt:7" in block for block in page.blocks)


def test_a_node_with_a_pipe_in_its_name_keeps_its_row(written: Written, examinations: ModuleType) -> None:
    row = next(line for line in written(examinations.hostile("rs|1\\|2`|")).splitlines() if "real server" in line)
    assert row.startswith(r"| `` rs\x7c1\\x7c2`\x7c `` | real server | 1 |")


def test_what_cannot_be_seen_is_shown_as_an_escape(written: Written, examinations: ModuleType) -> None:
    for text in examinations.HOSTILE:
        assert all(line.isprintable() for line in written(examinations.hostile(text)).split("\n"))


@pytest.mark.parametrize("word", ["1.", "2)", "-", "+", "#", ">", "===", "|", "    x"])
def test_a_sentence_begins_no_list_and_no_heading(word: str) -> None:
    page = Page(markdown.prose(f"{word} eth0"))
    assert page.tags - {"code"} == {"p"}


@pytest.mark.parametrize("text", ["a`b", "`", "``", " `a` ", "a``b`c", "x"])
def test_a_code_span_holds_what_it_was_given(text: str) -> None:
    page = Page(f"before {markdown.span(text)} after")
    assert (page.spans, page.prose.split()) == ([text.strip()], ["before", "after"])


def test_a_comment_is_never_longer_than_github_takes(written: Written, examinations: ModuleType) -> None:
    flood = Examination((examinations.RS1,), (examinations.leak(), *flooded(2000)), ())
    text = written(flood)
    assert 40_000 < len(text.encode()) <= 65_000
    assert "> Cut to 65,000 bytes (up to 1,000,000 with -v): " in text.partition("| node")[0]
    assert "`lvsdoctor scan -v` shows everything." in text
    assert "| `rs1` | real server | 1 | 0 | 2000 | 0 | 0 |" in text
    # The worst finding is whole, its evidence too.
    assert "rs1/sysctl.txt:212 | net.ipv4.conf.lo.arp_ignore = 1" in text
    assert "sysctl -w net.ipv4.conf.all.arp_announce=2" in text


def test_a_summary_may_be_longer_and_has_its_limit(written: Written, examinations: ModuleType) -> None:
    flood = Examination((examinations.RS1,), flooded(2000, text="监" * 200), ())
    text = written(flood, verbose=1)
    assert 900_000 < len(text.encode()) <= 1_000_000
    assert "> Cut to 1,000,000 bytes: " in text


def test_evidence_goes_first_then_fixes_and_findings_last(written: Written, examinations: ModuleType) -> None:
    def at(number: int) -> str:
        found = (*flooded(number, Severity.ERROR), *flooded(number, Severity.NOTE))
        return written(Examination((examinations.RS1,), found, ()))

    assert "left out" not in at(50)
    errors, _, notes = at(100).partition("<summary><strong>NOTE")
    assert "evidence 99 " in errors
    assert "evidence 99 " not in notes
    assert "mend 99\n" in notes
    errors, _, notes = at(150).partition("<summary><strong>NOTE")
    assert "evidence 149 " in errors
    assert "mend 149\n" not in notes
    assert "has case 0 of" in notes
    errors, _, notes = at(400).partition("<summary><strong>NOTE")
    assert notes == ""
    assert "evidence 0 " not in errors
    assert "has case 0 of" in errors
    assert re.search(r"[0-9]+ evidence blocks, [0-9]+ command blocks, [0-9]+ findings left out", at(260))


def test_many_sentences_of_one_pitfall_do_not_push_it_out(written: Written, examinations: ModuleType) -> None:
    many = tuple(examinations.leak(link=f"eth{number}") for number in range(15_000))
    text = written(Examination((examinations.RS1,), many, ()), verbose=1)
    assert len(text.encode()) <= 1_000_000
    assert "on eth9:" in text
    assert "- 14990 more of the same\n" in text


def test_any_amount_of_anything_fits(written: Written, examinations: ModuleType) -> None:
    long = "\u0301`|<" * 2_000
    nodes = tuple(replace(examinations.RS1, name=f"rs{number}{long[:90]}") for number in range(500))
    one = examinations.hostile(long)
    flood = replace(
        one,
        nodes=nodes,
        diagnoses=one.diagnoses * 20,
        outcomes=one.outcomes * 20,
        remarks=tuple(Remark(str(number) + long) for number in range(100)),
    )
    text = written(flood)
    assert len(text.encode()) <= 65_000
    assert text.startswith("### lvsdoctor: 20 errors\n")
    assert Page(text).tags <= ALLOWED


def test_a_stream_that_knows_only_ascii_can_be_written_to(examinations: ModuleType) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    load_report("markdown")(examinations.hostile("监听 Zürich"), Output(stream))
    stream.flush()
    assert rb"\u76d1\u542c Z\xfcrich" in stream.buffer.getvalue()
