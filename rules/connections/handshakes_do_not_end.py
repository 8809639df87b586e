"""Entries of the connection table stay in SYN_RECV: the clients get no reply, or their last packet does not come."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Finding,
    Fix,
    Node,
    RuleOption,
    Severity,
    Shape,
    Waiting,
    assume,
    cite,
    rule,
    waiting_connections,
    word,
)

TO_SOME = "{waiting} of {count} IPVS connections of {service} to {reals} stay in SYN_RECV on {node}"
TO_ALL = "{waiting} of {count} IPVS connections of {service} stay in SYN_RECV on {node}"
FROM_HERE = "{waiting} of {count} IPVS connections of {service} from {node} itself stay in SYN_RECV"
SOME_WAIT = "Clients of {service} that {node} sends to {reals} wait for a reply."
ALL_WAIT = "Clients of {service} wait for a reply."
HERE = "Programs on {node} that connect to {service} wait for a reply."
SOURCE = "the source is the virtual address, and a real server with this address keeps the reply"


@rule(
    name="handshakes-do-not-end",
    code="OBS002",
    severity=Severity.WARNING,
    needs={"connections"},
    consequence=True,
    options=(
        RuleOption("least-connections", "connections", "with fewer of them a finding is a note: it may be chance"),
        RuleOption("waiting-share", "percent", "a real server is bad if so many of its connections wait", most=100),
    ),
)
def handshakes_do_not_end(node: Node, *, least_connections: int = 10, waiting_share: int = 50) -> Iterator[Finding]:
    for group in waiting_connections(node, enough=least_connections, bad=waiting_share / 100):
        own, some = group.shape is Shape.OWN, group.shape is Shape.SOME
        more = len(group.reals) - 3
        reals = ", ".join(map(str, group.reals[:3])) + (f" and {more} more" if more > 0 else "")
        yield Finding(
            FROM_HERE if own else TO_SOME if some else TO_ALL,
            clients=HERE if own else SOME_WAIT if some else ALL_WAIT,
            about={"service": group.shown, "from": group.shape},
            waiting=len(group.waiting),
            count=group.count,
            reals=reals,
            severity=None if group.many else Severity.NOTE,
            evidence=[
                *(cite(row, SOURCE if own else _note(row.expires)) for row in group.waiting[:3]),
                *(cite(row, "persistence sends this client to the same real server") for row in group.kept[:1]),
                *(cite(row, "this handshake ended, at another real server") for row in group.others[:1]),
                assume("connections", "the clients wait, and did not give up", settle="ipvsadm -Lnc"),
            ],
            fix=_fix(group),
        )


def _note(expires: int) -> str:
    return f"the last SYN came {max(0, 60 - expires)} seconds ago"


def _fix(group: Waiting) -> Fix:
    vip, client = group.service.ip or "VIP", group.waiting[0].client.ip or "CLIENT"
    if group.shape is Shape.OWN:
        line = f"# masquerade what this host sends to {vip}: for kube-proxy set clusterCIDR, or iptables.masqueradeAll"
        return Fix(persist=(line,))
    real = group.reals[0].ip or group.reals[0]
    line = f"# on {word(str(real))}, see what it does with a request: tcpdump -ni any host {word(str(client))}"
    return Fix(now=(line,), persist=("# scan the real server, too: its dumps tell why",))
