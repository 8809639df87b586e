"""A real server has the VIP now, and the files of its network do not configure it, or configure it otherwise."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    AddressDrift,
    Citation,
    Finding,
    Fix,
    Node,
    Severity,
    address_drift,
    assume,
    cite,
    command,
    rule,
)

ABSENT = "{node} has VIP {vip} on {link}, and its files do not configure that address"
OTHERWISE = "{node} has VIP {vip} as {running} on {link}, and its files configure {planned} on {where}"
IDLE = "{node} has VIP {vip} on {link}, and {unit}, which adds the VIP, does not start at boot"
LOST = "After a boot or a restart of the network, {node} drops requests for the VIP."
CHANGED = "After a boot {node} has the VIP in another form, and replies to clients may fail."
NO_OTHER = "no other file, script or program of the host brings up {vip}"


@rule(
    name="vip-not-in-network-files",
    code="SYS003",
    severity=Severity.WARNING,
    role="real-server",
    needs={"addresses", "configured-addresses"},
    helps={"units"},
)
def vip_not_in_network_files(node: Node) -> Iterator[Finding]:
    for drift in address_drift(node):
        running, planned = drift.running, drift.planned
        yield Finding(
            IDLE if drift.idle is not None else OTHERWISE if planned is not None else ABSENT,
            clients=CHANGED if planned is not None else LOST,
            about={"vip": running.ip},
            link=running.link,
            running=running,
            planned=planned,
            where=planned.link if planned is not None else "",
            unit=drift.idle.name if drift.idle is not None else "",
            evidence=[cite(running, "what the host has now"), *_lines(drift)],
            fix=Fix(persist=(_lasting(drift),)),
            decided_by=drift.idle or planned,
        )


def _lasting(drift: AddressDrift) -> str:
    if drift.idle is not None:
        return command("systemctl", "enable", drift.idle.name)
    return f"# in the file that configures {drift.running.link}: {drift.running.ip}/{drift.running.ip.max_prefixlen}"


def _lines(drift: AddressDrift) -> Iterator[Citation]:
    if drift.planned is not None:
        yield cite(drift.planned, "what the host has after the next boot")
        return
    if drift.idle is not None:
        yield cite(drift.idle, "systemd does not start {unit} at boot", unit=drift.idle.name)
        yield cite(drift.other, "{unit} adds the VIP", unit=drift.idle.name)
    else:
        yield cite(drift.other, "an address that the files configure")
    text = NO_OTHER.format(vip=drift.running.ip)
    yield assume("configured-addresses", text, settle=f"grep -rn {drift.running.ip} /etc")
