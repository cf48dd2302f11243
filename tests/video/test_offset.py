"""Seconds from the start of a file, from which players count, to its first picture."""

from pathlib import Path

import av
import numpy as np
import pytest

from vidmotion.video.reader import open_video


def make(path: Path, first_picture: float) -> Path:
    """Two seconds of silence from 0 s on, and ten pictures at 10 frames/s."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16000, layout="mono")
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height = 64, 48
        for index in range(32):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 16000, 1000 * index
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
        for index in range(10):
            image = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))
            image.pts = index + round(10 * first_picture)
            container.mux(pictures.encode(image))
        container.mux(pictures.encode(None))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("seconds", [0.0, 1.5])
def test_pictures_that_begin_after_the_sound(suffix: str, seconds: float, tmp_path: Path) -> None:
    """The clock of a transport stream begins at 1.4 s."""
    with open_video(make(tmp_path / f"a{suffix}", seconds)) as video:
        assert video.offset == pytest.approx(seconds, abs=0.07)
        assert video.times()[:2] == pytest.approx([0, 0.1], abs=1e-3)
