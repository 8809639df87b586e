"""A rule's page as HTML: the constructs that pages use, and nothing of the page's own making."""

import re
from pathlib import Path

import pytest

from lvsdoctor.engine.loader import load_rules
from lvsdoctor.reporting.page_html import hypertext
from lvsdoctor.reporting.rule_page import page_of


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("`arp_ignore` *arrived* **now**", "<p><code>arp_ignore</code> <em>arrived</em> <strong>now</strong></p>"),
        ("`` a `b` ``", "<p><code>a `b`</code></p>"),
        ("`*not* <em>`", "<p><code>*not* &lt;em&gt;</code></p>"),
        ("2 * 3 * 4, a*b*c", "<p>2 * 3 * 4, a*b*c</p>"),
        ("rp_filter and arp_ignore_x_", "<p>rp_filter and arp_ignore_x_</p>"),
        ("- one\n  more\n- two", "<ul><li>one more</li><li>two</li></ul>"),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        ("text:\n- item", "<p>text:</p>\n<ul><li>item</li></ul>"),
        ("    sysctl -w a=1\n      b", "<pre><code>sysctl -w a=1\n  b</code></pre>"),
        ("```sh\n# ls\n\n- a\n```\nafter", "<pre><code># ls\n\n- a</code></pre>\n<p>after</p>"),
        ("### Now\ntext", "<p><strong>Now</strong></p>\n<p>text</p>"),
        (
            "| a | b |\n| --- | --- |\n| `1` | 2 \\| 3 |",
            '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
            "<tbody><tr><td><code>1</code></td><td>2 | 3</td></tr></tbody></table>",
        ),
        ("see [the lab](https://example.com/x)", "<p>see the lab</p>"),
        ("", ""),
    ],
)
def test_what_pages_are_written_in(markdown: str, html: str) -> None:
    assert hypertext(markdown) == html


@pytest.mark.parametrize(
    "frame", ["{}", "`{}`", "- {}", "    {}", "```\n{}\n```", "| {} |", "# {}", "[{}](x)", "**{}**"]
)
@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<img src=x onerror='x'>", '[a](javascript:alert(1)) "', "\x1b[2J\u202e"]
)
def test_no_tag_comes_from_the_text(frame: str, text: str) -> None:
    made = hypertext(frame.format(text))
    ours = r"</?(?:p|ul|li|pre|code|table|tbody|tr|td|strong|em)>"
    assert not set("<>\"'\x1b\u202e") & set(re.sub(ours, "", made))


def test_our_own_pages_use_nothing_else() -> None:
    for rule in load_rules():
        page = page_of(rule)
        for heading in ("What you see", "Why", "When it is fine"):
            words = re.sub(r"<(pre|code)>.*?</\1>", "", hypertext(page.sections[heading]), flags=re.DOTALL)
            assert not re.search(r"[`|]|\*\*|\]\(", words), f"{Path(rule.page).name}: {heading}"
