"""The IPVS table from netlink messages: encoded by pyroute2's own classes, and as the kernel pads them."""

import socket
import struct
import sys
from ipaddress import ip_address
from typing import Any

import pytest
from pyroute2.netlink.generic.ipvs import ipvsmsg

from lvsdoctor.collect.live import dumps, netlink
from lvsdoctor.collect.live.ipvs_rows import service_rows
from lvsdoctor.model.ipvs import Counters, Destination, Forwarding, VirtualService

INET, INET6 = 2, 10
TCP, UDP, SCTP = 6, 17, 132


def attribute(number: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), number) + value.ljust(len(value) + 3 & ~3, b"\0")


def message(kind: int, *attributes: bytes) -> bytes:
    """A message as the kernel sends it: IPVS_CMD_NEW_SERVICE or .._NEW_DEST with one nested attribute."""
    body = struct.pack("=BBH", 1, 1, 0) + attribute(kind, b"".join(attributes))
    return struct.pack("=IHHII", 16 + len(body), 30, 2, 1, 0) + body


def address(text: str) -> bytes:
    """union nf_inet_addr: sixteen bytes, whatever the family."""
    return ip_address(text).packed.ljust(16, b"\0")


def number(value: int, size: int = 4, order: Any = sys.byteorder) -> bytes:
    return value.to_bytes(size, order)


def service(
    vip: str = "192.0.2.10", port: int = 80, protocol: int = TCP, flags: int = 0, mask: bytes = b"\xff" * 4, **more: Any
) -> bytes:
    six = ":" in vip
    which = (
        [attribute(5, number(more["fwmark"]))]
        if "fwmark" in more
        else [attribute(2, number(protocol, 2)), attribute(3, address(vip)), attribute(4, number(port, 2, "big"))]
    )
    rest = [attribute(6, more.get("scheduler", b"rr") + b"\0"), attribute(7, number(flags) + b"\xff" * 4)]
    rest += [attribute(8, number(more.get("timeout", 0))), attribute(9, mask)]
    rest += [attribute(11, more["engine"] + b"\0")] if "engine" in more else []
    return message(1, attribute(1, number(INET6 if six else INET, 2)), *which, *rest, *more.get("stats", ()))


def destination(rip: str = "192.0.2.21", port: int = 80, method: int = 3, weight: int = 1, **more: Any) -> bytes:
    told = [attribute(1, address(rip)), attribute(2, number(port, 2, "big")), attribute(3, number(method))]
    told += [
        attribute(4, number(weight)),
        attribute(5, number(more.get("upper", 0))),
        attribute(6, number(more.get("lower", 0))),
    ]
    told += [attribute(7, number(more.get("active", 0))), attribute(8, number(more.get("inactive", 0)))]
    if more.get("tells_family", True):
        told.append(attribute(11, number(INET6 if ":" in rip else INET, 2)))
    told += [
        attribute(13, number(more.get("tunnel", 0), 1)),
        attribute(14, number(more.get("tunnel_port", 0), 2, "big")),
    ]
    return message(2, *told)


def decoded(data: bytes) -> Any:
    answer = netlink.messages().ipvs(data)
    answer.decode()
    return answer


def row(service_data: bytes, *destinations: bytes) -> VirtualService:
    (found,) = service_rows([(decoded(service_data), [decoded(each) for each in destinations])])
    return found


def real_server(data: bytes, of: bytes | None = None) -> Destination:
    return row(of or service(), data).destinations[0]


@pytest.mark.parametrize(
    ("method", "forwarding", "word"),
    [
        (0, Forwarding.NAT, "Masq"),
        (1, Forwarding.LOCAL, "Local"),
        (2, Forwarding.TUN, "Tunnel"),
        (3, Forwarding.DR, "Route"),
        (4, Forwarding.BYPASS, "Bypass"),
    ],
)
def test_each_forwarding_method_is_the_kernels(method: int, forwarding: Forwarding, word: str) -> None:
    found = real_server(destination(method=method))
    assert (found.forwarding, found.method) == (forwarding, word)
    assert found.seen.where == "netlink IPVS_CMD_NEW_DEST"
    assert found.seen.text.startswith(f"-> 192.0.2.21:80 {word} weight 1")


@pytest.mark.parametrize(("protocol", "word"), [(TCP, "tcp"), (UDP, "udp"), (SCTP, "sctp")])
def test_protocols(protocol: int, word: str) -> None:
    found = row(service(protocol=protocol, port=53))
    assert (found.protocol, found.port, found.vip) == (word, 53, ip_address("192.0.2.10"))
    assert found.seen.text == f"{word.upper()} 192.0.2.10:53 rr"


