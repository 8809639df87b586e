"""vrrp_instance blocks: the addresses and routes that keepalived adds while it is master.

keepalived.conf(5), VRRP instance(s); keepalived/vrrp/vrrp_parser.c.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from lvsdoctor.model.address import IP
from lvsdoctor.model.vrrp import OWNER, REMOVED, USUAL_PRIORITY, Vmac, VrrpInstance
from lvsdoctor.parse.keepalived.addresses import address_of, route_of
from lvsdoctor.parse.keepalived.rows import DROPS, Reading
from lvsdoctor.parse.keepalived.statements import Statement
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_number, word_set

_SAYS_NOTHING = word_set(
    "auth_hmac check_unicast_src debug dont_track_primary"
    " down_timer_adverts garp_extra_if garp_lower_prio_delay garp_lower_prio_repeat garp_master_delay"
    " garp_master_refresh garp_master_refresh_repeat garp_master_repeat higher_prio_send_advert kernel_rx_buf_size"
    " linkbeat_use_polling lower_prio_no_advert lvs_sync_daemon_interface mcast_dst_ip mcast_src_ip native_ipv6"
    " no_virtual_ipaddress notify notify_backup notify_deleted notify_fault notify_master"
    " notify_master_rx_lower_pri notify_priority_changes notify_stop old_unicast_checksum preempt preempt_delay"
    " promote_secondaries smtp_alert timer_expired_backup track_bfd track_file"
    " track_interface track_process track_script track_src_ip unicast_fault_no_peer"
    " unicast_ttl use_vmac_addr v3_checksum_as_v2 vmac_xmit_base vrf"
)
_BLOCKS = ("virtual_ipaddress", "virtual_ipaddress_excluded", "virtual_routes")
# What each word is of an instance: told apart from the rest, whose line nobody asks for.
_WORDS = word_set(
    "state interface priority virtual_router_id version advert_int nopreempt strict_mode accept no_accept"
    " skip_check_adv_addr unicast_src_ip unicast_peer authentication use_vmac"
)
_OFF = ("off", "false", "no")


def instances_in(statements: Iterable[Statement], reading: Reading) -> Iterator[VrrpInstance]:
    """The vrrp_instances in the file's order."""
    for statement in statements:
        if statement.name == "vrrp_instance" and statement.block is not None:
            yield _instance(statement, statement.block, reading)


def _instance(statement: Statement, block: tuple[Statement, ...], reading: Reading) -> VrrpInstance:
    words: dict[str, Statement] = {}
    lines: dict[str, list[Statement]] = {name: [] for name in _BLOCKS}
    for each in block:
        if each.name in _WORDS and _means_something(each):
            words[each.name] = each
            if each.name in ("authentication", "unicast_peer"):
                reading.skip(each)
            if each.name == "unicast_peer":  # keepalived skips a malformed one
                malformed = [line.seen for line in each.block or () if read_ip(line.name) is None]
                reading.unread += [seen for seen in malformed if seen not in reading.unread]
        elif each.name in _BLOCKS:
            lines[each.name] += each.block or ()
        elif each.name in _SAYS_NOTHING:
            reading.skip(each)
        else:
            reading.strange(each)
    vips, excluded, routes = (lines[name] for name in _BLOCKS)
    family = _family(vips or excluded)
    for each in vips:
        if _family([each]) != family:
            reading.leave_out("keepalived ignores a VIP of another address family than the instance's first", each)
    own = [each for each in vips if _family([each]) == family]
    link = words["interface"].value if "interface" in words else reading.default_link
    vrid = read_number(words["virtual_router_id"].value) if "virtual_router_id" in words else None
    vmac = _vmac(words["use_vmac"], link, vrid, family, reading) if "use_vmac" in words else None
    where = vmac.name if vmac else link
    spoken = {name: each.seen for name, each in words.items()}
    spoken |= {line.name: line.seen for line in _block(words, "authentication") if line.name.startswith("auth_")}
    spoken |= {name: entries[0].seen for name, entries in lines.items() if entries}
    spoken |= {"vrrp_version": reading.version_seen} if reading.version_seen is not None else {}
    return _settled(
        VrrpInstance(
            statement.value,
            statement.seen,
            link,
            vrid,
            version=int(words["version"].value) if "version" in words else reading.vrrp_version,
            nopreempt="nopreempt" in words,
            ignores_vips="skip_check_adv_addr" in words or reading.ignores_vips,
            peers=_peers(words),
            source=read_ip(words["unicast_src_ip"].value) if "unicast_src_ip" in words else None,
            addresses=reading.rows(own, lambda each: address_of(each, where, reading)),
            excluded=reading.rows(excluded, lambda each: address_of(each, where, reading)),
            routes=reading.rows(routes, route_of),
            vmac=vmac,
            family=family,
            lines=spoken,
        ),
        words,
        reading,
    )


