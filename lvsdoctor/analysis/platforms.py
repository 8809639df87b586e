"""Whose network carries the frames of a virtual machine, by the names that its firmware has (DMI).

systemd tells a virtual machine by the same names (src/basic/virt.c: detect_vm_dmi_vendor()).
"""

import re
from dataclasses import dataclass

from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.machine import MachineName
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class Platform:
    """`cloud`: the provider's network decides which addresses a machine may use. `macs`: a port of the host's switch
    may drop frames of another MAC than the machine's. `settle` is where to look."""

    name: str
    seen: MachineName
    cloud: bool
    macs: bool
    settle: str


# Where a platform's settings are that let a VIP pass.
_SETTLE = {
    "Amazon EC2": "the source/destination check, secondary addresses and the route table",
    "Google Compute Engine": "IP forwarding of the instance, alias addresses and routes",
    "OpenStack": "allowed-address-pairs of the Neutron port",
    "Alibaba Cloud": "secondary addresses of the network interface, and the HAVIP",
    "Huawei Cloud": "the source/destination check of the port, and its virtual address",
    "Azure or Hyper-V": "IP forwarding and floating IP (Azure), MAC address spoofing (Hyper-V)",
    "VMware": "forged transmits, MAC changes and promiscuous mode of the port group",
    "VirtualBox": "promiscuous mode of the network adapter",
}
# The vendor, the product ("" for any), the name; is it a cloud, and may it filter MACs?
_KNOWN = (
    (r"Amazon EC2", r"", "Amazon EC2", True, False),
    (r"Google", r"Google Compute Engine|", "Google Compute Engine", True, False),
    (r"OpenStack.*|RDO|Red Hat", r"OpenStack.*", "OpenStack", True, False),
    (r"Alibaba Cloud", r"", "Alibaba Cloud", True, False),
    (r"Huawei Cloud|HUAWEICLOUD", r"", "Huawei Cloud", True, False),
    (r"Microsoft Corporation", r"Virtual Machine", "Azure or Hyper-V", True, True),
    (r"VMware.*|VMW", r"", "VMware", False, True),
    (r".*", r"VirtualBox", "VirtualBox", False, True),
)


def platform(node: Node) -> Platform | None:
    """The one that the names are of; None for another, a machine of one's own among them. Reads machine."""
    names: dict[str, MachineName] = {}
    for row in node.seen_rows("machine"):
        names.setdefault(row.field, row)
    vendor, product = names.get("sys_vendor"), names.get("product_name")
    for vendors, products, name, cloud, macs in _KNOWN:
        of_vendor = vendor is not None and re.fullmatch(vendors, vendor.value)
        of_product = product is not None and re.fullmatch(products, product.value)
        if vendor is not None and of_vendor and (of_product or not products):
            return Platform(name, product or vendor if products else vendor, cloud, macs, _SETTLE[name])
    if vendor is None or product is None:
        lacking = "sys_vendor" if vendor is None else "product_name"
        collected_by = f"cat /sys/class/dmi/id/{lacking}"
        raise NotCollected("machine", node.name, lacking, collected_by, partial=node.partial("machine"))
    return None
