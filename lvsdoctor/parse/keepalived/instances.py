"""vrrp_instance blocks: the addresses and routes that keepalived adds while it is master.

keepalived.conf(5), VRRP instance(s); keepalived/vrrp/vrrp_parser.c.
"""

from collections.abc import Iterable, Iterator, Sequence

from lvsdoctor.model.address import IP
from lvsdoctor.parse.keepalived.addresses import address_of, route_of
from lvsdoctor.parse.keepalived.rows import DROPS, Instance, Reading, VirtualRouter, Vmac
from lvsdoctor.parse.keepalived.statements import Statement
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_number, word_set

_USUAL_PRIORITY = 100  # vrrp.h: VRRP_PRIO_DFL

_SAYS_NOTHING = word_set(
    "accept advert_int auth_hmac authentication check_unicast_src debug dont_track_primary"
    " down_timer_adverts garp_extra_if garp_lower_prio_delay garp_lower_prio_repeat garp_master_delay"
    " garp_master_refresh garp_master_refresh_repeat garp_master_repeat higher_prio_send_advert kernel_rx_buf_size"
    " linkbeat_use_polling lower_prio_no_advert lvs_sync_daemon_interface mcast_dst_ip mcast_src_ip native_ipv6"
    " no_virtual_ipaddress nopreempt notify notify_backup notify_deleted notify_fault notify_master"
    " notify_master_rx_lower_pri notify_priority_changes notify_stop old_unicast_checksum preempt preempt_delay"
    " promote_secondaries skip_check_adv_addr smtp_alert strict_mode timer_expired_backup track_bfd track_file"
    " track_interface track_process track_script track_src_ip unicast_fault_no_peer unicast_peer unicast_src_ip"
    " unicast_ttl use_vmac_addr v3_checksum_as_v2 version vmac_xmit_base vrf"
)
_BLOCKS = ("virtual_ipaddress", "virtual_ipaddress_excluded", "virtual_routes")
_NUMBERS = {"priority": 255, "virtual_router_id": 255}


def instances_in(statements: Iterable[Statement], reading: Reading) -> Iterator[Instance]:
    """The vrrp_instances in the file's order."""
    for statement in statements:
        if statement.name == "vrrp_instance" and statement.block is not None:
            yield _instance(statement, statement.block, reading)


def _instance(statement: Statement, block: tuple[Statement, ...], reading: Reading) -> Instance:
    link, master = reading.default_link, False
    numbers: dict[str, int] = {}
    use_vmac: Statement | None = None
    lines: dict[str, list[Statement]] = {name: [] for name in _BLOCKS}
    for each in block:
        value = read_number(each.value, most=_NUMBERS.get(each.name, 0))
        if each.name == "state" and each.value in ("MASTER", "BACKUP"):
            master = each.value == "MASTER"
        elif each.name == "interface" and read_link_name(each.value):
            link = each.value
        elif each.name in _NUMBERS and value is not None:
            numbers[each.name] = value
        elif each.name == "use_vmac":
            use_vmac = each
        elif each.name in _BLOCKS:
            lines[each.name] += each.block or ()
        elif each.name in ("no_accept", "strict_mode") and each.value not in ("off", "false", "no"):
            reading.leave_out(DROPS, each)
        elif each.name in _SAYS_NOTHING:
            reading.skip(each)
        else:
            reading.strange(each)
    vips, excluded, routes = (lines[name] for name in _BLOCKS)
    family = _family(vips or excluded)
    for each in vips:
        if _family([each]) != family:
            reading.leave_out("keepalived ignores a VIP of another address family than the instance's first", each)
    held = [*(each for each in vips if _family([each]) == family), *excluded]
    vmac = _vmac(use_vmac, link, numbers.get("virtual_router_id"), family, reading) if use_vmac else None
    where = vmac.name if vmac else link
    router = _router(block, numbers.get("virtual_router_id"), family, link, reading.vrrp_version)
    return Instance(
        statement.value,
        statement.seen,
        master,
        numbers.get("priority", _USUAL_PRIORITY),
        reading.rows(held, lambda each: address_of(each, where, reading)),
        reading.rows(routes, route_of),
        vmac,
        router,
    )


def _router(block: Iterable[Statement], vrid: int | None, family: int, link: str, version: int) -> VirtualRouter:
    """vrrp.c: vrrp_check_packet() compares them; of a password the first eight characters."""
    peers: frozenset[IP] | None = None
    source, authentication = None, ""
    for each in block:
        if each.name == "version" and each.value in ("2", "3"):
            version = int(each.value)
        elif each.name == "unicast_peer":
            listed = (read_ip(line.name) for line in each.block or ())
            peers = frozenset(ip for ip in listed if ip is not None)
        elif each.name == "unicast_src_ip":
            source = read_ip(each.value)
        elif each.name == "authentication":
            values = {line.name: line.value for line in each.block or ()}
            authentication = f"{values.get('auth_type', '')} {values.get('auth_pass', '')[:8]}".strip()
    if family == 6 or version == 3:
        authentication = ""
    return VirtualRouter(vrid, family, authentication, link, peers, source)


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
