"""systemd-networkd: files in /etc/systemd/network.

systemd.network(5): the first file whose [Match] fits configures the link, and *.conf files of the directory FILE.d add
to it. networkd takes away addresses that it does not know from a link that it configures, but for what
KeepConfiguration= keeps ([Network], since 243). The files are read at boot; `networkctl reload` would touch links.
"""

from collections.abc import Iterator

from lvsdoctor.fixes.persist.parts import OwnFile, Part
from lvsdoctor.fixes.persist.words import destination, first_hop, is_fallback, link_of
from lvsdoctor.model.change import AddAddress, Change, PutRoute, SetLink

HOMES = "/etc/systemd/network /run/systemd/network /usr/lib/systemd/network"
_HOME = "/etc/systemd/network"

_LINK = """\
[Match]
Name={link}

[Network]
KeepConfiguration=static
LinkLocalAddressing=no
"""


def keep(change: AddAddress) -> Iterator[Part]:
    """A file for lo or a tunnel's fallback link, and one beside it for this address."""
    if change.link != "lo" and not is_fallback(change.link):
        return
    path = f"{_HOME}/90-lvs-{change.link}.network"
    address = f"{change.ip}/{change.prefixlen}"
    unless = f"unless networkctl status {change.link} names another Network File, which then needs the address"
    says = f"networkd configures {change.link} at boot, {unless}"
    yield OwnFile(says, path, _LINK.format_map({"link": change.link}))
    file = f"{path}.d/{change.ip}.conf".replace(":", "-")
    yield OwnFile(f"{address} on {change.link}, with networkd", file, f"[Network]\nAddress={address}\n")


def recipe(change: Change) -> tuple[str, ...]:
    """How a person writes it."""
    if isinstance(change, AddAddress):
        file = f"networkctl status {change.link} | grep 'Network File'"
        return ("in the file that this names, or in a *.conf of its directory FILE.d:", file, *_address(change))
    if isinstance(change, PutRoute):
        file = f"networkctl status {link_of(change.route)} | grep 'Network File'"
        gateway, route = first_hop(change.route), change.route
        lines = ["[Route]", f"Destination={str(route.dst) if route.dst.prefixlen else _everything(route.dst.version)}"]
        lines += [f"Gateway={gateway}"] if gateway else ["Scope=link"]
        lines += [f"Table={route.table}"] if route.table != "main" else []
        return (f"{destination(route)}: in the file that this names:", file, *lines)
    if isinstance(change, SetLink) and change.up:
        return (f"a file whose [Match] has Name={change.link}, and no ActivationPolicy=down or manual in its [Link]",)
    return ()


def _address(change: AddAddress) -> tuple[str, ...]:
    return ("[Network]", f"Address={change.ip}/{change.prefixlen}")


def _everything(version: int) -> str:
    return "0.0.0.0/0" if version == 4 else "::/0"
