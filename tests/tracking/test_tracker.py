"""Identities, gaps and durations, on people made of 17 points."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from vidmotion.detectors.base import Detection
from vidmotion.errors import InputError
from vidmotion.tracking import Tracker
from vidmotion.types import Track

BODY = np.random.default_rng(3).uniform((-40, -100), (40, 100), (17, 2))

Place = Callable[[float], tuple[float, float] | None]
"""Where somebody is at a time in seconds; None out of sight."""


def person(x: float, y: float, score: float = 0.8, scale: float = 1.0) -> Detection:
    xy = (BODY * scale + (x, y)).astype(np.float32)
    box = np.concatenate([xy.min(0), xy.max(0)])
    return Detection(xy, np.full(17, score, np.float32), box)


def follow(times: list[float], *places: Place, fps: Fraction = Fraction(30)) -> list[Track]:
    tracker = Tracker(fps, "h36m17")
    for index, time in enumerate(times):
        found = [place(time) for place in places]
        tracker.update(index, time, [person(*place) for place in found if place is not None])
    return tracker.finish()


def clock(seconds: float, fps: float = 30) -> list[float]:
    return [index / fps for index in range(round(seconds * fps))]


def middle(track: Track) -> np.ndarray:
    return track.keypoints.xy.mean(1) - BODY.mean(0)


def test_one_person_all_the_way() -> None:
    (track,) = follow(clock(2), lambda t: (100 + 50 * t, 300))
    assert track.id == 0
    assert track.frames.tolist() == list(range(60))
    assert track.observed.all()
    assert track.keypoints.skeleton == "h36m17"
    np.testing.assert_allclose(middle(track)[:, 0], 100 + 50 * track.times, atol=1e-3)
    np.testing.assert_array_equal(track.keypoints.score, np.float32(0.8))


@pytest.mark.parametrize("fps", [5, 30, 120])
def test_crossing_keeps_identities(fps: int) -> None:
    left, right = follow(clock(4, fps), lambda t: (200 * t, 300), lambda t: (800 - 200 * t, 330), fps=Fraction(fps))
    np.testing.assert_allclose(middle(left)[:, 0], 200 * left.times, atol=1e-3)
    np.testing.assert_allclose(middle(right)[:, 0], 800 - 200 * right.times, atol=1e-3)


def test_crossing_with_one_hidden_keeps_identities() -> None:
    front, back = follow(clock(4), lambda t: (200 * t, 300), lambda t: None if 1.7 < t < 2.3 else (800 - 200 * t, 330))
    assert front.observed.all()
    np.testing.assert_allclose(middle(back)[:, 0], 800 - 200 * back.times, atol=1e-2)
    assert 15 <= (~back.observed).sum() <= 18


def test_half_a_second_out_of_sight_is_filled_and_marked() -> None:
    (track,) = follow(clock(3), lambda t: None if 1 <= t < 1.5 else (100 * t, 300 - 20 * t))
    hidden = (track.times >= 1) & (track.times < 1.5)
    assert track.frames.tolist() == list(range(90))
    np.testing.assert_array_equal(track.observed, ~hidden)
    np.testing.assert_allclose(middle(track)[:, 0], 100 * track.times, atol=1e-3)
    np.testing.assert_allclose(track.keypoints.score[hidden], 0.08, atol=1e-6)
    np.testing.assert_allclose(track.keypoints.score[~hidden], 0.8)


def test_three_seconds_out_of_sight_leave_a_jump() -> None:
    (track,) = follow(clock(8), lambda t: None if 4 <= t < 7 else (100, 300))
    assert track.frames.tolist() == [*range(120), *range(210, 240)]
    assert track.observed.all()
    assert track.times[120] == 7.0


def test_a_gap_of_a_second_is_not_filled() -> None:
    (track,) = follow(clock(6), lambda t: None if 2 < t < 3 else (100, 300))
    assert track.frames.tolist() == [*range(61), *range(90, 180)]


def test_after_long_absence_somebody_is_new() -> None:
    tracks = follow(clock(12), lambda t: None if 5 <= t < 10 else (100, 300))
    assert [track.id for track in tracks] == [0, 1]
    assert [len(track) for track in tracks] == [150, 60]


def test_two_frames_a_second_are_enough() -> None:
    left, right = follow(clock(6, 2), lambda t: (100 + 20 * t, 300), lambda t: (500 - 20 * t, 330), fps=Fraction(2))
    assert (len(left), len(right)) == (12, 12)


def test_nobody_takes_two_people_of_a_frame() -> None:
    """The second of two people close to each other is somebody new, not the first one again."""
    one, two = follow(clock(2), lambda t: (100, 300), lambda t: (140, 300) if t >= 1 else None)
    assert (len(one), len(two)) == (60, 30)
    np.testing.assert_allclose(middle(one), [[100, 300]] * 60, atol=1e-3)


def test_brief_visitor_is_dropped() -> None:
    (track,) = follow(clock(3), lambda t: (100, 300) if 1 <= t < 1.3 else None, lambda t: (700, 300))
    assert track.id == 0
    assert len(track) == 90
    np.testing.assert_allclose(middle(track)[:, 0], 700, atol=1e-3)


@pytest.mark.parametrize("fps", [5, 30, 120])
def test_shortest_stay_is_in_seconds(fps: int) -> None:
    assert not follow(clock(4, fps), lambda t: (100, 300) if 1 <= t < 1.4 else None, fps=Fraction(fps))
    (track,) = follow(clock(4, fps), lambda t: (100, 300) if 1 <= t < 1.6 else None, fps=Fraction(fps))
    assert len(track) == round(0.6 * fps)


def test_numbers_follow_first_appearance() -> None:
    late, early = (lambda t: (100, 300) if t >= 1 else None), (lambda t: (700, 300))
    first, second = follow(clock(3), late, early)
    assert (first.id, int(first.frames[0])) == (0, 0)
    assert (second.id, int(second.frames[0])) == (1, 30)


def test_varying_frame_times() -> None:
    rng = np.random.default_rng(0)
    times = np.concatenate([[0], np.cumsum(rng.uniform(0.01, 0.1, 80))]).tolist()
    (track,) = follow(times, lambda t: None if 1 <= t < 1.7 else (150 * t, 300))
    assert track.frames.tolist() == list(range(81))
    assert track.times.tolist() == times
    np.testing.assert_allclose(middle(track)[:, 0], 150 * track.times, atol=1e-2)


@pytest.mark.parametrize("frames", [1, 3])
def test_very_short_video_keeps_its_person(frames: int) -> None:
    (track,) = follow(clock(frames / 30), lambda t: (100, 300))
    assert len(track) == frames


def test_a_wild_frame_is_replaced() -> None:
    """A pose that leaps away for one frame starts nobody new and is filled in."""
    (track,) = follow(clock(2), lambda t: (700, 900) if abs(t - 1) < 0.01 else (100, 300))
    assert len(track) == 60
    assert np.flatnonzero(~track.observed).tolist() == [30]
    np.testing.assert_allclose(middle(track), [[100, 300]] * 60, atol=1e-3)


def test_somebody_known_comes_before_somebody_new() -> None:
    """A ghost that springs up where somebody fell out of sight does not take over the rest of the way."""
    tracker = Tracker(Fraction(30), "h36m17")
    for index, time in enumerate(clock(2)):
        found = person(100 + 200 * time, 300)
        if 30 <= index < 34:
            found = person(100 + 200 * time, 300, scale=0.4)
        tracker.update(index, time, [found])
    (track,) = tracker.finish()
    assert track.frames.tolist() == list(range(60))
    assert np.flatnonzero(~track.observed).tolist() == [30, 31, 32, 33]


def test_a_missing_point_stays_missing_in_a_gap() -> None:
    tracker = Tracker(Fraction(30), "h36m17")
    for index, time in enumerate(clock(1)):
        detection = person(100, 300)
        if index < 10:
            detection.score[4] = 0
        tracker.update(index, time, [] if 10 <= index < 15 else [detection])
    (track,) = tracker.finish()
    assert (track.keypoints.score[:15, 4] == 0).all()
    assert (track.keypoints.score[:, 3] > 0).all()


def test_clip_that_starts_later() -> None:
    tracker = Tracker(Fraction(30), "h36m17")
    for index in range(300, 330):
        tracker.update(index, index / 30, [] if 310 <= index < 315 else [person(100, 300)])
    (track,) = tracker.finish()
    assert track.frames.tolist() == list(range(300, 330))


def test_nobody() -> None:
    assert Tracker(Fraction(30), "h36m17").finish() == []
    assert follow(clock(1), lambda t: None) == []


def test_unknown_skeleton() -> None:
    with pytest.raises(InputError, match="unknown skeleton 'ants'"):
        Tracker(Fraction(30), "ants")


def test_who_is_in_view_now_keeps_a_number_and_little_memory() -> None:
    """For hours of live video: what is old is forgotten, identities are not."""
    tracker, seen = Tracker(Fraction(30), "h36m17"), []
    for index, time in enumerate(clock(20)):
        second = [person(500, 300)] if 5 < time < 9 or time > 10 else []
        tracker.update(index, time, [person(100 + 10 * time, 300), *second])
        tracker.forget(time - 1.8)
        seen.append([(track.id, len(track)) for track in tracker.in_view()])
    assert seen[5] == []
    assert seen[30] == [(0, 31)]
    assert [number for number, _ in seen[200]] == [0, 1]
    assert [number for number, _ in seen[400]] == [0, 1]  # out of sight for a second
    assert max(length for now in seen for _, length in now) <= 1.8 * 30 + 1
    assert len(tracker._frames) < 70
