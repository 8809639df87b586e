"""NetworkManager: connection profiles, changed with nmcli(1).

A changed profile counts when it is activated next. NetworkManager leaves lo alone until a profile of type loopback
names it, which it knows since 1.42 (its NEWS; Red Hat Enterprise Linux 9, "Configuring and managing networking":
configuring the loopback interface by using nmcli); 127.0.0.1 and ::1 it keeps by itself.
"""

from collections.abc import Iterator

from lvsdoctor.fixes.persist.parts import Part, Run
from lvsdoctor.fixes.persist.words import first_hop, link_of
from lvsdoctor.model.change import AddAddress, Change, PutRoute, RemoveAddress, SetLink
from lvsdoctor.sanitize import word

HOMES = "/etc/NetworkManager/system-connections /etc/sysconfig/network-scripts"
_PROFILE = "lvs-lo"


def keep(change: AddAddress) -> Iterator[Part]:
    """This address in our own profile of lo."""
    if change.link != "lo":
        return
    yield Run(
        "a profile for lo (NetworkManager 1.42 or newer)",
        f"nmcli connection add type loopback con-name {_PROFILE} ifname lo",
        unless=f"nmcli connection show {_PROFILE}",
        careful="NetworkManager may take lo over at once: other addresses there (ip addr show lo) belong into it too",
        undo=f"nmcli connection delete {_PROFILE}",
    )
    family, address = f"ipv{change.ip.version}.addresses", f"{change.ip}/{change.prefixlen}"
    yield Run(
        f"{address} in it",
        f"nmcli connection modify {_PROFILE} +{family} {address}",
        undo=f"nmcli connection modify {_PROFILE} -{family} {address}",
    )


def recipe(change: Change) -> tuple[str, ...]:
    """The command for a profile that somebody else made, which counts when it is activated next."""
    if isinstance(change, AddAddress | RemoveAddress):
        sign = "+" if isinstance(change, AddAddress) else "-"
        what = f"{sign}ipv{change.ip.version}.addresses {change.ip}/{change.prefixlen}"
        return (f"{_modify(change.link)} {what}",)
    if isinstance(change, PutRoute):
        gateway, route = first_hop(change.route), change.route
        family = f"ipv{route.dst.version}"
        if not route.dst.prefixlen and route.table == "main":
            return (f"{_modify(link_of(route))} {family}.gateway {gateway}",)
        words = [str(route.dst), *([gateway] if gateway else [])]
        words += [f"table={route.table}"] if route.table != "main" else []
        return (f"{_modify(link_of(route))} +{family}.routes {word(' '.join(words))}",)
    if isinstance(change, SetLink) and change.up:
        return (f"{_modify(change.link)} connection.autoconnect yes",)
    return ()


def _modify(link: str) -> str:
    profile = f'"$(nmcli -g GENERAL.CONNECTION device show {word(link)})"'
    return f"nmcli connection modify {profile}"
