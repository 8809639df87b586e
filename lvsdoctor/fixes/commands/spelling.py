"""Changes as commands. The kinds are loaded when the first fix is put together: a healthy scan makes none."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lvsdoctor.model.address import Address
from lvsdoctor.model.route import Route

if TYPE_CHECKING:
    from lvsdoctor.model.change import Change, Command, PutRealServer, RemoveAddress, RemoveRealServer


def spell(change: "Change") -> "Command":
    """The command that makes the change."""
    from lvsdoctor.fixes.changes import kinds

    return kinds.spell(change)


def removing(address: Address) -> "RemoveAddress":
    """The change that removes just this address."""
    from lvsdoctor.fixes.changes import address as addresses

    return addresses.removing(address)


def route_words(route: Route) -> list[object]:
    """The route as `ip route` takes it."""
    from lvsdoctor.fixes.changes import route as routes

    return routes.words(route)


def write(settings: Mapping[str, int]) -> "Command":
    """One command that writes the settings."""
    from lvsdoctor.fixes.changes import sysctl

    return sysctl.write(settings)


def can_spell(change: "PutRealServer | RemoveRealServer") -> bool:
    """Does the dump tell all that a command must say?"""
    from lvsdoctor.fixes.changes import real_server

    return real_server.can_spell(change)
