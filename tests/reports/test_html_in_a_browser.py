"""The HTML page in Chromium: what is seen, clicked, typed and printed there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from lvsdoctor.cli.main import main
from lvsdoctor.model.topology import Answering, Cluster, Forwards, Holder, Host, Part
from lvsdoctor.reportkit import AppliedRule, Examination, Examined, Outcome, Output, Render, Severity, Verdict
from lvsdoctor.sanitize import legible
from tests.reports.browser import Opened, chromium, opened
from tests.reports.twelve import write as write_twelve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "leaking-real-server"
EXPLAINED = ROOT / "rules" / "arp" / "arp_ignore_only_on_lo.md"
# jenkins.model.DirectoryBrowserSupport.CSP, what Jenkins serves the files of a build with unless it is told otherwise
JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"

# A4 with margins of 1 cm, in CSS pixels.
PAPER = {"width": 718, "height": 1047}

Open = Callable[..., AbstractContextManager[Opened]]
Write = Callable[[Examination], Path]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def open_page(browser: "Browser") -> Open:
    return partial(opened, browser)


@pytest.fixture
def write(as_html: Render, tmp_path: Path) -> Write:
    def write(examination: Examination) -> Path:
        file = tmp_path / "page.html"
        with file.open("w", encoding="utf-8") as stream:
            as_html(examination, Output(stream))
        return file

    return write


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("html") / "page.html"
    main(["scan", str(EXAMPLE), "-f", f"html={file}"])
    return file


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One director and twelve real servers, 14 findings of ten kinds."""
    folder = tmp_path_factory.mktemp("twelve")
    main(["scan", str(write_twelve(folder / "dumps")), "-f", f"html={folder / 'page.html'}"])
    return folder / "page.html"


def full(examinations: ModuleType) -> Examination:
    """Everything that a page can have: enough nodes for a matrix, contradictions, acceptances, lines unread."""
    cluster: Examination = examinations.agreed()
    one: Examination = examinations.single_leak()
    others = (examinations.leak(f"rs{number}") for number in range(2, 7))
    contradicted, *probed = examinations.probed().diagnoses
    drawn = Cluster(
        (Host("director1", Part.DIRECTOR, ("192.0.2.2",), True), Host("rs1", Part.REAL_SERVER, ("192.0.2.21",), True)),
        ("192.0.2.10",),
        (Holder("rs1", "192.0.2.10", "lo", Answering.ANSWERS, False, "nothing keeps eth0 from answering"),),
        (Forwards("director1", "rs1", "tcp 192.0.2.10:80", "192.0.2.10", "DR", 1),),
    )
    return replace(
        cluster,
        nodes=(*cluster.nodes[:2], *one.nodes, Examined("rs7", "")),
        diagnoses=(contradicted, *cluster.diagnoses, *probed, *others),
        outcomes=(*cluster.outcomes, *one.outcomes, Outcome("vip-missing", "rs7", Verdict.QUIET)),
        rules=(AppliedRule("arp-ignore-only-on-lo", "ARP002", Severity.ERROR, None, str(EXPLAINED)),),
        drawn=lambda: drawn,
    )


def shown(page: Opened) -> list[str]:
    """The messages of the findings that a filter leaves."""
    heads = page.page.locator("details.case:visible > summary, div.case:visible > h3 .message")
    return heads.all_text_contents()


@pytest.mark.parametrize(
    "how",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"viewport": {"width": 360, "height": 740}},
    ],
    ids=["light", "dark", "narrow"],
)
def test_axe_finds_nothing(open_page: Open, write: Write, examinations: ModuleType, how: dict[str, Any]) -> None:
    with open_page(write(full(examinations)), **how) as page:
        page.ask("for (const details of document.querySelectorAll('details')) details.open = true")
        assert page.violations() == []


def test_axe_finds_nothing_in_a_page_with_services_a_drawing_with_links_and_ladders(
    open_page: Open, twelve: Path
) -> None:
    for how in ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 800}}):
        with open_page(twelve, **how) as page:
            page.ask("for (const details of document.querySelectorAll('details')) details.open = true")
            assert page.violations() == []


