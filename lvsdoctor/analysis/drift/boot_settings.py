"""The settings that matter on a node: what the files make of them at boot, against what runs and what a file wanted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lvsdoctor.kernel.effective_sysctl import COMBINED, Combined, is_known
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role
from lvsdoctor.model.sysctl import Setting, conf_key
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine, ConfiguredSysctl, is_glob, link_scopes

IP_FORWARD = "net.ipv4.ip_forward"
_FORWARDING = (IP_FORWARD, conf_key("all", "forwarding"))  # one variable, two names
# Files of distributions: a value in them is no wish of whoever runs this host.
_VENDORS = ("/usr/lib/sysctl.d", "/lib/sysctl.d")
_VENDOR_NAMES = frozenset({"10-network-security.conf", "50-default.conf"})
# These write the settings themselves, whatever the files say.
_CONTAINERS = ("docker", "br-", "virbr", "cni", "flannel", "cali", "cilium", "kube-", "lxc", "podman", "ovn", "weave")
_OTHER_LINK = "any-link"  # one of which nothing is known, where no links were collected


@dataclass(frozen=True, slots=True)
class Concern:
    """A setting of interfaces that matters on a node: `good` are the values to be in force, `clients` what they suffer
    from another, to be continued after "After a boot " or "Now ".

    `certain`: any other value breaks traffic. `role`: whom it is for, where no dump shows the roles of the node.
    """

    name: str
    good: frozenset[int]
    clients: str
    certain: bool = True
    role: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """A line that some file has for a good value, and the line that decides about its key instead."""

    concern: Concern
    key: str
    wanted: ConfiguredLine
    deciding: ConfiguredLine


@dataclass(frozen=True, slots=True)
class Differing:
    """A key that runs with another value than the line decides for the next boot; `now_good`: the better one runs."""

    concern: Concern
    running: Setting
    deciding: ConfiguredLine
    now_good: bool


def configured(node: Node) -> ConfiguredSysctl:
    """The fact configured-sysctl. Raises NotCollected."""
    table: ConfiguredSysctl = node.seen_rows("configured-sysctl")
    return table


def concerns(node: Node) -> Iterator[Concern]:
    """What matters on it by its roles, all where these are not known.

    Reads ipvs and memberships where collected. Raises NotCollected at the end where the roles are not known and no file
    sets anything of it: such files tell nothing of the host.
    """
    unknown = not node.roles and bool(node.standing.undecided)
    real, director = node.is_a(Role.REAL_SERVER), node.is_a(Role.DIRECTOR)
    listed = node.memberships if node.has("memberships") else ()
    hides = any(vip.ip.version == 4 for vip in node.hidden_vips) or (not node.hidden_vips and not listed)
    if unknown or (real and hides):
        yield from hiding("a real server" if unknown else "")
    services = node.services if director and node.has("ipvs") else ()
    masquerades = any(real.forwarding is Forwarding.NAT for service in services for real in service.destinations)
    if unknown or masquerades or (director and not node.has("ipvs")):
        role = "a director that masquerades" if unknown else ""
        yield Concern("forwarding", frozenset({1}), "clients get no reply of real servers behind {node}.", role=role)
    if unknown or real or director:
        tunnels = real and (not listed or any(listing.forwarding is Forwarding.TUN for listing in listed))
        text = "{node} drops their packets where its reply leaves by another interface."
        yield Concern("rp_filter", frozenset({0, 2}), text, unknown or tunnels, "a real server" if unknown else "")
    if unknown and not any(is_glob(name) or name in _NAMES for name in map(_last_word, configured(node).lines)):
        raise NotCollected(min(node.standing.undecided), node.name)


def hiding(role: str = "") -> Iterator[Concern]:
    """What keeps a real server quiet about its VIPs."""
    text = "some send to {node} directly, not through the director."
    yield Concern("arp_ignore", frozenset({1, 2}), text, role=role)
    text = "hosts that receive ARP requests of {node} send VIP traffic to it."
    yield Concern("arp_announce", frozenset({2}), text, role=role)


_NAMES = frozenset({"arp_ignore", "arp_announce", "forwarding", "ip_forward", "rp_filter"})


def _last_word(line: ConfiguredLine) -> str:
    return line.key.rpartition(".")[2]


def undone(node: Node, concern: Concern) -> Undone | None:
    """The first setting for which some file has a good value and the files together have not."""
    table = configured(node)
    if _written_by_others(node, concern):
        return None
    for link in _links(node, table, concern.name):
        if _value(_decided(table, ()), concern.name, link) in concern.good:
            continue
        for file in table.files:
            if file.directory in _VENDORS or file.name in _VENDOR_NAMES:
                continue
            wishes = _wishes(table, file, concern, link)
            if wishes and _value(_decided(table, wishes), concern.name, link) in concern.good:
                for key, wanted in wishes:
                    deciding = _against(table, key, wanted)
                    if deciding is not None:
                        other = key in (conf_key(_OTHER_LINK, concern.name), *_FORWARDING)
                        spelt = deciding.key if other else key
                        return Undone(concern, spelt, wanted, deciding)
    return None


def differing(node: Node, concern: Concern) -> Differing | None:
    """The first key of it that runs with another value than the files decide, where that matters. Reads sysctl."""
    table = configured(node)
    if _written_by_others(node, concern):
        return None
    for link in _links(node, table, concern.name):
        if not _runs_known(node, concern.name, link):
            for key in _keys(concern.name, link):
                if link != _OTHER_LINK and table.deciding(key) is not None:
                    node.sysctl(key)  # what stands in for a key that was not seen clears no host
            continue
        now = _value(lambda key: _running(node, key), concern.name, link)
        boot = _value(_decided(table, (), node), concern.name, link)
        if (now in concern.good) is (boot in concern.good):
            continue
        for key in _keys(concern.name, link):
            line = table.deciding(key)
            if line is None or line.raw is None or not node.knows_sysctl(key):
                continue
            setting, running = Setting(key, line.raw, line.seen), node.sysctl(key)
            if setting.is_number and running.is_number and setting.value != running.value:
                return Differing(concern, running, line, now in concern.good)
    return None


def good_at_boot(node: Node, concern: Concern, link: str) -> bool:
    """Do the files alone give the link a good value?"""
    return _value(_decided(configured(node), ()), concern.name, link) in concern.good


def good_everywhere(node: Node, table: ConfiguredSysctl, concern: Concern) -> bool:
    """Does a table of files and scripts give a good value to each interface where the setting is asked for?"""
    decided = _decided(table, ())
    return all(_value(decided, concern.name, link) in concern.good for link in _links(node, table, concern.name))


def _keys(name: str, link: str) -> tuple[str, ...]:
    own = (conf_key("all", name), conf_key(link, name))
    return (IP_FORWARD, *own) if name == "forwarding" else (*own, conf_key("default", name))


def _links(node: Node, table: ConfiguredSysctl, name: str) -> Iterator[str]:
    """The interfaces where the setting is asked for; those that the files name, and any other, where none was seen."""
    if node.has("links"):
        yield from (link.name for link in node.links_hearing_arp)
        return
    named = link_scopes(line.key for line in table.lines if line.key.endswith(f".{name}"))
    yield from (scope for scope in dict.fromkeys((*table.scopes, *named)) if scope not in ("all", "default", "lo"))
    yield _OTHER_LINK


_Decided = tuple[int, float]  # a value, and when it is written
_Lookup = Callable[[str], _Decided | None]


def _decided(
    table: ConfiguredSysctl, wishes: tuple[tuple[str, ConfiguredLine], ...], node: Node | None = None
) -> _Lookup:
    """What the files make of a key, with `wishes` written after them; what runs on `node` where they leave it alone."""
    wanted = dict(wishes)

    def lookup(key: str) -> _Decided | None:
        line = wanted.get(key) or table.deciding(key)
        setting = line.setting(key) if line is not None else None
        if setting is None or line is None:
            return _running(node, key) if node is not None and line is None else None
        when = len(table.lines) + list(wanted).index(key) if key in wanted else table.position(line)
        return (setting.value, float(when)) if setting.is_number else None

    return lookup


_ENOUGH = {"arp_ignore": 1, "arp_announce": 2}


def _runs_known(node: Node, name: str, link: str) -> bool:
    if name == "forwarding":
        return any(map(node.knows_sysctl, _keys(name, link)))
    of_all = _running(node, conf_key("all", name))
    if of_all is not None and name in _ENOUGH and of_all[0] >= _ENOUGH[name]:  # whatever the interface's own is
        return True
    return is_known(node, name, link)


def _running(node: Node, key: str) -> _Decided | None:
    if not node.knows_sysctl(key):
        return None
    setting = node.sysctl(key)
    return (setting.value, -1.0) if setting.is_number else None


def _value(lookup: _Lookup, name: str, link: str) -> int:
    """The value that counts on the link; what nothing decides is 0, the kernel's default of all these."""
    own, of_all = lookup(conf_key(link, name)), lookup(conf_key("all", name))
    if COMBINED[name] is Combined.MAX:
        own = own or lookup(conf_key("default", name))
        return max(own[0] if own else 0, of_all[0] if of_all else 0)
    # inet_forward_change(): a change of ip_forward, or of all.forwarding, is copied to every link.
    writes = [(lookup(IP_FORWARD), False), (of_all, False), (own, True)]
    shared = value = 0
    for decided, of_link in sorted((pair for pair in writes if pair[0]), key=lambda pair: pair[0][1] if pair[0] else 0):
        assert decided is not None
        if of_link:
            value = decided[0]
        elif decided[0] != shared:
            shared = value = decided[0]
    return value


