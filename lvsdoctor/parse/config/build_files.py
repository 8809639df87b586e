"""Files of tools that build hosts or run jobs on them: they are called by their names and left unread as a whole.

Commands in them are for hosts that such a file names in its own way, often several: none is of the host of its path.
"""

import re
from typing import NamedTuple

from lvsdoctor.model.coverage import Unread
from lvsdoctor.model.seen import Seen


class BuildFile(NamedTuple):
    """A kind of such files: by the end of its path, or by what its first line that is no comment begins with."""

    kind: str
    name: str
    path: str
    first: str = ""


BUILD_FILES = (
    BuildFile("vagrant", "a Vagrantfile", r"Vagrantfile[^/]*", r"Vagrant\.configure\b"),
    BuildFile("make", "a Makefile", r"(?:GNU)?[Mm]akefile|[^/]+\.mk", r"\.PHONY *:"),
    BuildFile("kickstart", "a Kickstart file", r"[^/]+\.(?:ks|kickstart)"),
    BuildFile("preseed", "a file of debian-installer", r"preseed[^/]*", r"d-i +[\w-]+/[\w-]+ "),
    BuildFile("jenkins", "a Jenkinsfile", r"Jenkinsfile[^/]*", r"pipeline *\{\s+agent\b"),
    BuildFile("compose", "a file of Docker Compose", r"(?:docker-)?compose[^/]*\.ya?ml"),
    BuildFile("ci", "a pipeline of a CI", r"\.gitlab-ci\.yml|\.github/workflows/[^/]+\.ya?ml"),
    BuildFile("packer", "a Packer template", r"[^/]+\.pkr\.hcl"),
    BuildFile("pacemaker", "a configuration of Pacemaker", r"cib[^/]*\.xml", r"<cib\b|primitive +\S+ +ocf:"),
    BuildFile("haresources", "a haresources file of Heartbeat", r"haresources"),
)  # fmt: skip
_COMMENTS = r"\A(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*"

_OF_LVS = re.compile(
    r"\b(?:ipvsadm|ifconfig|arptables|sysctl|keepalived|ldirectord|IPaddr2?|arp_(?:ignore|announce)|virtual_server)\b"
    r"|\bip +(?:-\S+ +)*(?:addr|route|link|rule)|/proc/sys/net|haresources"
)


def build_file(text: str, where: str) -> Unread | None:
    """The kind of this file, if it is one of these."""
    for known in BUILD_FILES:
        if re.search(f"(?:^|/)(?:{known.path})$", where) or (known.first and re.match(_COMMENTS + known.first, text)):
            seen = Seen(where, 1, text.partition("\n")[0])
            return Unread(known.kind, known.name, seen, needed=_OF_LVS.search(text) is not None)
    return None
