"""keepalived.conf to rows: what the kernel would hold, were it deployed.

keepalived's own grammar, in four steps: `lines` (comments, conditions, parameters), `statements` (braces), and the
readers of blocks. An `include` names a file of the machine that keepalived runs on: only the caller may open one of the
files that were given, and what nobody opens is told.
"""

import re
from collections.abc import Iterable

from lvsdoctor.model.ipvs import Timeouts
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.keepalived.addresses import address_of, route_of
from lvsdoctor.parse.keepalived.instances import instances_in
from lvsdoctor.parse.keepalived.lines import Lines, Opener
from lvsdoctor.parse.keepalived.rows import KeepalivedConf, Reading
from lvsdoctor.parse.keepalived.statements import Statement, parsed
from lvsdoctor.parse.keepalived.virtual_servers import services_in
from lvsdoctor.parse.paste.headings import heading_in
from lvsdoctor.parse.paste.prompts import prompt_in
from lvsdoctor.parse.words import read_link_name, word_set

__all__ = ["KeepalivedConf", "is_all_keepalived_conf", "is_keepalived_conf", "keepalived_conf"]

_READ = word_set("global_defs virtual_server_group virtual_server vrrp_instance")
_STATIC = word_set("static_ipaddress static_routes")
_BLOCKS = word_set(
    "vrrp_script vrrp_sync_group vrrp_track_process vrrp_track_file track_file track_group garp_group bfd_instance SSL"
    " linkbeat_interfaces interface_up_down_delays"
)
_WORDS = word_set("instance use_pid_dir namespace_with_ipsets linkbeat_use_polling child_wait_time")
_ELSEWHERE = word_set("net_namespace net_namespace_ipvs")

_KNOWN = _READ | _STATIC | _BLOCKS | _WORDS | _ELSEWHERE

_CONDITION = re.compile(r"^[ \t]*@\^?[^ \t\n]+[ \t]+", re.MULTILINE)

_INCLUDED = "an include is not followed: what that file would add is missing here"
_OTHERS_LINES = (
    "left out, being for another configuration id than {id} (the host's name, unless keepalived -i says another)"
)
_NAMESPACED = "keepalived works in another network namespace, whose links this node may not show"


def is_keepalived_conf(text: str) -> bool:
    """Does it hold one of keepalived's blocks at its top, for whatever configuration id?"""
    known = _READ | _STATIC | _BLOCKS
    found = parsed(Lines(_CONDITION.sub("", text), "", ""))
    return any(each.name in known and each.block is not None for each in found.statements)


def is_all_keepalived_conf(text: str) -> bool:
    """Is it such a file from its first line to its last? A paste with one in it is none: its other lines outnumber the
    blocks, or one of them is a prompt."""
    found = parsed(Lines(_CONDITION.sub("", text), "", ""))
    own = [each for each in found.statements if each.name in _READ | _STATIC | _BLOCKS and each.block is not None]
    strange = [each for each in found.statements if each.name not in _KNOWN]
    return len(own) > len(strange) and not any(_of_a_paste(each.seen.text.strip()) for each in strange)


def _of_a_paste(text: str) -> bool:
    """A prompt, a fence of Markdown, or a heading: what stands between the files of a paste."""
    return text.startswith(("```", "~~~")) or bool(prompt_in(text) or heading_in(text))


def keepalived_conf(
    text: str | Iterable[Seen], where: str, config_id: str | None = "", opener: Opener | None = None
) -> KeepalivedConf:
    """The rows of a file. `config_id` decides its @conditions: the host's name, unless keepalived is told another; with
    None nobody knows it. `opener` opens the files that it includes."""
    lines = Lines(text, where, config_id, opener)
    found = parsed(lines)
    reading = Reading(unread=[*found.unread])
    reading.unknown = [*lines.unread, *lines.includes, *(lines.conditions if config_id is None else ())]
    flush = _globals(found.statements, reading)
    services = services_in(found.statements, reading)
    instances = tuple(instances_in(found.statements, reading))
    held = _lines_of("static_ipaddress", found.statements)
    addresses = reading.rows(held, lambda each: address_of(each, reading.default_link, reading))
    routes = reading.rows(_lines_of("static_routes", found.statements), route_of)
    for statement in found.statements:
        if statement.name in _BLOCKS:
            reading.skip(statement)
        elif statement.name in _ELSEWHERE:
            reading.leave_out(_NAMESPACED, statement)
        elif statement.name not in _READ | _STATIC | _WORDS or (statement.name in _READ and statement.block is None):
            reading.strange(statement)
    left_out = reading.left_out
    left_out |= {
        _INCLUDED: lines.includes,
        _OTHERS_LINES.format(id=config_id): lines.conditions if config_id is not None else [],
    }
    if config_id is None:
        reading.unread += lines.conditions
    return KeepalivedConf(
        services,
        instances,
        addresses,
        routes,
        tuple(reading.checks),
        flush,
        reading.timeouts,
        _in_order([*lines.unread, *reading.unread]),
        tuple((why, _in_order(rows)) for why, rows in left_out.items() if rows),
        _in_order(lines.includes),
        _in_order(found.open),
    )


def _globals(statements: Iterable[Statement], reading: Reading) -> Seen | None:
    """Takes the few words of global_defs that the other blocks depend on; answers where lvs_flush stands."""
    flush = None
    for each in _lines_of("global_defs", statements):
        if each.name == "default_interface" and read_link_name(each.value):
            reading.default_link = each.value
        elif each.name == "vmac_prefix" and read_link_name(each.value):
            reading.vmac_prefix = each.value
        elif each.name == "vrrp_version" and each.value in ("2", "3"):
            reading.vrrp_version, reading.version_seen = int(each.value), each.seen
        elif each.name == "lvs_timeouts":
            reading.timeouts = _timeouts(each, reading)
        elif each.name == "lvs_flush":
            flush = each.seen
        elif each.name == "vrrp_strict":
            reading.strict = each.seen
        elif each.name == "vrrp_skip_check_adv_addr":
            reading.ignores_vips = each.value not in ("off", "false", "no")
        elif each.name == "nftables_ipvs":  # it would turn every group into a firewall mark
            reading.strange(each)
        else:
            reading.skip(each)
    return flush


def _timeouts(line: Statement, reading: Reading) -> Timeouts | None:
    """lvs_timeouts [tcp N] [tcpfin N] [udp N], in seconds (global_parser.c: lvs_timeouts_handler())."""
    known = dict(zip(line.values[::2], line.values[1::2], strict=False))
    if len(line.values) % 2 or not known or not known.keys() <= {"tcp", "tcpfin", "udp"}:
        reading.strange(line)
        return None
    if not all(word.isdecimal() and len(word) < 9 for word in known.values()):
        reading.strange(line)
        return None
    tcp, tcpfin, udp = (int(known.get(name, "0")) for name in ("tcp", "tcpfin", "udp"))
    return Timeouts(tcp, tcpfin, udp, line.seen)


def _lines_of(name: str, statements: Iterable[Statement]) -> list[Statement]:
    return [line for statement in statements if statement.name == name for line in statement.block or ()]


def _in_order(rows: Iterable[Seen]) -> tuple[Seen, ...]:
    """Each line once, as they stand in the file."""
    return tuple(sorted(dict.fromkeys(rows), key=lambda seen: seen.line or 0))
