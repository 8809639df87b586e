"""ifupdown: /etc/network/interfaces and, where it says `source`, the files of interfaces.d.

interfaces(5): a link may have several stanzas, whose addresses it gets all; `source-directory` takes names without dots
alone, so ours have none. The files are read at boot.
"""

from collections.abc import Iterator

from lvsdoctor.fixes.persist.parts import OwnFile, Part
from lvsdoctor.fixes.persist.words import as_ip_command, first_hop, is_fallback, link_of
from lvsdoctor.model.change import AddAddress, Change, PutRoute, SetLink

HOMES = "/etc/network/interfaces /etc/network/interfaces.d"


def keep(change: AddAddress) -> Iterator[Part]:
    """A stanza more for lo, or one for a tunnel's fallback link, in a file of its own."""
    if change.link != "lo" and not is_fallback(change.link):
        return
    auto = "" if change.link == "lo" else f"auto {change.link}\n"
    name = f"lvs-{change.link}-{change.ip}".translate(str.maketrans(".:", "--"))
    says = f"{change.ip}/{change.prefixlen} on {change.link}, with ifupdown (/etc/network/interfaces must source it)"
    yield OwnFile(says, f"/etc/network/interfaces.d/{name}", auto + "\n".join(recipe(change)) + "\n")


def recipe(change: Change) -> tuple[str, ...]:
    """How a person writes it."""
    if isinstance(change, AddAddress):
        family = "inet6" if change.ip.version == 6 else "inet"
        return (f"iface {change.link} {family} static", f"    address {change.ip}/{change.prefixlen}")
    if isinstance(change, PutRoute):
        route = change.route
        if not route.dst.prefixlen and route.table == "main":
            return (f"in the stanza of {link_of(route)}: gateway {first_hop(route)}",)
        return (f"in the stanza of {link_of(route)}: up ip route replace {as_ip_command(route)}",)
    if isinstance(change, SetLink) and change.up:
        return (f"auto {change.link}",)
    return ()
