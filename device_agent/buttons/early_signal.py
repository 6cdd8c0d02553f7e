"""Keeping SIGUSR1 until somebody waits for it; alone in a file that is loaded in no time."""

import signal

BUTTON_SIGNALS = frozenset({signal.SIGUSR1})


def hold_back() -> None:
    """Block SIGUSR1: it would kill the process. The first that comes is kept for `sigwait`.

    To be called before any thread starts, as threads inherit this.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, BUTTON_SIGNALS)
