"""Settings that are written now and for good."""

import re
from collections.abc import Mapping

from lvsdoctor.fixes.commands.spelling import write
from lvsdoctor.model.finding import Fix
from lvsdoctor.sanitize import command, word

SYSCTL_FILE = "/etc/sysctl.d/zz-lvs.conf"
ADDRESS_HOMES = "netplan, systemd-networkd, NetworkManager, ifcfg or /etc/network/interfaces"
# sysctl(8) and sysctl.d(5) end a key at the first `=`, and take one with one of the others for a pattern of keys.
_NO_KEY = re.compile(r"[=*?\[\]\\]")


def set_sysctls(settings: Mapping[str, int]) -> Fix:
    """Write settings now, and into a file that sorts after the distribution's own and after 99-sysctl.conf, the link to
    /etc/sysctl.conf (sysctl.d(5))."""
    fix = Fix()
    spelt = {key: value for key, value in settings.items() if not _NO_KEY.search(key)}
    if spelt:
        lines = command(*(f"{key} = {value}" for key, value in spelt.items()))
        fix += Fix(now=(write(spelt),), persist=(f"printf '%s\\n' {lines} >> {SYSCTL_FILE}",))
    for key in (key for key in settings if key not in spelt):
        path = word("/proc/sys/" + key.translate(str.maketrans("./", "/.")))
        line = f"# sysctl cannot name this link: write {settings[key]} into {path}"
        fix += Fix(now=(line,), persist=(f"{line}, whenever the link is made",))
    return fix
