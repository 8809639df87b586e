"""Where everything stands in the picture.

From above: the clients, the routers, the segment (a line), the directors, the real servers, other hosts. What directors
forward runs down between the columns; who answers ARP without being a director is joined with the segment by a line
beside the boxes. Lines are drawn first, so that no line crosses a word.
"""

from collections.abc import Mapping, Sequence

from lvsdoctor.language import translated
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.topology import Cluster, Part
from lvsdoctor.reporting.diagram import FindingMark
from lvsdoctor.reporting.diagram.box_svg import CAPTION, PAD, box_height, box_svg, feed_labels
from lvsdoctor.reporting.diagram.boxes import Box, Boxes
from lvsdoctor.reporting.diagram.grid import NARROW, Grid, grid_for
from lvsdoctor.reporting.diagram.svg import arrow, element, frame, line_of_text, mark, polyline, words
from lvsdoctor.reporting.diagram.words import listed, tersely
from lvsdoctor.sanitize import wrapped

_LINE, _GAP = 15, 18
# The class of a line that forwards, and its dashes.
_EDGES = {"DR": ("pic-edge pic-dr", None), "TUN": ("pic-edge pic-tun", "7 3"), "NAT": ("pic-edge pic-nat", "2 3")}


def svg_of(
    cluster: Cluster, marks: Mapping[str, Sequence[FindingMark]], text: Sequence[str], *, narrow: bool = False
) -> str:
    """The picture as one element."""
    boxes = Boxes(cluster, marks)
    directors, more_directors = boxes.of(Part.DIRECTOR)
    real_servers, more = boxes.of(Part.REAL_SERVER)
    grid = NARROW if narrow else grid_for(max(len(directors), len(real_servers)))
    sheet = _Sheet(grid, max(1, len(directors)))
    sheet.entry(cluster, boxes)
    unknown = Box(translated("director"), Part.DIRECTOR, translated("not in this scan"), known=False)
    sheet.directors(directors or [unknown], more_directors)
    sheet.real_servers(real_servers, more)
    sheet.others(*boxes.of(Part.OTHER))
    height, suffix = round(sheet.y), "-narrow" if narrow else ""
    named = element("title", words(_title(cluster)), id=f"pic-title{suffix}")
    told = element("desc", words(" ".join(text[:8])), id=f"pic-desc{suffix}")
    # An image has no links in it.
    return element(
        "svg", named, told, *sheet.lines, *sheet.boxes,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {grid.width} {height}", width=grid.width, height=height,
        role="group" if marks else "img", aria_labelledby=f"pic-title{suffix} pic-desc{suffix}",
        class_=f"pic pic{suffix or '-wide'}",
    )  # fmt: skip


def _title(cluster: Cluster) -> str:
    if not cluster.vips:
        return translated("The cluster")
    return translated("The cluster of {vips}", vips=listed(cluster.vips, 3))


