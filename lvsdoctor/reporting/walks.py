"""What is told of walks: which real servers serve which clients, and which walks are alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lvsdoctor.language import joined, template, translated
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Served, StepVerdict, Walk
from lvsdoctor.reporting.listing import conjoined, some
from lvsdoctor.reporting.summary import counted, natural

# A step's name in a ladder: short, the field's own word.
DECISIONS: Mapping[Decision, str] = {
    Decision.ARP_REPLY: template("ARP answer"),
    Decision.SOURCE_VALIDATION: template("source check"),
    Decision.INPUT_FILTER: template("input filter"),
    Decision.IPVS: "IPVS",
    Decision.REAL_SERVER: template("real server"),
    Decision.FORWARD_FILTER: template("forward filter"),
    Decision.OUTPUT_FILTER: template("output filter"),
    Decision.ROUTE: template("route"),
    Decision.NEIGHBOUR: template("neighbour"),
    Decision.MTU: "MTU",
    Decision.DECAPSULATION: template("decapsulation"),
    Decision.LOCAL_DELIVERY: template("local delivery"),
    Decision.LISTENER: template("listener"),
    Decision.REPLY_ROUTE: template("reply route"),
    Decision.ARP_SENDER: template("ARP sender"),
    Decision.RETURN_PATH: template("return path"),
    Decision.REDIRECT: template("ICMP redirect"),
    Decision.HEALTH_CHECK: template("health check"),
}
_WORST = (Served.DIES, Served.UNKNOWN, Served.SERVED)


def step_name(verdict: StepVerdict, walk: Walk) -> str:
    """`ARP answer`; IPv6 has neighbour discovery (NDP) in its place."""
    return translated(DECISIONS[verdict.step.decision]).replace("ARP", "ARP" if walk.vip.version == 4 else "NDP")


def clients(client: ClientClass) -> str:
    """`clients beyond router 192.0.2.1`."""
    match client.place:
        case _ if client.prefix is not None and (client.part or client.place is ClientPlace.IN_PREFIX):
            return translated("clients in {prefix}", prefix=client.prefix)
        case ClientPlace.BEYOND_ROUTER if client.router is not None:
            return translated("clients beyond router {router}", router=client.router)
        case ClientPlace.HEALTH_CHECK:
            return translated(client.place)
        case ClientPlace.ON_DIRECTOR | ClientPlace.ON_REAL_SERVER:
            return translated(f"clients {client.place} ({{address}})", address=client.address)
        case _:
            return translated(f"clients {client.place}")


_PLACES = (
    template("clients on the VIP's segment"),
    template("clients beyond a router"),
    template("clients in a connected prefix"),
    template("clients on the director ({address})"),
    template("clients on a real server ({address})"),
    template("the director's health check"),
)


def service_name(walk: Walk) -> str:
    """`TCP 192.0.2.10:80`; a firewall mark with the VIP that its rules give it: `FWM 1 (tcp 192.0.2.10:80)`."""
    if not walk.service.startswith("FWM "):
        return walk.service
    vip = f"[{walk.vip}]" if walk.vip.version == 6 else str(walk.vip)
    return f"{walk.service} ({walk.protocol} {vip}:{walk.port})" if walk.port else f"{walk.service} ({walk.vip})"


def service_key(name: str) -> str:
    """The same for every spelling of a service: `TCP 192.0.2.10:80` and `tcp ...`; `fwmark 1`, and `FWM 1` with the VIP
    that its rules give it."""
    return name.partition(" (")[0].lower().replace("fwmark ", "fwm ")


def real_server(walk: Walk) -> str:
    """Its name, its address where the scan has no such host; "" where no real server is chosen."""
    return walk.real_server or str(walk.rip or "")


def is_of_service(walk: Walk) -> bool:
    """Does it end at a real server of its service (or before one is chosen), not at another host that has the VIP?"""
    return walk.rip is not None or not walk.real_server


# -- a sentence for a service -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ServiceClients:
    """Of a service's real servers (names), those that serve these clients whoever answers for the VIP, those that lose
    some, and those of which it is not known. Another host that answers for the VIP may lose some, too."""

    service: str
    client: ClientClass
    every: tuple[str, ...]
    serving: tuple[str, ...]
    losing: tuple[str, ...]
    unknown: tuple[str, ...]


def served_clients(walks: Iterable[Walk]) -> list[ServiceClients]:
    """For each service and client class, in the order of the walks."""
    every: dict[str, dict[str, None]] = {}
    outcomes: dict[tuple[str, ClientPlace, str], dict[str, list[Served]]] = {}
    of: dict[tuple[str, ClientPlace, str], ClientClass] = {}
    for walk in walks:
        service = service_name(walk)
        key = (service, walk.client.place, str(walk.client.address))
        of.setdefault(key, walk.client)
        name = real_server(walk)
        outcomes.setdefault(key, {}).setdefault(name, []).append(walk.outcome)
        every.setdefault(service, {}).update({name: None} if name and is_of_service(walk) else {})
    rows = []
    for key, servers in outcomes.items():
        known = tuple(sorted(every[key[0]], key=natural))
        # What ends before a real server is chosen concerns them all.
        worst = {
            name: min([*servers.get(name, ()), *servers.get("", ())], key=_WORST.index, default=None) for name in known
        }
        serving, unknown, losing = (tuple(name for name in known if worst[name] is kind) for kind in reversed(_WORST))
        others = (name for name, ends in servers.items() if name and name not in known and Served.DIES in ends)
        lost = tuple(sorted((*losing, *others), key=natural))
        rows.append(ServiceClients(key[0], of[key], known, serving, lost, unknown))
    return rows


def service_sentences(walks: Iterable[Walk]) -> dict[str, list[str]]:
    """By service: `2 of 3 real servers (rs1, rs3) serve clients on the VIP's segment.`"""
    together: dict[tuple[object, ...], list[ServiceClients]] = {}
    for row in served_clients(walks):
        check = row.client.place is ClientPlace.HEALTH_CHECK
        together.setdefault((row.service, row.serving, row.losing, row.unknown, check), []).append(row)
    sentences: dict[str, list[str]] = {}
    for rows in together.values():
        sentences.setdefault(rows[0].service, []).append(_sentence(rows))
    return sentences


def _sentence(rows: Sequence[ServiceClients]) -> str:
    row = rows[0]
    clients = _classes(rows)
    if not row.every:
        return translated("No real server is known that serves {clients}.", clients=clients)
    check = row.client.place is ClientPlace.HEALTH_CHECK
    lone = len(row.serving or row.every) == 1
    servers = counted(len(row.every), "real server")
    share = translated("{number} of {servers}", number=len(row.serving), servers=servers)
    if row.unknown == row.every:
        share = translated("{number} of {servers}", number=len(row.every), servers=servers)
        names = translated("{share} ({names})", share=share, names=some(row.every))
        return translated(_NOT_KNOWN[check, lone], servers=names, clients=clients)
    if 0 < len(row.serving) < len(row.every):
        share = translated("{share} ({names})", share=share, names=some(row.serving))
    sentences = [translated(_SERVE[check, lone, bool(row.unknown)], servers=share, clients=clients)]
    if row.losing and not check:
        sentences.append(translated("Connections through {servers} are lost.", servers=some(row.losing)))
    if row.unknown:
        names = some(row.unknown)
        sentences.append(translated("Not known of {number} ({names}).", number=len(row.unknown), names=names))
    return joined(sentences)


# By whether it is the health check, whether one real server serves, and whether others are not known.
_NOT_KNOWN = {
    (True, True): template("Not known: whether the director's health check reaches {servers}."),
    (True, False): "Not known: whether the director's health check reaches {servers}.",
    (False, True): template("Not known: whether {servers} serves {clients}."),
    (False, False): template("Not known: whether {servers} serve {clients}."),
}
_SERVE = {
    (True, True, True): template("The director's health check is known to reach {servers}."),
    (True, False, True): "The director's health check is known to reach {servers}.",
    (True, True, False): template("The director's health check reaches {servers}."),
    (True, False, False): "The director's health check reaches {servers}.",
    (False, True, True): template("{servers} is known to serve {clients}."),
    (False, False, True): template("{servers} are known to serve {clients}."),
    (False, True, False): template("{servers} serves {clients}."),
    (False, False, False): template("{servers} serve {clients}."),
}


def _classes(rows: Iterable[ServiceClients]) -> str:
    names = (
        clients(row.client) if row.client.evidenced else translated("{clients} (assumed)", clients=clients(row.client))
        for row in rows
    )
    return conjoined(list(dict.fromkeys(names)))


# -- walks that are alike ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlikeWalks:
    """Walks of the same clients to the same service, each through another real server, that go the same steps."""

    walks: tuple[Walk, ...]

    @property
    def shown(self) -> Walk:
        return self.walks[0]

    @property
    def outcome(self) -> Served:
        return self.shown.outcome

    @property
    def real_servers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, map(real_server, self.walks))))

    @property
    def share(self) -> float:
        return sum(walk.share for walk in self.walks)

    @property
    def deciding(self) -> tuple[StepVerdict, ...]:
        """The deciding step of each walk, if it is not served."""
        return tuple(verdict for walk in self.walks if (verdict := walk.deciding) is not None)


def alike_walks(walks: Iterable[Walk]) -> list[AlikeWalks]:
    """The walks of one service and client class, put together where they are alike: the worst first."""
    groups: dict[tuple[object, ...], list[Walk]] = {}
    for walk in walks:
        groups.setdefault((walk.answering, walk.outcome, walk.forwarding, *_shape(walk)), []).append(walk)
    made = [AlikeWalks(tuple(group)) for group in groups.values()]
    return sorted(made, key=lambda group: _WORST.index(group.outcome))


def _shape(walk: Walk) -> Iterable[tuple[str, ...]]:
    """Its steps without what is the real server's own."""
    own = [name for name in (walk.real_server, str(walk.rip or "")) if name]

    def without(text: str) -> str:
        for name in own:
            text = text.replace(name, "{}")
        return text

    for verdict in walk.steps:
        step = verdict.step
        yield step.decision, verdict.decided, without(step.node), without(verdict.reason)


def first_steps(walk: Walk) -> Sequence[StepVerdict]:
    """Its steps, as far as the packet comes: past a no nothing is left to decide but who is harmed."""
    steps = list(walk.steps)
    if walk.outcome is Served.DIES and walk.deciding is not None:
        at = steps.index(walk.deciding) + 1
        return [*steps[:at], *(v for v in steps[at:] if v.decided is Decided.NO)]
    return steps


def settling(walks: Iterable[Walk]) -> dict[str, list[str]]:
    """By host: the commands that would tell what is not known of the walks that no step ends."""
    commands: dict[str, dict[str, None]] = {}
    for walk in walks:
        for verdict in walk.steps if walk.outcome is Served.UNKNOWN else ():
            if verdict.decided is Decided.UNKNOWN and verdict.settle:
                commands.setdefault(verdict.step.node, {})[verdict.settle] = None
    return {host: list(own) for host, own in commands.items()}
