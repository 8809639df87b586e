"""What `lvsdoctor fix` prints for a scenario's dumps, made ready for a host of the guest."""

from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from shlex import quote

from lvsdoctor.cli.fix.document import fix_document
from lvsdoctor.cli.fix.script import script
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.rule import Rule
from lvsdoctor.fixes.plan import plan
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class Scripts:
    """`now`: for each host the script, which does its first half there, for the guest writes no file. `untried` are
    the findings for which no script is offered: their fixes are run as their user would paste them."""

    now: Mapping[str, str]
    untried: tuple[Diagnosis, ...]


def scripts_for(nodes: Sequence[Node], rules: Iterable[Rule], options: Sequence[str] = ()) -> Scripts:
    """What `lvsdoctor fix` says of the nodes."""
    said = dict(zip(options[::2], options[1::2], strict=True))
    vips = [ip_address(said["--vip"])] if "--vip" in said else []
    planned = plan(nodes, tuple(rules), role=said.get("--role", "auto"), vips=vips)
    prescribed = fix_document(planned, nodes, Namespace(node=None, network="none", netns=None, paths=["the dumps"]))
    text = script(prescribed)
    # In the guest every host has the guest's name.
    now = {fixes.node: f"set -- --now {quote(fixes.node)}\n{text}" for fixes in prescribed.fixes}
    left = [refused.diagnosis for refused in planned.rejected] + [one.diagnosis for one in planned.by_hand]
    return Scripts(now, tuple(left))


def body(text: str, host: str) -> list[str]:
    """The lines of the script that are run on the host now."""
    return text.partition(f"# {host}: now\n")[2].partition("\n}\n")[0].splitlines()[1:]


@cache
def rule_named(name: str) -> Rule:
    return next(rule for rule in load_rules() if rule.name == name)