def test_fourteen_findings_are_a_page_that_a_reader_can_scroll(open_page: Open, twelve: Path) -> None:
    with open_page(twelve, viewport={"width": 1280, "height": 900}) as page:
        assert page.page.locator(".case").count() == 14
        assert page.ask("document.documentElement.scrollHeight") <= 15_848 / 2  # of what it was with all unfolded


def test_the_drawing_takes_the_width_of_the_page_and_a_phone_has_a_narrow_one(open_page: Open, twelve: Path) -> None:
    with open_page(twelve, viewport={"width": 1280, "height": 900}) as page:
        box = page.page.locator(".pic-wide").bounding_box()
        main_part = page.page.locator("main").bounding_box()
        assert box
        assert main_part
        assert box["width"] > 0.95 * main_part["width"]
        assert not page.page.locator(".pic-narrow").is_visible()
    with open_page(twelve, viewport={"width": 390, "height": 800}) as page:
        assert page.ask("document.documentElement.scrollWidth") == 390
        assert page.page.locator(".pic-narrow").is_visible()
        assert not page.page.locator(".pic-wide").is_visible()
        assert page.ask("(at => at.scrollWidth <= at.clientWidth)(document.querySelector('.drawing.narrow'))")


def test_a_code_in_the_drawing_opens_its_finding_even_if_it_is_folded(open_page: Open, twelve: Path) -> None:
    with open_page(twelve) as page:
        link = page.page.get_by_role("link", name="ERROR ARP002, rs5")
        target = (link.get_attribute("href") or "").removeprefix("#")
        assert page.page.locator(f"#{target}[open]").count() == 0
        link.click()
        page.page.wait_for_selector(f"#{target}[open]")
        assert "rs5 answers ARP" in page.page.locator(f"#{target} > summary").inner_text()


@pytest.mark.parametrize("which", ["example", "twelve"])
def test_the_first_sheet_of_paper_is_used_and_the_drawing_is_on_one_sheet(
    open_page: Open, which: str, request: pytest.FixtureRequest
) -> None:
    with open_page(request.getfixturevalue(which), viewport=PAPER) as page:
        page.page.emulate_media(media="print")
        whole = page.page.locator(".whole").bounding_box()
        assert whole
        assert page.ask("getComputedStyle(document.querySelector('.whole')).breakInside") == "avoid"
        assert whole["height"] < PAPER["height"]
        # It stands on the first sheet, or what stands before it fills that sheet well enough.
        assert whole["y"] + whole["height"] <= PAPER["height"] or whole["y"] >= 0.6 * PAPER["height"]


def test_on_paper_no_heading_stands_alone_at_the_end_of_a_sheet(open_page: Open, twelve: Path) -> None:
    with open_page(twelve, viewport=PAPER) as page:
        page.page.emulate_media(media="print")
        breaks = page.ask(
            "[...document.querySelectorAll('h2, h3, summary, .meta')].map((at) => getComputedStyle(at).breakAfter)"
        )
        assert set(breaks) == {"avoid"}
        # These stand beside what they name: in a grid the rule would glue all rows to one block.
        assert page.ask("getComputedStyle(document.querySelector('h4')).breakAfter") == "auto"


@dataclass(frozen=True)
class Sheet:
    """A printed page: its lines from top to bottom, each with its place, and how far down they reach (0..1)."""

    lines: tuple[tuple[float, str], ...]
    used: float

    @property
    def text(self) -> str:
        return " ".join(text for _, text in self.lines)


