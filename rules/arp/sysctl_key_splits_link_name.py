"""A file of sysctl.d writes a VLAN's name with dots: the key names no setting, and the interface does not get it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Finding,
    Node,
    Severity,
    SplitKey,
    assume,
    cite,
    rule,
    split_keys,
    write_instead,
)

COVERED = "No client notices it, for another line gives {link} a value that does."


@rule(
    name="sysctl-key-splits-link-name",
    code="ARP007",
    severity=Severity.ERROR,
    needs={"configured-sysctl"},
    helps={"links", "ipvs", "memberships"},
)
def sysctl_key_splits_link_name(node: Node) -> Iterator[Finding]:
    for split in split_keys(node):
        certain = split.needed and split.concern.certain
        yield Finding(
            "{node} starts without {name} = {value} on {link}, for the key {written} does not exist",
            clients="After a boot " + split.concern.clients if split.needed else COVERED,
            about={"key": split.key, "link": split.link},
            name=split.name,
            value=split.line.value,
            written=split.line.key,
            severity=None if certain else Severity.WARNING,
            evidence=[
                cite(split.line, "{directory} is looked for and does not exist", directory=split.looked_for),
                *_assumed(split),
            ],
            fix=write_instead(split.line, {split.key: split.line.value}),
        )
    if (absent := node.unseen("configured-sysctl")) is not None:
        raise absent


def _assumed(split: SplitKey) -> Iterator[Citation]:
    if split.concern.role:
        yield assume("ipvs", f"this host is {split.concern.role}", settle="ipvsadm -Sn; ip addr show")