def _settled(instance: VrrpInstance, words: Mapping[str, Statement], reading: Reading) -> VrrpInstance:
    """With what depends on several words: vrrp.c: vrrp_complete_instance(), in its order."""
    lines = dict(instance.lines)
    strict = reading.strict is not None
    if "strict_mode" in words:
        strict = words["strict_mode"].value not in _OFF
    elif reading.strict is not None:
        lines["vrrp_strict"] = reading.strict
    version = 3 if instance.family == 6 and (strict or "version" not in words) else instance.version
    master = words["state"].value == "MASTER" if "state" in words else None
    # Of an instance without a priority, state MASTER makes the address owner.
    usual = OWNER if master else USUAL_PRIORITY
    priority = (read_number(words["priority"].value) if "priority" in words else None) or usual
    if master is None or strict:
        master = priority == OWNER
    accept = ("accept" in words) or (not strict and "no_accept" not in words) or priority == OWNER
    if strict and version == 2 and priority != OWNER:
        accept = False
    if not accept:
        seen = lines.get("no_accept") or lines.get("strict_mode") or lines.get("vrrp_strict")
        reading.left_out.setdefault(DROPS, []).extend([seen] if seen else [])
    interval = _seconds(words["advert_int"].value) if "advert_int" in words else None
    if interval is not None and version == 2:
        interval = max(1.0, float(int(interval + 0.5)))
    return replace(
        instance,
        starts_as_master=master,
        priority=priority,
        advert_int=interval or 1.0,
        nopreempt=instance.nopreempt and not master,
        version=version,
        strict=strict,
        accept=accept,
        auth="" if version == 3 or strict else _auth(_block(words, "authentication")),
        lines=lines,
    )


def _means_something(statement: Statement) -> bool:
    """Is its value of the kind that the word asks for?"""
    match statement.name:
        case "state":
            return statement.value in ("MASTER", "BACKUP")
        case "interface":
            return read_link_name(statement.value) is not None
        case "priority" | "virtual_router_id":
            return bool(read_number(statement.value, most=255))
        case "version":
            return statement.value in ("2", "3")
        case "advert_int":
            return _seconds(statement.value) is not None
        case "unicast_src_ip":
            return read_ip(statement.value) is not None
    return True


def _seconds(text: str) -> float | None:
    whole, _, part = text.partition(".")
    number, rest = read_number(whole, most=4095), read_number(part, most=10**6) if part else 0
    return float(text) if number is not None and rest is not None else None


def _block(words: Mapping[str, Statement], name: str) -> tuple[Statement, ...]:
    return (words[name].block or ()) if name in words else ()


# What `lvsdoctor collect`, sosreport and people write in the place of a password.
_MASKED = re.compile(r"\*{3,}|<[^<>]*>|x{4,}|\[?(?:redacted|removed|masked|hidden)\]?", re.IGNORECASE)


def _auth(lines: Iterable[Statement]) -> str:
    """The type and the password, "" where one of both is missing: then keepalived ignores it."""
    values = {line.name: line.value for line in lines}
    kind, password = values.get("auth_type", ""), values.get("auth_pass", "")
    password = REMOVED if _MASKED.fullmatch(password) else password[:8]
    return f"{kind} {password}" if kind in ("AH", "PASS") and password else ""


def _peers(words: Mapping[str, Statement]) -> frozenset[IP] | None:
    """None without a peer: then it is multicast."""
    listed = (read_ip(line.name) for line in _block(words, "unicast_peer"))
    return frozenset(ip for ip in listed if ip is not None) or None


def _family(addresses: Sequence[Statement]) -> int:
    """That of the first."""
    return 6 if addresses and ":" in addresses[0].name else 4


def _vmac(use: Statement, parent: str, vrid: int | None, family: int, reading: Reading) -> Vmac | None:
    """`use_vmac [[name] LINK] [MAC] [netlink_notify_msg] [group GROUP]`; its usual name has the virtual_router_id."""
    if vrid is None:
        reading.strange(use)
        return None
    name = f"{reading.vmac_prefix}{'6' if family == 6 else ''}.{vrid}"
    mac = f"00:00:5e:00:0{1 if family == 4 else 2}:{vrid:02x}"
    words = list(use.values)
    while words:
        word = words.pop(0)
        if word == "group" and words:
            words.pop(0)
        elif word == "name" and words:
            name = read_link_name(words.pop(0)) or name
        elif own := read_mac(word) or read_mac(f"{word}:{vrid:02x}"):
            mac = own
        elif word != "netlink_notify_msg":
            name = read_link_name(word) or name
    return Vmac(name, parent, mac, use.seen)