def test_weight_zero_is_a_weight() -> None:
    assert real_server(destination(weight=0)).weight == 0


def test_ipv6_is_all_sixteen_bytes() -> None:
    found = row(service("2001:db8::10", mask=number(128)), destination("2001:db8::21", 8080))
    assert (found.family, found.vip, found.netmask) == (6, ip_address("2001:db8::10"), "")
    assert (found.destinations[0].ip, found.destinations[0].port) == (ip_address("2001:db8::21"), 8080)
    assert found.seen.text == "TCP [2001:db8::10]:80 rr"
    assert found.destinations[0].seen.text == "-> [2001:db8::21]:8080 Route weight 1"


def test_a_tunnel_may_lead_to_the_other_family() -> None:
    found = real_server(destination("2001:db8::21", method=2), of=service("192.0.2.10"))
    assert found.ip == ip_address("2001:db8::21")


def test_an_old_kernel_does_not_tell_a_destinations_family() -> None:
    six = service("2001:db8::10", mask=number(128))
    assert real_server(destination("2001:db8::21", tells_family=False), of=six).ip == ip_address("2001:db8::21")
    assert real_server(destination("192.0.2.21", tells_family=False)).ip == ip_address("192.0.2.21")


def test_a_fwmark_service_has_neither_address_nor_protocol() -> None:
    found = row(service(fwmark=7))
    assert (found.fwmark, found.vip, found.port, found.protocol, found.family) == (7, None, None, "", 4)
    assert (found.shown, found.seen.text) == ("fwmark 7", "FWM 7 rr")
    assert row(service("::", fwmark=7, mask=number(128))).shown == "fwmark 7 IPv6"


def test_persistence_is_in_seconds_and_has_a_mask() -> None:
    found = row(service(flags=0x1 | 0x2, timeout=300, mask=b"\xff\xff\xff\0"))
    assert (found.persistent, found.netmask, found.flags) == (300, "255.255.255.0", ())
    assert found.seen.text == "TCP 192.0.2.10:80 rr persistent 300 mask 255.255.255.0"
    assert row(service("2001:db8::10", flags=0x1, timeout=60, mask=number(64))).netmask == "64"


def test_without_the_flag_a_timeout_means_nothing() -> None:
    assert row(service(flags=0x2, timeout=300)).persistent == 0


def test_flags_have_the_words_of_ipvsadm() -> None:
    assert row(service(protocol=UDP, flags=0x4)).flags == ("ops",)
    assert row(service(scheduler=b"sh", flags=0x8 | 0x10)).flags == ("sh-fallback", "sh-port")
    assert row(service(scheduler=b"mh", flags=0x10)).flags == ("mh-port",)
    assert row(service(scheduler=b"rr", flags=0x20)).flags == ("flag-3",)
    assert row(service(engine=b"sip", flags=0x1, timeout=60)).flags == ("pe sip",)


@pytest.mark.parametrize(("kind", "word"), [(0, "ipip"), (1, "gue"), (2, "gre")])
def test_tunnel_types(kind: int, word: str) -> None:
    found = real_server(destination(method=2, tunnel=kind, tunnel_port=6080 if kind == 1 else 0))
    assert (found.tunnel_type, found.tunnel_port) == (word, 6080 if kind == 1 else 0)


def test_connections_and_thresholds() -> None:
    found = real_server(destination(active=5, inactive=70000, upper=100, lower=50))
    assert (found.active, found.inactive, found.upper_threshold, found.lower_threshold) == (5, 70000, 100, 50)


def test_counters_are_the_wide_ones() -> None:
    narrow = b"".join(attribute(place, number(1)) for place in (1, 2, 3))
    wide = b"".join(attribute(place, number(2**33 + place, 8)) for place in range(1, 6))
    found = row(service(stats=(attribute(10, narrow), attribute(12, wide))))
    assert found.counters == Counters(*(2**33 + place for place in range(1, 6)))


def test_the_order_is_that_of_ipvsadm() -> None:
    table = [service("2001:db8::10"), service(port=443), service(protocol=UDP, port=53), service(), service(fwmark=1)]
    table += [service(fwmark=2**32 - 1)]
    found = service_rows([(decoded(each), []) for each in table])
    web = ["tcp 192.0.2.10:80", "tcp 192.0.2.10:443"]
    assert [str(each) for each in found] == [
        *("fwmark 4294967295", *web, "udp 192.0.2.10:53", "tcp [2001:db8::10]:80", "fwmark 1"),
    ]  # a mark that ipvsadm takes for a negative number comes first


