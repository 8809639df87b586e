"""Prescriptions for the pages' cases, and commands that only pretend: what tests of `lvsdoctor fix` share."""

import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from lvsdoctor.cli.fix.document import FixDocument, fix_document
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.fixes.plan import Plan, plan
from lvsdoctor.model.node import Node
from lvsdoctor.reporting.rule_page import page_of

ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
RULES = load_rules()
NETWORKS = ("auto", "netplan", "networkd", "networkmanager", "ifcfg", "ifupdown", "none")
# What the scripts run besides sh, awk and coreutils. The profile that nmcli shows is there once it was added.
_PRETENDING = """\
#!/bin/sh
printf '%s %s\\n' "${0##*/}" "$*" >> "$LOG"
case "${0##*/} $*" in
'nmcli connection show lvs-lo') [ -e "$LOG.profile" ] ;;
'nmcli connection add '*) touch "$LOG.profile" ;;
esac
"""


def planned(case: Case) -> tuple[tuple[Node, ...], Plan]:
    nodes, said = nodes_in(case), dict(zip(case.options[::2], case.options[1::2], strict=True))
    vips = [ip_address(said["--vip"])] if "--vip" in said else []
    return nodes, plan(nodes, RULES, role=said.get("--role", "auto"), vips=vips)


def prescribed(case: Case, networks: tuple[str, ...] = NETWORKS) -> Iterator[FixDocument]:
    """What `lvsdoctor fix` says of the case, for each --network."""
    nodes, the_plan = planned(case)
    for network in networks:
        yield fix_document(the_plan, nodes, Namespace(node=None, network=network, netns=None, paths=["dumps"]))


def every_prescription() -> Iterator[FixDocument]:
    """For every case of every page that fires, and every --network."""
    for rule in RULES:
        for case in cases_of(page_of(rule)):
            if case.expects == "fires":
                yield from prescribed(case)


# What changes the host that a script runs on.
_PRETENDED = "ip sysctl ipvsadm arping modprobe iptables ip6tables arptables nft ipset netplan nmcli".split()
_HARMLESS = (
    "sh awk cat chmod cmp cp cut date dirname env grep head hostname ls mkdir mv rm sed sort tail touch tr uname"
)


def pretenders(directory: Path) -> Path:
    """A whole PATH: commands that only note in $LOG how they were called, and some that change files alone. A script
    that runs anything else fails, and does nothing to this machine."""
    directory.mkdir()
    for name in _PRETENDED:
        (directory / name).write_text(_PRETENDING)
        (directory / name).chmod(0o755)
    for name in _HARMLESS.split():
        if (found := shutil.which(name)) is not None:
            (directory / name).symlink_to(found)
    return directory


def quietly(home: Path) -> dict[str, str]:
    """An environment in which Ansible keeps to itself."""
    # Where it keeps its modules it looks up in the list of users, not in HOME.
    places = {"HOME": str(home), "ANSIBLE_HOME": f"{home}/.ansible", "ANSIBLE_REMOTE_TMP": f"{home}/.ansible/tmp"}
    return {**os.environ, **places, "ANSIBLE_LOCALHOST_WARNING": "False", "ANSIBLE_NOCOWS": "1"}
