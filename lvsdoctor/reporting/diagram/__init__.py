"""The picture of a cluster: an SVG to look at, and the same in sentences."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lvsdoctor.model.topology import Cluster

__all__ = ["Picture", "picture"]


@dataclass(frozen=True, slots=True)
class Picture:
    """`svg` is one element, to stand in a page of HTML or in a file of its own; `text` says the same in sentences.

    Its elements have classes (pic-...), no style: a page may give them colours, and without any the picture is legible
    all the same, for nothing is said by colour alone.
    """

    svg: str = ""
    text: tuple[str, ...] = ()


def picture(cluster: "Cluster", first: Collection[str] = ()) -> Picture:
    """Draw a cluster; empty for an empty one. Of many real servers those named in `first` are among the ones shown."""
    if not cluster.hosts:
        return Picture()
    from lvsdoctor.reporting.diagram.layout import svg_of  # most reports show no picture
    from lvsdoctor.reporting.diagram.telling import sentences

    text = sentences(cluster)
    return Picture(svg_of(cluster, frozenset(first), text), text)
