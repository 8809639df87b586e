"""The settings that a host would run with if its files of sysctl.d were all that ever set any."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lvsdoctor.model.sysctl import IPV4_CONF_DEFAULTS, Setting, conf_key
from lvsdoctor.model.sysctl_d import ConfiguredSysctl

IP_FORWARD = "net.ipv4.ip_forward"


class SysctlAtBoot(Mapping[str, Setting]):
    """By their keys, each with the line of the file that decides about it; what no file sets is no key.

    A link of which no file speaks has what conf.default says (net/ipv4/devinet.c: devinet_copy_dflt_conf()), and
    ip_forward is the forwarding of all links (inet_forward_change()).
    """

    def __init__(self, files: ConfiguredSysctl) -> None:
        self.files = files
        spread = [conf_key(scope, name) for scope in files.scopes for name in IPV4_CONF_DEFAULTS]
        settings = ((key, self._decided(key)) for key in dict.fromkeys((*files, *spread)))
        # What is no number the kernel refuses: such a line sets nothing.
        self._values = {key: setting for key, setting in settings if setting is not None and setting.is_number}

    def _decided(self, key: str) -> Setting | None:
        own = self.files.setting(key)
        scope, _, name = key.removeprefix("net.ipv4.conf.").rpartition(".")
        if own is not None or not scope or not key.startswith("net.ipv4.conf."):
            return own
        if name == "forwarding":
            shared = self.files.setting(IP_FORWARD)
        else:
            shared = self.files.setting(conf_key("default", name)) if scope != "all" else None
        return replace(shared, key=key) if shared is not None else None

    def __getitem__(self, key: str) -> Setting:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
