"""SIGTERM and SIGHUP end a command as Ctrl-C does: what is finished is kept, temporary files are removed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None)
"""Those that this system has: Windows has no SIGHUP."""


@contextmanager
def termination_as_interrupt() -> Iterator[Callable[[], int | None]]:
    """Within the block, the first of these signals does what Ctrl-C does at that moment; later ones are ignored.

    A signal that was ignored before, as SIGHUP is under `nohup`, stays ignored. Gives a function that returns the exit
    code that belongs to the signal, 128 plus its number; None if there was none.
    """
    code: int | None = None
    before = {number: signal.getsignal(number) for number in SIGNALS}
    handled = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal code
        code = 128 + number
        for one in handled:
            signal.signal(one, signal.SIG_IGN)
        ctrl_c = signal.getsignal(signal.SIGINT)
        # Shells let programs in the background ignore Ctrl-C, which is no reason to ignore these signals.
        (ctrl_c if callable(ctrl_c) else signal.default_int_handler)(signal.SIGINT, frame)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield lambda: None
        return
    for number in handled:
        signal.signal(number, interrupt)
    try:
        yield lambda: code
    finally:
        for number in handled:
            signal.signal(number, before[number])
