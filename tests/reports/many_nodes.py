"""A cluster of one director and many real servers, made from the example: some leak, all else is alike."""

import re
from collections.abc import Collection
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "leaking-real-server"
_ROW = "  -> {ip}:80                Route   1      0          0         \n"


def written(directory: Path, real_servers: int, leaking: Collection[int]) -> Path:
    """lb1, and rs1 and on of 192.0.2.101 and on, as directories of dumps. Raises OSError."""
    addresses = {number: f"192.0.2.{100 + number}" for number in range(1, real_servers + 1)}
    for number, ip in addresses.items():
        source, own = ("rs2", "192.0.2.22") if number in leaking else ("rs1", "192.0.2.21")
        for name, text in _dumps(source).items():
            mine = re.sub(r"02:00:00:00:0[3-9]:00", f"02:00:00:01:{number:02x}:00", text.replace(own, ip))
            mine = re.sub(r"fe80::ff:fe00:\d+00", f"fe80::ff:fe01:{number:x}00", mine)
            _write(directory / f"rs{number}" / name, mine)
    for name, text in _dumps("lb1").items():
        if name == "ipvsadm.txt":
            heads = [line for line in text.splitlines(keepends=True) if "Route" not in line]
            text = "".join(heads) + "".join(_ROW.format(ip=ip) for ip in addresses.values())
        _write(directory / "lb1" / name, text)
    return directory


def _dumps(node: str) -> dict[str, str]:
    files = sorted((EXAMPLE / node).glob("*.txt"))
    return {file.name: file.read_text(encoding="utf-8") for file in files if file.name != "ip-neigh.txt"}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
