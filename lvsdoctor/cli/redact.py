"""lvsdoctor redact: dumps to show to others, without what tells whose they are."""

import errno
import sys
from argparse import Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from typing import Any

from lvsdoctor.cli.errors import OK, CliError, say

_EPILOG = """what it does:
  Addresses become others: two that share a prefix share it still. Netmasks, loopback,
  link-local and multicast keep what they are. Names of hosts and the device's half of MACs
  become others; VRRP's MACs stay. Passwords become a number, the same for the same. Lines
  that lvsdoctor does not read are dropped, and files of free text are left out; both are
  counted on standard error. Names of interfaces, chains, sets and VRRP instances stay.
  Of an archive a directory is made, of what an engine brought results as Ansible prints
  them. A scan of OUT finds what a scan of IN finds. Look at OUT before you give it away.
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `redact` and its options."""
    parser = verbs.add_parser(
        "redact",
        help="write dumps without addresses, names and secrets",
        description="Write dumps without addresses, names and secrets, of which a scan finds the same.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("path", metavar="IN", help="a file, a directory, an archive, or - for standard input")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="a file or new directory, - for stdout")
    parser.add_argument("--key", metavar="FILE", help="a secret: the same key makes the same names (default random)")


def run(options: Namespace) -> int:
    """Write what remains, and say what does not."""
    from lvsdoctor.collect.errors import CannotCollect
    from lvsdoctor.collect.redacting.files import holds_files, host_names, redact, sources, standard_input

    key = _key(options.key)
    try:
        if options.path == "-":
            given = standard_input(sys.stdin.buffer)
            texts, left_out, names, several = given.texts, given.left_out, given.names, given.several
        else:
            texts, left_out = sources(options.path)
            names, several = host_names(options.path), holds_files(options.path)
    except CannotCollect as error:
        raise CliError(str(error)) from None
    except OSError as error:
        # Closed, or open for writing alone.
        why = "is closed" if error.errno == errno.EBADF else error.strerror
        raise CliError(f"standard input: {why}") from None
    results, refused = redact(texts, key, names)
    for path, why in (*left_out, *refused):
        say(f"{path or 'standard input'}: {why}")
    if not results:
        raise CliError("nothing is left to write")
    _write(results, options, several=several)
    dropped = sum(result.dropped for result in results)
    kept = sum(result.text.count("\n") for result in results)
    say(f"kept {kept} lines of {len(results)} files; dropped {dropped} that lvsdoctor does not read")
    if refused:
        files = "1 file" if len(refused) == 1 else f"{len(refused)} files"
        say(f"left out {files} that a scan reads, named above: a scan of {options.output} may find less")
    return OK


def _key(path: str | None) -> bytes:
    from pathlib import Path
    from secrets import token_bytes

    if path is None:
        return token_bytes(32)
    try:
        key = Path(path).read_bytes()
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}") from None
    if len(key) < 16:
        raise CliError(f"{path}: a key has at least 16 bytes (head -c 32 /dev/urandom > {path})")
    return key


def _write(results: list[Any], options: Namespace, *, several: bool) -> None:
    from pathlib import Path

    from lvsdoctor.cli.replacing import replacing
    from lvsdoctor.cli.streams import not_written

    if options.output == "-":
        if several:
            raise CliError("a directory or an archive is written into a directory: -o DIRECTORY")
        sys.stdout.write(results[0].text)
        return
    out = Path(options.output)
    try:
        if several:
            out.mkdir(parents=True)
        for result in results:
            file = out / result.path if several else out
            file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(str(file)) as stream:
                stream.write(result.text)
    except OSError as error:
        raise not_written(str(out), error) from None
