"""One director and twelve real servers as dumps: copies of a captured story, with faults of several kinds."""

from collections.abc import Callable, Mapping
from pathlib import Path

STORY = Path(__file__).parents[1] / "fixtures" / "stories" / "arp-ignore-on-lo-alone"
VIP, SECOND_VIP = "192.0.2.10", "192.0.2.11"
NUMBERS = range(1, 13)
LISTENER = 'tcp   LISTEN 0      511          0.0.0.0:80         0.0.0.0:*     users:(("nginx",pid=912,fd=6))\n'
SOCKETS = f"""\
Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
tcp   LISTEN 0      128          0.0.0.0:22         0.0.0.0:*     users:(("sshd",pid=801,fd=3))
{LISTENER}"""
PORTS = {1: (443,), 2: (443,), 3: (443,), 4: (443, 8080)}  # besides 80

Dumps = dict[str, str]
Fault = Callable[[Dumps], None]


def replaced(file: str, *pairs: tuple[str, str]) -> Fault:
    """A dump in which the lines are others."""

    def fault(dumps: Dumps) -> None:
        for old, new in pairs:
            assert old in dumps[file], f"{file} has no {old!r}"
            dumps[file] = dumps[file].replace(old, new)

    return fault


IGNORE_ON_LO = replaced(
    "sysctl.txt",
    ("conf.all.arp_ignore = 1", "conf.all.arp_ignore = 0"),
    ("conf.all.arp_announce = 2", "conf.all.arp_announce = 0"),
    ("conf.lo.arp_ignore = 0", "conf.lo.arp_ignore = 1"),
    ("conf.lo.arp_announce = 0", "conf.lo.arp_announce = 2"),
)
NO_ARP_SETTING = replaced(
    "sysctl.txt",
    ("conf.all.arp_ignore = 1", "conf.all.arp_ignore = 0"),
    ("conf.all.arp_announce = 2", "conf.all.arp_announce = 0"),
)
ANNOUNCES_THE_VIP = replaced("sysctl.txt", ("conf.all.arp_announce = 2", "conf.all.arp_announce = 0"))
WITH_THE_SUBNETS_MASK = (
    replaced("ip-addr.txt", ("192.0.2.10/32", "192.0.2.10/24")),
    replaced(
        "ip-route.txt", ("local 192.0.2.10 dev lo", "local 192.0.2.0/24 dev lo table local proto kernel scope host src "
        "192.0.2.10 \nlocal 192.0.2.10 dev lo")
    ),
)  # fmt: skip
WITHOUT_THE_VIP = (
    replaced(
        "ip-addr.txt",
        ("    inet 192.0.2.10/32 scope global lo\n       valid_lft forever preferred_lft forever\n", ""),
    ),
    replaced("ip-route.txt", ("local 192.0.2.10 dev lo table local proto kernel scope host src 192.0.2.10 \n", "")),
)
STRICT = replaced("sysctl.txt", ("conf.eth0.rp_filter = 0", "conf.eth0.rp_filter = 1"))
ON_ANOTHER_PORT = replaced("ss.txt", ("0.0.0.0:80 ", "0.0.0.0:8080 "))

FAULTS: Mapping[int, tuple[Fault, ...]] = {
    1: (ANNOUNCES_THE_VIP,),
    2: (IGNORE_ON_LO,),
    3: (IGNORE_ON_LO,),
    5: (IGNORE_ON_LO,),
    6: WITHOUT_THE_VIP,
    7: WITH_THE_SUBNETS_MASK,
    8: WITH_THE_SUBNETS_MASK,
    9: (NO_ARP_SETTING,),
    10: (ANNOUNCES_THE_VIP,),
    11: (ON_ANOTHER_PORT,),
}


def write(folder: Path) -> Path:
    """The dumps, a directory for each node; the folder."""
    director = _read("lb1")
    rows = [f"-a -t {VIP}:80 -r 192.0.2.{20 + number}:80 -g -w 1\n" for number in NUMBERS]
    rows[11] = rows[11].replace("-w 1", "-w 0")
    director["ipvsadm-save.txt"] = f"-A -t {VIP}:80 -s rr\n{''.join(rows)}-A -t {VIP}:443 -s wrr\n" + "".join(
        row.replace(":80", ":443") for row in rows[:4]
    )
    director["ipvsadm-save.txt"] += f"-A -t {VIP}:8443 -s rr\n-A -t {VIP}:8080 -s rr\n" + "".join(
        row.replace(":80", ":8080").replace("-g", "-m") for row in rows[3:4]
    )
    director["ip-neigh.txt"] = "192.0.2.1 dev eth0 lladdr 02:00:00:00:01:00 STALE \n" + "".join(
        f"192.0.2.{20 + number} dev eth0 lladdr 02:00:00:00:06:{number:02x} REACHABLE \n" for number in NUMBERS
    ) + "192.0.2.100 dev eth0 lladdr 02:00:00:00:02:00 STALE \n"  # fmt: skip
    nodes = {"lb1": director}
    for number in NUMBERS:
        dumps = {name: _numbered(text, number) for name, text in _read("rs2").items()}
        dumps["ss.txt"] = SOCKETS + "".join(LISTENER.replace(":80 ", f":{port} ") for port in PORTS.get(number, ()))
        for fault in FAULTS.get(number, ()):
            fault(dumps)
        nodes[f"rs{number}"] = dumps
    for node, dumps in nodes.items():
        (folder / node).mkdir(parents=True)
        for name, text in dumps.items():
            (folder / node / name).write_text(text, encoding="utf-8")
    return folder


def _read(node: str) -> Dumps:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted((STORY / node).iterdir())}


def _numbered(text: str, number: int) -> str:
    text = text.replace("02:00:00:00:06:00", f"02:00:00:00:06:{number:02x}").replace("fe00:600", f"fe00:6{number:02x}")
    return text.replace("192.0.2.22", f"192.0.2.{20 + number}")
