"""Examinations made by hand, for the tests of the reports: one for every thing that a report has to show."""

from dataclasses import replace
from datetime import UTC, datetime

from lvsdoctor.model.finding import Predicts
from lvsdoctor.reportkit import (
    Citation,
    Confirmation,
    Diagnosis,
    Examination,
    Examined,
    ExaminedRole,
    Finding,
    Fix,
    Missing,
    Outcome,
    Probed,
    Remark,
    Seen,
    Severity,
    Verdict,
)

VIP_LINE = Seen("rs1/ip-addr.txt", 7, "    inet 192.0.2.10/32 scope global lo")
IGNORE_LO = Seen("rs1/sysctl.txt", 212, "net.ipv4.conf.lo.arp_ignore = 1")

TRACEBACK = """\
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/lvsdoctor/engine/runner.py", line 61, in _run
    findings = tuple(rule.check(view))
ValueError: invalid literal for int() with base 10: 'yes'
"""

ESCAPE = "\x1b[2J\x1b]0;owned\x07"
MARKUP = "[red]eth0[/red] :warning: [link=http://192.0.2.66]here[/link]"
HTML = "<script>alert(1)</script>"
TURNED = "eth0\u202etxt.exe\u2066\u200b"
LONG = "x" * 300
BROKEN = "eth0\n    rm -rf /\r\n\udce4"
HOSTILE = (ESCAPE, MARKUP, HTML, TURNED, LONG, BROKEN)


def leak(node: str = "rs1", link: str = "eth0", severity: Severity = Severity.ERROR, **about: str) -> Diagnosis:
    """A real server that answers ARP for the VIP, proved by lines of files."""
    finding = Finding(
        "{node} answers ARP for VIP {vip} on {link}: arp_ignore={value} is set on lo, which hears no ARP",
        about={"vip": "192.0.2.10", "link": link, **about},
        value=1,
        evidence=[
            Citation(IGNORE_LO, "set here, read by nobody"),
            Citation(
                Seen("rs1/sysctl.txt", 188, "net.ipv4.conf.all.arp_ignore = 0"),
                "of all and {link} the larger counts",
                {"link": link},
            ),
            Citation(VIP_LINE, "the VIP is local"),
        ],
        predicts=Predicts.ANSWERS,
        clients="Some send to {node} directly. The director does not see these connections.",
        fix=Fix(
            now=("sysctl -w net.ipv4.conf.all.arp_ignore=1", "sysctl -w net.ipv4.conf.all.arp_announce=2"),
            persist=(
                "echo net.ipv4.conf.all.arp_ignore=1 >> /etc/sysctl.d/60-lvs-real-server-quiet-about-its-vips.conf",
                "# a later file in /etc/sysctl.d, or NetworkManager, may set it back: see what sysctl --system says",
            ),
        ),
    )
    return Diagnosis(finding, "arp-ignore-only-on-lo", "ARP002", node, severity)


def live_leak() -> Diagnosis:
    """The same, read from the kernel: netlink messages and files under /proc, which have no line numbers."""
    finding = Finding(
        "{node} answers ARP for VIP {vip} on {link}",
        about={"vip": "192.0.2.10", "link": "bond0.100"},
        evidence=[
            Citation(Seen("netlink RTM_GETADDR lo", None, "192.0.2.10/32 scope global"), "the VIP is local"),
            Citation(Seen("/proc/sys/net/ipv4/conf/all/arp_ignore", None, "0"), "answers for any local address"),
            Citation(Seen("/proc/sys/net/ipv4/conf/bond0.100/arp_ignore", None, "0")),
        ],
        fix=Fix(now=("sysctl -w net.ipv4.conf.all.arp_ignore=1",)),
    )
    return Diagnosis(finding, "vip-answered", "ARP001", "rs1", Severity.ERROR)


def likely() -> Diagnosis:
    """A finding that rests on an assumption, with a fix on another node that may cut traffic."""
    finding = Finding(
        "{node} drops the director's packets for VIP {vip}: rp_filter is strict on {link} and the way back is {back}",
        about={"vip": "192.0.2.10", "link": "tunl0"},
        back="eth0",
        severity=Severity.WARNING,
        evidence=[
            Citation(Seen("rs1/sysctl.txt", 301, "net.ipv4.conf.tunl0.rp_filter = 1"), "strict"),
            Citation(
                Seen("kernel default", None, "net.ipv4.conf.all.rp_filter = 0"),
                "the larger of the two counts",
                settle="sysctl net.ipv4.conf.all.rp_filter",
            ),
            Citation(
                Seen("assumed", None, "no policy routing rule"), "ip rule was not collected", settle="ip rule show"
            ),
        ],
        fix=Fix(
            now=("ipvsadm -e -t 192.0.2.10:80 -r 198.51.100.7:80 -g",),
            node="director1",
            warning="connections that are being tunnelled break when the forwarding method changes.",
        ),
    )
    return Diagnosis(finding, "rp-filter-drops-tunnelled", "FWD004", "rs1", Severity.WARNING)


