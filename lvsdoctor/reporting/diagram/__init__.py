"""The picture of a cluster: an SVG to look at, and the same in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lvsdoctor.model.finding import Severity

if TYPE_CHECKING:
    from lvsdoctor.model.topology import Cluster

__all__ = ["FindingMark", "Picture", "picture"]


@dataclass(frozen=True, slots=True)
class FindingMark:
    """A finding about a host, as the picture has it: `target` is the id of the element that tells all of it."""

    code: str
    severity: Severity
    target: str


@dataclass(frozen=True, slots=True)
class Picture:
    """`svg` is one element, to stand in a page of HTML or in a file of its own, as wide as a page; `narrow` is the same
    for a phone; `text` says the same in sentences.

    Its elements have classes (pic-...), no style: a page may give them colours, and without any the picture is legible
    all the same, for nothing is said by colour alone. A host is of the class pic-error exactly if an error is about it.
    """

    svg: str = ""
    text: tuple[str, ...] = ()
    narrow: str = ""


_NO_MARKS: Mapping[str, Sequence[FindingMark]] = {}


def picture(cluster: "Cluster", marks: Mapping[str, Sequence[FindingMark]] = _NO_MARKS) -> Picture:
    """Draw a cluster with what was found about its hosts, the worst first; empty for an empty one.

    Of many real servers those of which something was found are among the ones shown.
    """
    if not cluster.hosts:
        return Picture()
    from lvsdoctor.reporting.diagram.layout import svg_of  # most reports show no picture
    from lvsdoctor.reporting.diagram.telling import sentences

    text = sentences(cluster, marks)
    return Picture(svg_of(cluster, marks, text), text, svg_of(cluster, marks, text, narrow=True))
