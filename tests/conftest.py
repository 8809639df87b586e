"""What every test may rely on, however pytest was started."""

import gc
import os
import signal

from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants


def pytest_configure() -> None:
    # Tests start lvsdoctor as users do, whose packages have byte code beside them. To compile it each
    # time doubles what a start costs.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Thousands of pages and dumps stay in memory all the time; to walk through them again and again costs a tenth.
    gc.set_threshold(100_000, 20, 50)
    # Hypothesis draws some values from the constants of the modules that are loaded by then. What a test draws would
    # depend on the tests before it, and one that is derandomized would be green alone and red among others.
    if hasattr(providers, "_get_local_constants"):
        providers._get_local_constants = Constants
    # The same examples in every run: a red run shows a fault of the change, not the luck of the draw.
    settings.register_profile("lvsdoctor", derandomize=True, deadline=None)
    settings.load_profile("lvsdoctor")
    # What a shell starts with `&` ignores SIGINT, and hands that on to all that it starts itself: a test that
    # interrupts a process of its own would wait for it forever. A handler is not handed on: it becomes the default.
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
