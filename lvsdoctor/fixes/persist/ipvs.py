"""Where an IPVS table and a director's VIPs come from at boot: keepalived, ldirectord, or saved rules.

keepalived.conf(5), "virtual_server"; ldirectord(8), "real"; ipvsadm-save(8). Which of them a director has, only its
operator knows, and two at once would undo each other, so all of it is left to a person.
"""

from collections.abc import Iterator, Sequence

from lvsdoctor.fixes.persist.parts import ByHand, Part
from lvsdoctor.model.change import AddAddress, Change, PutRealServer, RemoveRealServer
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService

_KEEPALIVED = {Forwarding.DR: "DR", Forwarding.TUN: "TUN", Forwarding.NAT: "NAT"}
_LDIRECTORD = {Forwarding.DR: "gate", Forwarding.TUN: "ipip", Forwarding.NAT: "masq"}
_SAVED = "saved rules (where a service reads them at boot)"
_SAVE = "ipvsadm-save -n > /etc/ipvsadm.rules    (Red Hat and its kin: /etc/sysconfig/ipvsadm)"


def kept(changes: Sequence[Change]) -> Iterator[Part]:
    """How a table's changed real servers last."""
    lines = [line for change in changes for line in _lines(change)]
    if lines:
        yield ByHand("the IPVS table, in the one place that it comes from", (*lines, f"{_SAVED}: {_SAVE}"))


def _lines(change: Change) -> Iterator[str]:
    if not isinstance(change, PutRealServer | RemoveRealServer):
        return
    service, real = change.service, change.real_server
    block, server = _virtual_server(service), f"real_server {real.ip} {real.port}"
    if isinstance(change, RemoveRealServer):
        yield f"keepalived.conf, in {block}: no {server}"
        yield f"ldirectord.cf, in virtual={_place(service)}: no real={_address(real)}"
        return
    method = _KEEPALIVED.get(real.forwarding) if real.forwarding else None
    weight = 1 if real.weight is None else real.weight
    limits = f" uthreshold {real.upper_threshold}" if real.upper_threshold else ""
    yield f"keepalived.conf, in {block}: {server} {{ weight {weight}{limits} }}" + (
        f" with lvs_method {method}" if method else ""
    )
    how = _LDIRECTORD.get(real.forwarding, "") if real.forwarding else ""
    yield f"ldirectord.cf, in virtual={_place(service)}: real={_address(real)} {how} {weight}".replace("  ", " ")


def _virtual_server(service: VirtualService) -> str:
    if service.fwmark is not None:
        return f"virtual_server fwmark {service.fwmark}"
    return f"virtual_server {service.vip or service.shown} {service.port} ({service.protocol.upper()})"


def _place(service: VirtualService) -> str:
    return str(service.fwmark) if service.fwmark is not None else f"{service.vip or service.shown}:{service.port}"


def _address(real: Destination) -> str:
    return f"[{real.ip}]:{real.port}" if real.ip is not None and real.ip.version == 6 else f"{real.ip}:{real.port}"


def moved(change: AddAddress) -> tuple[str, ...]:
    """A director's VIP that VRRP moves: with an address from a file, both directors would answer for it."""
    block = f"virtual_ipaddress {{ {change.ip}/{change.prefixlen} dev {change.link} }}"
    return ("where VRRP moves it, only in keepalived.conf, in its vrrp_instance:", block)
