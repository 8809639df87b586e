"""An ARP rule in arptables' words, and what both of its kernel forms share."""

import struct
from ipaddress import IPv4Address
from typing import Any

from lvsdoctor.model.arptables import ArpRule

# include/uapi/linux/netfilter/x_tables.h: a verdict is -N - 1; include/uapi/linux/netfilter.h: NF_DROP, NF_ACCEPT
VERDICTS = {0: "DROP", 1: "ACCEPT"}
HOOKS = {0: "INPUT", 1: "OUTPUT", 2: "FORWARD"}  # include/uapi/linux/netfilter_arp.h

# include/uapi/linux/netfilter_arp/arpt_mangle.h: the last three fields are the flags of what is mangled and the verdict
MANGLE = struct.Struct("=16s16s4s4sB3xi")
MANGLE_SOURCE_MAC, MANGLE_TARGET_MAC, MANGLE_SOURCE_IP, MANGLE_TARGET_IP = 1, 2, 4, 8
MANGLE_VERDICTS = {0: "DROP", -1: "CONTINUE"}

OPTIONS = {
    **{"in_link": "-i", "out_link": "-o", "src": "-s", "dst": "-d", "src_mac": "--src-mac", "dst_mac": "--dst-mac"},
    **{"operation": "--opcode", "mangle_ip_s": "--mangle-ip-s", "mangle_ip_d": "--mangle-ip-d"},
}


def rule_text(rule: ArpRule) -> str:
    """The rule as arptables-save prints it."""
    text = [f"-A {rule.chain}", f"-j {rule.target}" if rule.target else ""]
    for field, option in OPTIONS.items():
        value = getattr(rule, field)
        if value is not None:
            shown = str(value).removesuffix("/32")
            text.append(f"{'! ' if field in rule.negated else ''}{option} {shown}")
    return " ".join(filter(None, (*text, *rule.other)))


def mangled(data: bytes) -> dict[str, Any]:
    """The fields of a rule whose target is `mangle`. (A mangled MAC has no field: it is the reply's Ethernet side.)"""
    _, _, source, target, flags, verdict = MANGLE.unpack_from(data)
    return {
        "target": "mangle",
        "mangle_ip_s": IPv4Address(source) if flags & MANGLE_SOURCE_IP else None,
        "mangle_ip_d": IPv4Address(target) if flags & MANGLE_TARGET_IP else None,
        "other": (f"--mangle-target {MANGLE_VERDICTS[verdict]}",) if verdict in MANGLE_VERDICTS else (),
    }


def name_of(data: bytes) -> str:
    """A zero-terminated name."""
    return data.partition(b"\0")[0].decode(errors="replace")
