"""When IPVS itself leaves requests alone, or drops new connections, whatever its table says.

net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook() accepts each packet while sysctl_backup_only() holds, and so does not
take it; ip_vs_ctl.c: update_defense_level() and include/net/ip_vs.h: ip_vs_todrop() drop one new connection of every
am_droprate.
"""

from lvsdoctor.kernel.answer import Answer, no
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node

BACKUP_ONLY, DROP_PACKET, DROP_RATE = (f"net.ipv4.vs.{key}" for key in ("backup_only", "drop_packet", "am_droprate"))
_ALWAYS = 3  # 1 and 2 drop only while memory is short


def left_alone(director: Node) -> Answer | None:
    """Why IPVS takes no request there, as a backup of the sync daemon; None where nothing says so.

    Raises NotCollected where the daemons are not known.
    """
    setting = _set(director, BACKUP_ONLY)
    if setting is None or setting[0] == 0:
        return None
    if not director.has("sync-daemons"):
        raise NotCollected("sync-daemons", director.name)
    for row in director.rows("sync-daemons"):
        if row.state == "backup":
            return no("IPVS takes no request while a backup sync daemon runs", setting[1], cite(row))
    return None


def drop_rate(director: Node) -> tuple[int, tuple[Citation, ...]] | None:
    """IPVS drops one of so many new connections, whatever memory there is; None where it drops none so."""
    mode = _set(director, DROP_PACKET)
    if mode is None or mode[0] != _ALWAYS:
        return None
    rate = _set(director, DROP_RATE)
    if rate is None:
        raise NotCollected("sysctl", director.name, DROP_RATE, f"sysctl {DROP_RATE}")
    return (rate[0], (mode[1], rate[1])) if rate[0] > 0 else None


def _set(director: Node, key: str) -> tuple[int, Citation] | None:
    """The value of a key that is known, and its line."""
    if not director.has("sysctl") or not director.knows_sysctl(key):
        return None
    row = director.sysctl(key)
    return (int(row.raw), cite(row)) if row.raw.strip().isdecimal() else None