RS1 = Examined(
    "rs1",
    "case-4711/rs1",
    roles=(ExaminedRole("real-server", "carries VIP 192.0.2.10 on lo", Seen("rs1/ip-addr.txt", 7, VIP_LINE.text)),),
    vips=("192.0.2.10",),
    notes=("rs1/ip-addr.txt ends in the middle of eth3",),
)

UNCHECKED = (
    "arp-announce-leaves-source",
    "arp-filter-silences-link",
    "redirects-still-sent",
    "rp-filter-drops-return",
    "forwarding-off",
    "proxy-arp-answers-vip",
    "conntrack-off",
)


def not_checked(rule: str, *facts: tuple[str, str], node: str = "rs1") -> Outcome:
    return Outcome(rule, node, Verdict.NOT_CHECKED, tuple(Missing(fact, node, command) for fact, command in facts))


def single_leak() -> Examination:
    """One node, one error, and one of every other outcome."""
    unread = (
        Seen("rs1/ip-addr.txt", 1, "-- garbled --"),
        Seen("rs1/ip-addr.txt", 9, "valid_lft"),
        Seen("rs1/sysctl.txt", 3, "sysctl: reading key: permission denied"),
    )
    node = Examined(RS1.name, RS1.source, RS1.roles, RS1.vips, unread, RS1.notes)
    outcomes = (
        Outcome("arp-ignore-only-on-lo", "rs1", Verdict.FIRES),
        Outcome("vip-answered", "rs1", Verdict.QUIET, explained_by=("arp-ignore-only-on-lo",)),
        Outcome("vip-missing", "rs1", Verdict.QUIET),
        Outcome("persistence-split", "rs1", Verdict.NOT_APPLICABLE),
        Outcome("sysctl-unreadable", "rs1", Verdict.CRASHED, traceback=TRACEBACK),
        *(not_checked(rule, ("sysctl", "sysctl -a")) for rule in UNCHECKED),
        not_checked("route-by-mark", ("routes", "ip route show table all"), ("policy-rules", "ip rule show")),
        not_checked("local-route-holds-vip", ("local-routes", "ip route show table all")),
    )
    return Examination((node,), (leak(),), outcomes, "0.1.0")


def cluster() -> Examination:
    """Three nodes: a calm director first, a real server with two findings, one host that is nobody yet."""
    director = Examined(
        "director1",
        "case-4711/director1",
        roles=(
            ExaminedRole(
                "director", "has IPVS services", Seen("director1/ipvsadm.txt", 1, "-A -t 192.0.2.10:80 -s wrr")
            ),
        ),
        vips=("192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14", "2001:db8::10"),
    )
    nobody = Examined("web9", "case-4711/web9")
    outcomes = (
        Outcome("vip-missing", "director1", Verdict.QUIET),
        Outcome("arp-ignore-only-on-lo", "director1", Verdict.NOT_APPLICABLE),
        not_checked("scheduler-ignores-weight", ("ipvs", "ipvsadm -Sn"), node="director1"),
        Outcome("arp-ignore-only-on-lo", "rs1", Verdict.FIRES),
        Outcome("rp-filter-drops-tunnelled", "rs1", Verdict.FIRES),
        not_checked("forwarding-off", ("sysctl", "sysctl -a"), node="web9"),
    )
    diagnoses = (leak("web9", "eth7", Severity.WARNING), leak(), live_leak(), likely())
    return Examination((director, nobody, RS1), diagnoses, outcomes, "0.1.0")


def healthy() -> Examination:
    outcomes = (
        *(Outcome(f"rule-{number}", "rs1", Verdict.QUIET) for number in range(18)),
        *(not_checked(rule, ("sysctl", "sysctl -a")) for rule in UNCHECKED[:5]),
    )
    return Examination((RS1,), (), outcomes, "0.1.0")


FRAME = Seen("probe eth0 who-has 192.0.2.10", None, "192.0.2.10 is-at 02:00:00:00:00:21 after 0.2 ms")
REQUEST = Seen("probe eth0 who-has 192.0.2.11", None, "who-has 192.0.2.11 tell 192.0.2.2, 0.0.0.0: 3 requests")
CONFIRMED = Confirmation(Probed.CONFIRMED, "{node} answered for {vip}", {"node": "rs1", "vip": "192.0.2.10"}, FRAME)
CONTRADICTED = Confirmation(
    Probed.CONTRADICTED,
    "{node} kept silent about {vip}",
    {"node": "web9", "vip": "192.0.2.11"},
    REQUEST,
    "a filter that the dumps of {node} do not show",
)
UNTOLD = Confirmation(Probed.NOT_PROBED, "listening would tell")


