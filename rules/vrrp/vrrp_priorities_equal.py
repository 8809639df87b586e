"""Two directors of one virtual router have the same VRRP priority."""

from collections.abc import Iterator

from lvsdoctor.rulekit import OWNER, Finding, Fix, Node, Severity, VrrpInstance, VrrpPair, cite, rule, vrrp_pairs

EQUAL = "{node} and {peer} have the same priority {priority} for VIP {vip}"
ORDER = (
    "The start order decides which director has the VIP. After a network cut, both may answer clients for some time."
)
ON_PURPOSE = "The director that is active stays active until it fails."
OWNERS = "Each director takes the VIP, whatever the other sends. Some clients reach {node}, others {peer}."


@rule(
    name="vrrp-priorities-equal",
    code="VRRP006",
    severity=Severity.WARNING,
    needs={"vrrp"},
    helps={"addresses", "links"},
)
def vrrp_priorities_equal(node: Node) -> Iterator[Finding]:
    for pair in vrrp_pairs(node):
        priority = pair.own.priority
        if priority != pair.other.priority or pair.differences:
            continue
        if pair.guessed is not None:
            raise pair.guessed
        owners = priority == OWNER
        chosen = _stays(pair.own) and _stays(pair.other)
        yield Finding(
            EQUAL,
            clients=OWNERS if owners else ON_PURPOSE if chosen else ORDER,
            about={"vip": pair.shared[0], "peer": pair.peer.name},
            priority=priority,
            severity=Severity.ERROR if owners and pair.proved else Severity.NOTE if chosen else None,
            evidence=[
                cite(pair.own.line("priority", "state"), "priority {priority}", priority=priority),
                cite(pair.other.line("priority", "state"), "priority {priority} on {peer}", priority=priority,
                     peer=pair.peer.name),
                *pair.segment,
            ],
            fix=_fix(pair),
        )  # fmt: skip


def _stays(instance: VrrpInstance) -> bool:
    return instance.nopreempt and not instance.starts_as_master


def _fix(pair: VrrpPair) -> Fix:
    lower = 100 if pair.own.priority == OWNER else max(1, pair.own.priority - 50)
    return Fix(
        now=(f"# in keepalived.conf of the backup director: state BACKUP and priority {lower}",
             "# then reload keepalived: systemctl reload keepalived"),
        persist=("# the file is what lasts",),
        warning="The director with the lower priority gives up the VIP, and loses the connections that it has.",
    )  # fmt: skip
