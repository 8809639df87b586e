"""Keys of sysctl.d in which the dots of a link's name are separators: they name no setting of the kernel.

sysctl.d(5): in `net.ipv4.conf.eth0.100.arp_ignore` every dot becomes a slash, and conf/eth0/100/ does not exist. A
directory of conf/ holds settings alone (net/ipv4/devinet.c: __devinet_sysctl_register()), and no link's name has a
slash (net/core/dev.c: dev_valid_name()), so such a key is never there, whatever the links are called.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.drift.boot_settings import Concern, concerns, configured, good_at_boot
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.model.sysctl_d import ConfiguredLine

_CONF = "net.ipv4.conf."
_LONGEST_NAME = 15  # include/uapi/linux/if.h: IFNAMSIZ, with its final zero


@dataclass(frozen=True, slots=True)
class SplitKey:
    """A line that wants a good value for a link, and sets none. `key` is the setting's own key; `needed`: no other line
    gives the link a good value."""

    line: ConfiguredLine
    link: str
    name: str
    key: str
    concern: Concern
    needed: bool

    @property
    def looked_for(self) -> str:
        """The directory that is looked for."""
        return self.line.key.rpartition(".")[0].removeprefix("net.ipv4.").replace(".", "/") + "/"


def split_keys(node: Node) -> Iterator[SplitKey]:
    """Of what matters on the node, the last line of each such key. None of a link that the host is seen not to have.

    Reads configured-sysctl; links, ipvs and memberships where collected. Raises as concerns() does.
    """
    lines = {line.key: line for line in configured(node).lines if not line.is_glob and _link_in(line.key)}
    for concern in concerns(node):
        for line in lines.values():
            setting, link = line.setting(line.key), _link_in(line.key)
            if line.key.rpartition(".")[2] != concern.name or setting is None or not setting.is_number:
                continue
            known = node.has("links") and not node.planned
            if setting.value not in concern.good or (known and node.link(link) is None):
                continue
            needed = not good_at_boot(node, concern, link)
            yield SplitKey(line, link, concern.name, conf_key(link, concern.name), concern, needed)


def _link_in(key: str) -> str:
    """The link's name that a key splits, "" for a key that splits none."""
    words = key.removeprefix(_CONF).split(".") if key.startswith(_CONF) else []
    link = ".".join(words[:-1]) if len(words) > 2 and "/" not in key else ""
    return link if len(link) <= _LONGEST_NAME else ""
