"""A recording plays whatever ends it, and is an ordinary film at the end."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vidmotion.errors import OutputError
from vidmotion.video import Recording, open_video

SIZE = (64, 48)
SCRIPT = """
import sys
from fractions import Fraction
from pathlib import Path
from tests.video.test_recording import SIZE, pictures
from vidmotion.video import Recording
with Recording(Path(sys.argv[1]), Fraction(30), SIZE) as film:
    for picture in pictures(1_000_000):
        film.write(picture)
        print(flush=True)
"""


def pictures(count: int) -> Iterator[np.ndarray]:
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    for number in range(count):
        yield np.roll(noise, number, axis=1)


def frames(path: Path) -> int:
    with open_video(path) as video:
        return len(list(video))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_appears_with_its_first_second_and_ends_as_an_ordinary_film(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    with Recording(path, Fraction(30), SIZE) as film:
        for number, picture in enumerate(pictures(100)):
            if number == 29:
                assert path.read_bytes() == b"old"
            film.write(picture)
        assert 30 <= frames(path) < 100
    assert frames(path) == 100
    assert names(tmp_path) == ["a.mp4"]
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 100
    assert b"moof" not in path.read_bytes()[:200]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OutputError])
def test_what_was_recorded_until_an_error_is_kept(tmp_path: Path, error: type[BaseException]) -> None:
    def record(count: int) -> None:
        with Recording(tmp_path / "a.mp4", Fraction(30), SIZE) as film:
            for picture in pictures(count):
                film.write(picture)
            raise error

    with pytest.raises(error):
        record(0)
    assert names(tmp_path) == []
    with pytest.raises(error):
        record(10)
    assert frames(tmp_path / "a.mp4") == 10


def test_nothing_is_recorded(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there was no frame"), Recording(tmp_path / "a.mp4", Fraction(30), SIZE):
        pass
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_it_plays_after_its_program_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, path], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(150):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert names(tmp_path) == ["a.mp4"]
    assert frames(path) >= 120


def test_the_end_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that becomes full while the index is written."""
    path = tmp_path / "a.mp4"
    film = Recording(path, Fraction(30), SIZE)
    container = film._container

    class Full:
        mux = container.mux

        def close(self) -> None:
            container.close()
            with path.open("r+b") as file:
                file.truncate(path.stat().st_size - 1000)  # of the index
            raise OSError(errno.ENOSPC, "No space left on device")

    film._container = Full()  # type: ignore[assignment]
    for picture in pictures(100):
        film.write(picture)
    with pytest.raises(OutputError, match="the disk is full"), film:
        pass
    assert frames(path) >= 60
    assert names(tmp_path) == ["a.mp4"]
