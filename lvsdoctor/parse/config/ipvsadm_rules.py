"""Saved rules of ipvsadm (/etc/ipvsadm.rules, /etc/sysconfig/ipvsadm): what ipvsadm-restore makes of them at boot."""

import re

from lvsdoctor.model.coverage import Origin, Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import UNREAD
from lvsdoctor.parse.ipvs.ipvsadm_save import IpvsadmSave
from lvsdoctor.parse.reader import Dump

# `-A INPUT ...` is iptables'.
_RULE = re.compile(r"[ \t]*(?:-C[ \t]*$|(?:-[Aa]|--add-(?:service|server))[ \t]+-)")


def dump_of(text: str, where: str) -> Dump | None:
    """The table of such a file; None where another line than -A, -a, -C and comments stands in it."""
    reader = IpvsadmSave()
    unread: list[Seen] = []
    rules = 0
    for number, raw in enumerate(text.split("\n"), 1):
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        seen = Seen(where, number, raw.rstrip())
        if not _RULE.match(raw):
            return None
        if raw.split()[0] != "-C":
            rules += 1
            unread += [] if reader.feed(seen) else [seen]
    if not rules:
        return None
    dump = reader.dump()
    lost = (*dump.unread, *unread)
    facts = {"configured-ipvs": dump.facts["ipvs"]} if "ipvs" in dump.facts else {}
    partial = dump.partial or (Partial(UNREAD, lost[0]) if lost else None)
    return Dump(facts, lost, origin=Origin.CONFIGURED, partial=partial)
