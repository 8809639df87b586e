"""The ways in which operators pack the dumps of a cluster: what `scan` gets is different, the cluster is the same."""

import gzip
import lzma
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.collect.archive_bytes import tar_of_directory, zip_of_directory

# Host: name of the dump (ip-addr, sysctl): its text.
Cluster = Mapping[str, Mapping[str, str]]
Order = Callable[[Sequence[str]], Sequence[str]]
Packing = Callable[[Cluster, Path, Order], Sequence[str]]

COMMANDS = {
    "ip-addr": "ip addr",
    "ip-link": "ip -d link",
    "ip-route": "ip route show table all",
    "ip-rule": "ip rule",
    "ip-neigh": "ip neigh",
    "sysctl": "sysctl -a",
    "arptables": "arptables-legacy -nvL",
    "ipvsadm": "ipvsadm -Ln",
    "ipvsadm-save": "ipvsadm -Sn",
}
_SOS = {
    "ip-addr": "sos_commands/networking/ip_-d_address",
    "ip-link": "sos_commands/networking/ip_-s_-d_link",
    "ip-route": "sos_commands/networking/ip_route_show_table_all",
    "ip-rule": "sos_commands/networking/ip_rule_list",
    "ip-neigh": "sos_commands/networking/ip_-s_-s_neigh_show",
    "sysctl": "sos_commands/kernel/sysctl_-a",
    "arptables": "sos_commands/networking/arptables_-L",
    "ipvsadm": "sos_commands/networking/ipvsadm_-Ln",
    "ipvsadm-save": "sos_commands/networking/ipvsadm_-Sn",
}


def cluster(top: Path) -> Cluster:
    """The dumps of a directory of directories."""
    return {
        node.name: {file.stem: file.read_text() for file in sorted(node.iterdir())} for node in sorted(top.iterdir())
    }


