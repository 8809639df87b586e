"""Bytes that come in pieces, of which some are read and most are passed over."""

from collections.abc import Callable, Iterator

from lvsdoctor.collect.archives.errors import CutShort


class Stream:
    """Reads forward through pieces of bytes; what is passed over is never copied."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay; less than `size` only at the end."""
        while len(self._piece) - self._at < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._piece = self._piece[self._at :] + piece
            self._at = 0
        return self._piece[self._at : self._at + size]

    def read(self, size: int) -> bytes:
        """The next `size` bytes, less only at the end."""
        parts = []
        for piece in self._next(size):
            parts.append(piece)
            size -= len(piece)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes. Raises CutShort."""
        data = self.read(size)
        if len(data) < size:
            raise CutShort
        return data

    def skip(self, size: int) -> None:
        """Pass over the next `size` bytes. Raises CutShort."""
        while size:
            if self._at == len(self._piece) and not self._advance():
                raise CutShort
            step = min(size, len(self._piece) - self._at)
            self._at += step
            size -= step

    def pieces(self) -> Iterator[bytes]:
        """All that is left."""
        if self._at < len(self._piece):
            rest, self._piece, self._at = self._piece[self._at :], b"", 0
            yield rest
        yield from self._pieces

    def part(self, size: int) -> "StreamPart":
        """The next `size` bytes as a stream of their own; the rest of them is passed over by `StreamPart.finish`."""
        return StreamPart(self, size)

    def _next(self, size: int) -> Iterator[bytes]:
        while size and (self._at < len(self._piece) or self._advance()):
            piece = self._piece[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def _advance(self) -> bool:
        while (piece := next(self._pieces, None)) is not None:
            if piece:
                self._piece, self._at = piece, 0
                return True
        return False


class StreamPart(Stream):
    """A part of another stream; CutShort where that ends before it."""

    def __init__(self, whole: Stream, size: int) -> None:
        self._whole = whole
        self._left = size
        super().__init__(self._of_whole())

    def finish(self) -> None:
        """Pass over what was not read."""
        self._whole.skip(self._left)
        self._left = 0

    def _of_whole(self) -> Iterator[bytes]:
        while self._left:
            piece = next(self._whole._next(self._left), None)
            if piece is None:
                raise CutShort
            self._left -= len(piece)
            yield piece


def file_pieces(read: Callable[[int], bytes | None], size: int, count: Callable[[int], None]) -> Iterator[bytes]:
    """The bytes of a file in pieces; `count` is given the size of each."""
    while data := read(size):
        count(len(data))
        yield data
