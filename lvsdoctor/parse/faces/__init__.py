"""The kinds of files and dumps that are known by their face and not read: what they are called, what to give instead.

A face is data (files.py, daemons.py, filters.py, outputs.py); recognise.py finds faces among the lines that no reader
took.
"""

from collections.abc import Mapping

from lvsdoctor.parse.config.build_files import BUILD_FILES
from lvsdoctor.parse.faces import daemons, files, filters, outputs
from lvsdoctor.parse.faces.face import RUNNING, Face

# In the order in which a line is held against them.
ALL: tuple[Face, ...] = (*filters.FACES, *outputs.OF_IPVS, *files.FACES, *daemons.FACES, *outputs.FACES)
FACES: Mapping[str, Face] = {face.kind: face for face in reversed(ALL)}
# Programs whose output has no lines of its own: `systemctl is-active keepalived`.
BY_COMMAND: Mapping[str, str] = {
    "systemctl": "service-status", "service": "service-status", "ps": "processes", "pgrep": "processes",
    "pidof": "processes", "top": "processes", "dmidecode": "hardware", "lsmod": "modules", "ethtool": "ethtool",
    "nstat": "network-counters", "bridge": "bridge-ports", "brctl": "bridge",
}  # fmt: skip
WITHOUT_RULES = "-without-rules"  # ends the kind of a filter dump that holds no rule: it hides nothing


def advice_for(kind: str) -> str:
    """What to give instead of this kind, as a sentence; "" where nothing takes its place, or nothing has to."""
    if any(kind == known.kind for known in BUILD_FILES):
        return RUNNING
    return FACES[kind].advice if kind in FACES else ""
