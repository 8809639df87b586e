"""What becomes of the settings when one is written.

net/ipv4/devinet.c: devinet_conf_proc(), devinet_copy_dflt_conf(), devinet_sysctl_forward(), inet_forward_change().
"""

from lvsdoctor.fixes.changes.rows import with_rows
from lvsdoctor.model.change import SetSysctl
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, conf_key

_CONF = "net.ipv4.conf."
_FORWARDING = ("net.ipv4.ip_forward", conf_key("all", "forwarding"))  # one variable, two names


def set_sysctl(node: Node, change: SetSysctl) -> Node:
    """The node with a setting written, and with those that the kernel writes along with it.

    A link's own value is no copy of conf/all; conf/default's is copied to the links that nobody ever gave a value or an
    address, and `forwarding` of all to every link.
    """
    if not node.has("sysctl") or not _exists(node, change.key):
        return node
    seen = Seen("fix", None, change.command)
    new = Setting(change.key, _as_shown(change), seen)
    if change.key.startswith((_CONF, "net.ipv4.ip_forward")) and not new.is_number:
        return node  # EINVAL
    settings: dict[str, Setting] = dict(node.evidence["sysctl"])
    old = settings.get(change.key)
    _, _, name = change.key.rpartition(".")
    if change.key in _FORWARDING:
        if old is None or old.value != new.value:
            settings |= _forwarding_follows(settings, new, seen)
    elif change.key.startswith(conf_key("default", "")) and name != "forwarding":
        settings |= _links_follow(node, settings, old, new, seen)
    settings[change.key] = new
    return with_rows(node, "sysctl", settings)


def _exists(node: Node, key: str) -> bool:
    """A link that is not there has no settings."""
    if not key.startswith(_CONF) or not node.has("links"):
        return True
    scope = key.removeprefix(_CONF).rpartition(".")[0]
    return scope in ("all", "default") or any(conf_key(link.name, "") == f"{_CONF}{scope}." for link in node.links)


def _as_shown(change: SetSysctl) -> str:
    setting = Setting(change.key, change.value, Seen("", None, ""))
    return str(setting.value) if len(change.value.split()) == 1 and setting.is_number else change.value


def _forwarding_follows(settings: dict[str, Setting], new: Setting, seen: Seen) -> dict[str, Setting]:
    """inet_forward_change(): the other name, conf/default and every link follow; all.accept_redirects turns round."""
    redirects = conf_key("all", "accept_redirects")
    follow = [key for key in settings if key.startswith(_CONF) and key.endswith(".forwarding")]
    values = {key: new.raw for key in (*follow, *_FORWARDING) if key in settings}
    if redirects in settings:
        values[redirects] = str(int(not new.value))
    return {key: Setting(key, raw, seen) for key, raw in values.items()}


def _links_follow(
    node: Node, settings: dict[str, Setting], old: Setting | None, new: Setting, seen: Seen
) -> dict[str, Setting]:
    """Which links nobody ever gave a value or an address cannot be seen: taken for such are those without an address
    whose value is conf/default's. Those with one keep theirs, also where the evidence does not say it."""
    name = new.key.rpartition(".")[2]
    held = {address.link for address in node.addresses} if node.has("addresses") else set()
    changed: dict[str, Setting] = {}
    for link in node.links if node.has("links") else ():
        key = conf_key(link.name, name)
        own = settings.get(key)
        if link.name in held:
            if own is None and old is not None:
                changed[key] = Setting(key, old.raw, old.seen, assumed=True)
        elif own is not None and old is not None and own.raw == old.raw:
            changed[key] = Setting(key, new.raw, seen)
    return changed
