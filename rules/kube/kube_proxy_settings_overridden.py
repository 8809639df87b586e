"""A setting that kube-proxy makes at its start, in ipvs mode, has another value: something else set it after that."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, overridden_for_kube_proxy, rule, set_sysctls

UNDONE = "{node} has {key}={value}, and kube-proxy in ipvs mode sets it to {wanted} at its start"
MASQUERADED = "Clients of services that need a masqueraded source, NodePorts among them, get no reply."
FORWARDED = "Clients get no reply from endpoints on other nodes."
REMOVED = "Clients of a removed endpoint wait until a timer ends."


@rule(
    name="kube-proxy-settings-overridden",
    code="K8S008",
    severity=Severity.ERROR,
    needs={"links", "sysctl"},
    helps={"ipvs"},
)
def kube_proxy_settings_overridden(node: Node) -> Iterator[Finding]:
    for undone in overridden_for_kube_proxy(node):
        setting = undone.setting
        yield Finding(
            UNDONE,
            clients=MASQUERADED if undone.masquerades else FORWARDED if undone.breaks else REMOVED,
            about={"key": setting.key},
            key=setting.key,
            value=setting.value,
            wanted=undone.wanted,
            severity=None if undone.breaks and undone.serves else Severity.WARNING,
            evidence=[cite(setting, "not what kube-proxy set"), cite(undone.link, "kube-proxy runs in ipvs mode here")],
            fix=set_sysctls({setting.key: undone.wanted})
            + Fix(persist=("# remove the line that sets it otherwise: grep -rn KEY /etc/sysctl.conf /etc/sysctl.d",)),
        )
