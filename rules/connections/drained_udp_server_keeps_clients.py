"""A UDP real server of weight 0 keeps its clients: each packet of theirs renews the entry."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, command, drained_udp, rule

KEEPS = "{node} keeps sending {count} UDP clients of {service} to real server {rip}, which has weight 0"
CLIENTS = "Clients of {service} with a fixed source port stay at {rip} while they send packets."
CAREFUL = "Until their next packet, clients of the removed real server get no reply."


@rule(
    name="drained-udp-server-keeps-clients",
    code="CONN003",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs"},
    helps={"connections"},
)
def drained_udp_server_keeps_clients(node: Node) -> Iterator[Finding]:
    for drained in drained_udp(node):
        service, real = drained.service, drained.real
        rip = real.ip or real.shown
        yield Finding(
            KEEPS,
            clients=CLIENTS,
            about={"service": service, "rip": rip},
            count=drained.count,
            evidence=[
                cite(real, "weight 0 keeps new clients away, and no client that has an entry"),
                *(cite(row, "a client of this real server") for row in drained.connections[:3]),
            ],
            fix=Fix(
                now=(
                    "# set net.ipv4.vs.expire_nodest_conn to 1, and then remove the real server: "
                    + command("ipvsadm", "-d", "-u", str(service).split()[-1], "-r", f"{rip}:{real.port}"),
                ),
                persist=("# in keepalived.conf, no inhibit_on_failure; in ldirectord.cf, quiescent = no",),
                warning=CAREFUL,
            ),
        )
