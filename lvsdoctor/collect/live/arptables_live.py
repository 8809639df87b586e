"""ARP packet filters of the running kernel. Nothing is executed and no module is loaded to look at them."""

import errno
from collections.abc import Mapping

from lvsdoctor.collect.errors import CannotSee
from lvsdoctor.collect.live import procfs
from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.seen import Seen

LEGACY_NAMES = f"{procfs.NET}/arp_tables_names"
SHOWN_AS = "/proc/net/arp_tables_names"
# What the kernel answers where it has no netfilter over netlink, or no nf_tables behind that.
ABSENT = (errno.EPROTONOSUPPORT, errno.EINVAL, errno.EOPNOTSUPP)


def arptables() -> ArpTables:
    """The ARP rules in force, an empty table if there are none. Raises CannotSee.

    The kernel has two implementations, and a packet passes both; only one of them may have rules for us to speak.
    """
    if not procfs.mounted():
        raise CannotSee("ARP packet filters could not be read: /proc is not mounted; mount it or see arptables-save.")
    try:
        legacy, why_no_legacy, idle = _legacy()
        nft, why_no_nft = _nft()
    except PermissionError:
        raise CannotSee("ARP packet filters could not be read without root: run lvsdoctor as root.") from None
    except CannotSee:
        raise
    except Exception as problem:
        why = (
            f"lvsdoctor could not read the ARP packet filters here, if the host has any ({problem}): see arptables-save"
        )
        raise CannotSee(f"{why} and nft list ruleset arp.") from problem
    if legacy and nft:
        raise CannotSee("Both arptables-legacy and nf_tables filter ARP here, which is not read: see arptables-save.")
    return legacy or nft or ArpTables(idle, seen=(why_no_legacy, why_no_nft))


def _legacy() -> tuple[ArpTables | None, Seen, Mapping[str, str]]:
    """Its rules, or why there are none and the policies of its chains, which accept."""
    names = procfs.read(LEGACY_NAMES)
    if names is None:
        return None, Seen(SHOWN_AS, None, "no such file: arp_tables is not in the kernel"), {}
    # Asking for a table that is not listed would create it.
    if "filter" not in names.split():
        return None, Seen(SHOWN_AS, None, "empty: no table of arptables-legacy"), {}
    from lvsdoctor.collect.live.arptables_legacy import legacy_table  # few hosts need it

    table = legacy_table()
    idle = not table.rules and set(table.policies.values()) <= {"ACCEPT", "-"}
    return None if idle else table, Seen(SHOWN_AS, None, "filter: without rules"), table.policies


def _nft() -> tuple[ArpTables | None, Seen]:
    """Its rules, or why there are none."""
    where = "netlink NFT_MSG_GETCHAIN arp"
    present = procfs.in_kernel("nf_tables")
    if present is None:
        raise CannotSee("Whether nf_tables filters ARP cannot be asked without loading it: see nft list ruleset arp.")
    if not present:
        return None, Seen("/proc/modules", None, "nf_tables is not in the kernel")
    from lvsdoctor.collect.live.arptables_nft import nft_tables

    try:
        return nft_tables(), Seen(where, None, "no chain of family arp has a rule")
    except OSError as problem:
        if problem.errno not in ABSENT:
            raise
        return None, Seen(where, None, f"nf_tables is not in the kernel: {problem.strerror}")
