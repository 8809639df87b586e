"""`ipvsadm`: the IPVS table that commands fill, edit and clear."""

from dataclasses import dataclass, field, replace

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.ipvs import Destination, Timeouts, VirtualService
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.endpoint import endpoint
from lvsdoctor.parse.gaps import NO_ADDRESS, NO_BEGINNING
from lvsdoctor.parse.ipvs.ipvsadm_options import ADDS, options_of
from lvsdoctor.parse.ipvs.ipvsadm_save import SERVICES, destination_of, service_of
from lvsdoctor.parse.shell.command import Line, ShellCommand

_SHORT = {
    "--edit-service": "-E", "--edit-server": "-e", "--delete-service": "-D", "--delete-server": "-d", **ADDS,
    "--clear": "-C", "--restore": "-R",
}  # fmt: skip
_VERBS = "AEDaedCR"
_AS_ADD = {"-E": "-A", "-D": "-A", "-e": "-a", "-d": "-a"}

_Key = tuple[str, str, int | None, int]
_Servers = dict[tuple[str, int | None], Destination]


@dataclass(slots=True)
class IpvsTable:
    """The services in the order in which they are made. `partial`: a command is about a service that none made."""

    partial: Partial | None = None
    timeouts: Timeouts | None = None  # of `ipvsadm --set`
    _services: dict[_Key, tuple[VirtualService, _Servers]] = field(default_factory=dict)

    def rows(self) -> tuple[VirtualService, ...]:
        return tuple(replace(service, destinations=tuple(rows.values())) for service, rows in self._services.values())

    def set_timeouts(self, words: list[str], seen: Seen) -> bool:
        """`ipvsadm --set TCP TCPFIN UDP`, in seconds; 0 keeps what there is."""
        if len(words) != 3 or not all(word.isdecimal() and len(word) < 9 for word in words):
            return False
        old = self.timeouts or Timeouts(0, 0, 0, seen)
        tcp, tcpfin, udp = map(int, words)
        self.timeouts = Timeouts(tcp or old.tcp, tcpfin or old.tcpfin, udp or old.udp, seen)
        return True

    def clear(self) -> None:
        self._services.clear()
        self.partial = None

    def apply(self, verb: str, words: list[str], seen: Seen) -> bool:
        """Does what `ipvsadm` does with its command -A, -a or the like; False: not understood."""
        options = options_of([_AS_ADD.get(verb, verb), *words])
        kinds = [kind for kind in SERVICES if options and kind in options]
        if options is None or len(kinds) != 1:
            return False
        service = service_of(seen, kinds[0], options)
        if service is None or ("-r" in options) != (verb in "-a-e-d"):
            return False
        key = (*service.key, service.family)
        if verb == "-D":
            self._services.pop(key, None)
            return True
        known = self._services.get(key)
        if verb in ("-A", "-E"):
            # ip_vs_ctl.c: a second service is refused; an edit keeps the real servers.
            if known is None or verb == "-E":
                self._services[key] = service, known[1] if known else {}
            if known is None and verb == "-E":
                self._note(NO_BEGINNING, seen)
            if service.vip is None and service.fwmark is None:
                self._note(NO_ADDRESS, seen)
            return True
        return self._server(verb, service, key, options, seen)

    def _server(self, verb: str, service: VirtualService, key: _Key, options: dict[str, str], seen: Seen) -> bool:
        known = self._services.get(key)
        at = endpoint(options["-r"], port=service.port if service.fwmark is None else 0)
        row = destination_of(seen, at, options) if at else None
        if row is None:
            return False
        if known is None:
            if verb == "-d":
                return True
            self._note(NO_BEGINNING, seen)
            known = self._services[key] = service, {}
        rows, server = known[1], (str(row.ip or row.shown), row.port)
        if verb == "-d":
            rows.pop(server, None)
        elif verb == "-e" or server not in rows:  # ip_vs_add_dest(): a second one is refused
            rows[server] = row
        if row.ip is None:
            self._note(NO_ADDRESS, seen)
        return True

    def _note(self, reason: str, seen: Seen) -> None:
        self.partial = self.partial or Partial(reason, seen)


def verb_and_words(words: tuple[str, ...]) -> tuple[str, list[str]]:
    """The command of ipvsadm, which stands first, by its short name, and the words behind it; "" for another."""
    first, rest = words[1] if len(words) > 1 else "", list(words[2:])
    first = _SHORT.get(first, first)
    if len(first) > 2 and first[0] == "-" and first[1] in _VERBS:  # -At VIP:80
        first, rest = first[:2], ["-" + first[2:], *rest]
    return (first, rest) if len(first) == 2 and first[0] == "-" and first[1] in _VERBS else ("", rest)


def changes(command: ShellCommand) -> bool:
    if command.words[1:2] == ("--set",):
        return True
    return command.program == "ipvsadm-restore" or verb_and_words(command.words)[0] != ""


def apply(table: IpvsTable, command: ShellCommand) -> bool:
    if command.words[1:2] == ("--set",):
        return table.set_timeouts(list(command.words[2:]), command.seen)
    verb, words = verb_and_words(command.words)
    if verb == "-C":
        table.clear()
        return True
    if verb == "-R" or command.program == "ipvsadm-restore":
        return command.text is not None and all(_restored(table, line) for line in command.text)
    return table.apply(verb, words, command.seen)


def _restored(table: IpvsTable, line: Line) -> bool:
    words = line[0].split()
    if not words or words[0].startswith("#"):
        return True
    verb, rest = verb_and_words(("ipvsadm", *words))
    if verb == "-C":
        table.clear()
    return verb == "-C" or (bool(verb) and verb != "-R" and table.apply(verb, rest, line[1]))
