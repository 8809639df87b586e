"""The bytes and the text of a file that the user named, or of standard input."""

from pathlib import Path
from typing import BinaryIO

from lvsdoctor.collect.archives.compression import ZIP, compression_of
from lvsdoctor.collect.archives.contents import Contents
from lvsdoctor.collect.archives.limits import LIMITS
from lvsdoctor.collect.archives.tar import is_tar
from lvsdoctor.collect.decoding import decoded
from lvsdoctor.collect.errors import CannotCollect, NoDump, NoText

LARGEST_FILE = LIMITS.member
# How a recording of tcpdump -w begins: pcap in either byte order, with micro- or nanoseconds, and pcapng.
PCAP = (b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1", b"\x0a\x0d\x0d\x0a")

_UNPACK = "unpack it, and scan what it holds"
_DECRYPT = "decrypt it, and scan what it holds"
# Other files that may hold what a host shows: how they begin, what they are, and what to give instead.
_FORMS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"MSCF\0\0\0\0", "a cabinet archive", _UNPACK),
    (b"\x89PNG", "a picture (PNG)", "copy its text"),
    (b"\xff\xd8\xff", "a picture (JPEG)", "copy its text"),
    (b"GIF8", "a picture (GIF)", "copy its text"),
    (b"%PDF-", "a PDF document", "save it as text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of an old office program", "save it as text"),
    (b"-----BEGIN PGP MESSAGE", "an encrypted file (OpenPGP)", _DECRYPT),
    (b"age-encryption.org/", "an encrypted file (age)", _DECRYPT),
    (b"-----BEGIN AGE ENCRYPTED FILE", "an encrypted file (age)", _DECRYPT),
    (b"Salted__", "an encrypted file (OpenSSL)", _DECRYPT),
    (b"SQLite format 3\0", "a database of SQLite", "export its text"),
)


def archive_or_bytes(file: BinaryIO, name: str) -> Contents | bytes:
    """What an archive holds, or the bytes of another file, decompressed: at most one more than LARGEST_FILE. Raises
    CannotCollect with one sentence, and OSError."""
    from lvsdoctor.collect.archive_tree import Plain, opened

    try:
        return opened(file, name, LARGEST_FILE)
    except Plain as plain:
        if plain.error is not None:
            raise CannotCollect(f"{name}: {plain.error}") from None
        return plain.data


def of_file(path: Path) -> Contents | bytes:
    """As `archive_or_bytes`, of a file. Raises CannotCollect alone."""
    try:
        with path.open("rb") as file:
            return archive_or_bytes(file, path.name if str(path) == path.name else str(path))
    except OSError as error:
        raise CannotCollect(f"{path}: {error.strerror}") from None


def text_of(path: Path) -> str:
    """The text of a file that the user named. Raises CannotCollect with one sentence."""
    data = of_file(path)
    if isinstance(data, Contents):
        raise CannotCollect(f"{path}: is an archive, where one file is meant")
    return text_in(data, str(path))


def text_in(data: bytes, name: str) -> str:
    """The bytes as text; what is in no known encoding stays visible. Raises CannotCollect for no text at all."""
    if not data.strip():
        raise NoDump(name, "is empty")
    if len(data) > LARGEST_FILE:
        raise CannotCollect(f"{name}: is larger than {LARGEST_FILE // 1024 // 1024} MiB")
    kind = compression_of(data) or ("zip" if data.startswith(ZIP) else "tar" if is_tar(data[:512]) else "")
    if kind:
        raise CannotCollect(
            f"{name}: is compressed or an archive ({kind}) where a text is read; unpack it, and scan what it holds"
        )
    form = next(((what, instead) for begin, what, instead in _FORMS if data.startswith(begin)), None)
    if form is None and name.lower().endswith((".gpg", ".pgp")):
        form = "an encrypted file (OpenPGP)", _DECRYPT
    if form is not None:
        raise NoText(f"{name}: is {form[0]}, which is not read; {form[1]}")
    text = decoded(data)
    if text is None:
        if data.startswith(PCAP):
            raise NoText(f"{name}: is a recording of packets (pcap), which a scan does not read; trace --against does")
        raise NoText(f"{name}: is a binary file, not text")
    return text
