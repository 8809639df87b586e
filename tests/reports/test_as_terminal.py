"""The report for people: what the tired operator must find in it."""

import io
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from lvsdoctor.model.coverage import Coverage
from lvsdoctor.model.examination import Examined
from lvsdoctor.reportkit import Examination, Output, Render
from lvsdoctor.sanitize import cells, legible

ROOT = Path(__file__).parents[2]
Shown = Callable[..., str]


def block(text: str, start: str) -> list[str]:
    """The lines that follow the line `start`, as long as they are indented deeper."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(start))
    depth = len(lines[at]) - len(lines[at].lstrip())
    found = []
    for line in lines[at + 1 :]:
        if len(line) - len(line.lstrip()) <= depth:
            break
        found.append(line)
    return found


def unwrapped(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_a_finding_says_how_bad_it_is_which_rule_and_where_to_read_on(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.single_leak())
    assert "ERROR ARP002 rs1 answers ARP for VIP 192.0.2.10 on eth0: arp_ignore=1 is set on lo" in unwrapped(text)
    assert "\n  More: lvsdoctor explain arp-ignore-only-on-lo\n" in text


def test_one_pitfall_of_two_vips_is_said_twice_and_mended_once(shown: Shown, examinations: ModuleType) -> None:
    one = examinations.single_leak()
    two = replace(one, diagnoses=(examinations.leak(), examinations.leak(vip="192.0.2.11")))
    text = unwrapped(shown(two))
    assert "answers ARP for VIP 192.0.2.10" in text
    assert "answers ARP for VIP 192.0.2.11" in text
    assert text.count("Fix now, on rs1:") == text.count("net.ipv4.conf.lo.arp_ignore = 1") == 1


def test_evidence_is_place_line_and_meaning(shown: Shown, examinations: ModuleType) -> None:
    wide = shown(examinations.single_leak(), width=160)
    assert "  > rs1/sysctl.txt:212 | net.ipv4.conf.lo.arp_ignore = 1     <- set here, read by nobody\n" in wide
    assert "    rs1/ip-addr.txt:7  | inet 192.0.2.10/32 scope global lo  <- the VIP is local\n" in wide
    narrow = shown(examinations.single_leak(), width=80)
    assert "    rs1/ip-addr.txt:7  | inet 192.0.2.10/32 scope global lo\n" in narrow
    assert "                         <- the VIP is local\n" in narrow


def test_a_kernel_answer_is_quoted_without_a_line_number(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.cluster(), width=160)
    assert "netlink RTM_GETADDR lo                       | 192.0.2.10/32 scope global  <- the VIP is local" in text
    assert "/proc/sys/net/ipv4/conf/bond0.100/arp_ignore | 0\n" in text


def test_fix_commands_can_be_pasted_as_they_stand(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.single_leak(), width=60)
    assert block(text, "  Fix now, on rs1:") == [
        "    sysctl -w net.ipv4.conf.all.arp_ignore=1",
        "    sysctl -w net.ipv4.conf.all.arp_announce=2",
    ]
    command, *comment = block(text, "  Fix for good, on rs1:")
    assert command == (
        "    echo net.ipv4.conf.all.arp_ignore=1 >> /etc/sysctl.d/60-lvs-real-server-quiet-about-its-vips.conf"
    )
    assert len(comment) > 1
    assert all(line.startswith("    # ") for line in comment)


def test_a_fix_for_another_node_names_it_and_warns(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.cluster())
    assert block(text, "  Fix now, on director1:") == ["    ipvsadm -e -t 192.0.2.10:80 -r 198.51.100.7:80 -g"]
    assert "Careful: connections that are being tunnelled break" in text


def test_a_likely_finding_says_what_was_assumed_and_what_settles_it(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.cluster(), width=160)
    assert block(text, "  Assumed:") == [
        "    kernel default | net.ipv4.conf.all.rp_filter = 0  <- the larger of the two counts",
        "    assumed        | no policy routing rule           <- ip rule was not collected",
    ]
    assert block(text, "  To settle it, on rs1:") == ["    sysctl net.ipv4.conf.all.rp_filter", "    ip rule show"]


def test_a_proved_finding_does_not_speak_of_certainty(shown: Shown, examinations: ModuleType) -> None:
    assert "Likely" not in shown(examinations.single_leak())


def test_the_worst_node_stands_first(shown: Shown, examinations: ModuleType) -> None:
    headings = [line.split(" -")[0] for line in shown(examinations.cluster()).splitlines() if line.endswith("----")]
    assert headings == ["rs1", "web9", "director1"]


def test_a_role_is_shown_with_its_reason(shown: Shown, examinations: ModuleType) -> None:
    assert "  real server: carries VIP 192.0.2.10 on lo, rs1/ip-addr.txt:7\n" in shown(examinations.single_leak())


def test_a_node_without_a_role_tells_how_to_name_one(shown: Shown, examinations: ModuleType) -> None:
    text = unwrapped(shown(examinations.cluster()))
    assert "role not known: the IPVS table and the addresses are not in the evidence." in text
    assert "--role director, or --role real-server --vip ADDRESS" in text


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (("addresses", "ipvs"), "no role found: no IPVS services, no VIP."),
        (("ipvs",), "role not known: no IPVS services; the addresses are not in the evidence."),
        (("addresses",), "role not known: no VIP; the IPVS table is not in the evidence."),
    ],
)
def test_of_a_node_without_a_role_it_is_named_what_was_looked_at(
    shown: Shown, facts: tuple[str, ...], sentence: str
) -> None:
    node = Examined("rs1", "", facts={fact: Coverage() for fact in facts})
    assert sentence in unwrapped(shown(Examination((node,), (), ())))


def test_notes_of_a_node_are_shown(shown: Shown, examinations: ModuleType) -> None:
    assert "  note: rs1/ip-addr.txt ends in the middle of eth3\n" in shown(examinations.single_leak())


def test_a_missing_command_is_named_once_for_all_its_rules(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.single_leak())
    missing = block(text, "  Not checked:")
    assert [line for line in missing if line[4] != " "] == [
        "    sysctl -a",
        "    ip route show table all",
        "    ip rule show",
    ]
    assert (
        "7 rules need sysctl: arp-announce-leaves-source, arp-filter-silences-link, redirects-still-sent and 4 more"
        in (unwrapped("\n".join(missing)))
    )
    assert "2 rules need routes, local-routes: route-by-mark, local-route-holds-vip" in unwrapped("\n".join(missing))


def test_verbose_names_every_rule_that_was_not_checked(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.single_leak(), verbose=1)
    assert all(rule in text for rule in examinations.UNCHECKED)
    assert "more\n" not in text


def test_a_fact_missing_on_another_node_names_that_node(shown: Shown, examinations: ModuleType) -> None:
    outcome = examinations.not_checked("dr-without-vip", ("ipvs", "ipvsadm -Sn"), node="director1")
    text = shown(Examination((examinations.RS1,), (), (replace(outcome, node="rs1"),)))
    assert "1 rule needs ipvs of director1: dr-without-vip" in text


@pytest.mark.parametrize("how", [{}, {"quiet": True}, {"verbose": 1}])
def test_a_crash_is_always_shown(shown: Shown, examinations: ModuleType, how: dict[str, object]) -> None:
    text = unwrapped(shown(examinations.single_leak(), **how))
    assert "CRASHED rule sysctl-unreadable on rs1: ValueError: invalid literal for int() with base 10: 'yes'" in text
    assert "this is our bug" in text


def test_the_traceback_is_shown_when_asked_for(shown: Shown, examinations: ModuleType) -> None:
    line = "        findings = tuple(rule.check(view))\n"
    assert line in shown(examinations.single_leak(), verbose=1)
    assert line not in shown(examinations.single_leak())
    assert "-v shows the traceback" in unwrapped(shown(examinations.single_leak()))


def test_unread_lines_are_counted_by_file_and_listed_when_asked_for(shown: Shown, examinations: ModuleType) -> None:
    text = unwrapped(shown(examinations.single_leak()))
    assert "3 lines not understood: 2 of rs1/ip-addr.txt (1, 9), 1 of rs1/sysctl.txt (3); -v lists them." in text
    assert block(shown(examinations.single_leak(), verbose=1), "  3 lines not understood:") == [
        "    rs1/ip-addr.txt:1 | -- garbled --",
        "    rs1/ip-addr.txt:9 | valid_lft",
        "    rs1/sysctl.txt:3  | sysctl: reading key: permission denied",
    ]


def test_verbose_shows_the_rules_that_kept_silent(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.single_leak(), verbose=1)
    assert "Quiet: vip-answered (explained by arp-ignore-only-on-lo), vip-missing\n" in text
    assert "Not applicable: persistence-split\n" in text
    assert "vip-missing" not in shown(examinations.single_leak())


def test_finding_nothing_says_what_was_checked(shown: Shown, examinations: ModuleType) -> None:
    text = " ".join(shown(examinations.healthy()).split())
    assert "No known pitfall found in what could be checked on rs1: 18 rules checked, 5 not checked." in text


def test_checking_nothing_is_not_called_healthy(shown: Shown, examinations: ModuleType) -> None:
    outcomes = tuple(outcome for outcome in examinations.healthy().outcomes if outcome.missing)
    text = shown(Examination((examinations.RS1,), (), outcomes))
    assert text.startswith("0 of 5 rules could be checked on rs1. Needed first: sysctl -a.\n")
    assert "\n  0 of 5 rules could be checked on rs1.\n" in text
    assert "No known pitfall" not in text


def test_the_summary_is_the_last_line_in_one_piece(shown: Shown, examinations: ModuleType) -> None:
    assert shown(examinations.cluster()).splitlines()[-1] == (
        "3 nodes: 2 errors, 2 warnings, 0 notes; 2 rules not checked; 0 lines unread"
    )
    assert shown(examinations.single_leak(), width=60).splitlines()[-1] == (
        "9 of 13 rules could not be checked; 1 node: 1 error, 0 warnings, 0 notes; 1 rule crashed; 3 lines unread"
    )


def test_quiet_is_one_line_a_finding_and_the_summary(shown: Shown, examinations: ModuleType) -> None:
    lines = shown(examinations.cluster(), quiet=True, width=60).splitlines()
    assert [line.split(" ")[:2] for line in lines[:-1]] == [
        ["ERROR", "ARP002"],
        ["ERROR", "ARP001"],
        ["WARNING", "FWD004"],
        ["WARNING", "ARP002"],
    ]
    assert lines[-1].startswith("3 nodes: ")


def test_an_accepted_finding_is_one_line_with_its_reason(shown: Shown, examinations: ModuleType) -> None:
    text = unwrapped(shown(examinations.agreed()))
    assert (
        "WARNING ARP002 web9 answers ARP for VIP 192.0.2.10 on eth7: arp_ignore=1 is set on lo, which hears no ARP; "
        "accepted: old hardware (by lvsdoctor.toml:12, until 2027-01-01)"
    ) in text
    web9 = text.partition(" web9 ---")[2].partition(" director1 ---")[0]
    assert "Fix now" not in web9
    assert "set here, read by nobody" not in web9


def test_an_accepted_finding_may_have_no_end_and_no_author(shown: Shown, examinations: ModuleType) -> None:
    accepted = replace(examinations.leak(), accepted={"reason": "until the move to rs9"})
    examination = Examination((examinations.RS1,), (accepted,), ())
    assert "accepted: until the move to rs9\n" in shown(examination)
    assert shown(examination).splitlines()[-1].startswith("1 node: 0 errors, 0 warnings, 0 notes; 1 accepted; ")


def test_the_evidence_of_an_accepted_finding_is_shown_when_asked_for(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.agreed(), verbose=1).partition("\nweb9 ---")[2]
    assert "    Accepted: old hardware (by lvsdoctor.toml:12, until 2027-01-01)\n" in text
    assert "set here, read by nobody" in text.partition("\ndirector1 ---")[0]


def test_quiet_counts_what_is_accepted_and_does_not_show_it(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.agreed(), quiet=True)
    assert "web9" not in text
    assert "; 1 accepted; " in text.splitlines()[-1]


def test_of_many_accepted_findings_the_rest_is_counted(shown: Shown, examinations: ModuleType) -> None:
    many = tuple(
        replace(examinations.leak(vip=f"192.0.2.{number}"), accepted=examinations.ACCEPTED) for number in range(13)
    )
    text = shown(Examination((examinations.RS1,), many, ()))
    assert "  3 more accepted findings; -v lists them.\n" in text
    assert "ARP for VIP 192.0.2.10 " not in text
    assert "ARP for VIP 192.0.2.9 " in text
    assert "ARP for VIP 192.0.2.12 " in shown(Examination((examinations.RS1,), many, ()), verbose=1)


def test_a_lapsed_acceptance_is_said_under_its_finding(shown: Shown, examinations: ModuleType) -> None:
    lines = shown(examinations.agreed(), width=160).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  ERROR ARP002 rs1 answers"))
    assert lines[at + 1] == "    Was accepted until 2026-10-01 (lvsdoctor.toml:30): until the move"
    assert lines[at + 2] == "  Clients: Some send to rs1 directly. The director does not see these connections."
    assert lines[at + 3] == "  Evidence:"
    assert "set here, read by nobody" in lines[at + 4]


def test_remarks_stand_before_the_summary(shown: Shown, examinations: ModuleType) -> None:
    assert shown(examinations.agreed(), width=160).splitlines()[-2] == (
        "note: nothing matches the acceptance of vip-missing on rs7: taken out of service (lvsdoctor.toml:40)"
    )
    assert "nothing matches" not in shown(examinations.agreed(), quiet=True)


@pytest.mark.parametrize("width", [80, 160])
def test_what_the_wire_contradicts_stands_above_everything(shown: Shown, examinations: ModuleType, width: int) -> None:
    lines = shown(examinations.probed(), width=width).splitlines()
    assert lines[0].startswith("The wire contradicts this scan ---")
    top = unwrapped("\n".join(lines[: lines.index(next(line for line in lines if line.startswith("web9 ---")))]))
    assert "Predicted: WARNING ARP002 web9 answers ARP for VIP 192.0.2.11 on eth7" in top
    assert "Seen on the wire: web9 kept silent about 192.0.2.11" in top
    assert "probe eth0 who-has 192.0.2.11 | who-has 192.0.2.11 tell 192.0.2.2" in top
    assert "This may be: a filter that the dumps of web9 do not show" in top
    assert "One of the two is wrong" in top
    assert "rs1" not in top


def test_the_node_that_the_wire_contradicts_stands_before_a_worse_one(shown: Shown, examinations: ModuleType) -> None:
    headings = [line.split(" -")[0] for line in shown(examinations.probed()).splitlines() if line.endswith("----")]
    assert headings == ["The wire contradicts this scan", "web9", "rs1", "director1"]


def test_a_contradicted_finding_says_so_in_its_place_too(shown: Shown, examinations: ModuleType) -> None:
    text = unwrapped(shown(examinations.probed()).partition("\nweb9 ---")[2])
    assert "CONTRADICTED by the wire: web9 kept silent about 192.0.2.11 (see the top)" in text


def test_a_confirmed_finding_quotes_the_frame(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.probed(), width=160)
    first, *_ = block(text, "  Confirmed: rs1 answered for 192.0.2.10")
    assert first == f"    {examinations.FRAME.where} | {examinations.FRAME.text}"


def test_a_confirmed_finding_asks_for_nothing_to_be_settled(shown: Shown, examinations: ModuleType) -> None:
    confirmed = replace(examinations.likely(), confirmation=examinations.CONFIRMED)
    text = shown(Examination((examinations.RS1,), (confirmed,), ()), width=160)
    assert "To settle it" not in text
    assert "    assumed            | no policy routing rule" in text


def test_why_nothing_was_probed_is_said_once(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.probed())
    assert text.count("Not probed: listening would tell\n") == 1


def test_what_a_note_says_already_is_not_said_again(shown: Shown, examinations: ModuleType) -> None:
    noted = replace(examinations.RS1, notes=("Not probed: listening would tell.",))
    text = shown(replace(examinations.probed(), nodes=(noted,)))
    assert text.lower().count("listening would tell") == 1


def test_of_what_no_probe_shows_nothing_is_said_unless_asked_for(shown: Shown, examinations: ModuleType) -> None:
    examination = Examination((), (replace(examinations.likely(), confirmation=examinations.UNTOLD),), ())
    assert "probed" not in shown(examination)
    assert "Not probed: listening would tell" in shown(examination, verbose=1)


def test_the_summary_counts_what_the_wire_said_only_if_it_was_asked(shown: Shown, examinations: ModuleType) -> None:
    assert shown(examinations.probed()).splitlines()[-1].endswith("; 1 confirmed, 1 contradicted")
    assert "confirmed" not in shown(examinations.cluster())


def test_quiet_says_first_what_is_contradicted(shown: Shown, examinations: ModuleType) -> None:
    lines = shown(examinations.probed(), quiet=True).splitlines()
    assert lines[0].startswith("WARNING ARP002 web9 answers ARP")
    assert lines[0].endswith(" [contradicted: web9 kept silent about 192.0.2.11]")
    assert lines[1].endswith(" [confirmed: rs1 answered for 192.0.2.10]")
    assert not lines[2].endswith("]")


def test_a_contradiction_that_rests_on_an_assumption_says_where_to_look(shown: Shown, examinations: ModuleType) -> None:
    contradicted = replace(examinations.likely(), confirmation=examinations.CONTRADICTED)
    text = shown(Examination((examinations.RS1,), (contradicted,), ()))
    assert block(text, "  Look on rs1:") == ["    sysctl net.ipv4.conf.all.rp_filter", "    ip rule show"]


def test_what_is_said_of_an_unlisted_node_is_not_lost(shown: Shown, examinations: ModuleType) -> None:
    assert "ghost answers ARP" in shown(Examination((), (examinations.leak("ghost"),), ()))


@pytest.mark.parametrize("width", [40, 80, 160])
def test_only_what_is_pasted_or_grepped_is_wider_than_the_terminal(
    shown: Shown, examinations: ModuleType, width: int
) -> None:
    for examination in examinations.everything().values():
        *lines, _summary = shown(examination, width=width).splitlines()
        commands = {
            legible(command).strip()
            for diagnosis in examination.diagnoses
            for command in (*diagnosis.fix.now, *diagnosis.fix.persist, *(item.settle for item in diagnosis.evidence))
        } | {legible(missing.command).strip() for outcome in examination.outcomes for missing in outcome.missing}
        assert [line for line in lines if cells(line) > width and line.strip() not in commands] == []


def test_a_long_line_loses_its_middle_unless_asked_for(shown: Shown, examinations: ModuleType) -> None:
    long = "A" + "x" * 2000 + "Z"
    assert re.search(r"\| Ax+", shown(examinations.hostile(long)))
    assert " ..." in shown(examinations.hostile(long))
    assert " ..." not in shown(examinations.hostile(long), verbose=1)


@pytest.mark.parametrize("color", [False, True])
def test_hostile_text_writes_nothing_but_visible_characters(
    shown: Shown, examinations: ModuleType, unpainted: Callable[[str], str], color: bool
) -> None:
    for text in examinations.HOSTILE:
        for how in ({}, {"verbose": 1}, {"quiet": True}):
            lines = unpainted(shown(examinations.hostile(text), color=color, width=400, **how)).split("\n")
            assert all(line.isprintable() for line in lines)
            assert any(legible(text) in line for line in lines)


def test_rich_markup_in_a_link_name_stays_text(
    shown: Shown, examinations: ModuleType, unpainted: Callable[[str], str]
) -> None:
    text = unpainted(shown(examinations.hostile(examinations.MARKUP), color=True, width=400))
    assert "on [red]eth0[/red] :warning: [link=http://192.0.2.66]here[/link]\n" in text
    assert "ip link set [red]eth0[/red] :warning: [link=http://192.0.2.66]here[/link] down\n" in text


def test_a_newline_in_a_link_name_does_not_become_a_command(shown: Shown, examinations: ModuleType) -> None:
    text = shown(examinations.hostile(examinations.BROKEN))
    assert block(text, "  Fix now, on eth0") == [r"    ip link set eth0\n    rm -rf /\r\n\udce4 down"]
    assert not any(line.strip().startswith("rm") for line in text.splitlines())


def test_colour_adds_no_word(shown: Shown, examinations: ModuleType, unpainted: Callable[[str], str]) -> None:
    for examination in examinations.everything().values():
        for how in ({}, {"verbose": 1}, {"quiet": True}, {"width": 160}):
            painted = shown(examination, color=True, **how)
            assert painted.count("\x1b[") > 1
            assert unpainted(painted) == shown(examination, **how)


def test_a_stream_that_knows_only_ascii_can_be_written_to(as_terminal: Render, examinations: ModuleType) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    as_terminal(examinations.hostile("监听 Zürich"), Output(stream))
    stream.flush()
    assert rb"\u76d1\u542c Z\xfcrich" in stream.buffer.getvalue()


def test_plain_text_imports_no_third_party_module() -> None:
    script = (
        "import sys\n"
        "from lvsdoctor.engine.loader import load_report\n"
        "from lvsdoctor.reportkit import Examination, Output\n"
        "load_report('terminal')(Examination((), (), ()), Output(sys.stderr))\n"
        "print('rich' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout == "False\n"
