"""arptables rules hide the VIP now, and the file that is restored at boot does not have them."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    IP,
    Finding,
    Fix,
    Node,
    Severity,
    assume,
    cite,
    effective,
    rule,
    rules_naming,
    saved_arp_rules,
)

NOT_SAVED = "{node} has arptables rules for VIP {vip}, and {file}, which is restored at boot, has no rule for this VIP"
CLIENTS = "After a boot {node} answers ARP requests for the VIP. Some clients then send to {node} directly."
NO_OTHER = "no other file or script of the host restores rules for {vip}"
SAVE = "# save the rules (arptables-save) in the file that is restored at boot, before the VIP comes up"


@rule(
    name="arptables-rules-not-saved",
    code="ARP009",
    severity=Severity.WARNING,
    role="real-server",
    needs={"arptables", "configured-arptables", "sysctl", "links"},
    only_ipv4=True,
)
def arptables_rules_not_saved(node: Node) -> Iterator[Finding]:
    for vip in () if node.planned else node.hidden_vips:
        running, (header, saved) = rules_naming(node, vip.ip), saved_arp_rules(node, vip.ip)
        if not running or saved or header is None or _settings_hide(node, vip.ip):
            continue
        settle = f"grep -rn {vip.ip} /etc"
        yield Finding(
            NOT_SAVED,
            clients=CLIENTS,
            about={"vip": vip.ip},
            file=header.where,
            evidence=[
                cite(header, "this file has no rule for {vip}", vip=vip.ip),
                *(cite(row, "hides the VIP now") for row in running),
                assume("configured-arptables", NO_OTHER.format(vip=vip.ip), settle=settle),
            ],
            fix=Fix(persist=(SAVE,)),
            decided_by=header,
        )


def _settings_hide(node: Node, vip: IP) -> bool:
    """Do arp_ignore and arp_announce hide it on every interface, so that the rules have nothing to do?"""
    good = {"arp_ignore": (1, 2), "arp_announce": (2,)}
    values = [
        effective(node, name, link.name).value in good[name] for name, link in product(good, node.links_hearing_arp)
    ]
    return all(values)
