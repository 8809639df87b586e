"""The HTML page as it stands in the file; what a browser makes of it: test_html_in_a_browser.py."""

import io
import json
import re
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html.parser import HTMLParser
from ipaddress import ip_address
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lvsdoctor.cli.main import main
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.topology import Answering, Cluster, Forwards, Holder, Host, Part
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Step, StepVerdict, Walk
from lvsdoctor.reporting.page_walks import page_ladders
from lvsdoctor.reportkit import (
    AppliedRule,
    CannotRender,
    Citation,
    Examination,
    Examined,
    Lacking,
    Output,
    Render,
    Seen,
    ServiceOutcome,
    Severity,
)
from lvsdoctor.sanitize import legible
from tests.reports.twelve import write as write_twelve

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "leaking-real-server"
VOID = {"meta", "link", "input", "br"}


@dataclass
class Element:
    """An element, its attributes, and the text in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: tuple[str, ...] = ()


@dataclass
class Read(HTMLParser):
    """The page as a parser sees it: its elements in their order."""

    source: str
    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(
            tag, {name: value or "" for name, value in attributes}, inside=tuple(each.tag for each in self.open)
        )
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        asked = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [e for e in self.elements if e.tag == tag and asked.items() <= e.attributes.items()]

    def single(self, tag: str, **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found

    def after(self, heading: str) -> str:
        """The text of the section under this second heading."""
        (section,) = (e for e in self.all("section") if e.text.lstrip().startswith(heading))
        return section.text

    def row(self, heading: str) -> str:
        """What stands beside this label of a finding, the first time."""
        return next(e.text.strip() for e in self.all("div") if e.text.strip().startswith(heading))


Written = Callable[[Examination], str]


@pytest.fixture(scope="module")
def written(as_html: Render) -> Written:
    def written(examination: Examination) -> str:
        stream = io.StringIO()
        as_html(examination, Output(stream))
        return stream.getvalue()

    return written


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the example cluster, as the command writes it."""
    file = tmp_path_factory.mktemp("html") / "page.html"
    assert main(["scan", str(EXAMPLE), "-f", f"html={file}"]) == 1
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of one director and twelve real servers with 14 findings."""
    folder = tmp_path_factory.mktemp("twelve")
    main(["scan", str(write_twelve(folder / "dumps")), "-f", f"html={folder / 'page.html'}"])
    return (folder / "page.html").read_text(encoding="utf-8")


def embedded(source: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Read(source).single("script", id="lvsdoctor-result").text)
    return data


# -- it is closed in itself -------------------------------------------------------------------------------------------


def test_the_policy_names_the_one_style_and_the_one_script_and_allows_nothing_else(example: str) -> None:
    page = Read(example)
    policy = page.single("meta", http_equiv="Content-Security-Policy").attributes["content"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    (script,) = (each for each in page.all("script") if not each.attributes)

    def named(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    assert directives == {
        "default-src": "'none'",
        "style-src": named(page.single("style").text),
        "script-src": named(script.text),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_nothing_in_the_page_loads_runs_or_styles_by_itself(written: Written, examinations: ModuleType) -> None:
    for examination in examinations.everything().values():
        for element in Read(written(examination)).elements:
            assert element.tag not in ("iframe", "object", "embed", "img", "base")
            for name, value in element.attributes.items():
                assert not name.startswith("on")
                assert name not in ("style", "src", "srcset", "action", "formaction", "xlink:href")
                assert name != "href" or value.startswith("#") or value == "data:,"


def test_hostile_text_adds_no_element_and_no_attribute(written: Written, examinations: ModuleType) -> None:
    def skeleton(source: str) -> list[tuple[str, list[str]]]:
        return [(element.tag, list(element.attributes)) for element in Read(source).elements]

    def drawn(text: str) -> Examination:
        hosts = (Host(text, Part.DIRECTOR, (text,), True), Host("rs1", Part.REAL_SERVER, ("192.0.2.21",)))
        holders = (Holder(text, text, text, Answering.ANSWERS, False, text),)
        cluster = Cluster(hosts, (text,), holders, (Forwards(text, "rs1", text, text, "DR", 1),))
        examination: Examination = examinations.hostile(text)
        service = ServiceOutcome(
            f"tcp {text}", (text,), (text,), (text,), lacking=(Lacking(text, (text,)),), clients=(text,), condition=text
        )
        return replace(examination, drawn=lambda: cluster, services=(service,), walks=(dying_walk(text),))

    def tags(source: str) -> set[tuple[str, str]]:
        return {(element.tag, name) for element in Read(source).elements for name in ("", *element.attributes)}

    harmless = skeleton(written(examinations.hostile("eth0")))
    harmless_tags = tags(written(drawn("eth0")))
    breakers = (
        '"><img src=x onerror=alert(1)>',
        "' onfocus='alert(1)",
        "</script><!--<script>",
        "</style>",
        "{{ 7*7 }}",
    )
    for text in (*examinations.HOSTILE, *breakers[:-1]):
        assert skeleton(written(examinations.hostile(text))) == harmless
        # How many lines a name takes in the drawing depends on its length.
        assert tags(written(drawn(text))) <= harmless_tags
    assert "{{ 7*7 }}" in written(examinations.hostile(breakers[-1].replace("{{", "{{{{").replace("}}", "}}}}")))


def test_hostile_text_is_shown_as_what_it_is(written: Written, examinations: ModuleType) -> None:
    for text in examinations.HOSTILE:
        source = written(examinations.hostile(text))
        assert source.replace("\n", "").isprintable()
        assert legible(text) in Read(source).single("body").text


def test_the_result_is_in_the_page_as_the_json_report_has_it(
    written: Written, as_json: Render, examinations: ModuleType
) -> None:
    for examination in (*examinations.everything().values(), examinations.hostile("</script><!--\u2028&amp;")):
        stream = io.StringIO()
        as_json(examination, Output(stream))
        embedded = Read(written(examination)).single("script", id="lvsdoctor-result").text
        assert json.loads(embedded) == json.loads(stream.getvalue())
        assert not set("<>&\u2028") & set(embedded)


def test_one_node_is_no_more_than_200_kilobytes(example: str, tmp_path: Path) -> None:
    assert len(example.encode()) < 200_000
    main(["scan", str(EXAMPLE / "rs2"), "-f", f"html={tmp_path / 'rs2.html'}"])
    assert (tmp_path / "rs2.html").stat().st_size < 200_000


# -- what it says -----------------------------------------------------------------------------------------------------


def test_the_verdict_stands_on_top_and_says_which_service_suffers_and_how_much(example: str) -> None:
    page = Read(example)
    assert page.single("h1").text == "1 error on rs2"
    assert page.all("title")[0].text.startswith("1 error on rs2")
    assert page.single("p", class_="suffering").text == (
        "tcp 192.0.2.10:80: 1 of 2 real servers (rs2) receives client traffic directly."
    )


def test_each_service_says_what_becomes_of_its_real_servers_and_leads_to_the_findings(example: str) -> None:
    page = Read(example)
    lines = [" ".join(e.text.split()) for e in page.all("li") if "section" in e.inside and "header" in e.inside]
    assert lines[1:] == [
        "! 1 of 2 real servers receives client traffic directly: rs2 "
        "(clients on the VIP's segment, clients beyond router 192.0.2.1) \u2192 ERROR ARP002 rs2",
        "? 2 of 2 real servers are not known to serve (needed first: ss -lntup of rs1, rs2)",
    ]
    (link,) = [e for e in page.all("a", aria_label="ERROR ARP002 on rs2") if "header" in e.inside]
    assert page.single("div", id=link.attributes["href"].removeprefix("#")).attributes["data-node"] == "rs2"


def test_without_walks_the_verdict_leads_to_the_worst_findings(written: Written, examinations: ModuleType) -> None:
    page = Read(written(examinations.cluster()))
    (first, *_) = (e for e in page.all("a") if "header" in e.inside and "ul" in e.inside)
    assert first.text.startswith("rs1 answers ARP for VIP 192.0.2.10 on eth0")
    assert page.single("article", id=first.attributes["href"].removeprefix("#"))
    assert not page.all("h2", id="services")
    assert not page.all("h2", id="walks")


def test_a_red_host_of_the_drawing_is_one_that_an_error_is_about_and_its_codes_lead_to_it(twelve: str) -> None:
    page, result = Read(twelve), embedded(twelve)
    wrong = {finding["node"] for finding in result["findings"] if finding["severity"] == "error"}
    for drawing in ("pic pic-wide", "pic pic-narrow"):
        place = page.elements.index(page.single("svg", class_=drawing))
        hosts = [e for e in page.elements[place:] if e.tag == "g" and "pic-host" in e.attributes["class"]][:15]
        red = {e.text.strip() for e in hosts if "pic-error" in e.attributes["class"].split()}
        assert len(red) == len(wrong) == 12
        assert all(any(name in text for text in red) for name in wrong)
    targets = {e.attributes["id"] for e in page.elements if "id" in e.attributes}
    links = page.all("a", class_="pic-link")
    assert {e.text for e in links if e.attributes["aria-label"].endswith(", lb1")} == {
        "ERROR NAT003", "ERROR SCH001", "WARNING NAT002"
    }  # fmt: skip
    assert all(e.attributes["href"].removeprefix("#") in targets for e in links)


def test_every_link_leads_somewhere_and_every_id_is_unique(twelve: str, example: str) -> None:
    for source in (twelve, example):
        elements = Read(source).elements
        ids = [e.attributes["id"] for e in elements if "id" in e.attributes]
        assert len(ids) == len(set(ids))
        links = [e.attributes["href"] for e in elements if e.tag == "a"]
        assert {link.removeprefix("#") for link in links} <= set(ids)


def test_an_id_of_a_finding_is_the_same_in_the_next_scan(twelve: str) -> None:
    result = embedded(twelve)
    ids = {e.attributes["id"] for e in Read(twelve).elements if "data-rule" in e.attributes}
    assert ids == {f"finding-{finding['fingerprint'][:10]}" for finding in result["findings"]}


def test_the_first_of_a_kind_is_open_and_the_others_are_folded(twelve: str) -> None:
    page = Read(twelve)
    cases = [e for e in page.all("details", class_="case") if e.attributes["data-rule"] == "arp-ignore-only-on-lo"]
    assert [(e.attributes["data-node"], "open" in e.attributes) for e in cases] == [
        ("rs2", True), ("rs3", False), ("rs5", False)
    ]  # fmt: skip
    assert not any("open" in e.attributes for e in page.all("details") if e.attributes.get("class") != "case")


def test_a_rules_page_is_in_the_page_once_and_folded(twelve: str) -> None:
    page = Read(twelve)
    codes = {finding["code"] for finding in embedded(twelve)["findings"]}
    assert {e.attributes["id"] for e in page.all("details", class_="page")} == {f"page-{code}" for code in codes}
    told = page.single("details", class_="page", id="page-ARP002").text
    for heading in ("What you see", "Why", "Fix", "Fine when", "References"):
        assert heading in told
    assert "## Cases" not in told
    assert twelve.count("One real server gets all the traffic, or gets it in turns") == 1


def test_ladders_show_walks_that_die_with_the_step_and_count_those_that_are_served(twelve: str) -> None:
    page = Read(twelve)
    told = page.after("Packet walks")
    assert "From clients on the VIP's segment" in told
    dying = [e for e in page.all("details", class_="walk dies") if "through rs7, rs8" in e.text]
    assert "on the real server, reply route" in dying[0].text
    assert "rs7/ip-route.txt" in dying[0].text
    assert "assumed: the evidence shows no such client; 8.8.8.8 stands for them. 13 of 16 walks are served." in told
    assert not page.all("details", class_="walk served")


def test_a_page_shows_so_many_ladders_and_services_and_counts_the_rest() -> None:
    far = ip_address("8.8.8.8")
    two = [dying_walk(), replace(dying_walk(), client=ClientClass(ClientPlace.BEYOND_ROUTER, far, router=far))]
    ladders, more = page_ladders(
        [replace(walk, service=f"TCP 192.0.2.10:{port}") for port in range(50) for walk in two]
    )
    assert sum(len(client.ladders) for service in ladders for client in service.clients) == 60
    assert sum(service.left_out for service in ladders) == 20
    assert (len(ladders), more) == (40, 10)


def test_of_very_many_services_some_are_shown_and_the_rest_counted(written: Written, examinations: ModuleType) -> None:
    services = tuple(ServiceOutcome(f"tcp 192.0.2.10:{port}", ("rs1",), losing=("rs1",)) for port in range(3000))
    source = written(replace(examinations.cluster(), services=services))
    page = Read(source)
    assert len([e for e in page.all("li") if e.attributes.get("class") == "service suffers"]) == 100
    assert "2990 more services" in page.single("header").text
    assert "2900 more services: the result that is embedded in this page has all." in page.single("header").text


def test_a_service_that_suffers_without_a_finding_is_no_calm_page(written: Written, examinations: ModuleType) -> None:
    service = ServiceOutcome("tcp 192.0.2.10:80", ("rs1",), losing=("rs1",), clients=("clients",), evidenced=True)
    assert Read(written(examinations.healthy())).single("header").attributes["class"] == "calm"
    page = Read(written(replace(examinations.healthy(), services=(service,))))
    assert page.single("header").attributes["class"] == "unjudged"


def test_files_that_are_not_deployed_yet_are_a_condition(written: Written, examinations: ModuleType) -> None:
    service = ServiceOutcome("tcp 192.0.2.10:80", ("rs1",), losing=("rs1",), condition="Once these files are deployed")
    page = Read(written(replace(examinations.cluster(), services=(service,))))
    assert "Once these files are deployed:" in page.single("ul", class_="services").text


def dying_walk(text: str = "rs1") -> Walk:
    row = Citation(Seen(text, 1, text), "{text}", {"text": text}, settle=text)
    step = StepVerdict(Step(text, Decision.LISTENER, text), Decided.NO, "{text}", (row,), {"text": text}, text)
    client = ClientClass(ClientPlace.ON_SEGMENT, ip_address("192.0.2.100"), evidenced=True, because=(row,))
    vip, rip = ip_address("192.0.2.10"), ip_address("192.0.2.21")
    return Walk(client, f"TCP {text}", vip, 80, "tcp", text, rip, text, Forwarding.DR, 1.0, (step,))


def test_only_the_guilty_line_is_marked_and_in_words_too(example: str) -> None:
    page = Read(example)
    assert [mark.text for mark in page.all("mark")] == ["net.ipv4.conf.all.arp_ignore = 0"]
    (guilty,) = page.all("li", class_="guilty")
    row = "rs2/sysctl.txt:8 cause net.ipv4.conf.all.arp_ignore = 0"
    assert guilty.text.split() == f"{row} effective value on eth0 = max(all 0, eth0 0) = 0".split()


def test_the_cluster_is_drawn_in_the_page_and_told_in_words(example: str) -> None:
    page = Read(example)
    wide, narrow = page.single("svg", class_="pic pic-wide"), page.single("svg", class_="pic pic-narrow")
    assert "answers ARP on eth0" in wide.text
    assert "answers ARP on eth0" in narrow.text
    told = page.single("details", class_="words")
    assert "ERROR ARP002 is about rs2." in told.text
    assert "rs2 (real server) holds 192.0.2.10 on lo and answers ARP for it on eth0, though it should not" in told.text


def test_where_nothing_is_known_of_a_cluster_nothing_is_drawn(written: Written, examinations: ModuleType) -> None:
    page = Read(written(examinations.single_leak()))
    assert not page.all("svg")
    assert not page.all("h2", id="cluster")


def test_a_finding_tells_clients_evidence_and_fix_in_this_order_and_then_the_rules_page(example: str) -> None:
    headings = [element.text for element in Read(example).all("h4")]
    assert headings[:5] == ["Clients", "Also", "Evidence", "Fix now, on rs2", "Fix for good, on rs2"]
    assert headings[5:] == ["Verify", "What you see", "Why", "Fix", "Fine when", "References"]
    page = Read(example)
    assert "One real server gets all the traffic" in page.row("What you see")
    assert "The kernel reads arp_ignore of the interface that receives the request" in page.row("Why")
    now = page.row("Fix now, on rs2")
    assert now.endswith("sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2")
    assert "/etc/sysctl.d/zz-lvs.conf" in page.row("Fix for good, on rs2")


def test_commands_stand_a_line_each_as_they_are_pasted(written: Written, examinations: ModuleType) -> None:
    now, _ = (
        e.text for e in Read(written(examinations.single_leak())).all("pre") if e.text.startswith(("sysctl -w", "echo"))
    )
    assert now == "sysctl -w net.ipv4.conf.all.arp_ignore=1\nsysctl -w net.ipv4.conf.all.arp_announce=2"


def test_without_a_readable_page_a_finding_still_has_evidence_and_fix(
    written: Written, examinations: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "page.md").write_bytes(b"# other\n\xff")
    for path in (tmp_path / "page.md", tmp_path / "absent.md"):
        rule = AppliedRule("arp-ignore-only-on-lo", "ARP002", Severity.ERROR, None, str(path))
        page = Read(written(replace(examinations.single_leak(), rules=(rule,))))
        assert [element.text for element in page.all("h4")] == [
            "Clients",
            "Evidence",
            "Fix now, on rs1",
            "Fix for good, on rs1",
        ]


def test_an_assumption_is_not_guilty_and_names_what_settles_it(written: Written, examinations: ModuleType) -> None:
    page = Read(written(Examination((), (examinations.likely(),), ())))
    assert [mark.text for mark in page.all("mark")] == ["net.ipv4.conf.tunl0.rp_filter = 1"]
    assumed = page.row("Assumed")
    assert "likely, not proved" in assumed
    assert "no policy routing rule" in assumed
    assert assumed.endswith("To settle it, on rs1:\nsysctl net.ipv4.conf.all.rp_filter\nip rule show")


def test_a_fix_on_another_node_says_so_and_warns(written: Written, examinations: ModuleType) -> None:
    page = Read(written(Examination((), (examinations.likely(),), ())))
    assert page.row("Fix now, on director1").endswith("ipvsadm -e -t 192.0.2.10:80 -r 198.51.100.7:80 -g")
    assert "connections that are being tunnelled break" in page.row("Careful")


def test_what_the_wire_contradicts_stands_above_all_findings(written: Written, examinations: ModuleType) -> None:
    page = Read(written(examinations.probed()))
    first = page.all("h2")[0]
    assert first.text == "The wire contradicts this scan"
    told = page.after(first.text)
    assert "web9 kept silent about 192.0.2.11" in told
    assert "a filter that the dumps of web9 do not show" in told
    assert examinations.REQUEST.text in told
    assert "rs1 answered for 192.0.2.10" in page.row("Confirmed by the wire")
    assert page.row("Not probed").endswith("listening would tell")


def test_an_accepted_finding_is_seen_with_its_reason_and_counts_as_nothing(
    written: Written, examinations: ModuleType
) -> None:
    page = Read(written(examinations.agreed()))
    accepted = page.after("Accepted")
    assert "web9 answers ARP" in accepted
    assert "old hardware (by lvsdoctor.toml:12, until 2027-01-01)" in accepted
    assert page.single("h1").text == "2 errors, 1 warning on rs1"
    assert page.single("input", name="accepted")


def test_an_acceptance_that_ended_and_one_that_matches_nothing_are_told(
    written: Written, examinations: ModuleType
) -> None:
    page = Read(written(examinations.agreed()))
    assert "Was accepted until 2026-10-01 (lvsdoctor.toml:30): until the move" in page.row("Counts again")
    assert "nothing matches the acceptance of vip-missing on rs7" in page.after("Remarks")


def test_one_cause_on_many_nodes_is_one_entry_that_explains_once(
    example: str, written: Written, examinations: ModuleType
) -> None:
    page_of_rule = str(ROOT / "rules" / "arp" / "arp_ignore_only_on_lo.md")
    rule = AppliedRule("arp-ignore-only-on-lo", "ARP002", Severity.ERROR, None, page_of_rule)
    leaks = tuple(examinations.leak(f"rs{number}") for number in range(30))
    source = written(Examination((), leaks, (), rules=(rule,)))
    page = Read(source)
    (entry,) = page.all("article")
    assert "arp-ignore-only-on-lo: 30 cases" in entry.text
    assert entry.text.count("One real server gets all the traffic") == 1
    assert [case.attributes["data-node"] for case in page.all("details", class_="case")] == [d.node for d in leaks]


def test_many_nodes_are_a_matrix_of_what_fired_where(written: Written, examinations: ModuleType) -> None:
    few = examinations.cluster()
    assert not Read(written(few)).all("table")
    calm = Examined("rs7", "")
    page = Read(written(replace(few, nodes=(*few.nodes, calm))))
    head, *rows = ([cell.text for cell in _cells(page, row)] for row in page.all("tr"))
    assert head == ["Node", "ARP002", "ARP001", "FWD004", "forwarding-off", "scheduler-ignores-weight"]
    assert rows == [
        ["rs1", "E", "E", "W", "-", "-"],
        ["web9", "W", "-", "-", "?", "-"],
        ["director1", "-", "-", "-", "-", "?"],
    ]
    assert "1 node with nothing to say" in page.after("Nodes and rules")


def test_a_cell_of_the_matrix_leads_to_its_finding(twelve: str) -> None:
    page = Read(twelve)
    (cell,) = [e for e in page.all("a", aria_label="ERROR ADDR001 on rs7") if "table" in e.inside]
    (case,) = [e for e in page.elements if e.attributes.get("id") == cell.attributes["href"].removeprefix("#")]
    assert (case.attributes["data-node"], case.attributes["data-rule"]) == ("rs7", "vip-mask-on-lo-too-wide")


def _cells(page: Read, row: Element) -> list[Element]:
    start = page.elements.index(row) + 1
    rest = page.elements[start:]
    end = next((place for place, e in enumerate(rest) if e.tag not in ("th", "td", "abbr", "a")), len(rest))
    return [e for e in rest[:end] if e.tag in ("th", "td")]


def test_what_was_not_checked_says_how_to_collect_it(written: Written, examinations: ModuleType) -> None:
    page = Read(written(examinations.single_leak()))
    told = page.after("Not checked")
    assert "ip route show table all" in told
    assert "7 rules need sysctl: arp-announce-leaves-source" in told
    assert "CRASHED rule sysctl-unreadable on rs1: ValueError" in told


def test_what_passed_is_there_and_folded(written: Written, examinations: ModuleType) -> None:
    page = Read(written(examinations.single_leak()))
    assert "vip-missing rs1" in page.after("Passed")
    assert "vip-answered rs1 (explained by arp-ignore-only-on-lo)" in page.after("Passed")
    assert [e for e in page.all("details") if "vip-missing" in e.text and "open" in e.attributes] == []


def test_lines_that_were_not_understood_are_quoted_with_their_place(written: Written, examinations: ModuleType) -> None:
    told = Read(written(examinations.single_leak())).after("Lines that were not understood")
    assert re.search(r"rs1/sysctl\.txt:3\s+sysctl: reading key: permission denied", told)


def test_of_very_many_such_lines_the_page_says_how_many_more_there_are(written: Written) -> None:
    lines = tuple(Seen("rs1/x", number, f"line {number}") for number in range(1, 301))
    told = Read(written(Examination((Examined("rs1", "", unread=lines),), (), ()))).after("Lines")
    assert "line 200\n" in told
    assert "line 201\n" not in told
    assert "100 more lines" in told


@pytest.mark.parametrize(
    ("name", "says"),
    [("healthy", "No known pitfall found in what could be checked"), ("nothing", "Nothing was checked")],
)
def test_without_findings_the_verdict_says_how_far_this_reaches(
    written: Written, examinations: ModuleType, name: str, says: str
) -> None:
    assert Read(written(examinations.everything()[name])).single("h1").text == says


def test_the_footer_tells_version_rules_time_and_sources(written: Written, examinations: ModuleType) -> None:
    files = Examined("rs1", "case-4711/rs1", files={"rs1/sysctl.txt": "case-4711/rs1/sysctl.txt"})
    footer = Read(written(replace(examinations.agreed(), nodes=(files,)))).single("footer").text
    assert "lvsdoctor 0.1.0" in footer
    assert "2026-11-02 12:30:00 UTC, in 0.25 s" in footer
    assert "case-4711/rs1/sysctl.txt" in footer


def test_the_same_examination_is_the_same_page(written: Written, examinations: ModuleType) -> None:
    assert written(examinations.cluster()) == written(examinations.cluster())


def test_without_jinja2_one_sentence_says_what_to_install(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(CannotRender, match="jinja2, which is not installed: pip install jinja2"):
        written(Examination((), (), ()))
    file = tmp_path / "page.html"
    file.write_text("the page of yesterday")
    assert main(["scan", str(EXAMPLE), "-f", f"html={file}"]) == 2
    assert capsys.readouterr().err.startswith("lvsdoctor: HTML pages are made with jinja2")
    assert file.read_text() == "the page of yesterday"
