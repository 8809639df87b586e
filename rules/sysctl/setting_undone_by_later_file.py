"""A file of sysctl.d sets what IPVS needs, and another file, a glob or a `-key` line undoes it at boot."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    SYSCTL_CONF,
    Citation,
    Finding,
    Node,
    Severity,
    Undone,
    assume,
    cite,
    concerns,
    configured,
    rule,
    set_for_good,
    undone,
)

VALUE = "{node} starts with {key} = {value} after a boot, not with {wanted}"
DELETED = "{node} starts with the kernel default of {key} after a boot, not with {wanted}"
LINK = "/etc/sysctl.d/99-sysctl.conf is a symbolic link to /etc/sysctl.conf"


@rule(
    name="setting-undone-by-later-file",
    code="SYS006",
    severity=Severity.ERROR,
    needs={"configured-sysctl"},
    helps={"links", "ipvs", "memberships"},
)
def setting_undone_by_later_file(node: Node) -> Iterator[Finding]:
    for concern in concerns(node):
        lost = undone(node, concern)
        if lost is None:
            continue
        wanted = lost.wanted.value
        yield Finding(
            DELETED if lost.deciding.raw is None else VALUE,
            clients="After a boot " + concern.clients,
            about={"key": lost.key},
            value=lost.deciding.raw,
            wanted=wanted,
            severity=None if concern.certain else Severity.WARNING,
            evidence=[*_lines(lost, _by_procps(node, lost)), *_assumed(node, lost)],
            fix=set_for_good(lost.key, wanted, lost.deciding),
        )
    if (absent := node.unseen("configured-sysctl")) is not None:
        raise absent


def _lines(lost: Undone, procps: str) -> Iterator[Citation]:
    if lost.deciding.raw is None:
        yield cite(lost.deciding, "applied later: deletes the assignment")
        yield cite(lost.wanted, "applied earlier, has no effect" + procps)
    elif lost.wanted.is_glob and not lost.deciding.is_glob:
        yield cite(lost.deciding, "counts: a line of its own excludes {key} from globs", key=lost.key)
        yield cite(lost.wanted, "a glob, has no effect on {key}", key=lost.key)
    elif lost.deciding.is_glob and not lost.wanted.is_glob:
        yield cite(lost.deciding, "applied to every interface without a line of its own")
        yield cite(lost.wanted, "has no effect: effective value = max(all, interface)")
    else:
        yield cite(lost.deciding, "applied later: this value counts")
        yield cite(lost.wanted, "applied earlier, has no effect" + procps)


def _by_procps(node: Node, lost: Undone) -> str:
    """By hand all is well then, and at boot it is not."""
    line = configured(node).deciding_for_procps(lost.key)
    return " at boot; it counts for `sysctl --system` of procps" if line == lost.wanted else ""


def _assumed(node: Node, lost: Undone) -> Iterator[Citation]:
    if lost.deciding.file == SYSCTL_CONF and configured(node).assumed_link:
        yield assume("configured-sysctl", LINK, settle="ls -l /etc/sysctl.d /usr/lib/sysctl.d")
    if lost.concern.role:
        yield assume("ipvs", f"this host is {lost.concern.role}", settle="ipvsadm -Sn; ip addr show")
