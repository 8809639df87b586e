"""Where there can be no lab: an error where CI is true, as nobody looks at skips there; elsewhere a skip said aloud."""

import os
from typing import NoReturn

import pytest


def unproved(why: str, details: str = "") -> NoReturn:
    """Ends the test that asked for a guest. `why` is one sentence."""
    why = f"NO RULE IS PROVED HERE: {why}"
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(why)
    pytest.fail("\n".join(filter(None, [f"{why} (where CI is true this is an error)", details])), pytrace=False)
