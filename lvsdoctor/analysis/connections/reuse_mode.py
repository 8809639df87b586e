"""What a kernel does with a connection whose client takes the same port again (net.ipv4.vs.conn_reuse_mode).

net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook(). Before Linux 5.9 the first SYN is dropped where the entry has a
conntrack of its own (NF_DROP), and the client sends the next one a second later; f0a5e4d7a594 (5.9) lets such an entry
be used. With 0 the entry is used again whatever has become of its real server.
"""

import re
from dataclasses import dataclass

from lvsdoctor.model.facts import NotApplicable, NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role
from lvsdoctor.model.sysctl import Setting

REUSE, CONNTRACK = "net.ipv4.vs.conn_reuse_mode", "net.ipv4.vs.conntrack"
_RELEASE = re.compile(r"(\d{1,3})\.(\d{1,5})")
_FIRST_GOOD = (5, 9)


@dataclass(frozen=True, slots=True)
class ReuseMode:
    """Settings that do not suit the kernel: `delays` new connections, or keeps clients at a removed real server.

    `kernel` is "" where nobody saw which one it is.
    """

    reuse: Setting
    conntrack: Setting | None
    kernel: str
    delays: bool


def unfit_reuse_mode(director: Node) -> ReuseMode | None:
    """Reads sysctl. Raises NotCollected where a key, or the kernel that decides, is not known; NotApplicable on a host
    that is no director and shows none of the keys, which are there while ip_vs is loaded."""
    if not director.is_a(Role.DIRECTOR) and not any(map(director.knows_sysctl, (REUSE, CONNTRACK))):
        raise NotApplicable
    for key in (REUSE, CONNTRACK):
        if not director.knows_sysctl(key):
            raise NotCollected("sysctl", director.name, key, f"sysctl {key}", director.partial("sysctl"))
    reuse, conntrack = director.sysctl(REUSE), director.sysctl(CONNTRACK)
    if not reuse.is_number or not conntrack.is_number:
        raise NotCollected("sysctl", director.name, REUSE, f"sysctl {REUSE}", director.partial("sysctl"))
    release = _RELEASE.match(director.kernel)
    old = (int(release[1]), int(release[2])) < _FIRST_GOOD if release is not None else None
    if reuse.value and conntrack.value and old is not False:
        return ReuseMode(reuse, conntrack, director.kernel if release else "", delays=True)
    if not reuse.value and old is None:
        raise NotCollected("sysctl", director.name, "the release of the kernel", "uname -r")
    if not reuse.value and not old:
        return ReuseMode(reuse, None, director.kernel, delays=False)
    return None
