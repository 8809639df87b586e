"""`python -m lvsdoctor`: the same as the console script `lvsdoctor`."""

import os
import sys


def _leave_out_the_current_directory() -> None:
    """Python -m looks for every module where we stand first, which may be among somebody else's files.

    What Python imports for -m itself has been looked for there already: only -P keeps it from that.
    """
    try:
        here = os.getcwd()
    except OSError:  # it was removed under our feet
        return
    # The package's own path finds the rest of lvsdoctor, even if it lies here.
    if not sys.flags.safe_path and sys.path[:1] in ([here], [""]):
        del sys.path[0]


if __name__ == "__main__":
    try:
        _leave_out_the_current_directory()
        from lvsdoctor.cli.main import run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
