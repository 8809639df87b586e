"""Interface settings out of the link dump: the kernel sends each link's sysctls along, as an array of numbers."""

import struct
from collections.abc import Iterable, Iterator

from lvsdoctor.collect.live.netlink_socket import Message
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, conf_key

# include/uapi/linux/ip.h: IPV4_DEVCONF_FORWARDING = 1, ..., by the names they have under /proc/sys/net/ipv4/conf.
# The enum only ever grows at its end: what a newer kernel has beyond these is left out.
IPV4 = (
    "forwarding mc_forwarding proxy_arp accept_redirects secure_redirects send_redirects shared_media rp_filter "
    "accept_source_route bootp_relay log_martians tag arp_filter medium_id disable_xfrm disable_policy "
    "force_igmp_version arp_announce arp_ignore promote_secondaries arp_accept arp_notify accept_local src_valid_mark "
    "proxy_arp_pvlan route_localnet igmpv2_unsolicited_report_interval igmpv3_unsolicited_report_interval "
    "ignore_routes_with_linkdown drop_unicast_in_l2_multicast drop_gratuitous_arp bc_forwarding arp_evict_nocarrier"
).split()

# include/uapi/linux/ipv6.h: DEVCONF_FORWARDING = 0, ...; the places of those that matter here.
IPV6 = {0: "forwarding", 3: "accept_ra", 4: "accept_redirects", 22: "proxy_ndp", 26: "disable_ipv6", 27: "accept_dad"}


def conf_settings(links: Iterable[Message]) -> Iterator[Setting]:
    """The settings of each link, keyed as `sysctl -a` keys them."""
    for message in links:
        link, spec = message.get_attr("IFLA_IFNAME"), message.get_attr("IFLA_AF_SPEC")
        if spec is None:
            continue
        for name, value in zip(IPV4, _numbers(spec, "AF_INET", "IFLA_INET_CONF"), strict=False):
            yield _setting(link, name, value, 4)
        numbers = _numbers(spec, "AF_INET6", "IFLA_INET6_CONF")
        for place, name in IPV6.items():
            if place < len(numbers):
                yield _setting(link, name, numbers[place], 6)


def _numbers(spec: Message, family: str, array: str) -> tuple[int, ...]:
    inside = spec.get_attr(family)
    data = inside.get_attr(array, b"") if inside is not None else b""
    return struct.unpack(f"={len(data) // 4}i", data[: len(data) // 4 * 4])


def _setting(link: str, name: str, value: int, family: int) -> Setting:
    text = f"{link} {name} {value}" if family == 4 else f"{link} inet6 {name} {value}"
    return Setting(conf_key(link, name, family), str(value), Seen(f"netlink RTM_NEWLINK {link}", None, text))
