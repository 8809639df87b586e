"""`python -m lvsdoctor`: the same as the console script `lvsdoctor`."""

import sys

if __name__ == "__main__":
    try:
        # Python looks into the directory we stand in first, which may be full of somebody else's files.
        # Not where -P keeps it out. Where lvsdoctor itself lies in it, the package's own path finds the rest.
        if not sys.flags.safe_path:
            del sys.path[0]

        from lvsdoctor.cli.main import run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
