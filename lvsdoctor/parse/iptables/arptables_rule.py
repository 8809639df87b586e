"""One arptables rule: `-j DROP -i eth0 ! -d 192.0.2.0/24 --opcode 1`."""

from ipaddress import ip_network
from typing import Any

from lvsdoctor.model.address import Network
from lvsdoctor.model.arptables import ArpRule
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.words import read_ip, read_link_name, read_number

# Every spelling of a selector, and the field of ArpRule that it fills.
SELECTORS = {
    "-i": "in_link", "--in-interface": "in_link", "-o": "out_link", "--out-interface": "out_link",
    "-s": "src", "--source-ip": "src", "--src-ip": "src", "--source": "src",
    "-d": "dst", "--destination-ip": "dst", "--dst-ip": "dst", "--destination": "dst",
    "--src-mac": "src_mac", "--source-mac": "src_mac", "-z": "src_mac", "--source-hw": "src_mac",
    "--dst-mac": "dst_mac", "--destination-mac": "dst_mac", "--target-hw": "dst_mac",
    "--opcode": "operation", "--arpop": "operation",
}  # fmt: skip
_MANGLES = {"--mangle-ip-s": "mangle_ip_s", "--mangle-ip-d": "mangle_ip_d"}
# What a target does to a packet besides; it does not narrow which packets the rule is for.
_OF_TARGETS = frozenset({
    "--mangle-mac-s", "--mangle-mac-d", "--mangle-hw-s", "--mangle-hw-d", "--set-mark", "--and-mark", "--or-mark",
    "--set-class",
})  # fmt: skip
_ANY = frozenset({"*", "any", "anywhere"})
# Names of arptables without -n (extensions/libarp*; uapi/linux/if_arp.h: ARPOP_REQUEST and following).
OPERATIONS = {
    "Request": 1, "Reply": 2, "Request_Reverse": 3, "Reply_Reverse": 4, "DRARP_Request": 5, "DRARP_Reply": 6,
    "DRARP_Error": 7, "InARP_Request": 8, "ARP_NAK": 9,
}  # fmt: skip

# Options of arptables that iptables and ebtables lack.
OWN_WORDS = frozenset({
    "--src-mac", "--dst-mac", "--opcode", "--h-type", "--h-length", "--proto-type", "--source-hw", "--target-hw",
    "--arpop", "--arhrd", "--arhln", "--arpro", "--mangle-target", *_MANGLES,
})  # fmt: skip


def rule_of(chain: str, words: list[str], seen: Seen) -> ArpRule | None:
    """The rule, or None where a word is not an option or an option has no value.

    `--h-type 1`, a host's name, an odd mask and other matches that ArpRule has no field for go to `other`, and so does
    `--mangle-target`, which changes what becomes of the packet.
    """
    fields: dict[str, Any] = {}
    negated: set[str] = set()
    other: list[str] = []
    queue = words[::-1]
    while queue:
        turned = queue[-1] == "!"
        if turned:
            queue.pop()
        option = queue.pop() if queue else ""
        if queue and queue[-1] == "!":  # `-d ! 192.0.2.10`, the older spelling
            turned = bool(queue.pop())
        if not option.startswith("-") or not queue:
            return None
        value = queue.pop()
        if option in ("-j", "--jump"):
            fields["target"] = value
        elif option in _MANGLES:
            address = read_ip(value)
            if address is None:
                return None
            fields[_MANGLES[option]] = address
        elif _says_nothing(option, value, turned):
            continue
        elif option in SELECTORS and (selected := _selected(SELECTORS[option], value)) is not None:
            fields[SELECTORS[option]] = selected
            if turned:
                negated.add(SELECTORS[option])
        else:
            other.append(f"{'! ' if turned else ''}{option} {value}")
    target = fields.pop("target", "")
    return ArpRule(chain, target, seen, negated=frozenset(negated), other=tuple(other), **fields)


def _says_nothing(option: str, value: str, turned: bool) -> bool:
    """Is this neither a match nor a change to the rule's verdict?"""
    if option in _OF_TARGETS or (option, value) == ("--mangle-target", "ACCEPT"):
        return True
    return not turned and (value in _ANY or value == "0.0.0.0/0")


def _selected(field: str, value: str) -> Network | str | int | None:
    """The value as the field wants it, or None if it is none."""
    if field in ("src", "dst"):
        try:
            return ip_network(value, strict=False)
        except ValueError:
            return None
    if field == "operation":
        return OPERATIONS.get(value, read_number(value))
    if field.endswith("link"):
        return read_link_name(value)
    return value.lower() if field.endswith("mac") else value
