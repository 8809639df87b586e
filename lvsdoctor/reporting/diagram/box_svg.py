"""One host of the picture: its name, its part, its addresses, its VIPs and what was found about it."""

from lvsdoctor.language import translated
from lvsdoctor.model.finding import Severity
from lvsdoctor.reporting.diagram.badges import Badge
from lvsdoctor.reporting.diagram.boxes import Box
from lvsdoctor.reporting.diagram.svg import element, frame, line_of_text, link, mark, title
from lvsdoctor.reporting.diagram.words import mark_label, safe
from lvsdoctor.sanitize import wrapped

PAD, CAPTION = 8, 14
_BADGE_PAD, _LINE, _FINDING = 6, 15, 24
_MOST_FINDINGS = 4


def feed_labels(box: Box, width: float) -> list[str]:
    """The words beside the line that feeds a box."""
    return [piece for label in box.fed for piece in wrapped(label, int((width - 13) / 6.33))[:3]]


def box_height(box: Box) -> float:
    """How high it is with all that it says."""
    badges = sum(_badge_height(badge) + 4 for badge in box.badges)
    findings = (_FINDING + 4) * min(len(box.marks), _MOST_FINDINGS + 1)
    return PAD + 12 + (_LINE + 1 if box.role else 0) + _LINE * len(box.lines) + badges + findings + 9


def box_svg(box: Box, x: float, y: float, width: float, height: float) -> str:
    """The box with its upper left corner at (x, y)."""
    error = box.worst is Severity.ERROR
    how = {"stroke_dasharray": None if box.known else "4 3", "stroke_width": 2.4 if error else 1.2}
    inside = [frame(x, y, width, height, "pic-frame", **how)]
    inside += [title(box.full)] if box.full else []
    y, room = y + PAD + 12, width - 2 * PAD
    inside.append(line_of_text(x + PAD, y, box.name, room, size=14, class_="pic-name", font_weight="bold"))
    if box.role:
        y += _LINE + 1
        inside.append(line_of_text(x + PAD, y, box.role, room, size=12, typed=False, class_="pic-part"))
    for line in box.lines:
        y += _LINE
        inside.append(line_of_text(x + PAD, y, line, room, size=11.5, class_="pic-words"))
    y += 7
    for badge in box.badges:
        inside += _badge(badge, x + _BADGE_PAD, y, width - 2 * _BADGE_PAD)
        y += _badge_height(badge) + 4
    inside += _findings(box, x + _BADGE_PAD, y, width - 2 * _BADGE_PAD)
    classes = ["pic-host", f"pic-{box.part}", *([f"pic-{box.worst}"] if box.worst else [])]
    return element("g", *inside, class_=" ".join([*classes, *([] if box.known else ["pic-ghost"])]))


def _findings(box: Box, x: float, y: float, width: float) -> list[str]:
    """A badge for each code, which leads to its finding."""
    shown = [(mark_label(found), found) for found in box.marks[:_MOST_FINDINGS]]
    if rest := box.marks[_MOST_FINDINGS:]:
        shown.append((translated("and {number} more", number=len(rest)), rest[0]))
    badges = []
    for label, found in shown:
        edge = frame(x, y, width, _FINDING, f"pic-badge pic-found-{found.severity}", rx=4)
        name = line_of_text(
            x + PAD, y + 16, safe(label), width - 2 * PAD, size=12, class_=f"pic-code pic-found-{found.severity}",
            font_weight="bold",
        )  # fmt: skip
        badges.append(link(found.target, f"{label}, {box.name}", edge, name))
        y += _FINDING + 4
    return badges


def _badge_height(badge: Badge) -> float:
    return 21 + CAPTION * len(badge.verdict)


def _badge(badge: Badge, x: float, y: float, width: float) -> list[str]:
    bad = badge.state in ("wrong", "mute")
    how = {"stroke_width": 2.4 if bad else 1, "stroke_dasharray": "3 2" if badge.state == "unknown" else None, "rx": 4}
    parts = [
        frame(x, y, width, _badge_height(badge), f"pic-badge pic-{badge.state}", **how),
        mark(badge.state, x + 7, y + 7),
        line_of_text(x + 24, y + 15, badge.vips, width - 26, size=12, class_="pic-vip"),
    ]
    for number, said in enumerate(badge.verdict, 1):
        at = y + 15 + CAPTION * number
        parts.append(
            line_of_text(x + 24, at, said, width - 28, size=12, typed=False, class_=f"pic-said pic-{badge.state}")
        )
    return parts
