"""ifcfg: files in /etc/sysconfig/network-scripts, of the network-scripts package (Red Hat and its kin up to 8).

An alias has a file of its own, ifcfg-LINK:NUMBER, which ifup-aliases reads (initscripts, sysconfig.txt); ARPCHECK=no
keeps it from asking the segment whether somebody has the address, which for a VIP somebody does. NetworkManager reads
no ifcfg file of lo.
"""

from collections.abc import Iterator
from ipaddress import ip_network

from lvsdoctor.fixes.persist.parts import ByHand, OwnFile, Part
from lvsdoctor.fixes.persist.words import as_ip_command, first_hop, link_of
from lvsdoctor.model.change import AddAddress, Change, PutRoute, SetLink

HOMES = "/etc/sysconfig/network-scripts"

_ALIAS = """\
DEVICE={link}:{number}
IPADDR={ip}
NETMASK={netmask}
ONBOOT=yes
ARPCHECK=no
NAME=lvs-{ip}
"""


def keep(change: AddAddress) -> Iterator[Part]:
    """An alias of lo for this address; its number is made of the address, so that another VIP has another."""
    if change.link != "lo":
        return
    if change.ip.version == 6:
        line = f"in ifcfg-lo: IPV6INIT=yes and, in IPV6ADDR_SECONDARIES, {change.ip}/{change.prefixlen}"
        yield ByHand("ifcfg has no alias for IPv6", (line,))
        return
    number = int(change.ip) & 0xFFFF
    netmask = ip_network((change.ip, change.prefixlen), strict=False).netmask
    fields = {"link": "lo", "number": number, "ip": change.ip, "netmask": netmask}
    says = f"{change.ip}/{change.prefixlen} on lo, with network-scripts (NetworkManager does not read it)"
    yield OwnFile(says, f"{HOMES}/ifcfg-lo:{number}", _ALIAS.format_map(fields))


def recipe(change: Change) -> tuple[str, ...]:
    """How a person writes it."""
    if isinstance(change, AddAddress) and change.ip.version == 4:
        return (f"in ifcfg-{change.link}: IPADDRn={change.ip} and PREFIXn={change.prefixlen}, with the next free n",)
    if isinstance(change, AddAddress):
        return (f"in ifcfg-{change.link}: {change.ip}/{change.prefixlen} in IPV6ADDR_SECONDARIES",)
    if isinstance(change, PutRoute):
        route = change.route
        if not route.dst.prefixlen and route.table == "main":
            return (f"in ifcfg-{link_of(route)}, or in /etc/sysconfig/network: GATEWAY={first_hop(route)}",)
        return (f"in {'route6' if route.dst.version == 6 else 'route'}-{link_of(route)}: {as_ip_command(route)}",)
    if isinstance(change, SetLink) and change.up:
        return (f"in ifcfg-{change.link}: ONBOOT=yes",)
    return ()
