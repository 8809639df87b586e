"""virtual_server blocks to the IPVS table that keepalived programs, all real servers taken for healthy.

keepalived/check/check_parser.c; what nobody wrote is filled in as check/check_data.c: validate_check_config() does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lvsdoctor.model.health import CheckedServer, CheckedService, CheckInterval
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.ipvs.ipvs_rows import Services, fwmark_shown, without_host_mask
from lvsdoctor.parse.keepalived.real_servers import (
    UNKNOWN_METHOD,
    LvsMethod,
    RealServer,
    check_interval,
    ignored_method,
    lvs_method,
    real_server,
)
from lvsdoctor.parse.keepalived.rows import Reading
from lvsdoctor.parse.keepalived.server_groups import Target, groups_in, target_of
from lvsdoctor.parse.keepalived.statements import Statement
from lvsdoctor.parse.words import read_ip, read_number, word_set

# Not ipvsadm's: that forwards by DR and has no default for the protocol. (ip_vs.h: IPVS_SVC_PERSISTENT_TIMEOUT.)
DEFAULT_PROTOCOL, DEFAULT_SCHEDULER, DEFAULT_TIMEOUT = "udp", "wlc", 360
DEFAULT_METHOD = LvsMethod("NAT", Forwarding.NAT)

_METHODS = {Forwarding.NAT: "Masq", Forwarding.DR: "Route", Forwarding.TUN: "Tunnel"}
# Each flag, and the scheduler that alone has it, in the order of `ipvsadm -S`.
_FLAGS = {
    "flag-1": "", "sh-fallback": "sh", "mh-fallback": "mh", "flag-2": "", "sh-port": "sh", "mh-port": "mh",
    "flag-3": "", "pe": "", "ops": "",
}  # fmt: skip
_SAYS_NOTHING = word_set(
    "delay_loop delay_before_retry retry warmup connect_timeout ha_suspend smtp_alert virtualhost"
    " snmp_name alpha omega quorum quorum_up quorum_down hysteresis hashed nat_mask"
)
_SAME = {"lb_kind": "lvs_method", "lb_algo": "lvs_sched"}
_OPTIONS = {
    "scheduler": ("lvs_sched",), "persistence": ("persistence_timeout", "persistence_granularity"),
    "flags": (*_FLAGS, "persistence_engine"), "method": ("lvs_method",), "weight": ("weight",),
}  # fmt: skip
_SCHEDULERS = word_set("rr wrr lc wlc lblc lblcr sh mh dh fo ovf sed nq twos")
_SORRY = word_set("sorry_server sorry_server_inhibit sorry_server_lvs_method")


def services_in(statements: Iterable[Statement], reading: Reading) -> tuple[VirtualService, ...]:
    """The table's rows in the file's order; a service that is there already gets the real servers of the second."""
    statements = tuple(statements)
    groups = groups_in(statements, reading)
    table = Services()
    opened: dict[object, tuple[list[Destination], set[object]]] = {}
    for server in statements:
        if server.name != "virtual_server":
            continue
        grouped = server.value == "group"
        # check_parser.c: vs_handler() looks at no word behind the port.
        words = server.values if server.value == "fwmark" else server.values[:2]
        single = None if grouped else target_of(words, server.seen)
        targets = groups.get("".join(server.words[2:3]), ()) if grouped else (single,) if single else ()
        if not targets or server.block is None:
            reading.strange(server)
            continue
        read = _Server.of(server.block, reading)
        if any(each.name == "protocol" and "{{" in each.value for each in server.block):
            continue  # of a template: what no file tells is not UDP
        if not read.real_servers:
            if not any(each.name == "real_server" for each in server.block):
                reading.leave_out("keepalived ignores a virtual server that has no real servers", server)
            continue
        made = [read.service(target) for target in targets]
        reading.checks.append(read.checked(server.seen, tuple(made)))
        for row in made:
            key = row.key, row.family
            if key not in opened:
                opened[key] = table.add(row), set()
            rows, known = opened[key]
            for real in read.destinations(row, reading):
                if (real.ip, real.port) not in known:
                    known.add((real.ip, real.port))
                    rows.append(real)
    return table.frozen()


@dataclass(slots=True)
class _Server:
    """The words of one virtual_server block."""

    scheduler: str = DEFAULT_SCHEDULER
    flags: list[str] = field(default_factory=list)
    timeout: int = 0
    netmask: str = ""
    protocol: str = DEFAULT_PROTOCOL
    family: int | None = None
    method: LvsMethod | None = None
    weight: int = 1
    real_servers: list[RealServer] = field(default_factory=list)
    sorry: Statement | None = None
    sorry_method: LvsMethod | None = None
    interval: CheckInterval | None = None
    lines: dict[str, Seen] = field(default_factory=dict)

    @classmethod
    def of(cls, block: Iterable[Statement], reading: Reading) -> "_Server":
        server = cls()
        for statement in block:
            if statement.name == "real_server":
                found = real_server(statement, reading)
                server.real_servers += [found] if found else []
            elif statement.name in _SORRY:
                if statement.name == "sorry_server":
                    server.sorry = statement
                elif statement.name == "sorry_server_lvs_method" and statement.value:
                    server.sorry_method = lvs_method(statement.values)
                reading.leave_out("no sorry server is in use while real servers are healthy", statement)
            elif statement.name in _SAYS_NOTHING:
                reading.skip(statement)
                server.interval = check_interval(statement) if statement.name == "delay_loop" else server.interval
            elif ignored_method(statement):
                server.lines["ignored"] = statement.seen
                reading.leave_out(UNKNOWN_METHOD, statement)
            elif server._took(statement):
                server.lines[_SAME.get(statement.name, statement.name)] = statement.seen
            else:
                reading.strange(statement)
        return server

    def _took(self, statement: Statement) -> bool:
        value = statement.value
        match statement.name:
            case "lb_algo" | "lvs_sched" if value:
                if "{{" in value:
                    return False
                if value not in _SCHEDULERS and value.lower() in _SCHEDULERS:
                    return False  # compared letter by letter, too; of a word of a dialect nothing is known
                self.scheduler = value
            case "lb_kind" | "lvs_method" if value:
                self.method = lvs_method(statement.values)
                self.lines["lvs_method"] = statement.seen  # of a dialect, too: no default counts beside it
                return self.method.forwarding is not None
            case "persistence_timeout":
                timeout = read_number(value, most=2**32 - 1) if value else DEFAULT_TIMEOUT
                self.timeout = timeout if timeout is not None else self.timeout
                return timeout is not None
            case "persistence_granularity" if value:
                self.netmask = value
                return read_ip(value) is not None or read_number(value, most=128) is not None
            case "persistence_engine" if value:
                self.flags.append(f"pe {value}")
            case "protocol":
                known = value.lower() in ("tcp", "udp", "sctp")
                self.protocol = value.lower() if known else self.protocol
                return known
            case "ip_family":
                self.family = {"inet": 4, "inet6": 6}.get(value)
                return self.family is not None
            case "weight":
                weight = read_number(value, most=65535)
                self.weight = weight if weight is not None else self.weight
                return weight is not None
            case "inhibit_on_failure":
                return True
            case flag if flag in _FLAGS and flag != "pe":
                self.flags.append(flag)
            case _:
                return False
        return True

    def checked(self, seen: Seen, services: tuple[VirtualService, ...]) -> CheckedService:
        """What it says beside the rows of its table."""
        quiesces = self.lines.get("inhibit_on_failure") or next(
            (real.quiesces for real in self.real_servers if real.quiesces), None
        )
        servers = tuple(
            CheckedServer(
                real.ip,
                real.port,
                real.statement.seen,
                self._method(real).forwarding,
                real.checks,
                real.unread,
                real.checked_every(self.interval),
                real.ignored_check,
            )
            for real in self.real_servers
        )
        method = self.lines.get("lvs_method")
        if method is None and all(real.method for real in self.real_servers):
            method = self.real_servers[0].statement.seen
        return CheckedService(
            "keepalived", seen, services, servers, self._sorry_server(), method, self.lines.get("protocol"), quiesces,
            ignored_method=self.lines.get("ignored"),
        )  # fmt: skip

    def _sorry_server(self) -> CheckedServer | None:
        ip = read_ip(self.sorry.value) if self.sorry else None
        if self.sorry is None or ip is None:
            return None
        port = read_number("".join(self.sorry.values[1:2]), most=65535)
        method = self.sorry_method or self.method or DEFAULT_METHOD
        return CheckedServer(ip, port or 0, self.sorry.seen, method.forwarding)

    def service(self, target: Target) -> VirtualService:
        """The service of one address, or of one mark, without its real servers."""
        family = target.family or self.family or self._family()
        flags = [flag for flag in self.flags if _FLAGS[flag.split()[0]] in ("", self.scheduler)]
        timeout = self.timeout or (DEFAULT_TIMEOUT if self.netmask else 0)
        if target.mark is None:
            # check_data.c: one-packet scheduling is for UDP, and a service of all ports is persistent.
            flags = [flag for flag in flags if flag != "ops" or self.protocol == "udp"]
            timeout = timeout or (DEFAULT_TIMEOUT if not target.port else 0)
        return VirtualService(
            self.protocol if target.mark is None else "",
            target.vip,
            target.port if target.mark is None else None,
            target.seen,
            shown=fwmark_shown(target.mark, family) if target.mark is not None else "",
            fwmark=target.mark,
            family=family,
            scheduler=self.scheduler,
            persistent=timeout,
            netmask=without_host_mask(self.netmask),
            flags=tuple(sorted(set(flags), key=lambda flag: [*_FLAGS].index(flag.split()[0]))),
            options=tuple(self._options()),
        )

    def _common(self) -> dict[str, Seen]:
        """The lines that say how all of its real servers are served."""
        return {option: seen for option, seen in self._options() if option in ("method", "weight")}

    def _options(self) -> Iterator[tuple[str, Seen]]:
        """The lines that say what of the service, the first of those that say the same."""
        for option, names in _OPTIONS.items():
            if seen := next((self.lines[name] for name in names if name in self.lines), None):
                yield option, seen

    def _family(self) -> int:
        """check_parser.c: vs_end_handler(): that of the real servers, if they are of one."""
        direct = [real.ip.version for real in self.real_servers if self._method(real).forwarding is not Forwarding.TUN]
        families = direct or [real.ip.version for real in self.real_servers]
        return families[0] if direct or len(set(families)) == 1 else 4

    def _method(self, real: RealServer) -> LvsMethod:
        return real.method or self.method or DEFAULT_METHOD

    def destinations(self, service: VirtualService, reading: Reading) -> Iterator[Destination]:
        """The real servers of a service, with the ports that it makes of them."""
        for real in self.real_servers:
            how = self._method(real)
            if real.ip.version != service.family and how.forwarding is not Forwarding.TUN:
                reading.leave_out("keepalived ignores a real server of another address family", real.statement)
                continue
            # Only masquerading can change the port: for the others keepalived takes the virtual service's. Of the
            # addresses of a group its log says only that they differ, and the table has the service's port as well.
            own = service.port or 0
            port = own if how.forwarding in (Forwarding.DR, Forwarding.TUN) else real.port or own
            yield Destination(
                real.ip,
                port,
                real.statement.seen,
                forwarding=how.forwarding,
                method=_METHODS[how.forwarding] if how.forwarding else how.word,
                weight=self.weight if real.weight is None else real.weight,
                upper_threshold=real.upper_threshold,
                lower_threshold=real.lower_threshold,
                tunnel_type=how.tunnel_type,
                tunnel_port=how.tunnel_port,
                asked_port=real.port if real.port and real.port != port else None,
                options=tuple({**self._common(), **dict(real.options)}.items()),
            )
