"""Walks of a cluster with three real servers, rs1 of which loses its replies to clients of the VIP's segment."""

from ipaddress import ip_address, ip_network
from typing import Literal

from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Step, StepVerdict, Walk

SERVICE = "TCP 192.0.2.10:80"
REAL_SERVERS = {"rs1": "192.0.2.11", "rs2": "192.0.2.12", "rs3": "192.0.2.13"}
SEGMENT = ClientClass(
    ClientPlace.ON_SEGMENT,
    ip_address("192.0.2.100"),
    ip_network("192.0.2.0/24"),
    evidenced=True,
    because=(cite(Seen("lb1/ip-neigh.txt", 3, "192.0.2.100 dev eth0 lladdr 02:00:00:00:00:64 REACHABLE")),),
)
BEYOND = ClientClass(ClientPlace.BEYOND_ROUTER, ip_address("203.0.113.9"), router=ip_address("192.0.2.1"))
CHECK = ClientClass(ClientPlace.HEALTH_CHECK, ip_address("192.0.2.2"), evidenced=True)
LOST = "{node} treats every address of {prefix} as local"


def step(
    node: str, decision: Decision, decided: Decided, reason: str, *because: Citation, settle: str = "", **fields: str
) -> StepVerdict:
    return StepVerdict(
        Step(node, decision, "tcp 192.0.2.10:80"), decided, reason, because, {"node": node, **fields}, settle
    )


def walk(
    client: ClientClass,
    name: str = "rs1",
    ending: Literal["served", "dies", "unknown", "harms"] = "served",
    *,
    answering: str = "lb1",
    service: str = SERVICE,
    vip: str = "192.0.2.10",
    port: int = 80,
    protocol: Literal["tcp", "udp", "sctp"] = "tcp",
) -> Walk:
    to = str(client.address)
    yes, no, unknown = Decided.YES, Decided.NO, Decided.UNKNOWN
    steps = [
        step(answering, Decision.ARP_REPLY, yes, "{node} answers ARP requests for VIP {vip} on eth0", vip=vip),
        step(answering, Decision.IPVS, yes, "{node} has the virtual service {service}", service=service),
        step(name, Decision.LOCAL_DELIVERY, yes, "{node} has VIP {vip} on lo", vip=vip),
    ]
    if ending == "unknown":
        steps.append(step(name, Decision.LISTENER, unknown, "the sockets of {node} are not known", settle="ss -ltn"))
    if ending == "harms":
        line = cite(Seen(f"{name}/sysctl.txt", 9, "net.ipv4.conf.all.arp_announce = 0"))
        steps.append(step(name, Decision.ARP_SENDER, no, "{node} uses the VIP as sender IP address", line))
    if ending == "dies":
        line = cite(Seen(f"{name}/ip-addr.txt", 5, "    inet 192.0.2.10/24 scope global lo"), "makes {p} local", p="it")
        steps.append(step(name, Decision.REPLY_ROUTE, no, LOST, line, prefix="192.0.2.0/24"))
    else:
        steps.append(step(name, Decision.REPLY_ROUTE, yes, "{node} sends the reply to {to} on eth0", to=to))
    rip = ip_address(REAL_SERVERS[name]) if name in REAL_SERVERS else None
    ip = ip_address(vip)
    return Walk(
        client, service, ip, port, protocol, answering, rip, name, Forwarding.DR, 1 / len(REAL_SERVERS), tuple(steps)
    )


def cluster() -> list[Walk]:
    """Clients of the segment and the director's health check are lost at rs1; of rs3's listener nothing is known
    from beyond the router."""
    return [
        *(walk(SEGMENT, name, "dies" if name == "rs1" else "served") for name in REAL_SERVERS),
        *(walk(BEYOND, name, "unknown" if name == "rs3" else "served") for name in REAL_SERVERS),
        *(walk(CHECK, name, "dies" if name == "rs1" else "served") for name in REAL_SERVERS),
    ]