def directories(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """rs1/ip-addr.txt"""
    return _written(top, order, {f"{host}/{dump}.txt": text for host, dump, text in _every(hosts)})


def numbered_directories(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """01/3.txt, and 01/hostname says whose it is"""
    files = {f"{_number(hosts, host)}/{dump}": text for host, dump, text in _every(hosts)}
    names = {f"{_number(hosts, host)}/hostname": f"{host}.example.net\n" for host in hosts}
    return _written(top, order, {**files, **names})


def directories_with_uname(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """01/uname.txt says whose it is"""
    files = {f"{_number(hosts, host)}/{dump}": text for host, dump, text in _every(hosts)}
    names = {f"{_number(hosts, host)}/uname.txt": _uname(host) for host in hosts}
    return _written(top, order, {**files, **names})


def deeper_directories(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """dc1/rs1/net/ip-addr.txt"""
    return _written(top, order, {f"dc1/{host}/net/{dump}.txt": text for host, dump, text in _every(hosts)})


def file_per_host(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """rs1.txt, in one directory"""
    return _written(top, order, _texts(hosts, order, "{host}.txt"))


def file_per_host_by_name(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """scan lb1.txt rs1.txt rs2.txt"""
    files = _texts(hosts, order, "{host}.log")
    _written(top, order, files)
    return [str(top / name) for name in order(list(files))]


def host_before_dump(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """rs1-ip-addr.txt"""
    return _written(top, order, {f"{host}-{dump}.txt": text for host, dump, text in _every(hosts)})


def host_before_dump_with_dots(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """rs1.ip_addr"""
    return _written(top, order, {f"{host}.{dump.replace('-', '_')}": text for host, dump, text in _every(hosts)})


def host_behind_dump(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """ip_addr.rs1"""
    return _written(top, order, {f"{dump.replace('-', '_')}.{host}": text for host, dump, text in _every(hosts)})


def directory_per_dump(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """ip-addr/rs1.txt"""
    return _written(top, order, {f"{dump}/{host}.txt": text for host, dump, text in _every(hosts)})


def directory_per_number(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """3/rs1.txt"""
    names = {dump: number for number, dump in enumerate(COMMANDS, 1)}
    return _written(top, order, {f"{names[dump]}/{host}.txt": text for host, dump, text in _every(hosts)})


def directory_per_command(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """arptables_-nvL/rs1.txt"""
    names = {dump: command.replace(" ", "_") for dump, command in COMMANDS.items()}
    return _written(top, order, {f"{names[dump]}/{host}.txt": text for host, dump, text in _every(hosts)})


def files_by_name(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """scan rs1/ip-addr.txt rs2/ip-addr.txt ..."""
    files = {f"{host}/{dump}.txt": text for host, dump, text in _every(hosts)}
    _written(top, order, files)
    return [str(top / name) for name in order(list(files))]


def sosreports(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """sosreport-rs1-20250101/sos_commands/networking/ip_-d_address"""
    files = {f"sosreport-{host}-2025-01-01/{_SOS[dump]}": text for host, dump, text in _every(hosts)}
    names = {f"sosreport-{host}-2025-01-01/sos_commands/host/hostname": f"{host}\n" for host in hosts}
    return _written(top, order, {**files, **names})


def single_paste(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """[root@rs1 ~]# ip addr, the dumps of all hosts in one text and in any order"""
    parts = {f"[root@{host} ~]# {COMMANDS[dump]}\n{text}": "" for host, dump, text in _every(hosts)}
    (top / "paste.txt").write_text("".join(order(list(parts))))
    return [str(top / "paste.txt")]


def a_paste_that_ends_with_uname(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """1.txt, which `uname -a` gives to its host"""
    files = {}
    for number, host in enumerate(hosts, 1):
        names = order(list(hosts[host]))
        files[f"{number}.txt"] = "".join(f"# {COMMANDS[dump]}\n{hosts[host][dump]}" for dump in names) + _uname(host)
    return _written(top, order, files)


def twice(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """rs1/ip-addr.txt and its copy rs1/ip-addr (1).txt"""
    copies = {f"{host}/{dump}{copy}.txt": text for host, dump, text in _every(hosts) for copy in ("", " (1)")}
    return _written(top, order, copies)


def tar_of_directories(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """case.tar.xz with dumps/rs1/ip-addr.txt"""
    directories(hosts, top, order)
    return _archive(top, "case.tar.xz", lzma.compress(tar_of_directory(top, "dumps")))


def zip_of_deeper_directories(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """case.zip with dc1/rs1/net/ip-addr.txt"""
    deeper_directories(hosts, top, order)
    return _archive(top, "case.zip", zip_of_directory(top))


def tar_of_a_file_per_host(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """case.tar.gz with ./rs1.txt"""
    file_per_host(hosts, top, order)
    return _archive(top, "case.tar.gz", gzip.compress(tar_of_directory(top)))


def archives_of_sosreports(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """sosreport-rs1-2025-01-01.tar.xz, one for each host, in one directory"""
    sosreports(hosts, top / "reports", order)
    for host in sorted((top / "reports").iterdir()):
        _archive(top / "in", f"{host.name}.tar.xz", lzma.compress(tar_of_directory(host, host.name)))
    return [str(top / "in")]


def a_collector_s_archive(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """sos-collector.tar with sosreport-rs1-2025-01-01.tar.xz"""
    archives_of_sosreports(hosts, top, order)
    return _archive(top, "sos-collector.tar", tar_of_directory(top / "in", "sos-collector"))


def compressed_dumps(hosts: Cluster, top: Path, order: Order) -> Sequence[str]:
    """rs1/ip-addr.txt.gz"""
    for host, dump, text in _every(hosts):
        _archive(top / host, f"{dump}.txt.gz", gzip.compress(text.encode()))
    return [str(top)]


PACKINGS: Sequence[Packing] = (
    directories,
    numbered_directories,
    directories_with_uname,
    deeper_directories,
    file_per_host,
    file_per_host_by_name,
    host_before_dump,
    host_before_dump_with_dots,
    host_behind_dump,
    directory_per_dump,
    directory_per_number,
    directory_per_command,
    files_by_name,
    sosreports,
    single_paste,
    a_paste_that_ends_with_uname,
    twice,
    tar_of_directories,
    zip_of_deeper_directories,
    tar_of_a_file_per_host,
    archives_of_sosreports,
    a_collector_s_archive,
    compressed_dumps,
)


def _every(hosts: Cluster) -> Iterator[tuple[str, str, str]]:
    for host, dumps in hosts.items():
        for dump, text in dumps.items():
            yield host, dump, text


def _texts(hosts: Cluster, order: Order, name: str) -> dict[str, str]:
    return {
        name.format(host=host): "".join(f"$ {COMMANDS[dump]}\n{dumps[dump]}" for dump in order(list(dumps)))
        for host, dumps in hosts.items()
    }


def _written(top: Path, order: Order, files: Mapping[str, str]) -> Sequence[str]:
    for name in order(list(files)):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(files[name])
    return [str(top)]


def _archive(top: Path, name: str, data: bytes) -> Sequence[str]:
    top.mkdir(parents=True, exist_ok=True)
    (top / name).write_bytes(data)
    return [str(top / name)]


def _number(hosts: Cluster, host: str) -> str:
    return f"{list(hosts).index(host) + 1:02}"


def _uname(host: str) -> str:
    return f"Linux {host} 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64 GNU/Linux\n"
