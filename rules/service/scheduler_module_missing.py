"""The kernel has no module that a configured virtual service needs: ip_vs, or that of its scheduler."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, missing_modules, package_of_modules, rule

NO_IP_VS = "{node} has no ip_vs in the kernel, and files that configure virtual service {service}"
NO_SCHEDULER = "{node} does not have virtual service {service}, and its kernel has no module {module}"
CLIENTS = "Clients of {service} get no answer from {node}."
NO_LINE = "no line of this list, and no key of net.ipv4.vs, is of ip_vs"
LOADED = "ip_vs is a module, so that no scheduler is built in"
LOAD = "# then load it and the services: modprobe {module}, restart keepalived or ldirectord"
INSTALL = "# where modprobe does not find it, install {package}"
AT_BOOT = "# better, have it loaded at boot: printf {module} into /etc/modules-load.d/ip_vs.conf"


@rule(
    name="scheduler-module-missing",
    code="SCH005",
    severity=Severity.WARNING,
    needs={"configured-ipvs", "modules", "sysctl"},
    helps={"ipvs", "os-release"},
)
def scheduler_module_missing(node: Node) -> Iterator[Finding]:
    for missing in missing_modules(node):
        lines = [cite(missing.service, "in the files")]
        if missing.beside is not None:
            lines.append(cite(missing.beside, NO_LINE if missing.working is None else LOADED))
        if missing.working is not None:
            lines.append(cite(missing.working, "of the same files, is in the table"))
        by_hand = LOAD.format(module=missing.module)
        install = INSTALL.format(package=package_of_modules(node))
        yield Finding(
            NO_IP_VS if missing.working is None else NO_SCHEDULER,
            clients=CLIENTS,
            about={"service": missing.service, "module": missing.module},
            evidence=lines,
            fix=Fix(now=(by_hand, install), persist=(AT_BOOT.format(module=missing.module),)),
        )
