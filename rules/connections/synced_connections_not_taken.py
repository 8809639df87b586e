"""A director sends its connections to another one that does not take them in."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, rule, unsynced, word

NONE = "{node} sends its connections on {link}, and {peer} runs no backup sync daemon"
DIFFERENT = "{node} sends its connections with {what} {value}, and {peer} takes {what} {another}"
CLIENTS = "After a failover to {peer}, clients lose their connections, and persistence starts anew."
FIX = Fix(
    persist=(
        "# on both: global_defs {{ lvs_sync_daemon LINK INSTANCE id {syncid} }} in keepalived.conf",
        "# without keepalived, on {peer}: ipvsadm --start-daemon backup --mcast-interface LINK --syncid {syncid}",
    )
)


@rule(
    name="synced-connections-not-taken",
    code="CONN010",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs", "sync-daemons"},
)
def synced_connections_not_taken(node: Node) -> Iterator[Finding]:
    for lost in unsynced(node):
        sender, receiver = lost.sender, lost.receiver
        values = {"peer": word(lost.peer.name), "syncid": sender.syncid}
        yield Finding(
            DIFFERENT if receiver is not None else NONE,
            clients=CLIENTS,
            about={"peer": lost.peer.name},
            link=sender.link,
            what=lost.what,
            value=getattr(sender, lost.what, ""),
            another=getattr(receiver, lost.what, ""),
            evidence=[
                cite(sender, "the sender"),
                *([cite(receiver, "the receiver of {peer}", peer=lost.peer.name)] if receiver is not None else []),
            ],
            fix=Fix(persist=tuple(line.format_map(values) for line in FIX.persist)),
        )
