"""Sound is written beside the pictures, in step with them."""

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream

from vidmotion.video import VideoWriter, open_video

RATE = 16000
BEEP = 1.0
"""Seconds by the clock of the file at which a tone of 0.2 s begins."""


SECONDS = 2.0


def with_sound(path: Path, pictures_from: float = 0.0, codec: str = "aac", hole: bool = False) -> Path:
    """Pictures at 10 frames/s, the one at the beep white, and a sound that is silent but for the beep.

    Args:
        hole: leave out the sound from 0.3 to 0.7 s.
    """
    with av.open(str(path), "w") as container:
        sound = cast(AudioStream, container.add_stream(codec, rate=RATE, layout="mono"))
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height = 64, 48
        form = "s16" if codec.startswith("pcm") else "fltp"
        for start in range(0, round(SECONDS * RATE), 800):
            if hole and 0.3 <= start / RATE < 0.7:
                continue
            times = (start + np.arange(800)) / RATE
            tone = 0.5 * np.sin(2 * np.pi * 1000 * times) * ((times >= BEEP) & (times < BEEP + 0.2))
            samples = (tone * 32767).astype(np.int16) if form == "s16" else tone.astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples[None], form, "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
        for index in range(round(10 * pictures_from), round(10 * SECONDS)):
            bright = 255 if index == round(10 * BEEP) else 0
            image = av.VideoFrame.from_ndarray(np.full((48, 64, 3), bright, np.uint8))
            image.pts = index
            container.mux(pictures.encode(image))
        container.mux(pictures.encode(None))
    return path


def copied(source: Path, start: float | None = None, end: float | None = None, fps: float | None = None) -> Path:
    """A video of the same pictures and sound, between two times from the first picture on."""
    path = source.with_name("film.mp4")
    with open_video(source, start, end, fps=fps) as video, ExitStack() as opened:
        frames = iter(video)
        first = next(frames)
        sound = video.sound(first.time)
        if sound is not None:
            opened.callback(sound.close)
        with VideoWriter(path, video.fps, video.size, sound=sound) as writer:
            for frame in (first, *frames):
                writer.write(frame.rgb, frame.time - first.time)
    return path


def sounds(path: Path) -> tuple[float, float, float]:
    """Seconds at which the tone begins and ends, and at which the sound ends."""
    with av.open(str(path)) as container:
        parts = [(float(frame.time or 0), frame.to_ndarray().mean(0)) for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    loud = np.concatenate([time + np.flatnonzero(np.abs(samples) > 0.2) / rate for time, samples in parts])
    return float(loud[0]), float(loud[-1]), parts[-1][0] + len(parts[-1][1]) / rate


def flash(path: Path) -> float:
    """Seconds of the bright picture."""
    with open_video(path) as video:
        return max(video, key=lambda frame: float(frame.rgb.mean())).time


def has_sound(path: Path) -> bool:
    with av.open(str(path)) as container:
        return bool(container.streams.audio)


@pytest.mark.parametrize(
    ("name", "codec", "pictures_from", "hole"),
    [
        ("a.mp4", "aac", 0.0, False),
        ("a.mp4", "aac", 0.5, False),
        ("a.ts", "aac", 0.5, False),
        ("a.mov", "pcm_s16le", 0.5, False),
        ("a.mkv", "pcm_s16le", 0.0, True),
    ],
)
@pytest.mark.parametrize(("start", "end"), [(0.0, None), (0.3, 1.3)])
def test_sound_and_pictures_are_in_step(
    name: str, codec: str, pictures_from: float, hole: bool, start: float, end: float | None, tmp_path: Path
) -> None:
    """Also where the pictures begin later than the sound, or the sound has a hole."""
    film = copied(with_sound(tmp_path / name, pictures_from, codec, hole), start or None, end)
    begins, stops, ends = sounds(film)
    wanted = BEEP - pictures_from - start
    assert flash(film) == pytest.approx(wanted, abs=0.01)
    assert (begins, stops) == (pytest.approx(wanted, abs=0.03), pytest.approx(wanted + 0.2, abs=0.03))
    assert ends == pytest.approx((end or SECONDS - pictures_from) - start, abs=0.1)


def test_a_silent_video_stays_silent(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", Fraction(10), (64, 48)) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8))
    assert not has_sound(copied(tmp_path / "a.mp4"))


def test_slow_motion_has_no_sound(tmp_path: Path) -> None:
    """The sound would play at another speed than the pictures."""
    assert not has_sound(copied(with_sound(tmp_path / "a.mp4"), fps=20))


def test_damaged_sound_is_left_out(tmp_path: Path) -> None:
    path = with_sound(tmp_path / "a.mkv", codec="pcm_s16le")
    content = path.read_bytes().replace(b"A_PCM/INT/LIT", b"A_XYZ/INT/LIT")
    path.write_bytes(content)
    assert not has_sound(copied(path))