class _Sheet:
    """What is drawn so far, and how far down."""

    def __init__(self, grid: Grid, directors: int) -> None:
        self.lines: list[str] = []
        self.boxes: list[str] = []
        self.y: float = PAD
        self._grid = grid
        # With several directors all floors keep to the columns, so that no line runs behind a box.
        self._centred = directors == 1
        self._segment: float = 0
        # Where what is forwarded begins: at the foot of these boxes, or along the spine from there on.
        self._feet: list[float] = []
        self._spine: float | None = None
        self._spine_end: float = 0

    # -- the floors ---------------------------------------------------------------------------------------------------

    def entry(self, cluster: Cluster, boxes: Boxes) -> None:
        """Clients, routers and the segment."""
        grid = self._grid
        asked = (tersely(cluster.vips, 26),) if cluster.vips else ()
        clients = Box(translated("clients"), Part.CLIENTS, translated("ask for") if asked else "", asked)
        top = self.y
        self._row([clients], grid.slots(1, centred=True))
        columns = grid.slots(1, centred=True)
        routers, more = boxes.of(Part.ROUTER)
        if routers:
            columns, bottom = grid.slots(len(routers), centred=True), self.y + _GAP
            self._fan([x + grid.box / 2 for x in columns], self.y, bottom)
            self.y = bottom
            top = self.y
            self._row(routers, columns)
            self._remark(more)
        vips = tersely(cluster.vips, 21)
        label = translated("who has {vips}?", vips=vips) if vips else translated("the segment")
        self._segment = self.y + 26
        for x in columns:
            self.lines.append(polyline([(x + grid.box / 2, top), (x + grid.box / 2, self._segment)], "pic-line"))
        at = columns[0] + grid.box / 2 + 8 if len(columns) > 1 else 12
        room = grid.middle - 20 if len(columns) == 1 else grid.box
        self.boxes.append(line_of_text(at, self._segment - 6, label, room, size=11, class_="pic-words"))
        ends = [(6.0, self._segment), (grid.width - 6.0, self._segment)]
        self.lines.append(polyline(ends, "pic-segment", stroke_width=4))
        self.y = self._segment

    def directors(self, boxes: Sequence[Box], more: Sequence[str]) -> None:
        """Each joined with the segment above, and with what runs down between the columns."""
        grid = self._grid
        columns = grid.slots(len(boxes), centred=self._centred)
        rows = [boxes[start : start + grid.columns] for start in range(0, len(boxes), grid.columns)]
        for number, row in enumerate(rows):
            self.y += 26 if number == 0 else _GAP
            top = self.y
            for place, (box, x) in enumerate(zip(row, columns, strict=False)):
                if number == 0:
                    self._join([(x + grid.box / 2, top + 20), (x + grid.box / 2, self._segment)], box)
                else:
                    self._beside(box, x, top, place)
                if box.forwards and len(rows) == 1:
                    self._feet.append(x + grid.box / 2)
                elif box.forwards:
                    self.lines.append(polyline([(x + grid.box / 2, top + 20), (grid.spine, top + 20)], "pic-line"))
                    self._spine = self._spine or top + 20
            self._row(row, columns)
        if self._feet:
            self._spine = self.y
        self._remark(more)

    def real_servers(self, boxes: Sequence[Box], more: Sequence[str]) -> None:
        """Fed from between the columns; one that answers ARP is joined with the segment."""
        grid = self._grid
        columns = grid.slots(len(boxes), centred=self._centred)
        for start in range(0, len(boxes), grid.columns):
            row = boxes[start : start + grid.columns]
            bar = self.y + _GAP
            self.y = bar + max([4, *(CAPTION * len(feed_labels(box, grid.box)) + 10 for box in row)])
            for box, x in zip(row, columns, strict=False):
                if box.fed and self._spine is not None:
                    self._feed(box, x, bar)
            self._with_lines(row, columns)
        if more:
            self._spine_end = self.y + _GAP
            self._remark(more)
        if self._spine is not None and self._spine_end:
            self.lines.append(polyline([(grid.spine, self._spine), (grid.spine, self._spine_end)], "pic-line"))

    def others(self, boxes: Sequence[Box], more: Sequence[str]) -> None:
        """Hosts of the scan that are neither."""
        columns = self._grid.slots(len(boxes), centred=self._centred)
        for start in range(0, len(boxes), self._grid.columns):
            self.y += _GAP
            self._with_lines(boxes[start : start + self._grid.columns], columns)
        self._remark(more)
        self.y += PAD

    def _with_lines(self, row: Sequence[Box], columns: Sequence[float]) -> None:
        for place, (box, x) in enumerate(zip(row, columns, strict=False)):
            if box.has("wrong"):
                self._beside(box, x, self.y, place)
        self._row(row, columns)

    # -- lines --------------------------------------------------------------------------------------------------------

    def _fan(self, ends: Sequence[float], top: float, bottom: float) -> None:
        """From the middle down to each end."""
        half, middle = (top + bottom) / 2, self._grid.middle
        for end in ends:
            self.lines.append(polyline([(middle, top), (middle, half), (end, half), (end, bottom)], "pic-line"))

    def _feed(self, box: Box, x: float, bar: float) -> None:
        """What directors forward to a real server, with its words beside the last piece of the line."""
        at, spine = x + 6, self._grid.spine
        for foot in self._feet:
            self.lines.append(polyline([(foot, self._spine or bar), (foot, bar), (spine, bar)], "pic-line"))
        if self._feet:  # they meet at the first bar
            self._feet, self._spine = [], bar
        self.lines.append(polyline([(spine, bar), (at, bar)], "pic-line"))
        self._spine_end = bar
        class_, dashes = _EDGES.get(box.method, ("pic-edge", None))
        self.lines.append(polyline([(at, bar), (at, self.y)], class_, stroke_width=2, stroke_dasharray=dashes))
        self.boxes.append(arrow(at, self.y, 1, "pic-arrow"))
        for number, label in enumerate(feed_labels(box, self._grid.box)):
            top = bar + CAPTION * (number + 1)
            self.boxes.append(line_of_text(at + 7, top, label, self._grid.box - 12, size=10.5, class_="pic-words"))

    def _join(self, points: list[tuple[float, float]], box: Box) -> None:
        """With the segment: an arrow where the host answers, thick and broken where it should not."""
        state = next((state for state in ("wrong", "right") if box.has(state)), "")
        how = {"stroke_width": 3, "stroke_dasharray": "6 3"} if state == "wrong" else {}
        red = " pic-error" if state == "wrong" and box.worst is Severity.ERROR else ""
        self.lines.append(polyline(points, f"pic-line pic-{state}{red}" if state else "pic-line", **how))
        x, y = points[-1]
        if state:
            self.lines.append(arrow(x, y + 2, -1, f"pic-arrow pic-{state}{red}"))
        if state and len(points) == 2:
            self.lines.append(mark(state, x + 6, y + 9))

    def _beside(self, box: Box, x: float, top: float, place: int) -> None:
        """Up to the segment, on the side of the box that is farther from the spine."""
        grid = self._grid
        left = x + grid.box / 2 < grid.middle if self._centred else place < grid.columns // 2
        room = min(14, grid.gap / 2)
        edge = x - room if left else x + grid.box + room
        self._join([(x + grid.box / 2, top + 20), (edge, top + 20), (edge, self._segment)], box)

    # -- boxes --------------------------------------------------------------------------------------------------------

    def _row(self, boxes: Sequence[Box], columns: Sequence[float]) -> None:
        height = max(map(box_height, boxes))
        for box, x in zip(boxes, columns, strict=False):
            self.boxes.append(box_svg(box, x, self.y, self._grid.box, height))
        self.y += height

    def _remark(self, lines: Sequence[str]) -> None:
        """What is said of those that are not shown."""
        if not lines:
            return
        grid = self._grid
        width = grid.width - 2 * grid.edge
        lines = [piece for line in lines for piece in wrapped(line, int((width - 2 * PAD) / 6.7))[:3]]
        self.y += _GAP
        height = PAD + _LINE * len(lines) + 4
        inside = [frame(grid.edge, self.y, width, height, "pic-frame", stroke_dasharray="1 3")]
        for line in lines:
            self.y += _LINE
            inside.append(line_of_text(grid.edge + PAD, self.y + 3, line, width - 2 * PAD, size=11, class_="pic-words"))
        self.y += PAD + 4
        self.boxes.append(element("g", *inside, class_="pic-rest"))
