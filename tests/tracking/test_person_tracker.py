"""Detection and tracking together, with a detector that returns what the test prepares."""

from fractions import Fraction

import numpy as np

from vidmotion.detectors.base import Detection, Picture
from vidmotion.tracking import PersonTracker

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
