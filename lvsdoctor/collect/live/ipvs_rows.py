"""Virtual services and their real servers: rows from the messages of IPVS's generic netlink family."""

import sys
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from lvsdoctor.collect.live.netlink_socket import Message
from lvsdoctor.collect.live.words import INET6, TRANSPORTS
from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Counters, Destination, Forwarding, VirtualService
from lvsdoctor.model.seen import Seen

# include/uapi/linux/ip_vs.h: IP_VS_CONN_F_MASQ, .._LOCALNODE, .._TUNNEL, .._DROUTE, .._BYPASS, and ipvsadm's words
FORWARDING = {
    0: (Forwarding.NAT, "Masq"),
    1: (Forwarding.LOCAL, "Local"),
    2: (Forwarding.TUN, "Tunnel"),
    3: (Forwarding.DR, "Route"),
    4: (Forwarding.BYPASS, "Bypass"),
}
FWD_MASK = 0x7
PROTOCOLS = {word: number for number, word in TRANSPORTS.items()}
PERSISTENT, ONEPACKET = 0x1, 0x4
SCHEDULER_FLAGS = (0x8, 0x10, 0x20)  # IP_VS_SVC_F_SCHED1 to 3, which every scheduler gives a meaning of its own
SCHEDULER_FLAG_WORDS = {"sh": ("sh-fallback", "sh-port"), "mh": ("mh-fallback", "mh-port")}
TUNNEL_TYPES = {0: "ipip", 1: "gue", 2: "gre"}
COUNTERS = ("CONNS", "INPKTS", "OUTPKTS", "INBYTES", "OUTBYTES")


def service_rows(table: Iterable[tuple[Message, Iterable[Message]]]) -> tuple[VirtualService, ...]:
    """The services in the order of ipvsadm (libipvs.c: ipvs_cmp_services()); the kernel's is that of its hash table."""
    return tuple(sorted((_service(service, destinations) for service, destinations in table), key=_place))


def _place(service: VirtualService) -> tuple[int, int, int, int, int]:
    mark, protocol = service.fwmark or 0, PROTOCOLS.get(service.protocol, 0)
    vip = int(service.vip) if service.vip else 0
    return mark - 2**32 if mark >= 2**31 else mark, service.family, protocol, vip, service.port or 0


def _service(message: Message, destinations: Iterable[Message]) -> VirtualService:
    service = message.get_attr("IPVS_CMD_ATTR_SERVICE")

    def get(name: str, default: object = None) -> Any:
        return service.get_attr(f"IPVS_SVC_ATTR_{name}", default)

    six, fwmark, number = get("AF") == INET6, get("FWMARK"), get("FLAGS", {"flags": 0})["flags"]
    scheduler = get("SCHED_NAME", "")
    vip = None if fwmark else _ip(get("ADDR"), six)
    port = None if fwmark else get("PORT", 0)
    protocol = "" if fwmark else TRANSPORTS.get(get("PROTOCOL"), str(get("PROTOCOL")))
    persistent = get("TIMEOUT", 0) if number & PERSISTENT else 0
    netmask, flags = _netmask(get("NETMASK", b""), six), _flags(number, scheduler, get("PE_NAME"))
    shown = f"fwmark {fwmark}{' IPv6' if six else ''}" if fwmark else ""
    name = shown.replace("fwmark", "FWM") or f"{protocol.upper()} {_endpoint(vip, port)}"
    text = [name, scheduler, f"persistent {persistent}" if persistent else "", f"mask {netmask}" if netmask else ""]
    return VirtualService(
        protocol,
        vip,
        port,
        Seen("netlink IPVS_CMD_NEW_SERVICE", None, " ".join(filter(None, (*text, *flags)))),
        shown=shown,
        fwmark=fwmark,
        family=6 if six else 4,
        scheduler=scheduler,
        persistent=persistent,
        netmask=netmask,
        flags=flags,
        destinations=tuple(sorted((_destination(each, six) for each in destinations), key=_place_in_service)),
        counters=_counters(get("STATS64") or get("STATS")),
    )


def _place_in_service(destination: Destination) -> tuple[int, int, int]:
    ip = destination.ip or IPv4Address(0)
    return ip.version, int(ip), destination.port or 0


def _flags(number: int, scheduler: str, engine: str | None) -> tuple[str, ...]:
    named = SCHEDULER_FLAG_WORDS.get(scheduler, ())
    flags = []
    for place, bit in enumerate(SCHEDULER_FLAGS):
        if number & bit:
            flags.append(named[place] if place < len(named) else f"flag-{place + 1}")
    flags += [f"pe {engine}"] if engine else []
    return (*flags, *(["ops"] if number & ONEPACKET else []))


def _netmask(data: bytes, six: bool) -> str:
    """The mask that groups clients of a persistent service, "" where each is by itself: a mask, or IPv6's length."""
    if six:
        length = int.from_bytes(data, sys.byteorder)
        return "" if length in (0, 128) else str(length)
    return "" if len(data) != 4 or data == b"\xff\xff\xff\xff" else str(IPv4Address(data))


def _destination(message: Message, service_is_six: bool) -> Destination:
    destination = message.get_attr("IPVS_CMD_ATTR_DEST")

    def get(name: str, default: Any = 0) -> Any:
        return destination.get_attr(f"IPVS_DEST_ATTR_{name}", default)

    # Kernels before 3.18 do not tell: there, it is always the service's own family.
    six = get("ADDR_FAMILY", INET6 if service_is_six else 0) == INET6
    ip, port, weight = _ip(get("ADDR", b""), six), get("PORT"), get("WEIGHT")
    forwarding, method = FORWARDING.get(get("FWD_METHOD") & FWD_MASK, (None, str(get("FWD_METHOD"))))
    tunnel = TUNNEL_TYPES.get(get("TUN_TYPE"), str(get("TUN_TYPE")))
    text = [f"-> {_endpoint(ip, port)}", method, f"weight {weight}"]
    if forwarding is Forwarding.TUN:
        text.append(f"tun-type {tunnel}" + (f" tun-port {get('TUN_PORT')}" if get("TUN_PORT") else ""))
    return Destination(
        ip,
        port,
        Seen("netlink IPVS_CMD_NEW_DEST", None, " ".join(text)),
        forwarding=forwarding,
        method=method,
        weight=weight,
        active=get("ACTIVE_CONNS"),
        inactive=get("INACT_CONNS"),
        upper_threshold=get("U_THRESH"),
        lower_threshold=get("L_THRESH"),
        tunnel_type=tunnel,
        tunnel_port=get("TUN_PORT"),
        counters=_counters(
            destination.get_attr("IPVS_DEST_ATTR_STATS64") or destination.get_attr("IPVS_DEST_ATTR_STATS")
        ),
    )


def _ip(data: bytes, six: bool) -> IP:
    """The kernel always sends sixteen bytes; an IPv4 address is the first four."""
    return IPv6Address(data[:16]) if six else IPv4Address(data[:4])


def _endpoint(ip: IP | None, port: int | None) -> str:
    return f"[{ip}]:{port}" if isinstance(ip, IPv6Address) else f"{ip}:{port}"


def _counters(stats: Message | None) -> Counters | None:
    if stats is None:
        return None
    return Counters(*(stats.get_attr(f"IPVS_STATS_ATTR_{name}", 0) for name in COUNTERS))
