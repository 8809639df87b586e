"""Settings that are written now and for good."""

import re
from collections.abc import Mapping

from lvsdoctor.fixes.commands.spelling import write
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.sysctl_d import LINK_TO_SYSCTL_CONF, SYSCTL_CONF, ConfiguredLine, is_glob
from lvsdoctor.sanitize import command, word

SYSCTL_FILE = "/etc/sysctl.d/zz-lvs.conf"
_APPEND = "printf '%s\\n' {lines} >> {file}"
_OUTRANKED = "# remove {line} from {file}: it is applied after {own}"
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
        fix += Fix(now=(write(spelt),), persist=(_APPEND.format(lines=lines, file=SYSCTL_FILE),))
    for key in (key for key in settings if key not in spelt):
        path = word("/proc/sys/" + key.translate(str.maketrans("./", "/.")))
        line = f"# sysctl cannot name this interface: write {settings[key]} into {path}"
        fix += Fix(now=(line,), persist=(f"{line}, whenever the interface is made",))
    return fix


def write_instead(line: ConfiguredLine, settings: Mapping[str, int]) -> Fix:
    """Other settings in the place of a line of a file."""
    texts = word("; ".join(f"{key} = {value}" for key, value in settings.items()))
    comment = f"# in {word(line.file or line.seen.where)}: write {texts} in place of {word(line.seen.text.strip())}"
    return Fix(persist=(comment,))


def set_for_good(key: str, value: int, deciding: ConfiguredLine) -> Fix:
    """Write a setting for which the line `deciding` of another file counts at boot: into a file that is applied after
    that one, or by hand where none of ours is."""
    file = deciding.file or deciding.seen.where
    name = LINK_TO_SYSCTL_CONF if file == SYSCTL_CONF else file.rpartition("/")[2]
    if name > SYSCTL_FILE.rpartition("/")[2]:
        line = _OUTRANKED.format(line=word(deciding.seen.text.strip()), file=word(file), own=SYSCTL_FILE)
        return Fix(now=(line,), persist=(line,))
    if is_glob(key):  # a glob of the same text takes the other's place; sysctl(8) cannot write it
        return Fix(persist=(_APPEND.format(lines=command(f"{key} = {value}"), file=SYSCTL_FILE),))
    return set_sysctls({key: value})
