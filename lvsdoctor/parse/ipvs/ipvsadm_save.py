"""`ipvsadm -Sn` (ipvsadm-save), and the same lines as commands of a script."""

from collections.abc import Mapping
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.endpoint import Endpoint, endpoint
from lvsdoctor.parse.gaps import NO_ADDRESS, NO_BEGINNING
from lvsdoctor.parse.ipvs.ipvs_rows import FORWARDING, NAMELESS, Services, fwmark_shown, read_fwmark, without_host_mask
from lvsdoctor.parse.ipvs.ipvsadm_options import EDITS, arguments, options_of
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_number

SERVICES = {"-t": "tcp", "-u": "udp", "--sctp-service": "sctp", "-f": ""}
METHODS = {"-g": "Route", "-i": "Tunnel", "-m": "Masq", NAMELESS: "Bypass"}  # in the words of ipvsadm -L

# ipvsadm.c: what it takes where the option is not given (its manual says 300 seconds; 1.31 sets 360).
DEFAULT_SCHEDULER, DEFAULT_TIMEOUT, DEFAULT_WEIGHT = "wlc", 360, 1


class IpvsadmSave(Reader):
    """Commands are taken as far as they are complete: a line with a shell's variable in it says nothing by itself."""

    name: ClassVar[str] = "ipvsadm-save"
    programs: ClassVar[tuple[str, ...]] = ("ipvsadm", "ipvsadm-save")

    def __init__(self) -> None:
        self._services = Services()
        # Each service by its words, and where its real servers go.
        self._opened: dict[tuple[str, str, bool], tuple[VirtualService, list[Destination]]] = {}
        self._unread: list[Seen] = []
        self._partial: Partial | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        words = arguments(text[:1000])
        return bool(words) and words[0] not in EDITS

    def feed(self, seen: Seen) -> bool:
        words = arguments(seen.text)
        if not words:
            return False
        if not self._add(seen, words):
            self._unread.append(seen)
        return True

    def dump(self) -> Dump:
        return Dump(
            {"ipvs": self._services.frozen()} if self._services else {}, tuple(self._unread), partial=self._partial
        )

    def _add(self, seen: Seen, words: list[str]) -> bool:
        options = options_of(words)
        if options is None or ("-A" in options) == ("-a" in options):
            return False
        kinds = [kind for kind in SERVICES if kind in options]
        if len(kinds) != 1:
            return False
        if "-A" in options:
            return "-r" not in options and self._add_service(seen, kinds[0], options)
        return "-r" in options and self._add_destination(seen, kinds[0], options)

    def _add_service(self, seen: Seen, kind: str, options: Mapping[str, str]) -> bool:
        """False also where the service stands above already: the kernel refuses the second."""
        key, service = _key(kind, options), service_of(seen, kind, options)
        if service is None or key in self._opened:
            return False
        if kind != "-f" and service.vip is None:
            self._note(NO_ADDRESS, seen)
        self._opened[key] = service, self._services.add(service)
        return True

    def _add_destination(self, seen: Seen, kind: str, options: Mapping[str, str]) -> bool:
        key = _key(kind, options)
        service, destinations = self._opened.get(key, (None, None))
        if service is None:  # a fragment, such as the output of grep
            service = service_of(seen, kind, options)
            self._note(NO_BEGINNING, seen)
        if service is None:
            return False
        at = endpoint(options["-r"], port=service.port if service.fwmark is None else 0)
        row = destination_of(seen, at, options) if at else None
        if row is None:
            return False
        if destinations is None:
            destinations = self._services.add(service)
            self._opened[key] = service, destinations
        if row.ip is None:
            self._note(NO_ADDRESS, seen)
        destinations.append(row)
        return True

    def _note(self, reason: str, seen: Seen) -> None:
        self._partial = self._partial or Partial(reason, seen)


def _key(kind: str, options: Mapping[str, str]) -> tuple[str, str, bool]:
    return kind, options[kind], "-6" in options


def service_of(seen: Seen, kind: str, options: Mapping[str, str]) -> VirtualService | None:
    """The row of an -A line; of an -a line whose -A is not in the dump, it has no scheduler."""
    scheduler = options.get("-s", DEFAULT_SCHEDULER) if "-A" in options else ""
    timeout = read_number(options["-p"] or str(DEFAULT_TIMEOUT)) if "-p" in options else 0
    if timeout is None:
        return None
    flags = [flag for flag in options.get("-b", "").split(",") if flag]
    flags += [f"pe {options['--pe']}"] if "--pe" in options else []
    flags += ["ops"] if "-o" in options else []
    if kind == "-f":
        mark, family = read_fwmark(options[kind]), 6 if "-6" in options else 4
        if mark is None:
            return None
        protocol, at, shown = "", Endpoint(None, None), fwmark_shown(mark, family)
    else:
        found = endpoint(options[kind], port=0)
        if found is None:
            return None
        mark, at, shown = None, found, found.shown
        protocol, family = SERVICES[kind], at.ip.version if at.ip else 4
    return VirtualService(
        protocol,
        at.ip,
        at.port,
        seen,
        shown=shown,
        fwmark=mark,
        family=family,
        scheduler=scheduler,
        persistent=timeout,
        netmask=without_host_mask(options.get("-M", "")),
        flags=tuple(flags),
    )


def destination_of(seen: Seen, at: Endpoint, options: Mapping[str, str]) -> Destination | None:
    methods = [option for option in METHODS if option in options] or ["-g"]
    weight, upper, lower, tunnel_port = (
        read_number(options[option]) if option in options else default
        for option, default in (("-w", DEFAULT_WEIGHT), ("-x", 0), ("-y", 0), ("--tun-port", 0))
    )
    if len(methods) > 1 or weight is None or upper is None or lower is None or tunnel_port is None:
        return None
    return Destination(
        at.ip,
        at.port,
        seen,
        at.shown,
        forwarding=FORWARDING[METHODS[methods[0]]],
        method=METHODS[methods[0]],
        weight=weight,
        upper_threshold=upper,
        lower_threshold=lower,
        tunnel_type=options.get("--tun-type", "ipip"),
        tunnel_port=tunnel_port,
    )
