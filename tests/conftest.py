"""What every test may rely on, however pytest was started."""

import signal


def pytest_configure() -> None:
    # What a shell starts with `&` ignores SIGINT, and hands that on to all that it starts itself: a test that
    # interrupts a process of its own would wait for it forever. A handler is not handed on: it becomes the default.
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
