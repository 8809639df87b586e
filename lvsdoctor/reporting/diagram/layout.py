"""Where everything stands in the picture.

From above: the clients, the routers, the segment (a line), the directors, the real servers, other hosts. Two boxes
stand beside each other, so that a telephone shows the words in a size to read. What directors forward runs down the
middle; who answers ARP without being a director is joined with the segment along the edge.
"""

from collections.abc import Sequence

from lvsdoctor.model.topology import Cluster, Part
from lvsdoctor.reporting.diagram.badges import Badge
from lvsdoctor.reporting.diagram.boxes import Box, Boxes
from lvsdoctor.reporting.diagram.svg import arrow, element, frame, line_of_text, mark, polyline, title, words
from lvsdoctor.reporting.diagram.words import listed, tersely
from lvsdoctor.sanitize import wrapped

WIDTH, _BOX, _EDGE = 460, 198, 22
_LEFT, _MIDDLE, _RIGHT = _EDGE, WIDTH / 2, WIDTH - _EDGE - _BOX
_PAD, _BADGE_PAD, _LINE, _CAPTION, _GAP = 8, 6, 15, 14, 18
# The class of a line that forwards, and its dashes.
_EDGES = {"DR": ("pic-edge pic-dr", None), "TUN": ("pic-edge pic-tun", "7 3"), "NAT": ("pic-edge pic-nat", "2 3")}


def svg_of(cluster: Cluster, first: frozenset[str], text: Sequence[str]) -> str:
    """The picture as one element."""
    sheet = _Sheet()
    boxes = Boxes(cluster, first)
    sheet.entry(cluster, boxes)
    directors, more = boxes.of(Part.DIRECTOR)
    sheet.directors(directors or [Box("director", Part.DIRECTOR, "not in this scan", known=False)], more)
    sheet.real_servers(*boxes.of(Part.REAL_SERVER))
    sheet.others(*boxes.of(Part.OTHER))
    height = round(sheet.y)
    named = element("title", words(_title(cluster)), id="pic-title")
    told = element("desc", words(" ".join(text[:8])), id="pic-desc")
    return element(
        "svg", named, told, *sheet.drawn,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}", width=WIDTH, height=height,
        role="img", aria_labelledby="pic-title pic-desc", class_="pic",
    )  # fmt: skip


def _title(cluster: Cluster) -> str:
    return f"The cluster of {listed(cluster.vips, 3)}" if cluster.vips else "The cluster"