def _wishes(
    table: ConfiguredSysctl, file: ConfiguredFile, concern: Concern, link: str
) -> tuple[tuple[str, ConfiguredLine], ...]:
    """The keys for which a file has a good value, each with its line."""
    found: dict[str, ConfiguredLine] = {}
    for key in _keys(concern.name, link):
        for line in file.lines:
            setting = line.setting(key) if line.matches(key) else None
            if setting is not None and setting.is_number and setting.value in concern.good:
                found[key] = line
    of_all, own = conf_key("all", concern.name), conf_key(link, concern.name)
    if concern.name == "rp_filter" and of_all in found and own not in found:
        # Whoever writes 0 to all means every interface; a glob of another file gives each a value of its own.
        deciding = table.deciding(own) or table.deciding(conf_key("default", concern.name))
        if deciding is not None and deciding.is_glob:
            found[own] = found[of_all]
    return tuple(found.items())


def _comparable(wanted: ConfiguredLine, deciding: ConfiguredLine) -> bool:
    """Is it known in which order their files are applied?"""
    named = [bool(line.file) and not is_glob(line.file) for line in (wanted, deciding)]
    return all(named) or (wanted.file == deciding.file != "")


def _against(table: ConfiguredSysctl, key: str, wanted: ConfiguredLine) -> ConfiguredLine | None:
    """The line that decides about the key and leaves another value than is wanted."""
    names = _FORWARDING if key in _FORWARDING else (key,)
    deciding = [line for name in names if (line := table.deciding(name)) is not None]
    last = max(deciding, key=table.position, default=None)
    return last if last is not None and _comparable(wanted, last) and _differ(wanted, last) else None


def _differ(wanted: ConfiguredLine, deciding: ConfiguredLine) -> bool:
    """Do both leave other values? Without any assignment it is the kernel's 0."""
    key = wanted.key
    values = [line.setting(key) or Setting(key, "0", line.seen) for line in (wanted, deciding)]
    return not all(row.is_number for row in values) or values[0].value != values[1].value


def _written_by_others(node: Node, concern: Concern) -> bool:
    """Does something else write it: container engines the forwarding, kube-proxy and keepalived's VMACs the others?"""
    names = [link.name for link in node.links] if node.has("links") else []
    if concern.name in ("forwarding", "rp_filter"):
        return any(name.startswith(_CONTAINERS) for name in names)
    return any(name.startswith(("kube-ipvs", "vrrp.")) for name in names)