def probed() -> Examination:
    """Of the cluster's findings one is contradicted (a warning), one confirmed, and two could not be probed."""
    contradicted = replace(leak("web9", "eth7", Severity.WARNING, vip="192.0.2.11"), confirmation=CONTRADICTED)
    same = [replace(leak(vip=f"192.0.2.{number}"), confirmation=UNTOLD) for number in (12, 13)]
    return replace(cluster(), diagnoses=(contradicted, replace(leak(), confirmation=CONFIRMED), *same))


ACCEPTED = {"reason": "old hardware", "by": "lvsdoctor.toml:12", "until": "2027-01-01"}
LAPSED = {"reason": "until the move", "by": "lvsdoctor.toml:30", "until": "2026-10-01"}


def agreed() -> Examination:
    """Of the cluster's findings one is accepted and one was; an acceptance matches nothing. The scan was timed."""
    web9, rs1, *others = cluster().diagnoses
    remark = Remark(
        "nothing matches the acceptance of {rule} on {node}: {reason}",
        {"rule": "vip-missing", "node": "rs7", "reason": "taken out of service"},
        Seen("lvsdoctor.toml", 40, "[[accept]]"),
    )
    return replace(
        cluster(),
        diagnoses=(replace(web9, accepted=ACCEPTED), replace(rs1, lapsed=LAPSED), *others),
        remarks=(remark,),
        began=datetime(2026, 11, 2, 12, 30, tzinfo=UTC),
        seconds=0.25,
    )


def hostile(text: str) -> Examination:
    """`text` stands wherever the evidence can put a text."""
    seen = Seen(f"{text}/ip-addr.txt", 7, text)
    finding = Finding(
        "{node} answers ARP for VIP {vip} on {link}",
        about={"vip": "192.0.2.10", "link": text},
        evidence=[
            Citation(seen, "on {link}", {"link": text}),
            Citation(seen, text.replace("{", "").replace("}", ""), settle=f"ip link show {text}"),
        ],
        clients="clients of {link}",
        fix=Fix(now=(f"ip link set {text} down",), persist=(f"# {text}",), node=text, warning=text),
    )
    confirmation = Confirmation(Probed.CONTRADICTED, "{text}", {"text": text}, seen, "{text}")
    terms = {"reason": text, "by": text, "until": text}
    diagnosis = Diagnosis(finding, "vip-answered", "ARP001", text, Severity.ERROR, confirmation, None, terms)
    accepted = replace(diagnosis, confirmation=None, accepted=terms, lapsed=None)
    node = Examined(text, text, (ExaminedRole("real-server", text, seen),), (text,), (seen,), (text,))
    outcomes = (
        Outcome("vip-answered", text, Verdict.FIRES),
        not_checked(text, (text, text), node=text),
        Outcome(
            text, text, Verdict.CRASHED, traceback=f"Traceback (most recent call last):\n  {text}\nValueError: {text}"
        ),
    )
    remark = Remark("nothing matches {text}", {"text": text}, seen)
    return Examination((node,), (diagnosis, accepted), outcomes, text, remarks=(remark,))


def live() -> Examination:
    """A host that was read itself: no file, no line."""
    node = Examined("rs1", "this host", (ExaminedRole("real-server", "carries VIP 192.0.2.10 on lo"),), ("192.0.2.10",))
    outcomes = (Outcome("vip-answered", "rs1", Verdict.FIRES), Outcome("vip-missing", "rs1", Verdict.QUIET))
    return Examination((node,), (live_leak(),), outcomes, "0.1.0")


def filed() -> Examination:
    """The agreed cluster with the paths of its files, as somebody names them who stands at the top of a repository."""
    names = {
        "director1": ("ipvsadm.txt",),
        "rs1": ("ip-addr.txt", "sysctl.txt"),
        "web9": ("ip-addr.txt", "sysctl.txt"),
    }
    nodes = tuple(
        replace(node, files={f"{node.name}/{name}": f"golden/{node.name}/{name}" for name in names[node.name]})
        for node in agreed().nodes
    )
    return replace(agreed(), nodes=nodes)


def everything() -> dict[str, Examination]:
    return {
        "one leak": single_leak(),
        "cluster": cluster(),
        "healthy": healthy(),
        "probed": probed(),
        "agreed": agreed(),
        "live": live(),
        "filed": filed(),
        "nothing": Examination((), (), ()),
        **{f"hostile {text[:12]!a}": hostile(text) for text in HOSTILE},
    }
