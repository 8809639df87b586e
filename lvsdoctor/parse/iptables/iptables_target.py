"""What the target of a rule does: `-j DNAT --to-destination 192.0.2.1:80`."""

from collections.abc import Mapping

from lvsdoctor.model.packet_filter import ALL_BITS, Action, Effect, MarkChange
from lvsdoctor.parse.iptables.iptables_words import (
    TARGETS,
    mark_change,
    nat_place,
    read_addresses,
    read_ports,
    without_options,
)
from lvsdoctor.parse.words import read_number

_MARKS = {"--set-mark": "set", "--set-xmark": "xset", "--and-mark": "and", "--or-mark": "or", "--xor-mark": "xor"}


def action_of(name: str, options: Mapping[str, str], text: str) -> Action:
    """The action of target `name` with its options; UNKNOWN where one of them was not understood."""
    kind = TARGETS.get(name)
    match kind:
        case Effect.MARK:
            changes = [mark_change(_MARKS[key], value) for key, value in options.items() if key in _MARKS]
            if len(changes) == len(options) == 1 and changes[0] is not None:
                return Action(kind, text, mark=changes[0])
            return Action(Effect.UNKNOWN, text)
        case Effect.DNAT | Effect.SNAT:
            place = nat_place(options.get("--to-destination" if kind is Effect.DNAT else "--to-source", ""))
            return Action(Effect.UNKNOWN, text) if place is None else Action(kind, text, "", *place)
        case Effect.REDIRECT | Effect.MASQUERADE:
            spelled = options.get("--to-ports")
            ports = () if spelled is None else read_ports(spelled, "-")
            return (
                Action(Effect.UNKNOWN, text) if ports is None else Action(kind, text, ports=ports[0] if ports else None)
            )
        case Effect.TPROXY:
            return _tproxy(options, text)
        case Effect.CONTINUE if name == "CONNMARK":
            return _connmark(options, text)
        case Effect.CONTINUE if name in ("TTL", "HL"):
            number = options.get(f"--{name.lower()}-set", "")
            return Action(Effect.HOPS, text, hops=int(number) if number.isdecimal() and len(number) < 4 else None)
        case Effect.CONTINUE if name == "CT" and "--notrack" in options:
            return Action(Effect.NOTRACK, text)
    if options and (kind is None or kind in (Effect.ACCEPT, Effect.DROP, Effect.RETURN)):
        return Action(Effect.UNKNOWN, text)
    return without_options(name, text) or Action(Effect.UNKNOWN, text)


def _connmark(options: Mapping[str, str], text: str) -> Action:
    """libxt_CONNMARK.c: a change as MARK makes it, or one mark is copied over the other."""
    masks = [options.get(key, options.get("--mask", hex(ALL_BITS))) for key in ("--nfmask", "--ctmask")]
    numbers = [read_number(mask, most=ALL_BITS) for mask in masks]
    bits = (numbers[0], numbers[1]) if numbers[0] is not None and numbers[1] is not None else None
    if "--restore-mark" in options:
        return Action(Effect.RESTORE_MARK, text, bits=bits)
    if "--save-mark" in options:
        return Action(Effect.SAVE_MARK, text, bits=bits)
    changes = [mark_change(_MARKS[key], value) for key, value in options.items() if key in _MARKS]
    return Action(Effect.CT_MARK, text, mark=changes[0] if len(changes) == len(options) == 1 else None)


def _tproxy(options: Mapping[str, str], text: str) -> Action:
    ports, mark = read_ports(options.get("--on-port", "0")), mark_change("xset", options.get("--tproxy-mark", "0/0"))
    addresses = read_addresses(options["--on-ip"]) if "--on-ip" in options else None
    if ports is None or mark is None or ("--on-ip" in options and addresses is None):
        return Action(Effect.UNKNOWN, text)
    return tproxy(text, options.get("--on-ip", ""), ports[0].low, mark)


def tproxy(text: str, address: str, port: int, mark: MarkChange) -> Action:
    """Where no port or address is named the packet's own counts (net/netfilter/xt_TPROXY.c: tproxy_tg4())."""
    addresses = read_addresses(address) if address else None
    if addresses is not None and int(addresses.low) == 0:
        addresses = None
    ports = read_ports(str(port)) if port else None
    return Action(Effect.TPROXY, text, "", addresses, ports[0] if ports else None, mark)
