"""What commands do to a host, in their order: a later command undoes what an earlier one did.

What the commands never made and only take away is no fact: nothing tells whether it was there.
"""

from collections.abc import Callable, Iterable, Sequence

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import ConfiguredLine
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.shell import arp_filter, filter_tables, iproute2, ipvs_table, net_tools, nm_cli, sed, settings
from lvsdoctor.parse.shell.command import Line, OutputFile, Pipeline, ShellCommand
from lvsdoctor.parse.shell.state import Exhausted, HostState

__all__ = ["Effects", "has_effect"]

MOST_COMMANDS = 20_000

_Apply = Callable[[HostState, ShellCommand], bool]
# Each program: whether such a command changes anything, and what it changes; False where it is not understood.
_PROGRAMS: dict[str, tuple[Callable[[ShellCommand], bool], _Apply]] = {
    "ip": (iproute2.changes, iproute2.apply),
    "ifconfig": (net_tools.changes, net_tools.apply),
    "route": (net_tools.changes, net_tools.apply),
    "sysctl": (settings.changes, settings.apply),
    "sed": (sed.changes, sed.apply),
    "nmcli": (nm_cli.changes, nm_cli.apply),
    "ipvsadm": (ipvs_table.changes, lambda state, command: ipvs_table.apply(state.ipvs, command)),
    "ipvsadm-restore": (ipvs_table.changes, lambda state, command: ipvs_table.apply(state.ipvs, command)),
    "arptables": (arp_filter.changes, lambda state, command: state.arp.apply(command)),
    "iptables": (filter_tables.changes, lambda state, command: state.filters.apply(command)),
}
_ALSO = {
    "arptables-legacy": "arptables", "arptables-nft": "arptables", "ip6tables": "iptables",
    "iptables-legacy": "iptables", "iptables-nft": "iptables", "ip6tables-legacy": "iptables",
    "ip6tables-nft": "iptables",
}  # fmt: skip
# They restore what nobody shows here.
_UNREAD = frozenset({"iptables-restore", "ip6tables-restore", "arptables-restore"})
_SCANS_ROWS = frozenset({"-D", "--delete"})


def _entry(command: ShellCommand) -> tuple[Callable[[ShellCommand], bool], _Apply] | None:
    return _PROGRAMS.get(_ALSO.get(command.program, command.program))


def has_effect(pipeline: Pipeline) -> bool:
    """Is there a command in it that changes what the facts are about?"""
    commands = [command.carried() for command in pipeline]
    batch = any(True for command in commands for _ in iproute2.of_batch(command))
    return batch or any(map(_changes, commands)) or bool(_written(pipeline))


def _changes(command: ShellCommand) -> bool:
    entry = _entry(command)
    return command.program in _UNREAD if entry is None else entry[0](command)


def _written(pipeline: Pipeline) -> list[tuple[OutputFile, list[Line] | None]]:
    """The files of /proc/sys and sysctl.d that a pipeline writes, with the lines; None where these are not known."""
    written: list[tuple[OutputFile, list[Line] | None]] = []
    carried = [command.carried() for command in pipeline]
    for number, command in enumerate(carried):
        lines = settings.output_of(command)
        if command.program == "tee":
            lines = settings.output_of(carried[number - 1]) if number else list(command.text) if command.text else None
            append = any(word in ("-a", "--append") for word in command.words)
            files = [OutputFile(word, append) for word in command.words[1:] if not word.startswith("-")]
            written += [(file, lines) for file in files]
        written += [(target, lines) for target in command.outputs]
    wanted = (settings.is_proc, settings.is_conf, settings.is_host_file)
    return [(target, lines) for target, lines in written if any(kind(target.path) for kind in wanted)]


class Effects:
    """A host at the mercy of commands: run() each, and dump() what is there then."""

    def __init__(self) -> None:
        self._state = HostState()
        self._commands = 0
        self._exhausted = False

    def run(self, pipeline: Pipeline) -> None:
        """Does what the commands between two pipes do, as far as it is known."""
        if self._exhausted:
            return
        try:
            self._run(pipeline)
        except Exhausted:
            self._exhausted = True
            self._state.note(pipeline[0].seen)

    def run_all(self, pipelines: Iterable[Pipeline]) -> None:
        for pipeline in pipelines:
            self.run(pipeline)

    def note(self, seen: Seen) -> None:
        """A line that is known for one of these, and not understood."""
        self._state.note(seen)

    def follow(self, line: ConfiguredLine) -> None:
        """A setting that another program makes here, and keeps in a file."""
        self._state.follow(line)

    @property
    def order(self) -> Sequence[Address | ConfiguredLine]:
        """The addresses and settings so far, in their order."""
        return self._state.order

    def include(self, dump: Dump) -> None:
        """The rows of a file that the script writes."""
        self._state.dumps.append(dump)

    def write(self, path: str, lines: Sequence[Line], *, append: bool, whole: bool = True) -> None:
        """Lines that another program writes into a file of the host."""
        self._state.spend(len(lines))
        self._state.written.write(path, lines, append=append, whole=whole)

    def written(self, path: str) -> Sequence[Line]:
        """The lines of a file of the host so far."""
        return self._state.written.lines(path)

    def dump(self, origin: Origin) -> Dump:
        for made in self._state.written.dumps():
            if isinstance(made, Seen):
                self._state.note(made)
            else:
                self._state.dumps.append(made)
        return self._state.dump(origin)

    def _run(self, pipeline: Pipeline) -> None:
        self._commands += len(pipeline)
        if self._commands > MOST_COMMANDS:
            raise Exhausted
        for command in pipeline:
            for carried in [*iproute2.of_batch(command.carried())] or [command.carried()]:
                self._command(carried)
        for target, lines in _written(pipeline):
            self._write(target, lines, pipeline)

    def _command(self, command: ShellCommand) -> None:
        entry = _entry(command)
        if entry is None or not entry[0](command):
            if command.program in _UNREAD:
                self._state.note(command.seen)
            return
        if not _SCANS_ROWS.isdisjoint(command.words):
            self._state.spend(20 * self._commands)
        if command.uncertain or not command.known or not entry[1](self._state, command):
            self._state.note(command.seen)

    def _write(self, target: OutputFile, lines: list[Line] | None, pipeline: Pipeline) -> None:
        state, seen = self._state, pipeline[-1].seen
        if lines is None or any(command.uncertain for command in pipeline):
            state.note(seen)
        elif settings.is_conf(target.path):
            settings.write_conf(state, target, lines)
        elif settings.is_host_file(target.path) and not target.glob:
            state.spend(10 * len(lines))
            state.written.write(target.path, lines, append=target.append)
        elif target.glob or not settings.write_proc(state, target.path, lines, seen):
            state.note(seen)
