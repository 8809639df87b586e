"""netplan: files in /etc/netplan, merged in the order of their names; lists of the same link are joined.

https://netplan.readthedocs.io, "Netplan YAML configuration reference" ("addresses", "routes"), and "How to configure a
loopback interface": netplan makes no loopback link but gives addresses to lo, through networkd. `netplan generate`
checks the files and writes what networkd reads at the next boot; `netplan apply` would be what touches links.
"""

from collections.abc import Iterator

from lvsdoctor.fixes.persist import networkd
from lvsdoctor.fixes.persist.parts import OwnFile, Part, Run
from lvsdoctor.fixes.persist.words import destination, first_hop, is_fallback, link_of
from lvsdoctor.model.change import AddAddress, Change, PutRoute, SetLink

HOMES = "/etc/netplan"

_FILE = """\
network:
  version: 2
  ethernets:
    lo:
      renderer: networkd
      addresses:
      - "{address}"
"""


def keep(change: AddAddress) -> Iterator[Part]:
    """A file for this address on lo; one of a tunnel's fallback link is networkd's, for netplan would make the link."""
    if is_fallback(change.link):
        yield from networkd.keep(change)
    elif change.link == "lo":
        address = f"{change.ip}/{change.prefixlen}"
        path = f"{HOMES}/90-lvs-{change.ip}.yaml".replace(":", "-")
        # Others may hold passwords, so netplan warns about any file that everybody can read.
        yield OwnFile(f"{address} on lo, with netplan", path, _FILE.format_map({"address": address}), "0600")
        yield Run("netplan reads its files; this changes no interface", "netplan generate")


def recipe(change: Change) -> tuple[str, ...]:
    """How a person writes it."""
    if isinstance(change, AddAddress):
        return (f"under {change.link}:", "  addresses:", f'  - "{change.ip}/{change.prefixlen}"')
    if isinstance(change, PutRoute):
        gateway, route = first_hop(change.route), change.route
        lines = [f"under {link_of(route)}:", "  routes:", f"  - to: {destination(route)}"]
        lines += [f"    via: {gateway}"] if gateway else ["    scope: link"]
        return (*lines, *([f"    table: {route.table}"] if route.table != "main" else []))
    if isinstance(change, SetLink) and change.up:
        return (f"{change.link} has an entry there, and no `activation-mode: manual` or `off`",)
    return ()
