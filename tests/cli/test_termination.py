"""SIGTERM and SIGHUP act as Ctrl-C."""

import os
import signal
from pathlib import Path

import pytest

from vidmotion.cli.termination import SIGNALS, termination_as_interrupt
from vidmotion.io.atomic import atomic_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_first_signal_interrupts_and_temporary_files_go(tmp_path: Path, number: signal.Signals, code: int) -> None:
    before = [signal.getsignal(one) for one in SIGNALS]
    with termination_as_interrupt() as exit_code:
        assert exit_code() is None
        with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / "a"):
            signal.raise_signal(number)
        for later in SIGNALS:
            signal.raise_signal(later)
        assert exit_code() == code
    assert not list(tmp_path.iterdir())
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_a_program_in_the_background_that_ignores_ctrl_c_ends_too() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with termination_as_interrupt(), pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_is_ignored_stays_ignored() -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with termination_as_interrupt() as exit_code:
            signal.raise_signal(signal.SIGHUP)
            assert exit_code() is None
    finally:
        signal.signal(signal.SIGHUP, before)
