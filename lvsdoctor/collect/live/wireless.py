"""Which links are wireless: netlink does not tell."""

import os
from pathlib import Path

_PROC = Path("/proc/thread-self/net/wireless")  # net/wireless/wext-proc.c: of this thread's network namespace
_SYS = Path("/sys/class/net")  # of the namespace that mounted it


def wireless_links(*, own_namespace: bool, proc: Path = _PROC, sys: Path = _SYS) -> frozenset[str]:
    """The names of the wireless links; another namespace's only where the kernel has the old wireless extensions."""
    found = set()
    if own_namespace and sys.is_dir():
        found = {name for name in os.listdir(sys) if (sys / name / "phy80211").exists()}
    try:
        lines = proc.read_text().splitlines()[2:]
    except OSError:
        lines = []
    return frozenset(found | {line.partition(":")[0].strip() for line in lines if ":" in line})
