"""Which IPv6 source this kernel takes (`ip -6 route get`), and which one the model says."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_address
from random import Random

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.kernel.source_address import own_source
from lvsdoctor.parse.paste.stream import pieces

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")

_DESTINATIONS = ("2001:db8::21", "2001:db8::1:21", "2001:db8:1::21", "2001:db8:9::9", "fd00::9", "2002::9")
_ADDRESSES = (
    "2001:db8::2/64", "2001:db8::10/128", "2001:db8::10/64", "2001:db8::20/128", "2001:db8::1:2/112",
    "2001:db8:1::2/64", "fd00::2/64", "2001:db8:1::10/128", "2001:db8::22/127",
)  # fmt: skip
_LINKS = ("eth0", "eth0", "eth0", "eth1", "lo")


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    name = f"lvsdoctor-source6-{os.getpid()}"
    with ExitStack() as undo:
        subprocess.run(["ip", "netns", "add", name], check=True)
        undo.callback(subprocess.run, ["ip", "netns", "del", name], check=True)
        for number in (0, 1):
            pair = ["link", "add", f"eth{number}", "type", "veth", "peer", "name", f"far{number}"]
            _ip(name, *pair)
            for link in (f"eth{number}", f"far{number}"):
                _ip(name, "link", "set", link, "up")
        _ip(name, "link", "set", "lo", "up")
        yield name


def _ip(namespace: str, *words: str) -> str:
    answer = subprocess.run(["ip", "-n", namespace, *words], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, f"{words}: {answer.stderr}"
    return answer.stdout


@pytest.mark.parametrize("seed", range(12))
def test_the_model_takes_the_source_that_this_kernel_takes(namespace: str, seed: int) -> None:
    random = Random(f"source6/{seed}")
    for link in ("eth0", "eth1", "lo"):
        _ip(namespace, "-6", "addr", "flush", "dev", link, "scope", "global")
    added: dict[str, str] = {}
    for text in random.sample(_ADDRESSES, random.randint(1, 5)):
        link = random.choice(_LINKS)
        ip = text.partition("/")[0]
        if (link, ip) in added.items() or ip in added.values():
            continue
        added[link + ip] = ip
        lifetime = ["preferred_lft", "0"] if random.random() < 0.3 else []
        _ip(namespace, "-6", "addr", "add", text, "dev", link, "nodad", *lifetime)
    _ip(namespace, "-6", "route", "replace", "default", "dev", "eth0")
    dumps = {
        "ip-addr": _ip(namespace, "addr"),
        "ip-route": _ip(namespace, "-6", "route", "show", "table", "all"),
        "ip-rule": "# ip -6 rule\n" + _ip(namespace, "-6", "rule"),
    }
    (node,) = nodes_of(NodeDump(piece, "lb1", "lb1") for where, text in dumps.items() for piece in pieces(text, where))
    for destination in _DESTINATIONS:
        answer = _ip(namespace, "-6", "route", "get", destination)
        source = re.search(r"\bsrc (\S+)", answer)
        assert source is not None, answer
        sender = own_source(node, ip_address(destination))
        assert str(sender.ip) == source[1], f"to {destination}: {answer}\n{dumps['ip-addr']}"