@pytest.fixture(params=["example", "twelve"])
def printed(
    open_page: Open, request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[list[Sheet], list[str], list[str]]:
    """The sheets, as Chromium prints the page on A4; the texts of its headings and of its drawing."""
    pdfium = pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed")
    file = tmp_path / "page.pdf"
    with open_page(request.getfixturevalue(request.param), viewport=PAPER) as page:
        texts = "(names) => [...document.querySelectorAll(names)].map((at) => at.textContent)"
        headings = page.ask(texts, "h2, h3, summary")
        drawing = page.ask(texts, ".drawing.wide svg text, .drawing.wide svg tspan")
        margin: Any = dict.fromkeys(("top", "bottom", "left", "right"), "1cm")
        page.page.pdf(path=file, format="A4", margin=margin)
    with closing(pdfium.PdfDocument(file)) as document:
        return [_sheet(page) for page in document], [*map(_squeezed, headings)], [*map(_squeezed, drawing)]


def _sheet(page: Any) -> Sheet:
    width, height = page.get_size()
    words = page.get_textpage()
    tops: dict[int, float] = {}
    for number in range(words.count_rects()):
        _, bottom, _, top = words.get_rect(number)
        tops[round(bottom)] = max(top, tops.get(round(bottom), top))
    lines = [
        (bottom, _squeezed(words.get_text_bounded(0, bottom, width, top)))
        for bottom, top in sorted(tops.items(), reverse=True)
    ]
    margin = 72 / 2.54
    return Sheet(tuple(lines), (height - margin - lines[-1][0]) / (height - 2 * margin))


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def test_printed_the_first_sheet_is_used_and_no_other_but_the_last_is_half_empty(
    printed: tuple[list[Sheet], list[str], list[str]],
) -> None:
    sheets, _, _ = printed
    assert sheets[0].used >= 0.6
    assert all(sheet.used >= 0.5 for sheet in sheets[:-1])


def test_printed_the_drawing_is_on_one_sheet(printed: tuple[list[Sheet], list[str], list[str]]) -> None:
    sheets, _, drawing = printed
    (sheet,) = [sheet for sheet in sheets if "ask for" in sheet.text]
    lacking = {text for text in drawing if text.replace(" ", "") not in sheet.text.replace(" ", "")}
    assert lacking == set()


def test_printed_no_heading_stands_alone_at_the_end_of_a_sheet(
    printed: tuple[list[Sheet], list[str], list[str]],
) -> None:
    sheets, headings, _ = printed
    ends = [sheet.lines[-1][1] for sheet in sheets]
    assert [end for end in ends if any(end in heading for heading in headings)] == []


def test_the_page_asks_for_nothing_and_nothing_complains(open_page: Open, example: Path) -> None:
    with open_page(example) as page:
        page.page.wait_for_load_state("networkidle")
        assert [request for request in page.requests if not request.startswith("data:")] == [example.as_uri()]
        assert page.complaints == []


def test_the_policy_stops_what_somebody_might_smuggle_in(open_page: Open, example: Path, tmp_path: Path) -> None:
    smuggled = "<script>document.title = 'owned'</script><img src='http://192.0.2.66/x.png'></body>"
    file = tmp_path / "smuggled.html"
    file.write_text(example.read_text(encoding="utf-8").replace("</body>", smuggled), encoding="utf-8")
    with open_page(file) as page:
        assert page.page.title().startswith("1 error on rs2")
        assert len([said for said in page.complaints if "Content Security Policy" in said]) == 2


def test_no_width_of_a_phone_and_no_name_makes_the_page_scroll_sideways(
    open_page: Open, example: Path, write: Write, examinations: ModuleType
) -> None:
    for examination in (None, full(examinations), examinations.hostile(examinations.LONG)):
        file = write(examination) if examination else example
        with open_page(file, viewport={"width": 360, "height": 740}) as page:
            page.ask("for (const details of document.querySelectorAll('details')) details.open = true")
            assert page.ask("document.documentElement.scrollWidth") == 360


def test_hostile_names_are_text_on_the_screen(open_page: Open, write: Write, examinations: ModuleType) -> None:
    for text in (examinations.ESCAPE, examinations.HTML, examinations.TURNED):
        with open_page(write(examinations.hostile(text))) as page:
            assert legible(text) in (page.page.locator("h3 .message").first.text_content() or "")
            assert page.complaints == []


@pytest.mark.parametrize("served_by_jenkins", [False, True])
def test_without_scripts_and_without_style_everything_is_there(
    open_page: Open, example: Path, tmp_path: Path, served_by_jenkins: bool
) -> None:
    if not served_by_jenkins:
        bare = tmp_path / "bare.html"
        source = example.read_text(encoding="utf-8")
        bare.write_text(source[: source.index("<style>")] + source[source.index("</style>") :], encoding="utf-8")
        example = bare
    with open_page(example, java_script_enabled=False) as page:
        if served_by_jenkins:
            body = example.read_bytes()
            headers = {"Content-Security-Policy": JENKINS, "Content-Type": "text/html; charset=utf-8"}
            page.page.route("http://jenkins.example/**", lambda route: route.fulfill(body=body, headers=headers))
            page.page.goto("http://jenkins.example/page.html")
        text = page.page.locator("body").inner_text()
        told = (
            "1 error on rs2",
            "rs2/sysctl.txt:8 cause",
            "net.ipv4.conf.all.arp_ignore = 0",
            "effective value on eth0 = max(all 0, eth0 0) = 0",
            "Fix now, on rs2",
            "sysctl -w net.ipv4.conf.all.arp_ignore=1",
            "Fix for good, on rs2",
            "Nodes",
            "Passed",
        )
        for each in told:
            assert each in text
            text = text.partition(each)[2]
        assert page.page.locator("button:visible, form:visible").count() == 0
        folded = page.page.get_by_text("looked and found nothing")
        folded.click()
        assert page.page.get_by_text("vip-missing-on-director").first.is_visible()


def test_filters_leave_what_was_asked_for_and_live_in_the_address(
    open_page: Open, write: Write, examinations: ModuleType
) -> None:
    file = write(full(examinations))
    with open_page(file) as page:
        form, everything = page.page.locator("#filter"), shown(page)
        form.get_by_label("errors").uncheck()
        form.get_by_label("Node").select_option("rs1")
        page.page.wait_for_url("**/page.html#sev=warning%2Cnote&node=rs1")
        assert [message.partition(" drops")[0] for message in shown(page)] == ["rs1"]
        assert form.locator("output").inner_text().startswith("1 of ")
        assert form.locator("output").get_attribute("aria-live") == "polite"
        form.get_by_role("button", name="Show all").click()
        page.page.wait_for_url("**/page.html")
        assert shown(page) == everything
        form.get_by_label("Text").fill("WEB9 eth7")
        page.page.wait_for_url("**/page.html#q=WEB9+eth7")
        assert len(shown(page)) == 2
        form.get_by_label("show accepted").uncheck()
        page.page.wait_for_url("**/page.html#q=WEB9+eth7&accepted=no")
        address, left = page.page.url, shown(page)
        assert len(left) == 1
        assert page.page.get_by_role("heading", name="Accepted").is_hidden()
    with open_page(file, "#" + address.partition("#")[2]) as page:
        assert shown(page) == left
        assert page.page.get_by_label("Text").input_value() == "WEB9 eth7"


def test_an_address_that_names_nothing_of_this_page_hides_nothing(
    open_page: Open, write: Write, examinations: ModuleType
) -> None:
    file = write(full(examinations))
    with open_page(file) as page:
        everything = shown(page)
    with open_page(file, "#node=ghost&rule=%3Cscript%3E&colour=red") as page:
        assert shown(page) == everything
        assert page.complaints == []


def test_a_link_to_a_finding_opens_it_and_shows_it_even_if_it_is_filtered_away(
    open_page: Open, write: Write, examinations: ModuleType
) -> None:
    with open_page(write(full(examinations)), "#q=tunl0") as page:
        assert len(shown(page)) == 1
        link = page.page.locator(".matrix a").first
        target = (link.get_attribute("href") or "").removeprefix("#")
        link.click()
        page.page.wait_for_function("id => document.getElementById(id).checkVisibility()", arg=target)
        assert page.page.locator(f"#{target}[open], div#{target}").count() == 1


def test_the_keyboard_alone_filters_unfolds_and_copies(open_page: Open, write: Write, examinations: ModuleType) -> None:
    with open_page(write(full(examinations)), permissions=["clipboard-read", "clipboard-write"]) as page:
        keys, reached = page.page.keyboard, dict[str, Any]()
        unframed = []
        for _ in range(200):
            keys.press("Tab")
            at, frame = page.ask(
                "() => { const at = document.activeElement; return [at.tagName + ' ' + (at.className || at.name || ''),"
                " getComputedStyle(at).outlineStyle]; }"
            )
            if at.startswith("BODY"):
                break
            reached.setdefault(at, at)
            if frame == "none":
                unframed.append(at)
            if at == "SUMMARY " and "folds" not in reached:
                keys.press("Enter")
                reached["folds"] = page.ask("document.activeElement.parentElement.open")
            if at == "BUTTON copy" and "copied" not in reached:
                keys.press("Enter")
                page.page.wait_for_function("document.activeElement.textContent === 'Copied'")
                reached["copied"] = page.ask("navigator.clipboard.readText()")
            if at == "INPUT q":
                keys.type("tunl0")
                page.page.wait_for_url("**#q=tunl0")
        assert unframed == []
        assert {"A skip", "INPUT sev", "SELECT node", "INPUT q", "BUTTON ", "BUTTON copy", "DIV matrix"} <= set(reached)
        assert reached["folds"] is True
        assert reached["copied"]


def test_a_copied_fix_is_the_commands_and_nothing_else(open_page: Open, example: Path) -> None:
    with open_page(example, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.page.get_by_role("button", name="Copy").first.click()
        page.page.wait_for_function("document.querySelector('.copy').textContent === 'Copied'")
        fix = "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2"
        assert page.ask("navigator.clipboard.readText()") == fix


def test_where_there_is_no_clipboard_the_old_way_copies(open_page: Open, example: Path) -> None:
    with open_page(example) as page:
        page.ask("navigator.clipboard.writeText = () => Promise.reject(new Error('not here')); 0")
        page.page.get_by_role("button", name="Copy").first.click()
        page.page.wait_for_function("document.querySelector('.copy').textContent !== 'Copy'")
        assert page.ask("getSelection().toString()").startswith("sysctl -w")


@pytest.mark.parametrize("scripts", [True, False])
def test_on_paper_everything_is_unfolded_and_nothing_can_be_pressed(
    open_page: Open, write: Write, examinations: ModuleType, scripts: bool
) -> None:
    with open_page(write(full(examinations)), java_script_enabled=scripts) as page:
        page.page.emulate_media(media="print", color_scheme="dark")
        folded = page.page.locator(".rules li")
        assert folded.count() > 1
        assert all(each.is_visible() for each in folded.all())
        assert page.page.locator("button:visible, form:visible, nav:visible").count() == 0
        paper = page.page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") if scripts else ""
        assert paper in ("rgb(255, 255, 255)", "")


def test_filtering_five_hundred_nodes_does_not_lay_out_for_each_finding(
    open_page: Open, write: Write, examinations: ModuleType
) -> None:
    names = [f"rs{number}" for number in range(500)]
    diagnoses = tuple(
        replace(examinations.leak(name, severity=severity), rule=rule)
        for rule, severity in (("one", Severity.ERROR), ("two", Severity.WARNING), ("three", Severity.NOTE))
        for name in names
    )
    outcomes = tuple(Outcome(f"rule-{n}", name, Verdict.QUIET) for n in range(36) for name in names)
    nodes = tuple(Examined(name, "") for name in names)
    with open_page(write(Examination(nodes, diagnoses, outcomes))) as page:
        protocol = page.page.context.new_cdp_session(page.page)
        protocol.send("Performance.enable")

        def layouts() -> float:
            metrics = protocol.send("Performance.getMetrics")["metrics"]
            return float(next(each["value"] for each in metrics if each["name"] == "LayoutCount"))

        # The pass in one task, besides which the browser may draw a frame or two; 1500 findings would be 1500 layouts.
        page.ask("document.body.offsetHeight")
        before = layouts()
        page.ask(
            """() => {
                const form = document.getElementById("filter");
                form.elements.q.value = "rs77 ";
                const later = window.setTimeout;
                window.setTimeout = (act) => act();
                form.dispatchEvent(new Event("input"));
                window.setTimeout = later;
            }"""
        )
        assert layouts() - before < 10
        assert page.page.locator("#filter output").inner_text() == "3 of 1500 findings shown"
