"""What has to be held against the kernel: every dimension with all its values.

Written out apart from what does it (arp_combinations.py, routed_combinations.py, own_combinations.py), so that nothing
is lost there quietly.
"""

from collections.abc import Mapping, Sequence

EVERYWHERE = ("all", "the link", "lo", "default", "another link")
LIKE_NO_ARP = ("a link without carrier", "a link that is down")
ON_A_LINK = ("another link", "a link without ARP", "a link without carrier", "a link that is down")
PLACE_OF_VIP = ("lo", "the link", *ON_A_LINK, "AnyIP on lo", "AnyIP on the link", "nowhere")
WHERE_SET = ("all", "the link", "lo", "default", "the VIP's link")
NEXT_HOP = (
    "a neighbour in the subnet", "a neighbour in the second subnet", "a neighbour in no subnet",
    "a gateway in the subnet", "a gateway in the second subnet", "a gateway in no subnet",
)  # fmt: skip
SENDER = (
    "in the subnet", "in the second subnet", "in no subnet", "on another link", "on either, better on another link",
    "behind a gateway", "without a way back",
)  # fmt: skip
KEPT: Mapping[str, Sequence[object]] = {
    "place": PLACE_OF_VIP, "prefix": (32, 24, 16), "scope": ("global", "link", "host"),
}  # fmt: skip
# Each with the one that it is to be told from.
SETTINGS = {
    "arp_ignore=0": None, "arp_filter=1": "arp_ignore=0", "rp_filter=1": "arp_ignore=0", "rp_filter=2": "rp_filter=1",
    "accept_local=1": "arp_ignore=0", "accept_local=1 rp_filter=1": "rp_filter=1", "arp_ignore=3": "arp_ignore=0",
    "drop_gratuitous_arp=1 accept_local=1": "accept_local=1", "route_localnet=1 arp_ignore=3": "arp_ignore=3",
}  # fmt: skip
ASKING = ("inside", "outside", "0.0.0.0")
ASKING_ALL = (*ASKING, "inside /16 alone", "the VIP", "the RIP")
LEADS = (
    "to a neighbour on the link", "to a neighbour on another link", "to a gateway on the link",
    "to a gateway on another link", "into a blackhole", "to itself", "nowhere",
)  # fmt: skip
PROXY_SENDERS = ("inside", "of the other subnet", "outside", "0.0.0.0", "the VIP")
RULES = (
    "no rule", "no rule, a default route by eth1", "from the VIP by eth0", "from the VIP by eth1",
    "from the VIP to nowhere", "from the RIP by eth1", "to the clients by eth1", "what comes in on eth0",
    "what comes in on eth0, before local", "what is this node's own", "marked", "not marked",
    "no default route from main", "over to later rules", "AnyIP in a table of its own", "no rule for table default",
)  # fmt: skip
ON_OFF = (0, 1)

# What is compared, and the dimensions of it: every value of one with every value of every other.
COMBINATIONS: Mapping[str, Mapping[str, Sequence[object]]] = {
    "arp_ignore": {**KEPT, "sender": ASKING, "set on": WHERE_SET, "arp_ignore": range(9)},
    "arp_ignore twice": {
        "place": ("lo", "the link"), "sender": ASKING, "of all": range(-1, 10), "of the link": range(-1, 10),
    },
    "one setting": {**KEPT, "sender": ASKING_ALL, "set on": WHERE_SET, "setting": tuple(SETTINGS)},
    "settings together": {
        **KEPT, "scope": ("global",), "sender": ASKING_ALL,
        "arp_ignore": (0, 1, 2), "arp_filter": ON_OFF, "rp_filter": (0, 1, 2), "accept_local": ON_OFF,
    },
    "packets": {
        **KEPT, "scope": ("global",), "sender": [who for who in ASKING_ALL if who != "0.0.0.0"],
        "rp_filter": (0, 1, 2), "accept_local": ON_OFF,
    },
    "policy rules": {
        "rule": RULES, "arp_filter on": ("nowhere", "all", "the link", "lo", "default"),
        "rp_filter": (0, 1, 2), "accept_local": ON_OFF, "heard on": ("eth0", "eth1"),
        "sender": ("inside", "of the other subnet", "outside", "0.0.0.0", "the RIP"),
    },
    "proxy ARP": {
        "entries": (False, True), "the VIP's route leads": LEADS, "sender": PROXY_SENDERS,
        "proxy_arp": ON_OFF, "proxy_arp_pvlan": ON_OFF, "forwarding": ON_OFF,
        "medium_id": (-1, 0, 1), "medium_id of the other link": (-1, 0, 1, 2),
    },
    "proxy ARP, one setting": {
        "entries": (False, True), "the VIP's route leads": LEADS, "sender": PROXY_SENDERS, "set on": EVERYWHERE,
        "setting": ("proxy_arp", "proxy_arp_pvlan", "medium_id", "forwarding"),
    },
    "arp_announce": {
        "VIP on": (
            "lo", "the link", "the link, before the RIP", "another link", "a link without ARP",
            "lo, and the link has no address", "the link, and nothing else", "lo, wide as the subnet",
        ),
        "set on": EVERYWHERE, "arp_announce": (0, 1, 2, 3), "route_localnet": ON_OFF, "next hop": NEXT_HOP,
        "source": (
            "a VIP of the subnet", "a VIP of another subnet", "a VIP of scope link", "a VIP of scope host", "the RIP",
            "a secondary address", "the link's second subnet", "another link's address", "somebody else", "no packet",
        ),
    },
    "redirects, where set": {
        "send_redirects on": ("nowhere", *EVERYWHERE), "shared_media on": ("nowhere", *EVERYWHERE), "sender": SENDER,
        "the way on": (*NEXT_HOP, "a neighbour on another link", "a gateway on another link", "a blackhole"),
    },
    "redirects": {
        "send_redirects": ON_OFF, "shared_media": ON_OFF, "rp_filter": (0, 1, 2), "forwarding": ON_OFF,
        "sender": SENDER,
        "the way on": (*NEXT_HOP, "a neighbour on another link", "a gateway on another link", "a blackhole"),
    },
}  # fmt: skip


def possible(of: str, at: Mapping[str, object]) -> bool:
    """Not what makes no sense, or is no other than what is there."""
    place = at.get("place")
    if place == "nowhere" and (at["prefix"], at["scope"]) != (32, "global"):
        return False
    if place in ("AnyIP on lo", "AnyIP on the link") and at["scope"] != "global":
        return False  # a local route's scope is host
    if at.get("set on") == "the VIP's link" and place not in ON_A_LINK:
        return False  # it is lo, or the link itself
    if place in LIKE_NO_ARP and of != "arp_ignore":
        return False  # to all but arp_ignore they are what a link without ARP is
    if of == "one setting" and at["scope"] != "global" and "arp_ignore=3" not in str(at["setting"]):
        return False  # no other setting asks for the scope
    if of == "arp_announce" and at["set on"] != "the link" and at["route_localnet"]:
        return False
    if of == "arp_announce" and at["set on"] not in ("all", "the link") and at["arp_announce"] not in (1, 2):
        return False  # that 1 and 2 do not count there is enough
    if of == "arp_announce" and at["source"] == "no packet" and "gateway" in str(at["next hop"]):
        return False  # a neighbour is asked for again alike, whatever it is to the routes
    if of == "proxy ARP" and at["entries"]:
        return (at["medium_id"], at["medium_id of the other link"]) == (0, 0)
    return True
