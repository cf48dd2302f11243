"""The even frames of BVH, TRC and AMASS: the usual rate of the video, and what happens in its pauses."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.io.scene.bvh_reader import read_bvh
from tests.io.scene.scenes import embodied, person_of, scene_of, walk, wander
from vidmotion.errors import InputError
from vidmotion.io.scene.even_frames import time_gaps, usual_rate
from vidmotion.io.scene.formats import export
from vidmotion.types import Scene

NTSC = Fraction(30000, 1001)


def scene_at(times: np.ndarray, average: Fraction | float = 30, frames: np.ndarray | None = None) -> Scene:
    """A person at these times in a file with this average frame rate."""
    return scene_of(person_of(walk(len(times)), frames, times), fps=Fraction(average))


def even(count: int, rate: Fraction | float) -> np.ndarray:
    return np.arange(count) / float(rate)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), 24, 25, NTSC, 30, 48, 50, Fraction(60000, 1001), 60, 90, 100,
                                  120, 240, Fraction(59, 2), 7])  # fmt: skip
def test_even_video_has_its_own_rate(rate: Fraction | int) -> None:
    assert usual_rate(scene_at(even(90, rate), rate)) == rate


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), 25, NTSC, 50, 60, 120, 240])
def test_pause_does_not_change_the_rate(rate: Fraction | int) -> None:
    """Times in whole milliseconds, as MKV and WebM have them; the average is useless."""
    times = even(600, rate)
    times[300:] += 4
    assert usual_rate(scene_at(np.round(times, 3), Fraction(600) / Fraction(times[-1]).limit_denominator(1000))) == rate


def test_dropped_frames_do_not_change_the_rate() -> None:
    kept = np.delete(np.arange(300), np.arange(5, 300, 9))
    scene = scene_at(kept / 30, Fraction(len(kept), 10))
    assert usual_rate(scene) == 30
    assert time_gaps(scene).dropped == 33


def test_two_rates_in_one_video_give_the_more_frequent() -> None:
    """A phone that exposes longer in the dark."""
    steps = np.append(np.full(200, 1 / 30), np.full(100, 1 / 24))
    assert usual_rate(scene_at(np.append(0, np.cumsum(steps)), Fraction(28))) == 30


def test_jitter_keeps_the_average() -> None:
    times = even(121, 30)
    times[1:-1] += np.random.default_rng(2).uniform(-0.01, 0.01, 119)
    assert usual_rate(scene_at(times)) == 30


def test_rate_that_no_camera_has() -> None:
    times = even(60, 37)
    times[30:] += 2
    assert usual_rate(scene_at(times, 17)) == 37


def test_steps_in_which_nobody_is_do_not_count() -> None:
    assert usual_rate(scene_at(np.array([0.0, 3.0]), 30, np.array([0, 90]))) == 30


def paused() -> Scene:
    """30 frames, 4 seconds without pictures, 30 frames; the file states 10 frames a second."""
    times = even(60, 30)
    times[30:] += 4
    return scene_of(embodied(wander(60), times=times), fps=Fraction(10))


def test_pause_is_blank_in_trc(tmp_path: Path) -> None:
    (path,) = export(paused(), tmp_path / "out.trc")
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    assert lines[2][:3] == ["30.000000", "30.000000", "180"]
    blank = [int(line[0]) - 1 for line in lines[6:] if line[2] == ""]
    assert blank == list(range(30, 150))


def test_pause_is_held_in_bvh_and_amass(tmp_path: Path) -> None:
    scene = paused()
    clip = read_bvh(export(scene, tmp_path / "out.bvh")[0].read_text())
    assert (len(clip.values), clip.frame_time) == (180, pytest.approx(1 / 30, abs=1e-9))
    assert (clip.values[30:150] == clip.values[29]).all()
    content = np.load(export(scene, tmp_path / "out.amass.npz")[0])
    assert (content["trans"].shape, float(content["mocap_framerate"])) == ((180, 3), 30)
    assert (content["poses"][30:150] == content["poses"][29]).all()
    assert (content["poses"][150] != content["poses"][149]).any()


def test_pauses_are_told() -> None:
    gaps = time_gaps(paused())
    assert gaps.dropped == 0
    assert gaps.pauses == pytest.approx((4 + 1 / 30,))


def test_video_with_a_picture_every_two_seconds_has_no_pauses() -> None:
    assert time_gaps(scene_at(np.arange(10) * 2.0, Fraction(1, 2))).pauses == ()


def test_rows_go_on_to_the_end_of_the_video(tmp_path: Path) -> None:
    scene = replace(scene_of(embodied(wander(30))), frame_count=75)
    assert len(read_bvh(export(scene, tmp_path / "out.bvh")[0].read_text()).values) == 75


@pytest.mark.parametrize("suffix", ["bvh", "trc", "amass.npz"])
def test_pause_of_hours_is_refused(suffix: str, tmp_path: Path) -> None:
    times = even(60, 30)
    times[30:] += 6 * 3600
    with pytest.raises(InputError, match=r"walk.mp4 reaches over 648060 rows at 30 frames/s.*at most 500000; cut the"):
        export(scene_of(embodied(wander(60), times=times)), tmp_path / f"out.{suffix}")
    assert not list(tmp_path.iterdir())