def test_real_servers_are_in_the_order_of_their_addresses() -> None:
    last_added_first = [destination("2001:db8::21"), destination("192.0.2.22"), destination("192.0.2.21", port=81)]
    found = row(service(), *last_added_first, destination("192.0.2.21"))
    assert [(str(each.ip), each.port) for each in found.destinations] == [
        *(("192.0.2.21", 80), ("192.0.2.21", 81), ("192.0.2.22", 80), ("2001:db8::21", 80)),
    ]


def test_what_pyroute2_encodes_is_read_the_same() -> None:
    told = ipvsmsg()
    told["header"].update(type=30, flags=2, sequence_number=1)
    told["attrs"] = [
        (
            "IPVS_CMD_ATTR_SERVICE",
            {
                "attrs": [
                    ("IPVS_SVC_ATTR_AF", INET),
                    ("IPVS_SVC_ATTR_PROTOCOL", TCP),
                    ("IPVS_SVC_ATTR_ADDR", "192.0.2.10"),
                    ("IPVS_SVC_ATTR_PORT", 443),
                    ("IPVS_SVC_ATTR_SCHED_NAME", "wlc"),
                    ("IPVS_SVC_ATTR_FLAGS", {"flags": 1, "mask": 0xFFFFFFFF}),
                    ("IPVS_SVC_ATTR_TIMEOUT", 360),
                    ("IPVS_SVC_ATTR_NETMASK", "255.255.255.255"),
                ]
            },
        )
    ]
    told.encode()
    real = ipvsmsg()
    real["header"].update(type=30, flags=2, sequence_number=1)
    real["attrs"] = [
        (
            "IPVS_CMD_ATTR_DEST",
            {
                "attrs": [
                    ("IPVS_DEST_ATTR_ADDR_FAMILY", INET),
                    ("IPVS_DEST_ATTR_ADDR", "192.0.2.21"),
                    ("IPVS_DEST_ATTR_PORT", 443),
                    ("IPVS_DEST_ATTR_FWD_METHOD", 2),
                    ("IPVS_DEST_ATTR_WEIGHT", 10),
                    ("IPVS_DEST_ATTR_TUN_TYPE", 1),
                    ("IPVS_DEST_ATTR_TUN_PORT", socket.htons(6080)),
                ]
            },
        )
    ]
    real.encode()
    found = row(bytes(told.data), bytes(real.data))
    assert (str(found), found.scheduler, found.persistent) == ("tcp 192.0.2.10:443", "wlc", 360)
    assert found.destinations[0].seen.text == "-> 192.0.2.21:443 Tunnel weight 10 tun-type gue tun-port 6080"


class Kernel:
    """A socket behind which a kernel has IPVS: it answers dumps and notes what it was asked."""

    def __init__(self, *_: Any) -> None:
        self.asked: list[tuple[int, int, int, bytes]] = []

    def settimeout(self, _: float) -> None: ...

    def bind(self, _: Any) -> None: ...

    def close(self) -> None: ...

    def send(self, request: bytes) -> None:
        _, kind, flags, self.sequence, _ = struct.unpack_from("=IHHII", request)
        self.asked.append((kind, flags, request[16], request[20:]))

    def recvmsg(self, _: int) -> tuple[bytes, list[Any], int, None]:
        kind, command = self.asked[-1][0], self.asked[-1][2]
        if kind == 0x10:
            body = struct.pack("=BBH", 1, 2, 0) + attribute(2, b"IPVS\0") + attribute(1, number(30, 2))
            answers = [struct.pack("=IHHII", 16 + len(body), 0x10, 2, 0, 0) + body]
        else:
            answers = [service()] if command == 4 else [destination(), destination("192.0.2.22", weight=0)]
        done = struct.pack("=IHHIIi", 20, 3, 2, 0, 0, 0)
        numbered = [each[:8] + struct.pack("=I", self.sequence) + each[12:] for each in (*answers, done)]
        return b"".join(numbered), [], 0, None


def test_a_whole_table_is_read_with_nothing_but_dumps(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel()
    monkeypatch.setattr(socket, "socket", lambda *_: kernel)
    (found,) = service_rows(dumps.ipvs())
    assert [str(each.ip) for each in found.destinations] == ["192.0.2.21", "192.0.2.22"]
    assert [(kind, flags, command) for kind, flags, command, _ in kernel.asked] == [
        (0x10, 0x301, 3),  # the list of families: asking for IPVS by its name would load it
        (30, 0x301, 4),  # IPVS_CMD_GET_SERVICE
        (30, 0x301, 8),  # IPVS_CMD_GET_DEST
    ]
    # The service is named back to the kernel just as the kernel named it.
    assert address("192.0.2.10") in kernel.asked[-1][3]
    assert number(80, 2, "big") in kernel.asked[-1][3]
