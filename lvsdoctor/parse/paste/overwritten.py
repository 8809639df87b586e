"""Lines on which a cursor moved: what was typed and taken back, as script(1), screen and minicom record it."""

from lvsdoctor.parse.paste.patterns import pattern

_MOVED = pattern(r"[\x08\x07]|\x1b\[\d{0,3}[CDGPX@JH]|\x1b\[\d{1,3};\d{1,3}H")
_TOKEN = pattern(
    r"\x1b\[(?P<count>\d{0,3})(?:;\d{1,3})?(?P<move>[CDGKPX@JH])|(?P<other>\x1b.?|[\x07\x08\r])|(?P<text>[^\x1b\x07\x08\r]+)"
)
_LONGEST = 20_000
_NARROWEST = 70  # columns of a terminal, at the end of which a shell goes on in the next row


def overwritten(text: str) -> str:
    """The lines as they look at their ends. Those without such a move stay as they are."""
    if not _MOVED.search(text):
        return text
    return "\n".join(
        _shown(line) if len(line) < _LONGEST and _MOVED.search(line) else line for line in text.split("\n")
    )


def _shown(line: str) -> str:
    cells: list[str] = []
    at = 0
    for token in _TOKEN.finditer(line):
        if (text := token["text"]) is not None:
            cells += [" "] * (at - len(cells))
            cells[at : at + len(text)] = text
            at += len(text)
        elif token["other"] == "\x08":
            at = max(at - 1, 0)
        elif token["other"] == "\r":
            if at < _NARROWEST or cells[at - 1 : at] != [" "]:
                at = 0
            else:  # readline(3) writes a blank and goes back to its place, which is in the next row
                del cells[at - 1 :]
                at -= 1
        elif move := token["move"]:
            at = _moved(cells, at, move, int(token["count"] or (0 if move in "KJ" else 1)))
    return "".join(cells)


def _moved(cells: list[str], at: int, move: str, count: int) -> int:
    """Where the cursor is then (ECMA-48)."""
    if move == "C":
        return min(at + count, _LONGEST)
    if move == "D":
        return max(at - count, 0)
    if move == "G":
        return min(max(count - 1, 0), _LONGEST)
    if move == "P":
        del cells[at : at + count]
    elif move == "@":
        cells[at:at] = [" "] * min(count, _LONGEST)
    elif move == "X":
        cells[at : at + count] = [" "] * len(cells[at : at + count])
    elif move in "KJ" and count == 0:
        del cells[at:]
    elif move in "HJ" or count == 2:
        del cells[:]  # a new screen, whose first row begins here
        return 0
    return at
