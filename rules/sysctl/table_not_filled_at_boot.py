"""keepalived or ldirectord runs and fills the table of IPVS, and systemd does not start it at boot."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, assume, cite, command, rule, tables_not_filled_at_boot

NO_OTHER = "no other service, script or cluster manager of {node} starts {unit}"


@rule(
    name="table-not-filled-at-boot",
    code="SYS008",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs", "units"},
    helps={"programs", "links"},
)
def table_not_filled_at_boot(node: Node) -> Iterator[Finding]:
    for case in tables_not_filled_at_boot(node):
        lasting = command("systemctl", "enable", case.unit.name)
        undo = [command("systemctl", "unmask", case.unit.name)] if case.unit.file_state == "masked" else []
        yield Finding(
            "{node} runs {unit}, which does not start at boot ({state})",
            clients="After a reboot of {node} the table is empty. Clients of {service} get no answer from {node}.",
            about={"unit": case.unit.name},
            state=case.unit.file_state,
            service=case.service,
            evidence=[
                cite(case.unit, "systemd does not start {unit} at boot", unit=case.unit.name),
                cite(case.runs, "runs now"),
                cite(case.service, "in the table"),
                assume(
                    "units", NO_OTHER.format(node=node.name, unit=case.unit.name), settle="systemctl list-unit-files"
                ),
            ],
            fix=Fix(persist=(*undo, lasting)),
            decided_by=case.unit,
        )
