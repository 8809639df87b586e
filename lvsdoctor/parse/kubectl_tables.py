"""`kubectl get nodes` and `kubectl get services`, with or without -o wide and -A.

kubectl pads its columns, and no value up to the addresses has a blank, so the words of a row stand for its columns
whatever is left of the padding. kubectl cuts the addresses of a load balancer after 16 characters without -o wide
(pkg/printers/internalversion/printers.go: loadBalancerWidth).
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.kube import KubeNode, KubeState, ServiceAddress
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import narrowed
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, split_options

_SERVICES = ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
_NODES = ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]
_WIDE = ["INTERNAL-IP", "EXTERNAL-IP"]
_STATUS = re.compile(r"(?P<ready>Ready|NotReady|Unknown)(?:,[A-Za-z]{1,40}){0,8}")
_TYPES = frozenset({"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"})
_PORT = re.compile(r"(?P<port>\d{1,5})(?::\d{1,5})?/(?P<protocol>TCP|UDP|SCTP)")
_NOT_THERE = frozenset({"<none>", "<pending>", "<unknown>", "<nodes>", "None", ""})
_MASKED = re.compile(r"[\dxX*]{1,3}(?:\.[\dxX*]{1,3}){3}|.*\.\.\.")
_RESOURCES = frozenset({"node", "nodes", "no", "service", "services", "svc"})
_NARROWING = frozenset({"-l", "--selector", "--field-selector", "-n", "--namespace"})
_VALUED = frozenset(
    {"-o", "--output", "-n", "--namespace", "-l", "--selector", "--context", "--kubeconfig", "--sort-by"}
)


class KubectlTable(Reader):
    """One table. With -w a later row tells the newer state of its node."""

    name: ClassVar[str] = "kubectl"

    def __init__(self) -> None:
        self._columns: list[str] = []
        self._rows: list[KubeState] = []
        self._unread: list[Seen] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        columns = _columns(text)
        return columns[: len(_NODES)] == _NODES or columns[: len(_SERVICES)] == _SERVICES

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        words = [word.partition("=")[0] for word in command if word != "|"]
        _, asked = split_options(words, _VALUED)
        asked = [word for word in asked[asked.index("get") + 1 :] if not word.startswith("-")] if "get" in asked else []
        part = not _NARROWING.isdisjoint(words) or (len(asked) > 1 and _RESOURCES.issuperset(asked[0].split(",")))
        return narrowed(command, echo) if part else None

    def feed(self, seen: Seen) -> bool:
        if not self._columns:
            self._columns = seen.text.split()
            return True
        words = seen.text.split()
        cells = dict(zip(self._columns, words, strict=False))
        name = cells.get("NAME", "").rpartition("/")[2]
        if "TYPE" in self._columns:
            return cells.get("TYPE") in _TYPES and self._service(seen, name, cells)
        status = _STATUS.fullmatch(cells.get("STATUS", ""))
        return status is not None and self._node(seen, name, cells, ready=status["ready"] == "Ready")

    def _service(self, seen: Seen, name: str, cells: dict[str, str]) -> bool:
        if "PORT(S)" not in cells:
            self._unread.append(seen)
            return True
        numbers = map(_PORT.fullmatch, cells["PORT(S)"].split(","))
        ports = tuple(f"{number['port']}/{number['protocol'].lower()}" for number in numbers if number is not None)
        asked = cells["TYPE"] != "LoadBalancer"  # of a load balancer kubectl shows what it got, too
        for ip in self._addresses(seen, cells["CLUSTER-IP"]):
            self._rows.append(ServiceAddress(name, ip, seen, False, ports, internal=True))
        for ip in self._addresses(seen, cells["EXTERNAL-IP"]):
            self._rows.append(ServiceAddress(name, ip, seen, asked, ports))
        return True

    def _node(self, seen: Seen, name: str, cells: dict[str, str], *, ready: bool) -> bool:
        if "VERSION" not in cells or ("INTERNAL-IP" in self._columns and "EXTERNAL-IP" not in cells):
            self._unread.append(seen)
            return True
        shown = [ip for column in _WIDE for ip in self._addresses(seen, cells.get(column, ""))]
        self._rows.append(KubeNode(name, seen, ready, tuple(shown)))
        return True

    def _addresses(self, seen: Seen, cell: str) -> list[IP]:
        """The addresses of a cell; a name is none. One that is cut or masked leaves the line not understood."""
        words = [word for word in cell.split(",") if word not in _NOT_THERE]
        if any(map(_MASKED.fullmatch, (word for word in words if read_ip(word) is None))) and seen not in self._unread:
            self._unread.append(seen)
        return [ip for word in words if (ip := read_ip(word)) is not None]

    def dump(self) -> Dump:
        return Dump({"kube-state": tuple(self._rows)}, tuple(self._unread))


def _columns(text: str) -> list[str]:
    columns = text[:400].split()
    return columns[1:] if columns[:1] == ["NAMESPACE"] else columns
