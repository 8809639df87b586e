"""One link as `ip addr` and `ip link` print it: the header line, the link/ line, and what -d adds."""

import re
from dataclasses import dataclass, field

from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_number, split_options, word_set

_HEADER = re.compile(r"\s*(\d{1,10}): (\S{1,80}): <([^<>\s]{0,400})>(?:\s+(.*))?")
_HEADER_OPTIONS = frozenset({"mtu", "qdisc", "master", "state", "mode", "group", "qlen"})

# Kinds that an iproute2 too old to say `promiscuity` prints; a newer one announces its details that way.
_KINDS = word_set(
    "bond bridge dummy erspan geneve gre gretap ifb ip6gre ip6gretap ip6tnl ipip ipvlan ipvtap macsec macvlan macvtap"
    " openvswitch sit team tun veth vlan vrf vti vti6 vxlan wireguard"
)
_KIND = re.compile(r"[a-z][a-z0-9_]{1,30}")

# The pairs of -d that are worth keeping, as the text spells them.
DETAILS = word_set(
    "active_slave dev dstport encap encap-dport encap-sport id local mode nf_call_arptables nf_call_iptables protocol"
    " remote table ttl type vlan_filtering"
)
_HOPLIMIT = "hoplimit"  # what the tunnels over IPv6 call their ttl
_ADDRESS_IS_ENDPOINT = frozenset({"ipip", "sit", "gre", "tunnel6", "gre6"})


def split_name(shown: str) -> tuple[str, str | None]:
    """`bond1.57@bond1` is link bond1.57 on top of bond1; NONE means nothing. (A name may hold an @ of its own.)"""
    name, at, parent = shown.rpartition("@")
    if not at or not name:
        return shown, None
    return name, None if parent == "NONE" else parent


def tunnel_ends(link_type: str, local: str, remote: str) -> dict[str, str]:
    """For a tunnel, the link's "hardware addresses" are its end points. `any` is how -d spells 0.0.0.0."""
    ends: dict[str, str] = {}
    if link_type in _ADDRESS_IS_ENDPOINT:
        for key, text in (("local", local), ("remote", remote)):
            if (ip := read_ip(text)) is not None:
                ends[key] = "any" if ip.is_unspecified else str(ip)
    return ends


def link_details(ends: dict[str, str], details: dict[str, str]) -> dict[str, str]:
    """All details of a link. To an external tunnel each packet brings the ends; what `ip` prints for them is none."""
    if "external" in details:
        return {key: value for key, value in details.items() if value != "any"}
    return {**ends, **details}


@dataclass(slots=True)
class LinkBlock:
    """The lines of one link, gathered. `detailed`: one showed that -d was given; `expects_kind`: more may follow."""

    name: str
    index: int
    seen: Seen
    parent: str | None
    flags: frozenset[str]
    header: dict[str, str]
    type: str = ""
    mac: str = ""
    kind: str = ""
    kind_of_port: str | None = None
    detailed: bool = False
    suppresses: bool = False
    expects_kind: bool = False
    ends: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_header(cls, text: str, seen: Seen) -> "LinkBlock | None":
        """The block that this header line opens; None if it is none, or of `bridge link`, whose headers are alike."""
        match = _HEADER.fullmatch(text)
        if match is None:
            return None
        index, shown, flags, rest = match.groups()
        options, _ = split_options((rest or "").split(), _HEADER_OPTIONS)
        name, parent = split_name(shown)
        # `bridge link` tells the port's state, in small letters, and no qdisc.
        if "mtu" not in options or options.get("state", "").islower():
            return None
        return cls(name, int(index), seen, parent, frozenset(flags.split(",")) - {""}, options)

    @property
    def well_named(self) -> bool:
        """Can it be a link's header? If not, nothing below it says whose it is."""
        names = (self.name, self.parent or self.name, self.header.get("master") or self.name)
        return all(read_link_name(name) is not None for name in names)

    def take_address(self, words: list[str]) -> None:
        """`link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 ...`, or a tunnel's two ends."""
        self.type = words[0].removeprefix("link/")
        address = words[1] if len(words) > 1 else ""
        options, _ = split_options(words[1:], {"brd", "peer", "promiscuity", "numtxqueues"})
        self.mac = read_mac(address) or ""
        self.ends = tunnel_ends(self.type, address, options.get("peer", options.get("brd", "")))
        self.detailed = "promiscuity" in options
        # What belongs to the driver stands between promiscuity and the queues, on lines of its own.
        self.expects_kind = self.detailed and "numtxqueues" not in options
        # A program that folds lines may have joined the driver's to this one.
        own = next((at for at, word in enumerate(words) if word in _KINDS or word.endswith("_slave")), None)
        if own is not None:
            self.take_detail(words[own:])

    def take_detail(self, words: list[str]) -> bool:
        """A line of -d: `vlan protocol 802.1Q id 10 ...`, `bridge_slave state forwarding ...`. False: it is none."""
        first = words[0]
        if first.endswith("_slave") and (self.expects_kind or first.removesuffix("_slave") in _KINDS):
            self.kind_of_port = first.removesuffix("_slave")
            if split_options(words[1:], {"neigh_suppress"})[0].get("neigh_suppress") == "on":
                self.suppresses = True
        elif not self.kind and (first in _KINDS or (self.expects_kind and _KIND.fullmatch(first))):
            self.kind = first
            options, bare = split_options(words[1:], {*DETAILS, _HOPLIMIT})
            self.details = {key if key != _HOPLIMIT else "ttl": value for key, value in options.items() if value}
            if not self.details.get("ttl", "").isdigit():
                self.details.pop("ttl", None)  # "inherit" and "auto" are what no ttl means
            if "external" in bare:
                self.details["external"] = "on"
        else:
            return False
        self.detailed = True
        self.expects_kind = "numtxqueues" not in words
        return True

    def link(self, *, detailed: bool) -> Link:
        return Link(
            name=self.name,
            seen=self.seen,
            index=self.index,
            flags=self.flags,
            mtu=read_number(self.header.get("mtu", "")),
            state=self.header.get("state", ""),
            type=self.type,
            mac=self.mac,
            master=self.header.get("master") or None,
            parent=self.parent,
            kind=self.kind if detailed else None,
            kind_of_port=self.kind_of_port,
            detail=link_details(self.ends, self.details) | ({"neigh_suppress": "on"} if self.suppresses else {}),
        )
