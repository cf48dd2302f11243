"""Detection and tracking together, with a detector that returns what the test prepares."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from vidmotion.detectors.base import Detection, Picture
from vidmotion.tracking import PersonTracker
from vidmotion.types import Track

RATE = Fraction(30000, 1001)
BODY = np.random.default_rng(3).uniform((20, 10), (60, 90), (17, 2)).astype(np.float32)
RED, BLUE = (200, 30, 30), (30, 30, 200)


class FakeDetector:
    """One person who always stands at the same place; keeps what it is called with."""

    name, skeleton, licence = "fake", "h36m17", "none"

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.indices: list[int] = []

    def reset(self, rate: float) -> None:
        self.rates.append(rate)

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        self.indices.append(index)
        box = np.concatenate([BODY.min(0), BODY.max(0)])
        return [Detection(BODY, np.full(17, 0.8, np.float32), box)]


def picture(color: tuple[int, int, int]) -> Picture:
    return np.full((100, 80, 3), color, np.uint8)


def test_resets_the_detector_and_passes_frames_on() -> None:
    detector = FakeDetector()
    people = PersonTracker(detector, RATE)
    for index in range(3, 33):
        people.update(picture(RED), index, float(index / RATE))
    (track,) = people.finish()
    assert detector.rates == [float(RATE)]
    assert detector.indices == track.frames.tolist() == list(range(3, 33))
    np.testing.assert_allclose(track.times, np.arange(3, 33) / float(RATE))
    np.testing.assert_array_equal(track.keypoints.xy, np.broadcast_to(BODY, (30, 17, 2)))


def test_measures_appearance() -> None:
    people = PersonTracker(FakeDetector(), Fraction(30))
    for index in range(60):
        people.update(picture(RED), index, index / 30)
    # After a second without frames somebody at the same place in other colors is somebody else.
    for index in range(90, 150):
        people.update(picture(BLUE), index, index / 30)
    assert [len(track) for track in people.finish()] == [60, 60]


def test_in_view_and_forget() -> None:
    people = PersonTracker(FakeDetector(), Fraction(30))
    for index in range(60):
        people.update(picture(RED), index, index / 30)
    people.forget(1.5)
    (track,) = people.in_view()
    assert track.frames.tolist() == list(range(45, 60))


def room(seed: int) -> Picture:
    """A picture of colored tiles that looks like that of no other seed."""
    tiles = np.random.default_rng(seed).integers(0, 255, (10, 8, 3)).astype(np.uint8)
    return tiles.repeat(10, 0).repeat(10, 1)


def test_nobody_is_followed_across_a_cut() -> None:
    detector = FakeDetector()
    people = PersonTracker(detector, RATE)
    for index in range(90):
        people.update(room(index // 45), index, float(index / RATE))
    assert people.cuts == (45,)
    assert detector.rates == [float(RATE)] * 2
    assert [(one.id, one.frames[0], one.frames[-1], len(one)) for one in people.finish()] == [
        (0, 0, 44, 45),
        (1, 45, 89, 45),
    ]


def test_a_flash_ends_no_track() -> None:
    people = PersonTracker(FakeDetector(), Fraction(30))
    for index in range(60):
        people.update(room(1 if index in {30, 31} else 0), index, index / 30)
    assert people.cuts == ()
    (track,) = people.finish()
    assert track.frames.tolist() == list(range(60))
    assert np.flatnonzero(~track.observed).tolist() == [30, 31]


def test_ids_in_view_are_new_after_a_cut_and_kept_after_a_flash() -> None:
    people, ids = PersonTracker(FakeDetector(), Fraction(30)), []
    for index in range(120):
        people.update(room(2 if index in {30, 31} else index // 60), index, index / 30)
        people.forget(index / 30 - 0.5)
        ids.append([track.id for track in people.in_view()])
    assert (ids[29], ids[30], ids[32], ids[59], ids[60], ids[119]) == ([0], [], [0], [0], [], [1])
    assert len(people.finish()) == 1


class Walker(FakeDetector):
    """One person who goes to the right by a pixel a frame; in some frames not seen."""

    def __init__(self, hidden: range = range(0)) -> None:
        super().__init__()
        self.hidden = hidden

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        (found,) = super().detect(rgb, index)
        shift = np.float32(index)
        return [] if index in self.hidden else [replace(found, xy=found.xy + np.array([shift, 0]), box=found.box)]


def walked(detector: Walker, rate: Fraction, count: int, **arguments: bool) -> list[Track]:
    people = PersonTracker(detector, rate, **arguments)
    for index in range(count):
        people.update(picture(RED), index, float(index / rate))
    return people.finish()


@pytest.mark.parametrize(("rate", "step"), [(30, 1), (48, 1), (50, 2), (Fraction(60000, 1001), 2), (120, 4), (240, 9)])
def test_of_a_high_frame_rate_some_frames_are_enough(rate: int | Fraction, step: int) -> None:
    detector, rate = Walker(), Fraction(rate)
    (track,) = walked(detector, rate, 101, every_frame=False)
    assert detector.indices == sorted({*range(0, 101, step), 100})
    assert detector.rates == [float(rate) / step]
    assert track.frames.tolist() == list(range(101))
    assert track.observed.all()
    expected = BODY + np.stack([np.arange(101), np.zeros(101)], 1)[:, None]
    np.testing.assert_allclose(track.keypoints.xy, expected, atol=1e-4)
    np.testing.assert_allclose(track.keypoints.score, 0.8, atol=1e-6)


def test_every_frame_of_a_high_frame_rate() -> None:
    detector = Walker()
    walked(detector, Fraction(120), 60, every_frame=True)
    assert detector.indices == list(range(60))


def test_skipped_frames_of_a_gap_are_not_observed() -> None:
    (track,) = walked(Walker(range(41, 60)), Fraction(60), 121, every_frame=False)
    assert track.frames.tolist() == list(range(121))
    assert np.flatnonzero(~track.observed).tolist() == list(range(41, 60))


def test_somebody_seen_in_skipped_frames_too_is_seen_for_long_enough() -> None:
    """Half a second is enough to be a track, however many frames of it are skipped."""
    assert len(walked(Walker(range(62, 200)), Fraction(120), 200, every_frame=False)) == 1
    assert walked(Walker(range(50, 200)), Fraction(120), 200, every_frame=False) == []


def test_the_last_frame_before_a_cut_is_not_skipped() -> None:
    detector = FakeDetector()
    people = PersonTracker(detector, Fraction(60), every_frame=False)
    for index in range(180):
        people.update(room(index // 90), index, index / 60)
    tracks = people.finish()
    assert people.cuts == (90,)
    assert {89, 90, 179} <= set(detector.indices)
    assert [track.frames.tolist() for track in tracks] == [list(range(90)), list(range(90, 180))]
