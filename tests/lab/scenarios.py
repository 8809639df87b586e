"""What is tried for each rule: tests/lab/scenarios/NAME.toml, beside rules/FAMILY/NAME.py and its page.

    base = "dr"                      a cluster of tests/lab/cluster.py; a scenario may name another

    [[fires]]                        broken, flagged by the rule, healed by the finding's fix
    case = "both are set on lo alone"   the heading of the page's case; `title` where the page has none
    on.rs1 = '''commands'''          what is changed, a command a line, run by sh on that host; hosts in this order.
                                     `serve 192.0.2.21:80` has its server listen there and nowhere else
    shows = ["rs1 answers ARP for the VIP"]   symptoms (tests/lab/symptoms.py) that it must have, at least

    [[quiet]]                        a look-alike: healthy, and no rule calls it an error
    case = "..."
    why = "..."                      why it is fine

    [[unshown]]                      a case of the page that the guest cannot show
    case = "..."
    why = "..."

Also, for a scenario: `scan` (hosts whose dumps are scanned; all directors and real servers unless said), `options`
(`--vip ADDR` and `--role ROLE`, as of `lvsdoctor scan`), `clients` (who asks; the base's unless said), `serves` (hosts
that answer on port 80 too, or with `rs1:8080` on another port alone), `transparent` (hosts that answer as a transparent
proxy does), `announces` (hosts that answer ARP for the VIP from user space, as MetalLB does), `dumps` (commands that
are run on them too, beside the usual ones), `then` (like `on`, after it), `modules` (kernel modules), `lacks` (those
that are not loaded before the fix does it: the scenario has a guest of its own), `alone = true` (it has one, too: its
kernel keeps something for ever), `flush = false` (neighbour entries
stay between requests), `by_hand` (like `on`: what a comment of the fix asks its user to do first), `also` (other rules
that may say error), `still` (rules that may speak after the fix) and `remains` (symptoms that the fix cannot end): the
last three only with a comment that says why.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent / "scenarios"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One `fires`, `quiet` or `unshown` of a scenario file."""

    rule: str
    kind: str
    title: str
    of_page: bool
    base: str
    why: str = ""
    on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    then: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_hand: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shows: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    remains: tuple[str, ...] = ()
    scan: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    transparent: tuple[str, ...] = ()
    announces: tuple[str, ...] = ()
    dumps: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    alone: bool = False
    flush: bool = True

    def __str__(self) -> str:
        return f"{self.rule}: {self.kind}: {self.title}"


def scenarios(home: Path = HOME) -> Iterator[Scenario]:
    """All scenarios. Raises ValueError for a key or a kind that is none."""
    for file in sorted(home.glob("*.toml")):
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        base = said.pop("base", "dr")
        for kind, entries in said.items():
            if kind not in ("fires", "quiet", "unshown"):
                raise ValueError(f"{file}: {kind!r} is neither fires, quiet nor unshown")
            for entry in entries:
                yield _scenario(file, kind, {"base": base, **entry})


def _scenario(file: Path, kind: str, entry: dict[str, Any]) -> Scenario:
    of_page = "case" in entry
    title = entry.pop("case", None) or entry.pop("title", None)
    if not title:
        raise ValueError(f"{file}: a scenario of {kind} has neither case nor title")
    on, then, by_hand = (
        {host: tuple(_commands(text)) for host, text in entry.pop(key, {}).items()} for key in ("on", "then", "by_hand")
    )
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    try:
        return Scenario(file.stem.replace("_", "-"), kind, title, of_page, on=on, then=then, by_hand=by_hand, **lists)
    except TypeError as error:
        raise ValueError(f"{file}: {title!r}: {error}") from None


def _commands(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
