"""lvsdoctor collect: what the network of a host runs with, as a stream that scan reads: of this host, or over ssh."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli.errors import ERROR, OK, CliError, say

if TYPE_CHECKING:
    from lvsdoctor.collect.script.carrying import Carried

_DESCRIPTION = """Show what the network of a host runs with, as one text that scan reads.

Without an option the script runs here, and its stream goes to standard output.
--script prints the script itself, POSIX sh that needs nothing on the host:

  lvsdoctor collect --script > collect.sh
  ssh lb1 sudo sh -s < collect.sh > lb1.snap

--ssh runs it on other hosts, with your own ssh, its configuration and agent,
and writes HOST.snap for each. It asks no question: who is not root on a host
becomes it only where sudo needs no password. What needs root is then told as
refused, and a scan says so.

The script reads. It loads no module, and asks for packet filters and IPVS only
where the kernel has them. Passwords in keepalived.conf are left out, and what
its scripts are called with.
"""
_EPILOG = """exit codes:
  0  each host has sent its stream
  2  wrong usage, a file that exists already, a host that could not be asked
     (the files of the other hosts are written)
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `collect` and its options."""
    parser = verbs.add_parser(
        "collect",
        help="show what the network of a host runs with, for scan",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    _add_options(parser)


def _add_options(parser: ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--script", action="store_true", help="print the script, and run nothing")
    where.add_argument("--ssh", nargs="+", default=[], metavar="HOST", help="run it on these hosts over ssh")
    where.add_argument("--netns", metavar="NAME", help="run it in this network namespace")
    add = parser.add_argument
    add(
        "-o",
        "--output",
        metavar="DIR",
        help="write HOST.snap into this directory, and make it (with --ssh default: .)",
    )
    add("--force", action="store_true", help="replace files that exist already")
    add("--jobs", type=_positive, default=8, metavar="N", help="how many hosts are asked at once (default 8)")
    add("--timeout", type=_positive, default=120, metavar="SECONDS", help="for each host (default 120)")
    add("-q", "--quiet", action="store_true", help="say only what failed")


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) <= 86400:
        raise CliError(f"{text!r} is no number from 1 to 86400")
    return int(text)


def run(options: Namespace) -> int:
    """Collect, and tell by the exit code."""
    from lvsdoctor.collect.script import script

    if options.script:
        sys.stdout.write(script())
        return OK
    if options.ssh:
        return _over_ssh(options)
    return _here(options)


def _here(options: Namespace) -> int:
    from lvsdoctor.collect.errors import CannotCollect
    from lvsdoctor.collect.script.carrying import Carried, collect_here

    if not sys.platform.startswith("linux"):
        raise CliError("collect reads a running Linux kernel; name a Linux host (lvsdoctor collect --ssh HOST)")
    import os

    name = os.uname().nodename if options.netns is None else options.netns
    file = _file_of(name, options) if options.output is not None else None
    _make_directory(options)
    try:
        carried = Carried(name, collect_here(options.netns, options.timeout))
    except CannotCollect as error:
        raise CliError(str(error)) from None
    if file is None:
        sys.stdout.write(carried.text)
        if carried.refused and not options.quiet:
            say(_needed_root(carried))
    else:
        _keep(carried, file, options)
    return OK


def _over_ssh(options: Namespace) -> int:
    import os

    from lvsdoctor.cli.output import progress
    from lvsdoctor.collect.script.carrying import collect_over_ssh

    files = _files(options)
    failed = []
    number = f"{len(files)} host{'s' * (len(files) != 1)}"
    with progress(f"asking {number} over ssh", quiet=options.quiet) as show:
        results = collect_over_ssh(
            list(files), jobs=options.jobs, seconds=options.timeout, environment=dict(os.environ)
        )
        for done, carried in enumerate(results, start=1):
            if carried.problem:
                failed.append(carried)
                say(f"{carried.host}: {carried.problem}")
            else:
                _keep(carried, files[carried.host], options)
            if show is not None:
                show(done / len(files))
    if failed:
        say(f"{len(failed)} of {number} could not be asked: {', '.join(carried.host for carried in failed)}")
    return ERROR if failed else OK


def _files(options: Namespace) -> dict[str, Path]:
    """The file of each host; all that could be wrong is before any host is asked. Raises CliError."""
    from lvsdoctor.collect.script.carrying import short_name

    files: dict[str, Path] = {}
    for host in dict.fromkeys(options.ssh):
        name = short_name(host)
        if not name:
            raise CliError(f"--ssh {host!r} is no host (HOST, USER@HOST or ssh://USER@HOST:PORT)")
        file = _file_of(name, options)
        if file in files.values():
            raise CliError(f"two hosts of --ssh would be written to {file}; collect them one after the other with -o")
        files[host] = file
    _make_directory(options)
    return files


def _file_of(name: str, options: Namespace) -> Path:
    directory = Path(options.output or ".")
    if directory.exists() and not directory.is_dir():
        raise CliError(f"{directory}: is no directory")
    file = directory / f"{name.replace('/', '-')}.snap"
    if file.exists() and not options.force:
        raise CliError(f"{file} exists already; --force replaces the file")
    return file


def _make_directory(options: Namespace) -> None:
    try:
        Path(options.output or ".").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CliError(f"{options.output}: {error.strerror}") from None


def _keep(carried: "Carried", file: Path, options: Namespace) -> None:
    from lvsdoctor.cli.replacing import replacing
    from lvsdoctor.cli.streams import not_written

    try:
        with replacing(str(file)) as stream:
            stream.write(carried.text)
    except OSError as error:
        raise not_written(str(file), error) from None
    if not options.quiet:
        say(f"{file}" + (f": {_needed_root(carried)}" if carried.refused else ""))


def _needed_root(carried: "Carried") -> str:
    number = carried.refused
    return f"{number} command{'s' * (number != 1)} needed root on {carried.host}"