class _Sheet:
    """What is drawn so far, and how far down."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.y: float = _PAD
        self._segment: float = 0
        # From where to where what is forwarded runs down the middle.
        self._spine: float | None = None
        self._spine_end: float = 0

    # -- the floors ---------------------------------------------------------------------------------------------------

    def entry(self, cluster: Cluster, boxes: Boxes) -> None:
        """Clients, routers and the segment."""
        asked = (tersely(cluster.vips, 26),) if cluster.vips else ()
        clients = Box("clients", Part.CLIENTS, "ask for" if asked else "", asked)
        self._box(clients, _MIDDLE - _BOX / 2, _height(clients))
        self.y += _height(clients)
        routers, more = boxes.of(Part.ROUTER)
        if routers:
            columns, top = _columns(len(routers)), self.y + _GAP
            self._fan([x + _BOX / 2 for x in columns], self.y, top)
            self.y = top
            self._row(routers, columns)
            self._remark(more)
        label = f"who has {tersely(cluster.vips, 21)}?" if cluster.vips else "the segment"
        self._segment = self.y + 26
        columns = _columns(len(routers))
        for x in columns:
            self.drawn.append(polyline([(x + _BOX / 2, self.y), (x + _BOX / 2, self._segment)], "pic-line"))
        at = columns[0] + _BOX / 2 + 8 if len(columns) > 1 else 12
        room = _MIDDLE - 20 if len(columns) == 1 else _BOX
        self.drawn.append(line_of_text(at, self._segment - 6, label, room, size=11, class_="pic-words"))
        self.drawn.append(polyline([(6, self._segment), (WIDTH - 6, self._segment)], "pic-segment", stroke_width=4))
        self.y = self._segment

    def directors(self, boxes: Sequence[Box], more: Sequence[str]) -> None:
        """Each joined with the segment above, and with what runs down the middle."""
        columns = _columns(len(boxes))
        for start in range(0, len(boxes), 2):
            self.y += 26 if start == 0 else _GAP
            row, top = boxes[start : start + 2], self.y
            self._row(row, columns)
            for box, x in zip(row, columns, strict=False):
                if start == 0:
                    self._join([(x + _BOX / 2, top), (x + _BOX / 2, self._segment)], box)
                else:
                    self._along_the_edge(box, x, top, 15)
                if len(boxes) > 1 and box.forwards:
                    inner = x + _BOX if x < _MIDDLE - _BOX / 2 else x
                    self.drawn.append(polyline([(inner, top + 20), (_MIDDLE, top + 20)], "pic-line"))
                    self._spine = self._spine or top + 20
        if len(boxes) == 1 and boxes[0].forwards:
            self._spine = self.y
        self._remark(more)

    def real_servers(self, boxes: Sequence[Box], more: Sequence[str]) -> None:
        """Fed from the middle; one that answers ARP is joined with the segment."""
        columns = _columns(len(boxes))
        for start in range(0, len(boxes), 2):
            row = boxes[start : start + 2]
            bar = self.y + _GAP
            self.y = bar + max([4, *(_CAPTION * len(_labels(box)) + 10 for box in row)])
            for box, x in zip(row, columns, strict=False):
                if box.fed and self._spine is not None:
                    self._feed(box, x, bar)
            top = self.y
            self._row(row, columns)
            for box, x in zip(row, columns, strict=False):
                if box.has("wrong"):
                    self._along_the_edge(box, x, top, 8)
        if more:
            self._spine_end = self.y + _GAP
            self._remark(more)
        if self._spine is not None and self._spine_end:
            self.drawn.append(polyline([(_MIDDLE, self._spine), (_MIDDLE, self._spine_end)], "pic-line"))

    def others(self, boxes: Sequence[Box], more: Sequence[str]) -> None:
        """Hosts of the scan that are neither."""
        for start in range(0, len(boxes), 2):
            self.y += _GAP
            row, top, columns = boxes[start : start + 2], self.y, _columns(len(boxes))
            self._row(row, columns)
            for box, x in zip(row, columns, strict=False):
                if box.has("wrong"):
                    self._along_the_edge(box, x, top, 8)
        self._remark(more)
        self.y += _PAD

    # -- lines --------------------------------------------------------------------------------------------------------

    def _fan(self, ends: Sequence[float], top: float, bottom: float) -> None:
        """From the middle down to each end."""
        half = (top + bottom) / 2
        for end in ends:
            self.drawn.append(polyline([(_MIDDLE, top), (_MIDDLE, half), (end, half), (end, bottom)], "pic-line"))

    def _feed(self, box: Box, x: float, bar: float) -> None:
        """What directors forward to a real server, with its words beside the last piece of the line."""
        at = x + 10
        self.drawn.append(polyline([(_MIDDLE, bar), (at, bar)], "pic-line"))
        self._spine_end = bar
        class_, dashes = _EDGES.get(box.method, ("pic-edge", None))
        self.drawn.append(polyline([(at, bar), (at, self.y)], class_, stroke_width=2, stroke_dasharray=dashes))
        self.drawn.append(arrow(at, self.y, 1, "pic-arrow"))
        for number, label in enumerate(_labels(box)):
            line = line_of_text(at + 8, bar + _CAPTION * (number + 1), label, _BOX - 20, size=10.5, class_="pic-words")
            self.drawn.append(line)

    def _join(self, points: list[tuple[float, float]], box: Box) -> None:
        """With the segment: an arrow where the host answers, thick and broken where it should not."""
        state = next((state for state in ("wrong", "right") if box.has(state)), "")
        how = {"stroke_width": 3, "stroke_dasharray": "6 3"} if state == "wrong" else {}
        self.drawn.append(polyline(points, f"pic-line pic-{state}" if state else "pic-line", **how))
        x, y = points[-1]
        if state:
            self.drawn.append(arrow(x, y + 2, -1, f"pic-arrow pic-{state}"))
        if state and len(points) == 2:
            self.drawn.append(mark(state, x + 6, y + 9))

    def _along_the_edge(self, box: Box, x: float, top: float, room: float) -> None:
        left = x < _MIDDLE
        edge, side = (room, x) if left else (WIDTH - room, x + _BOX)
        self._join([(side, top + 20), (edge, top + 20), (edge, self._segment)], box)

    # -- boxes --------------------------------------------------------------------------------------------------------

    def _row(self, boxes: Sequence[Box], columns: Sequence[float]) -> None:
        height = max(map(_height, boxes))
        for box, x in zip(boxes, columns, strict=False):
            self._box(box, x, height)
        self.y += height

    def _box(self, box: Box, x: float, height: float) -> None:
        dashes = None if box.known else "4 3"
        inside = [frame(x, self.y, _BOX, height, "pic-frame", stroke_dasharray=dashes)]
        inside += [title(box.full)] if box.full else []
        y, room = self.y + _PAD + 12, _BOX - 2 * _PAD
        inside.append(line_of_text(x + _PAD, y, box.name, room, size=14, class_="pic-name", font_weight="bold"))
        if box.role:
            y += _LINE + 1
            inside.append(line_of_text(x + _PAD, y, box.role, room, size=12, typed=False, class_="pic-part"))
        for line in box.lines:
            y += _LINE
            inside.append(line_of_text(x + _PAD, y, line, room, size=11.5, class_="pic-words"))
        y += 7
        for badge in box.badges:
            inside += _badge(badge, x + _BADGE_PAD, y)
            y += _badge_height(badge) + 4
        self.drawn.append(element("g", *inside, class_=f"pic-host pic-{box.part}{'' if box.known else ' pic-ghost'}"))

    def _remark(self, lines: Sequence[str]) -> None:
        """What is said of those that are not shown."""
        if not lines:
            return
        lines = [piece for line in lines for piece in wrapped(line, 58)[:3]]
        self.y += _GAP
        height = _PAD + _LINE * len(lines) + 4
        inside = [frame(_LEFT, self.y, WIDTH - 2 * _EDGE, height, "pic-frame", stroke_dasharray="1 3")]
        for line in lines:
            self.y += _LINE
            room = WIDTH - 2 * _EDGE - 2 * _PAD
            inside.append(line_of_text(_LEFT + _PAD, self.y + 3, line, room, size=11, class_="pic-words"))
        self.y += _PAD + 4
        self.drawn.append(element("g", *inside, class_="pic-rest"))


def _columns(count: int) -> list[float]:
    return [_MIDDLE - _BOX / 2] if count < 2 else [_LEFT, _RIGHT]


def _labels(box: Box) -> list[str]:
    """The words beside the line that feeds a box."""
    return [piece for label in box.fed for piece in wrapped(label, 27)[:3]]


def _height(box: Box) -> float:
    badges = sum(_badge_height(badge) + 4 for badge in box.badges)
    return _PAD + 12 + (_LINE + 1 if box.role else 0) + _LINE * len(box.lines) + badges + 9


def _badge_height(badge: Badge) -> float:
    return 21 + _CAPTION * len(badge.verdict)


def _badge(badge: Badge, x: float, y: float) -> list[str]:
    width, bad = _BOX - 2 * _BADGE_PAD, badge.state in ("wrong", "mute")
    how = {"stroke_width": 2.4 if bad else 1, "stroke_dasharray": "3 2" if badge.state == "unknown" else None, "rx": 4}
    parts = [
        frame(x, y, width, _badge_height(badge), f"pic-badge pic-{badge.state}", **how),
        mark(badge.state, x + 7, y + 7),
        line_of_text(x + 24, y + 15, badge.vips, width - 26, size=12, class_="pic-vip"),
    ]
    for number, said in enumerate(badge.verdict, 1):
        at = y + 15 + _CAPTION * number
        parts.append(
            line_of_text(x + 24, at, said, width - 28, size=12, typed=False, class_=f"pic-said pic-{badge.state}")
        )
    return parts
