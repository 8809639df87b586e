"""hostvars of Ansible: what a template may ask of the other hosts of its inventory."""

from collections.abc import Callable
from typing import Any

from lvsdoctor.parse.config.ansible_host import ManagedHost
from lvsdoctor.parse.config.ansible_inventory import Inventory

__all__ = ["HostVariables"]


class HostVariables(dict[str, Any]):
    """hostvars: the variables of each host of an inventory, of which one is worked out when it is asked for."""

    def __init__(self, host: Callable[[str, Inventory], ManagedHost], inventory: Inventory) -> None:
        self._host, self._inventory = host, inventory

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            if name not in self._inventory.hosts:
                return default
            known = self._host(name, self._inventory).variables
            self[name] = {key: value for key, value in known.items() if key != "hostvars"}
        return self[name]
