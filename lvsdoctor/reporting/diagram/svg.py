"""The elements of the picture, as text: escaped, with classes and without style."""

from collections.abc import Iterable

from lvsdoctor.sanitize import legible, shortened

# Widths of a column of text, as a part of the font's size: of a typewriter's font, and of any other, mixed.
_TYPED, _SET = 0.602, 0.53
_MARKS = {
    "right": "m0 5 4 4 7-9",
    "wrong": "m0 0 9 9m0-9-9 9",
    "mute": "m0 0 9 9m0-9-9 9",
    "silent": "m0 5h9",
    "lacking": "m0 5h9",
}


def element(name: str, *inside: str, **attributes: object) -> str:
    """`class_` for class, `stroke_width` for stroke-width. What is `inside` is SVG already."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(f"{value:g}" if isinstance(value, float) else str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{''.join(inside)}</{name}>" if inside else f"<{name}{told}/>"


def link(target: str, name: str, *inside: str) -> str:
    """What leads to an element of the page that the picture stands in."""
    return element("a", *inside, href=f"#{legible(target)}", aria_label=legible(name), class_="pic-link")


def words(text: str) -> str:
    """Somebody's text between two tags."""
    return _escaped(legible(text))


def _escaped(text: str) -> str:
    # html.escape() and xml.sax.saxutils cost more to import than the picture.
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(letter, entity)
    return text


def title(text: str) -> str:
    """What a pointer that rests here is shown."""
    return element("title", words(text))


def line_of_text(
    x: float, y: float, text: str, room: float, *, size: float = 12, typed: bool = True, **how: object
) -> str:
    """A line of text, shortened to `room`."""
    width = size * (_TYPED if typed else _SET)
    shown = shortened(legible(text), max(1, int(room / width)))
    family = "ui-monospace, monospace" if typed else "sans-serif"
    return element("text", _escaped(shown), x=x, y=y, font_size=size, font_family=family, fill="currentColor", **how)


def polyline(points: Iterable[tuple[float, float]], class_: str, **how: object) -> str:
    """A line through the points."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    attributes = {"stroke": "currentColor", "stroke_width": 1.2, "fill": "none", **how}
    return element("polyline", points=path, class_=class_, **attributes)


def frame(x: float, y: float, width: float, height: float, class_: str, **how: object) -> str:
    """A box without what is in it."""
    attributes = {"fill": "none", "stroke": "currentColor", "stroke_width": 1.2, "rx": 6, **how}
    return element("rect", x=x, y=y, width=width, height=height, class_=class_, **attributes)


def arrow(x: float, y: float, down: int, class_: str) -> str:
    """The head of an arrow whose tip is at (x, y), pointing down or (-1) up."""
    points = f"{x:g},{y:g} {x - 4:g},{y - 8 * down:g} {x + 4:g},{y - 8 * down:g}"
    return element("polygon", points=points, class_=class_, fill="currentColor")


def mark(state: str, x: float, y: float) -> str:
    """The sign of a state, 9 wide: a check, a cross, a dash, a question mark."""
    if state == "more":
        return ""
    if state not in _MARKS:
        return line_of_text(x + 1, y + 9, "?", 12, size=12, class_=f"pic-mark pic-{state}", font_weight="bold")
    shape = f"M{x:g} {y:g}{_MARKS[state]}"
    return element(
        "path", d=shape, class_=f"pic-mark pic-{state}", fill="none", stroke="currentColor", stroke_width=2.2
    )
