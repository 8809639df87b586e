"""Connections of NetworkManager and units of systemd, redacted: the keys that are read, with values that name nobody.

As of a script, the result is read again: where it does not tell the same, the file is left out as a whole.
"""

from collections.abc import Iterator

from lvsdoctor.collect.redacting.scripts import stays
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.patterns import pattern

_SECTION = pattern(r"\s*\[(?P<name>[\w-]{1,40})\]\s*")
_VALUE = pattern(r"\s*(?P<key>[\w.-]{1,60})\s*=\s*(?P<value>.*)")
_LINK = r"[A-Za-z][\w.:@-]{0,14}"
_ADDRESSES = r"[0-9a-fA-F.:/,;=\s]{1,2000}"
_ROUTE_WORDS = (
    r"(?:[0-9a-fA-F.:/]+|priority|from|to|table|type|fwmark|iif|oif|local|main|default|lo|\s|,|=|src|onlink|true)*"
)
# What of a connection is read (parse/config/nm_keyfile.py), and what its value may be.
_OF_A_CONNECTION = {
    "connection": {
        "type": r"[\w-]{1,20}", "interface-name": _LINK, "autoconnect": r"\w{1,5}", "master": _LINK,
        "controller": _LINK,
    },
    "vlan": {"parent": _LINK, "interface-name": _LINK, "id": r"\d{1,4}"},
    "ip-tunnel": {"parent": _LINK, "mode": r"[\w-]{1,9}", "local": _ADDRESSES, "remote": _ADDRESSES},
    "macvlan": {"parent": _LINK}, "vxlan": {"parent": _LINK},
}  # fmt: skip
_OF_A_FAMILY = {
    r"method": r"[\w-]{1,20}", r"address(?:es)?\d*": _ADDRESSES, r"gateway": _ADDRESSES,
    r"never-default": r"\w{1,5}", r"route-table": r"\d{1,10}", r"routes?\d*": _ADDRESSES,
    r"routes?\d*_options": _ROUTE_WORDS, r"routing-rule\d*": _ROUTE_WORDS,
}  # fmt: skip
_SHORT = pattern(r"(?:[0-9a-f-]{36})")  # a UUID is no interface
_EXEC = pattern(r"\s*(?P<key>Exec(?:Condition|StartPre|Start|StartPost))\s*=\s*(?P<prefix>[@:+!|-]*)(?P<command>.*)")
_ENVIRONMENT = pattern(r"\s*Environment\s*=\s*(?P<quote>[\"']?)(?P<setting>.*?)(?P=quote)\s*")


def kept_of_connection(text: str, where: str) -> Iterator[Seen]:
    """The lines of a keyfile that stay, each in its place."""
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        if head := _SECTION.fullmatch(line):
            section = head["name"].lower()
            if section in _OF_A_CONNECTION or section in ("ipv4", "ipv6"):
                yield Seen(where, number, f"[{section}]")
        elif (value := _VALUE.fullmatch(line)) and _may_stay(section, value["key"], value["value"].strip()):
            yield Seen(where, number, f"{value['key']}={value['value'].strip()}")


def _may_stay(section: str, key: str, value: str) -> bool:
    if section in ("ipv4", "ipv6"):
        form = next((of for name, of in _OF_A_FAMILY.items() if pattern(name).fullmatch(key)), None)
    else:
        form = _OF_A_CONNECTION.get(section, {}).get(key)
    return form is not None and pattern(form).fullmatch(value) is not None and not _SHORT.fullmatch(value)


def kept_of_unit(text: str, where: str) -> Iterator[Seen]:
    """The lines of a unit that stay, and a command without effect in the place of one that does not."""
    in_service = False
    for number, line in enumerate(text.split("\n"), 1):
        if head := _SECTION.fullmatch(line):
            in_service = head["name"] == "Service"
            if in_service:
                yield Seen(where, number, "[Service]")
        elif not in_service:
            continue
        elif command := _EXEC.fullmatch(line):
            plain = not command["command"].strip() or stays(command["command"])
            shown = command["command"].strip() if plain else "/bin/true"
            yield Seen(where, number, f"{command['key']}={command['prefix'] if plain else ''}{shown}")
        elif (setting := _ENVIRONMENT.fullmatch(line)) and stays(setting["setting"]):
            yield Seen(where, number, f"Environment={setting['quote']}{setting['setting']}{setting['quote']}")
        elif line.strip().startswith("EnvironmentFile"):
            yield Seen(where, number, "EnvironmentFile=/redacted")
