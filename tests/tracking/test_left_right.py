"""Left and right by time: exact walkers whose sides are exchanged for known frames."""

from fractions import Fraction

import numpy as np
import pytest

from vidmotion.detectors.base import Detection
from vidmotion.skeletons import SKELETONS, by_name
from vidmotion.tracking.left_right import exchange, find_exchanged_sides
from vidmotion.tracking.tracker import Tracker
from vidmotion.types import Bools, Floats

_HEIGHTS = {"shoulder": 0.82, "elbow": 0.63, "wrist": 0.48, "hip": 0.52, "knee": 0.28, "ankle": 0.04, "ear": 0.94,
            "eye": 0.95, "heel": 0.0, "foot_index": 0.0, "big_toe": 0.0, "small_toe": 0.0}  # fmt: skip
_SWING = {"elbow": -0.05, "wrist": -0.12, "knee": 0.1, "ankle": 0.2, "heel": 0.2, "foot_index": 0.2}


def walker(skeleton: str, times: Floats, heading: Floats) -> Floats:
    """(T, J, 2) points of a person 400 pixels tall who walks at one step a second; heading (T,) 0 is to the camera."""
    joints = by_name(skeleton).joints
    xy = np.zeros((len(times), len(joints), 2))
    for index, name in enumerate(joints):
        side = 1 if "left" in name else -1 if "right" in name else 0
        part = name.removeprefix("left_").removeprefix("right_")
        swing = side * _SWING.get(part, 0.0) * np.sin(np.pi * times)
        wide = side * (0.04 if part in ("ear", "eye") else 0.11)
        xy[:, index, 0] = 600 + 400 * (wide * np.cos(heading) + swing * np.sin(heading))
        xy[:, index, 1] = 500 - 400 * (_HEIGHTS.get(part, 0.9) + 0.02 * side * np.sin(heading))
    return xy


def clock(seconds: float, fps: float = 30) -> Floats:
    return np.arange(round(seconds * fps)) / fps


def known(count: int, *stretches: tuple[int, int, int]) -> Bools:
    """(T, 2) exchanged in stretches: first frame, frame after the last, group."""
    result = np.zeros((count, 2), bool)
    for start, stop, group in stretches:
        result[start:stop, group] = True
    return result


def decide(xy: Floats, times: Floats, skeleton: str = "blazepose33") -> Bools:
    return find_exchanged_sides(xy, np.full(xy.shape[:2], 0.9), times, skeleton).exchanged


def follow(xy: Floats, times: Floats, skeleton: str, fps: Fraction = Fraction(30)) -> Tracker:
    tracker = Tracker(fps, skeleton)
    for index, (time, points) in enumerate(zip(times, xy, strict=True)):
        box = np.concatenate([points.min(0), points.max(0)])
        tracker.update(index, time, [Detection(points, np.full(len(points), 0.9), box)])
    return tracker


@pytest.mark.parametrize("skeleton", SKELETONS)
@pytest.mark.parametrize("heading", [0.3, 1.2])
def test_finds_short_and_long_exchanges_in_every_skeleton(skeleton: str, heading: float) -> None:
    times = clock(4)
    truth = known(120, (10, 11, 0), (10, 11, 1), (40, 43, 1), (60, 100, 0), (60, 100, 1))
    xy = exchange(walker(skeleton, times, np.full(120, heading)), truth, skeleton)
    np.testing.assert_array_equal(decide(xy, times, skeleton), truth)


@pytest.mark.parametrize("fps", [10, 30, 120])
def test_leaves_a_walker_and_a_turning_person_alone(fps: float) -> None:
    times = clock(6, fps)
    for heading in (np.full(len(times), np.pi / 2), np.full(len(times), 0.8), times * 1.5):
        assert not decide(walker("coco17", times, heading), times, "coco17").any()


def test_finds_exchanges_of_a_person_who_turns() -> None:
    times = clock(6)
    truth = known(180, (20, 50, 0), (20, 50, 1), (100, 104, 1))
    xy = exchange(walker("halpe26", times, times), truth, "halpe26")
    np.testing.assert_array_equal(decide(xy, times, "halpe26"), truth)


def test_a_track_that_starts_exchanged() -> None:
    times = clock(3)
    truth = known(90, (0, 30, 0), (0, 30, 1))
    xy = exchange(walker("blazepose33", times, np.full(90, 0.4)), truth, "blazepose33")
    np.testing.assert_array_equal(decide(xy, times), truth)


