"""Which of two directors is master, by their files, is who has the VIP once keepalived has come to rest on both."""

import shutil
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsdoctor.analysis.vrrp.election import elected
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.parse.keepalived import keepalived_conf
from tests.lab.cluster import dr_pair
from tests.lab.guest import Guest
from tests.lab.judge import nodes_from, running
from tests.lab.pool import Pool

AUTH = "authentication {\nauth_type PASS\nauth_pass %s\n}"
UNICAST = "unicast_src_ip 192.0.2.%s\nunicast_peer {\n192.0.2.%s\n}"

# Each difference is a virtual router of its own: what its instances on lb1 (priority 100) and lb2 (90) say more.
DIFFERENCES: Mapping[str, tuple[str, str]] = {
    "none": ("", ""),
    "id": ("", "virtual_router_id 150"),
    "password": (AUTH % "one", AUTH % "two"),
    "password-from-the-ninth-character": (AUTH % "abcdefgh1", AUTH % "abcdefgh2"),
    "authentication": (AUTH % "one", ""),
    "interval": ("", "advert_int 2"),
    "interval-of-version-3": ("version 3", "version 3\nadvert_int 2"),
    "version": ("version 3", ""),
    "vips": ("", "virtual_ipaddress {\n192.0.2.%(more)s\n}"),
    "excluded": ("", "virtual_ipaddress_excluded {\n192.0.2.%(more)s\n}"),
    "cast": (UNICAST % (2, 3), ""),
    "unicast": (UNICAST % (2, 3), UNICAST % (3, 2)),
    "peer-of-the-higher": (UNICAST % (2, 9), UNICAST % (3, 2)),
    "peer-of-the-lower": (UNICAST % (2, 3), UNICAST % (3, 9)),
    "state": ("state BACKUP", "state MASTER"),
    "priority-left-out": ("", "state MASTER\n# priority"),
}
LAST = "192.0.2.199"


def conf(host: int) -> str:
    """The file of lb1 (0) or lb2 (1). The last instance waits longest for another master, and finds none."""
    blocks = []
    for number, (name, more) in enumerate(DIFFERENCES.items()):
        words = more[host] % {"more": 150 + number} if "%(" in more[host] else more[host]
        own = [] if "virtual_router_id" in words else [f"virtual_router_id {100 + number}"]
        own += [] if "# priority" in words else [f"priority {(100, 90)[host]}"]
        vip = f"virtual_ipaddress {{\n192.0.2.{100 + number}\n}}"
        lines = "\n".join([*own, words, vip])
        blocks.append(f"vrrp_instance {name} {{\ninterface eth0\n{lines}\n}}\n")
    waits = (
        f"interface eth0\nvirtual_router_id {250 + host}\nadvert_int 4\npriority 1\nvirtual_ipaddress {{\n{LAST}\n}}\n"
    )
    return "\n".join([*blocks, f"vrrp_instance last {{\n{waits}}}\n"])


def test_who_is_master_is_who_keepalived_makes_master(pool: Pool, tmp_path: Path) -> None:
    program = shutil.which("keepalived")
    if program is None:
        pytest.skip("keepalived is not here (Debian: keepalived)")
    files = [tmp_path / f"keepalived-{host}.conf" for host in (0, 1)]
    for host, file in enumerate(files):
        file.write_text(conf(host))

    def work(guest: Guest) -> tuple[list[Node], str]:
        wait = f"for i in $(seq 400); do ip addr show | grep -q {LAST} && break; sleep 0.1; done"
        said = []
        with running(guest, dr_pair()) as lab:
            for commands in ("start", "wait", "stop"):
                if commands == "stop":
                    nodes = list(nodes_from(lab.dumps(["lb1", "lb2"])))
                for host, file in enumerate(files):
                    pids = f"-p /run/ka{host}.pid -r /run/ka-vrrp{host}.pid -c /run/ka-checkers{host}.pid"
                    line = {
                        "start": f"{program} -f {file} -i lb{host + 1} -P {pids} -n -l > /run/ka{host}.log 2>&1 &",
                        "wait": wait,
                        "stop": f"kill $(cat /run/ka{host}.pid); cat /run/ka{host}.log",
                    }[commands]
                    said += guest.ask("run", number=lab.number, host=f"lb{host + 1}", commands=[line])
        return nodes, "\n".join(output for _, output in said)

    nodes, log = pool.start(work).result()
    confs = [(node.name, keepalived_conf(conf(host), node.name).instances) for host, node in enumerate(nodes)]
    outcomes = elected(nodes, confs)
    foretold, real = {}, {}
    for name, node in zip(("lb1", "lb2"), nodes, strict=True):
        on_eth0: set[IP] = {address.ip for address in node.addresses if address.link == "eth0"}
        for instance in dict(confs)[name]:
            vip = next(iter(instance.addresses)).ip
            foretold[name, instance.name] = outcomes[name, instance.seen].master
            real[name, instance.name] = vip in on_eth0
    assert ip_address(LAST) in on_eth0, log
    assert foretold == real, log
