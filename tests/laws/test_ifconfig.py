"""What `ifconfig` does not show accuses nobody and clears nobody: each world, its `ip addr` as ifconfig has it."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.model.address import Address
from lvsdoctor.model.link import Link
from tests.laws.worlds import World, any_world, errors, law, nodes_in, subjects, verdicts

BITS = {"UP": 1, "BROADCAST": 2, "LOOPBACK": 8, "POINTOPOINT": 16, "RUNNING": 64, "NOARP": 128, "MASTER": 1024,
        "SLAVE": 2048, "MULTICAST": 4096}  # fmt: skip
TITLES = {"ether": "Ethernet", "loopback": "Local Loopback", "ipip": "IPIP Tunnel", "sit": "IPv6-in-IPv4"}


def block(link: Link, label: str, rows: list[Address], *, old: bool) -> Iterator[str]:
    flags = [flag for flag in BITS if flag in link.flags or (flag == "RUNNING" and "UP" in link.flags)]
    title, mtu = TITLES.get(link.type, "UNSPEC"), link.mtu or 1500
    mac = link.mac if link.type == "ether" else ""
    if old:
        yield f"{label:<9} Link encap:{title}  " + (f"HWaddr {mac.upper()}  " if mac else "")
    else:
        yield f"{label}: flags={sum(BITS[flag] for flag in flags)}<{','.join(flags)}>  mtu {mtu}"
    for row in rows:
        far = str(row.peer.network_address) if row.peer is not None else ""
        if row.ip.version == 6 and old:
            yield f"          inet6 addr: {row}  Scope:{row.scope.title()}".replace("  Scope", " Scope")
        elif row.ip.version == 6:
            yield f"        inet6 {row.ip}  prefixlen {row.prefixlen}  scopeid 0x0<{row.scope}>"
        elif old:
            yield f"          inet addr:{row.ip}  " + (f"P-t-P:{far}  " if far else "") + f"Mask:{row.network.netmask}"
        else:
            yield f"        inet {row.ip}  netmask {row.network.netmask}" + (f"  destination {far}" if far else "")
    if old:
        yield f"          {' '.join(flags) or '[NO FLAGS]'}  MTU:{mtu}  Metric:1"
    else:
        yield f"        {'ether ' + mac if mac else 'loop'}  txqueuelen 1000  ({title})"


def ifconfig(links: tuple[Link, ...], addresses: tuple[Address, ...], *, old: bool, every: bool) -> str:
    lines: list[str] = []
    for link in sorted(links, key=lambda link: link.name):
        if not every and not link.up:
            continue
        mine = [address for address in addresses if address.link == link.name]
        by_label: dict[str, list[Address]] = {link.name: []}
        for row in mine:
            label = row.label or link.name
            if row.ip.version == 6:
                by_label[link.name].append(row)
            elif not any(known.ip.version == 4 for known in by_label.setdefault(label, [])):
                by_label[label].append(row)
        for label, rows in by_label.items():
            lines += [*block(link, label, rows, old=old), ""]
    return "\n".join(lines)


def by_ifconfig(world: World, *, old: bool, every: bool) -> World:
    """The same host, of which nobody asked `ip addr`: where the world has it whole."""
    dumps, asked = [], set()
    for host, where, text in world.dumps:
        if where.endswith(("/ip-addr", "/ip-addr.txt")):
            node = next(iter(nodes_in([(host, where, text)])), None)
            if node is not None and {"addresses", "links"} <= node.evidence.keys() and not node.coverage:
                shown = ifconfig(node.evidence["links"], node.evidence["addresses"], old=old, every=every)
                text = f"[root@{host} ~]# ifconfig{' -a' if every else ''}\n{shown}\n"
                asked.add(host)
        dumps.append((host, where, text))
    dumps = [dump for dump in dumps if dump[0] not in asked or not dump[1].endswith(("/ip-link", "/ip-link.txt"))]
    return replace(world, name=f"{world.name} by ifconfig", dumps=tuple(dumps))


@law
@given(any_world(), st.booleans(), st.booleans())
def test_no_error_appears_for_what_ifconfig_does_not_show(world: World, old: bool, every: bool) -> None:
    other = by_ifconfig(world, old=old, every=every)
    known = subjects(errors(world.examined(world.nodes())))
    new = [error for error in errors(other.examined(other.nodes())) if not subjects([error]) & known]
    assert [(error.code, error.node, error.message) for error in new] == []


@law
@given(any_world(), st.booleans(), st.booleans())
def test_ifconfig_clears_nobody_whom_ip_addr_accuses(world: World, old: bool, every: bool) -> None:
    other = by_ifconfig(world, old=old, every=every)
    known = verdicts(world.examined(world.nodes()))
    cleared = [
        rule
        for (node, rule), verdict in verdicts(other.examined(other.nodes())).items()
        if verdict == "quiet" and known.get((node, rule)) == "fires"
    ]
    assert cleared == []