def test_the_face_decides_over_the_majority() -> None:
    times = clock(3)
    truth = known(90, (0, 60, 0), (0, 60, 1))
    xy = exchange(walker("blazepose33", times, np.full(90, 0.0)), truth, "blazepose33")
    np.testing.assert_array_equal(decide(xy, times), truth)


def test_sides_before_a_long_gap_do_not_matter_after_it() -> None:
    times = np.concatenate([clock(2), 7 + clock(2)])
    xy = walker("coco17", times, np.where(times < 4, 0.3, 0.3 + np.pi))
    assert not decide(xy, times, "coco17").any()


def test_frames_that_are_left_out_count_by_their_costs() -> None:
    times = clock(3)
    truth = known(90, (40, 90, 0), (40, 90, 1))
    xy, score = walker("coco17", times, np.full(90, 0.3)), np.full((90, 17), 0.9)
    xy[:, :5] = score[:, :5] = 0  # no face
    xy = exchange(xy, truth, "coco17")
    early = find_exchanged_sides(xy[:61], score[:61], times[:61], "coco17")
    late = find_exchanged_sides(xy[60:70], score[60:70], times[60:70], "coco17", early.costs[60])
    np.testing.assert_array_equal(late.exchanged, truth[60:70])
    assert not find_exchanged_sides(xy[60:70], score[60:70], times[60:70], "coco17").exchanged.any()


def test_points_that_are_missing_or_not_finite_do_not_count() -> None:
    times = clock(2)
    truth = known(60, (20, 40, 0), (20, 40, 1))
    xy = exchange(walker("coco17", times, np.full(60, 0.3)), truth, "coco17")
    score = np.full(xy.shape[:2], 0.9)
    score[::2, 9] = score[::3, 16] = 0
    xy[score == 0] = np.nan
    np.testing.assert_array_equal(find_exchanged_sides(xy, score, times, "coco17").exchanged, truth)
    assert not find_exchanged_sides(xy, np.zeros_like(score), times, "coco17").exchanged.any()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_frames_stay_as_they_are(count: int) -> None:
    times = clock(1)[:count]
    found = decide(walker("coco17", times, np.zeros(count)), times, "coco17")
    assert found.shape == (count, 2)
    assert not found.any()


def test_feet_and_hands_move_with_their_limbs_and_the_face_stays() -> None:
    joints = by_name("blazepose33").joints
    values = np.arange(33.0)[None]
    changed = exchange(np.repeat(values, 2, 0), np.array([[True, False], [False, True]]), "blazepose33")
    moved = [{joints[index] for index in np.flatnonzero(row != values[0])} for row in changed]
    arms, legs = (
        ("shoulder", "elbow", "wrist", "pinky", "index", "thumb"),
        ("hip", "knee", "ankle", "heel", "foot_index"),
    )
    assert moved[0] == {f"{side}_{part}" for side in ("left", "right") for part in arms}
    assert moved[1] == {f"{side}_{part}" for side in ("left", "right") for part in legs}
    assert changed[0, joints.index("left_wrist")] == joints.index("right_wrist")


def test_tracks_have_their_sides_corrected() -> None:
    times = clock(3)
    exact = walker("blazepose33", times, np.full(90, 0.5))
    xy = exchange(exact, known(90, (30, 50, 0), (30, 50, 1)), "blazepose33")
    (track,) = follow(xy, times, "blazepose33").finish()
    np.testing.assert_allclose(track.keypoints.xy, exact, atol=1e-3)


def test_live_tracks_stay_corrected_beyond_their_window() -> None:
    times = clock(5)
    exact = walker("coco17", times, np.full(150, 0.2))
    xy = exchange(exact, known(150, (40, 110, 1)), "coco17")
    tracker = Tracker(Fraction(30), "coco17")
    for index, (time, points) in enumerate(zip(times, xy, strict=True)):
        box = np.concatenate([points.min(0), points.max(0)])
        tracker.update(index, time, [Detection(points, np.full(17, 0.9), box)])
        tracker.forget(time - 1.0)
        for track in tracker.in_view():
            np.testing.assert_allclose(track.keypoints.xy[-1], exact[index], atol=1e-3)
