"""Work for processes of the tests, which load no networks: each task is a text that says what to do."""

import os
import signal
import time
from pathlib import Path

from vidmotion.batch.workers import Alive, Work
from vidmotion.errors import InputError, WeightsError
from vidmotion.io.atomic import output_error


def load() -> Work:
    return work


def refuse() -> Work:
    raise WeightsError("no such network; fetch it")


def crash() -> Work:
    os._exit(3)


def work(task: str, alive: Alive) -> str:
    what, _, more = task.partition(" ")
    if what == "hang":
        time.sleep(60)
    elif what == "slow":
        for _ in range(15):
            time.sleep(0.1)
            alive()
    elif what == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "bug":
        raise RuntimeError("a\nbug")
    elif what == "refuse":
        raise InputError("no video")
    elif what == "fill":
        path = Path("/dev/full")
        try:
            path.open("wb", buffering=0).write(b"more")
        except OSError as error:
            raise output_error(path, error) from None
    elif what == "gpu":  # notes which GPU it sees, and waits for the other process
        Path(more, os.environ["CUDA_VISIBLE_DEVICES"]).touch()
        while len(list(Path(more).iterdir())) < 2:
            time.sleep(0.05)
            alive()
    elif what == "write":  # a file that is removed on the way out, and never complete
        path = Path(more)
        path.write_text(str(os.getpid()))
        try:
            time.sleep(60)
        finally:
            path.unlink()
    return f"{what} in {os.getpid()}"
