"""The picture of a cluster: one element of SVG that is legible without style, and the same in sentences."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from lvsdoctor.analysis.topology import drawn
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.topology import Answering, Cluster, Forwards, Holder, Host, Part
from lvsdoctor.reporting.diagram import FindingMark, Picture, picture
from lvsdoctor.reporting.rule_page import page_of

VIP = "192.0.2.10"
NASTY = '"><script>alert(1)</script>&\x1b[31m\u202egnp.exe\nsecond line\ud800' + "x" * 300


def tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def classes(element: ElementTree.Element) -> list[str]:
    return element.get("class", "").split()


def parsed(shown: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(shown.svg)


def all_of(shown: Picture, class_: str) -> list[ElementTree.Element]:
    return [element for element in parsed(shown).iter() if class_ in classes(element)]


def says(element: ElementTree.Element) -> list[str]:
    """The lines of text that are seen, without titles."""
    return [each.text or "" for each in element.iter() if tag(each) == "text"]


def box(shown: Picture, name: str) -> ElementTree.Element:
    return next(element for element in all_of(shown, "pic-host") if says(element)[:1] == [name])


def words(shown: Picture) -> list[str]:
    return says(parsed(shown))


def real(number: int, answering: Answering = Answering.SILENT) -> tuple[Host, Holder, Forwards]:
    name = f"rs{number}"
    on = ("eth0",) if answering is Answering.ANSWERS else ()
    return (
        Host(name, Part.REAL_SERVER, (f"192.0.2.{number}",), True),
        Holder(name, VIP, "lo", answering, False, "because", on),
        Forwards("lb1", name, f"tcp {VIP}:80", VIP, "DR", 1),
    )


def cluster(*real_servers: tuple[Host, Holder, Forwards]) -> Cluster:
    gateway_of = ("lb1", *(host.name for host, _, _ in real_servers))
    hosts = (
        Host("clients", Part.CLIENTS),
        Host("192.0.2.1", Part.ROUTER, ("192.0.2.1",), gateway_of=gateway_of),
        Host("lb1", Part.DIRECTOR, ("192.0.2.2",), True),
        *(host for host, _, _ in real_servers),
    )
    balancing = Holder("lb1", VIP, "eth0", Answering.ANSWERS, True, "it is local", ("eth0",))
    return Cluster(
        hosts,
        (VIP,),
        (balancing, *(holder for _, holder, _ in real_servers)),
        tuple(forward for _, _, forward in real_servers),
    )


LEAKING = cluster(real(21), real(22, Answering.ANSWERS))


def test_an_empty_cluster_has_no_picture() -> None:
    assert picture(Cluster()) == Picture("", ())


def test_every_host_has_a_box_in_the_class_of_its_part() -> None:
    shown = picture(LEAKING)
    parts = {says(each)[0]: classes(each)[1] for each in all_of(shown, "pic-host")}
    assert parts == {
        "clients": "pic-clients",
        "192.0.2.1": "pic-router",
        "lb1": "pic-director",
        "rs21": "pic-real-server",
        "rs22": "pic-real-server",
    }


def test_who_answers_is_told_by_word_and_mark_in_the_box() -> None:
    shown = picture(LEAKING)
    assert says(box(shown, "rs22"))[-3:] == [VIP, "answers ARP on eth0", "and should not"]
    assert says(box(shown, "rs21"))[-2:] == [VIP, "on lo, silent"]
    assert says(box(shown, "lb1"))[-2:] == [VIP, "answers ARP on eth0"]
    marks = {
        says(each)[0]: [mark.get("class") for mark in each.iter() if "pic-mark" in classes(mark)]
        for each in all_of(shown, "pic-host")
    }
    assert marks["rs22"] == ["pic-mark pic-wrong"]
    assert marks["rs21"] == ["pic-mark pic-silent"]
    assert marks["lb1"] == ["pic-mark pic-right"]


def test_a_wrong_answer_has_a_line_of_its_own_to_the_segment() -> None:
    shown = picture(LEAKING)
    (segment,) = all_of(shown, "pic-segment")
    (wrong,) = [line for line in all_of(shown, "pic-line") if "pic-wrong" in classes(line)]
    assert wrong.get("points", "").endswith(f",{segment.get('points', '').rpartition(',')[2]}")
    assert wrong.get("stroke-dasharray")
    assert not [line for line in all_of(picture(cluster(real(21))), "pic-line") if "pic-wrong" in classes(line)]


def test_an_edge_says_how_what_is_forwarded_and_its_weight() -> None:
    assert words(picture(LEAKING)).count("DR · tcp 80 · weight 1") == 2
    assert len(all_of(picture(LEAKING), "pic-dr")) == 2


def test_services_that_are_forwarded_alike_are_one_edge() -> None:
    host, holder, forward = real(21)
    secure = replace(forward, service=f"tcp {VIP}:443")
    plain = replace(forward, service=f"udp {VIP}:0")
    shown = picture(replace(cluster((host, holder, forward)), forwards=(forward, secure, plain)))
    at = words(shown).index("DR · tcp 80, 443, udp all ports ·")
    assert words(shown)[at + 1] == "weight 1"
    narrow = says(ElementTree.fromstring(shown.narrow))
    assert narrow[narrow.index("DR · tcp 80, 443, udp all") + 1] == "ports · weight 1"
    assert len(all_of(shown, "pic-edge")) == 1
    assert shown.text[-1] == (
        f"lb1 forwards tcp {VIP}:80, tcp {VIP}:443 and udp {VIP}:0 to rs21 (192.0.2.21) by direct routing, weight 1."
    )


def test_a_real_server_that_is_not_scanned_says_so() -> None:
    host, _, forward = real(21)
    ghost = replace(host, scanned=False, name="192.0.2.21")
    shown = picture(
        replace(
            cluster((host, real(21)[1], forward)),
            hosts=(Host("clients", Part.CLIENTS), Host("lb1", Part.DIRECTOR, scanned=True), ghost),
            holders=(),
            forwards=(replace(forward, real_server="192.0.2.21"),),
        )
    )
    assert "real server, not scanned" in says(box(shown, "192.0.2.21"))
    assert "pic-ghost" in classes(box(shown, "192.0.2.21"))


def test_a_director_that_nobody_scanned_is_shown_as_missing() -> None:
    alone = replace(cluster(real(21)), hosts=(Host("clients", Part.CLIENTS), real(21)[0]), forwards=())
    assert "not in this scan" in says(box(picture(alone), "director"))


def test_the_text_says_all_of_it_the_wrong_first() -> None:
    assert picture(LEAKING).text == (
        f"Clients reach VIP {VIP} through router 192.0.2.1.",
        f"rs22 (real server) holds {VIP} on lo and answers ARP for it on eth0, though it should not (because).",
        f"lb1 (director) holds {VIP} on eth0 and answers ARP for it, as it should.",
        f"rs21 (real server) holds {VIP} on lo and does not answer for it, which is right (because).",
        f"lb1 forwards tcp {VIP}:80 to rs21 (192.0.2.21) and rs22 (192.0.2.22) by direct routing, weight 1.",
    )


@pytest.mark.parametrize(
    ("holder", "sentence"),
    [
        (
            Holder("lb1", VIP, "lo", Answering.SILENT, True, "arp_ignore=1"),
            f"lb1 (director) holds {VIP} on lo and does not answer for it, though it should answer (arp_ignore=1).",
        ),
        (
            Holder("lb1", VIP, "lo", Answering.UNKNOWN, True, "sysctl not collected"),
            f"lb1 (director) holds {VIP} on lo; whether it answers ARP for it is not known (sysctl not collected).",
        ),
        (
            Holder("lb1", VIP, "", Answering.UNKNOWN, True),
            f"Whether lb1 (director) answers ARP for {VIP} is not known.",
        ),
        (
            Holder("lb1", VIP, "", Answering.ANSWERS, False, "by proxy", ("eth1",)),
            f"lb1 (director) answers ARP for {VIP} on eth1, though it should not (by proxy).",
        ),
    ],
)
def test_each_way_to_hold_a_vip_has_its_sentence(holder: Holder, sentence: str) -> None:
    assert sentence in picture(replace(LEAKING, holders=(holder,))).text


def test_where_nobody_answers_the_text_says_so() -> None:
    silent = Holder("lb1", VIP, "lo", Answering.SILENT, True, "arp_ignore=1")
    assert f"No host of this scan answers ARP for {VIP}." in picture(replace(LEAKING, holders=(silent,))).text
    assert not any(line.startswith("No host") for line in picture(LEAKING).text)


def test_a_standby_director_holds_nothing_and_both_say_it() -> None:
    forwards = (*LEAKING.forwards, *(replace(each, director="lb2") for each in LEAKING.forwards))
    pair = replace(LEAKING, hosts=(*LEAKING.hosts, Host("lb2", Part.DIRECTOR, (), True)), forwards=forwards)
    shown = picture(pair)
    assert f"lb2 (director) does not hold {VIP}." in shown.text
    assert says(box(shown, "lb2"))[-2:] == [VIP, "not held"]


def test_an_ipv6_vip_is_asked_for_by_solicitation() -> None:
    six = Holder("lb1", "2001:db8::10", "eth0", Answering.ANSWERS, True, "", ("eth0",))
    shown = picture(replace(LEAKING, vips=("2001:db8::10",), holders=(six,), forwards=()))
    assert "answers ND on eth0" in says(box(shown, "lb1"))
    assert "answers neighbour solicitations for it, as it should." in " ".join(shown.text)


def test_of_many_real_servers_those_that_answer_wrongly_are_shown_and_the_others_counted() -> None:
    many = cluster(*(real(n, Answering.ANSWERS if n == 177 else Answering.SILENT) for n in range(500)))
    shown = picture(many)
    names = [says(each)[0] for each in all_of(shown, "pic-real-server")]
    assert names[0] == "rs177"
    assert len(names) == 12
    (rest,) = all_of(shown, "pic-rest")
    assert says(rest) == ["and 488 more real servers, all alike", f"{VIP} on lo, silent; DR · tcp 80 · weight 1"]
    told = [line for line in shown.text if "do not answer" in line]
    assert told == [
        "rs0, rs1, rs2, rs3, rs4, rs5, rs6, rs7 and 491 more (real servers) hold "
        f"{VIP} on lo and do not answer for it, which is right (because)."
    ]
    assert len(shown.svg) < 40_000


def test_wrong_answers_that_are_not_shown_are_counted() -> None:
    many = cluster(*(real(n, Answering.ANSWERS if n % 2 else Answering.SILENT) for n in range(100)))
    (rest,) = all_of(picture(many), "pic-rest")
    assert " ".join(says(rest)) == (
        f"and 88 more real servers 38: {VIP} answers ARP on eth0 and should not; DR · tcp 80 · weight 1 "
        f"50: {VIP} on lo, silent; DR · tcp 80 · weight 1"
    )


def mark(code: str, severity: Severity = Severity.ERROR) -> FindingMark:
    return FindingMark(code, severity, f"finding-{code}")


def test_hosts_of_which_something_was_found_are_among_those_shown() -> None:
    many = cluster(*map(real, range(50)))
    assert "rs41" not in words(picture(many))
    assert says(all_of(picture(many, {"rs41": (mark("ARP002"),)}), "pic-real-server")[0])[0] == "rs41"


def test_a_host_is_red_exactly_if_an_error_is_about_it() -> None:
    shown = picture(LEAKING, {"rs21": (mark("ADDR001"),), "lb1": (mark("NAT002", Severity.WARNING),)})
    red = [says(each)[0] for each in all_of(shown, "pic-host") if "pic-error" in classes(each)]
    assert red == ["rs21"]
    assert "pic-warning" in classes(box(shown, "lb1"))
    # rs22 answers and should not: of that no error is known here, so neither its box nor its line is red.
    (line,) = [line for line in all_of(shown, "pic-line") if "pic-wrong" in classes(line)]
    assert "pic-error" not in classes(line)
    (line,) = [line for line in all_of(picture(LEAKING, {"rs22": (mark("ARP002"),)}), "pic-line")
               if "pic-wrong" in classes(line)]  # fmt: skip
    assert "pic-error" in classes(line)


def test_each_code_is_named_once_in_the_box_and_leads_to_its_finding() -> None:
    first, second = mark("ARP002"), replace(mark("ARP002"), target="finding-other")
    shown = picture(LEAKING, {"rs22": (first, second, mark("ADDR001"))})
    links = [e for e in box(shown, "rs22").iter() if tag(e) == "a"]
    assert [(says(e), e.get("href"), e.get("aria-label")) for e in links] == [
        (["ERROR ARP002"], "#finding-ARP002", "ERROR ARP002, rs22"),
        (["ERROR ADDR001"], "#finding-ADDR001", "ERROR ADDR001, rs22"),
    ]
    assert parsed(shown).get("role") == "group"


def test_of_many_codes_some_are_named_and_the_rest_counted() -> None:
    shown = picture(LEAKING, {"rs22": tuple(mark(f"ARP00{number}") for number in range(1, 8))})
    assert says(box(shown, "rs22"))[-2:] == ["ERROR ARP004", "and 3 more"]


def test_the_words_name_what_was_found_first() -> None:
    shown = picture(LEAKING, {"rs22": (mark("ARP002"),), "rs21": (mark("ARP002"), mark("SYS001", Severity.NOTE))})
    assert shown.text[:2] == ("ERROR ARP002 is about rs21 and rs22.", "NOTE SYS001 is about rs21.")


def test_the_words_name_hosts_in_natural_order() -> None:
    shown = picture(cluster(*map(real, (11, 2))), {"rs11": (mark("ARP002"),), "rs2": (mark("ARP002"),)})
    assert shown.text[0] == "ERROR ARP002 is about rs2 and rs11."
    assert any("to rs2 (192.0.2.2) and rs11 (192.0.2.11) by direct routing" in text for text in shown.text)


@pytest.mark.parametrize(("number", "columns"), [(1, 1), (4, 4), (5, 5), (6, 6), (8, 4), (10, 5), (12, 6)])
def test_real_servers_stand_in_four_to_six_columns_and_on_a_phone_in_two(number: int, columns: int) -> None:
    shown = picture(cluster(*map(real, range(1, number + 1))))

    def columns_of(svg: str) -> int:
        boxes = [e for e in ElementTree.fromstring(svg).iter() if "pic-real-server" in classes(e)]
        return len({frame.get("x") for e in boxes for frame in e if "pic-frame" in classes(frame)})

    assert columns_of(shown.svg) == columns
    assert columns_of(shown.narrow) == min(2, number)


def test_real_servers_stand_in_natural_order() -> None:
    shown = picture(cluster(*map(real, (1, 10, 11, 2))))
    assert [says(each)[0] for each in all_of(shown, "pic-real-server")] == ["rs1", "rs2", "rs10", "rs11"]


def test_no_line_runs_behind_a_box_up_to_the_segment() -> None:
    for number in range(1, 13):
        real_servers = [real(n, Answering.ANSWERS) for n in range(1, number + 1)]
        for directors in (1, 2, 3):
            shown = picture(with_directors(cluster(*real_servers), directors))
            frames = [
                tuple(float(frame.get(key, "")) for key in ("x", "y", "width", "height"))
                for frame in all_of(shown, "pic-frame")
            ]
            for line in all_of(shown, "pic-line"):
                points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
                if "pic-wrong" not in classes(line) or len(points) < 3:
                    continue
                x, top = points[-1]
                bottom = points[-2][1]
                for left, y, width, height in frames:
                    assert not (left < x < left + width and y < bottom and y + height > top), (number, directors)


def with_directors(drawn_cluster: Cluster, number: int) -> Cluster:
    more = [f"lb{place}" for place in range(2, number + 1)]
    forwards = [replace(forward, director=name) for name in more for forward in drawn_cluster.forwards]
    hosts = [*drawn_cluster.hosts, *(Host(name, Part.DIRECTOR, (), True) for name in more)]
    return replace(drawn_cluster, hosts=tuple(hosts), forwards=(*drawn_cluster.forwards, *forwards))


def test_many_vips_share_a_badge() -> None:
    vips = tuple(f"198.51.100.{number}" for number in range(20))
    held = tuple(Holder("lb1", vip, "eth0", Answering.ANSWERS, True, "", ("eth0",)) for vip in vips)
    shown = picture(replace(LEAKING, vips=vips, holders=held, forwards=(), left_out=7))
    assert says(box(shown, "lb1"))[-2:] == ["198.51.100.0 +19 more", "answers ARP on eth0"]
    assert "7 more VIPs are not drawn." in shown.text


def nasty() -> Cluster:
    host = Host(NASTY, Part.REAL_SERVER, (NASTY,), True, (NASTY,))
    return Cluster(
        (Host("clients", Part.CLIENTS), Host(NASTY + "r", Part.ROUTER, (NASTY,), False, ("lb1",)),
         Host("lb1", Part.DIRECTOR, (), True, ()), host, Host("", Part.OTHER, ("",), True)),
        (VIP, NASTY),
        (Holder(NASTY, VIP, NASTY, Answering.ANSWERS, False, NASTY, (NASTY, NASTY)),
         Holder("nowhere", NASTY, NASTY, Answering.SILENT, True, NASTY)),
        (Forwards("lb1", NASTY, NASTY, NASTY, NASTY, -1), Forwards("lb1", "nowhere", "", "", "", None)),
    )  # fmt: skip


def test_what_a_stranger_wrote_stays_text() -> None:
    shown = picture(nasty())
    assert {tag(element) for element in parsed(shown).iter()} <= {
        "svg", "title", "desc", "g", "rect", "text", "polyline", "polygon", "path"
    }  # fmt: skip
    assert "\\x1b[31m" in shown.svg
    for letter in ("\x1b", "\u202e", "\ud800", "\n"):
        assert letter not in shown.svg
        assert all(letter not in line for line in shown.text)


def test_no_text_is_wider_than_its_place() -> None:
    for line in words(picture(nasty())):
        assert len(line) <= 62, line


def test_no_style_no_script_nothing_from_elsewhere() -> None:
    for shown in (picture(LEAKING), picture(nasty()), picture(nasty(), {NASTY: (mark(NASTY),), "lb1": (mark("a"),)})):
        for root in (parsed(shown), ElementTree.fromstring(shown.narrow)):
            for element in root.iter():
                assert "style" not in element.attrib
                assert not [name for name in element.attrib if name.startswith("on") or name.endswith(":href")]
                assert element.get("href", "#").startswith("#")
                assert "url(" not in "".join(element.attrib.values())
            assert {tag(element) for element in root.iter()}.isdisjoint({"style", "script", "image", "use"})


def test_it_is_an_image_with_a_name_and_a_description() -> None:
    root = parsed(picture(LEAKING))
    named = {each.get("id"): each.text for each in root if tag(each) in ("title", "desc")}
    assert root.get("role") == "img"
    assert root.get("aria-labelledby", "").split() == list(named)
    assert named["pic-title"] == f"The cluster of {VIP}"
    assert "rs22 (real server)" in str(named["pic-desc"])


def test_everything_drawn_stays_inside_the_picture() -> None:
    for shown in (picture(LEAKING), picture(nasty()), picture(cluster(*map(real, range(40))))):
        root = parsed(shown)
        _, _, width, height = map(float, root.get("viewBox", "").split())
        for element in root.iter():
            if tag(element) == "rect":
                assert float(element.get("x", "")) + float(element.get("width", "")) <= width
                assert float(element.get("y", "")) + float(element.get("height", "")) <= height
            if tag(element) in ("polyline", "polygon"):
                points = [tuple(map(float, point.split(","))) for point in element.get("points", "").split()]
                assert all(0 <= x <= width and 0 <= y <= height for x, y in points)


CASES = [case for rule in load_rules() for case in cases_of(page_of(rule)) if case.expects == "fires"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title.replace(" ", "-"))
def test_every_case_of_every_rule_has_a_picture_that_names_its_nodes(case: Case) -> None:
    found = drawn(nodes_in(case))
    shown = picture(found)
    if found == Cluster():
        assert shown == Picture()
        return
    told = "\n".join(words(shown))
    for host in found.hosts:
        if host.part in (Part.DIRECTOR, Part.REAL_SERVER):
            assert host.name[:8] in told
    for holder in found.holders:
        assert any(holder.vip in line for line in shown.text)
