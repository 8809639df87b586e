"""`python -m lvsdoctor`: the same as the console script `lvsdoctor`."""

import sys

from lvsdoctor.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
