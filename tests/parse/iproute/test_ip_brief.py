"""`ip -br link` shows no masters: what it proves all the same of the interfaces of a host."""

import pytest

from lvsdoctor.model.coverage import Partial
from lvsdoctor.parse.paste.stream import pieces

LO = "lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP>"
ENS192 = "ens192           UP             02:00:00:00:00:15 <BROADCAST,MULTICAST,UP,LOWER_UP>"


def partial(*rows: str) -> Partial | None:
    (piece,) = (piece for piece in pieces("\n".join(("# ip -br link", *rows)) + "\n", "paste") if piece.dump.facts)
    assert set(piece.dump.facts) == {"links"}
    return piece.dump.partial


def test_the_only_link_of_a_host_is_no_port() -> None:
    assert partial(LO, ENS192) is None


def test_a_tunnel_without_a_mac_is_no_bridge() -> None:
    assert partial(LO, ENS192, "tunl0@NONE       UNKNOWN        0.0.0.0 <NOARP,UP,LOWER_UP>") is None


@pytest.mark.parametrize(
    "rows",
    [
        (LO, ENS192, "br0              UP             02:00:00:00:00:15 <BROADCAST,MULTICAST,UP,LOWER_UP>"),
        (LO, ENS192, "bond0            UP             02:00:00:00:00:15 <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP>"),
        (LO, "eth0             UP             02:00:00:00:00:15 <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP>"),
        (LO, ENS192, "red              UP             02:00:00:00:00:16 <NOARP,MASTER,UP,LOWER_UP>"),
        (LO, ENS192, "ens192.5@ens192  UP             02:00:00:00:00:15 <BROADCAST,MULTICAST,UP,LOWER_UP>"),
        (ENS192,),
    ],
)
def test_where_another_link_may_be_the_master_the_links_are_partial(rows: tuple[str, ...]) -> None:
    found = partial(*rows)
    assert found is not None
    assert "ports of others" in found.says
