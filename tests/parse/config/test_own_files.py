"""What `fix` writes to last is read back as the address that it is for."""

from ipaddress import ip_address
from types import ModuleType

import pytest

from lvsdoctor.fixes.persist import ifcfg, ifupdown, netplan, networkd
from lvsdoctor.fixes.persist.parts import OwnFile
from lvsdoctor.model.change import AddAddress
from tests.parse.config.driving import addresses, links, read, unread


def files(system: ModuleType, ip: str, prefixlen: int) -> dict[str, str]:
    parts = system.keep(AddAddress(ip_address(ip), prefixlen, "lo"))
    return {part.path: part.text for part in parts if isinstance(part, OwnFile)}


@pytest.mark.parametrize(("system", "ip", "prefixlen"), [
    (ifcfg, "192.0.2.10", 32), (ifcfg, "192.0.2.10", 24), (netplan, "192.0.2.10", 32), (netplan, "2001:db8::10", 128),
    (ifupdown, "192.0.2.10", 32), (ifupdown, "2001:db8::10", 128),
])  # fmt: skip
def test_an_address_that_is_written_to_last_is_read(system: ModuleType, ip: str, prefixlen: int) -> None:
    ((path, text),) = files(system, ip, prefixlen).items()
    dump = read(text, f"rs1{path}")
    assert [row.split()[0] for row in addresses(dump)] == [f"{ip}/{prefixlen}"]
    assert [row.link for row in dump.facts["configured-addresses"]] == ["lo"]
    assert not dump.unread


def test_a_drop_in_of_networkd_has_its_link_in_its_name_if_it_is_ours() -> None:
    (link, link_text), (path, text) = files(networkd, "192.0.2.10", 32).items()
    assert list(links(read(link_text, link))) == ["lo"]
    assert addresses(read(text, path)) == ["192.0.2.10/32 lo @2"]
    assert unread(read(text, path.replace("90-lvs-lo", "10-uplink"))) == [2]
