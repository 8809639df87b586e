"""Fixes that many rules share: changes, spelled as commands, and what makes them last."""

from lvsdoctor.fixes.commands.addresses import (
    add_address,
    as_single_hosts,
    bring_up,
    free_from_vip,
    give_up,
    move_address,
    move_vip_to_lo,
)
from lvsdoctor.fixes.commands.arp import (
    announce_again,
    announced_by,
    find_host,
    hide_vips,
    stop_answering,
    stop_proxying,
)
from lvsdoctor.fixes.commands.ipvs import SAVE_TABLE, change_real_server, edit_real_server
from lvsdoctor.fixes.commands.routes import (
    check_loosely,
    delete_route,
    delete_rule,
    hide_clients,
    replace_route,
    route_to_subnet,
)
from lvsdoctor.fixes.commands.settings import SYSCTL_FILE, set_sysctls

__all__ = [
    "SAVE_TABLE",
    "SYSCTL_FILE",
    "add_address",
    "announce_again",
    "announced_by",
    "as_single_hosts",
    "bring_up",
    "change_real_server",
    "check_loosely",
    "delete_route",
    "delete_rule",
    "edit_real_server",
    "find_host",
    "free_from_vip",
    "give_up",
    "hide_clients",
    "hide_vips",
    "move_address",
    "move_vip_to_lo",
    "replace_route",
    "route_to_subnet",
    "set_sysctls",
    "stop_answering",
    "stop_proxying",
]
