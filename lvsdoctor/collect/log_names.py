"""Which files are logs, by their names. Few scans hold one, and only they import what reads them."""

import re

from lvsdoctor.parse.paste.patterns import pattern

_NAMES = pattern(
    r"(?:^|/)(?:messages|syslog|dmesg|kern|daemon|keepalived|ldirectord|kube-proxy|journal)[^/]*(?<!\.conf)(?<!\.cf)$"
    r"|\.log(?:[.-]\d+)?$|(?:^|/)(?:sos_commands/logs|var/log)/",
    re.IGNORECASE,
)


def may_be_log(path: str) -> bool:
    """Does its name say that a file is a log?"""
    return _NAMES.search(path) is not None
