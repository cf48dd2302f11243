"""The appearance of people, and how it keeps identities apart."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from vidmotion.detectors.base import Detection
from vidmotion.skeletons import H36M17
from vidmotion.tracking import Tracker, with_appearance
from vidmotion.tracking.appearance import appearance_distance
from vidmotion.types import Track

RED, BLUE, GREEN = (200, 40, 40), (40, 40, 200), (30, 160, 60)
STANDING = {
    "shoulder": (20, -60), "hip": (12, 0), "knee": (12, 45), "ankle": (12, 90),
    "root": (0, 0), "spine": (0, -30), "thorax": (0, -60), "neck": (0, -75), "head": (0, -90),
    "elbow": (28, -30), "wrist": (30, 0),
}  # fmt: skip


def body(x: float, y: float, side: float = 1.0) -> Detection:
    points = []
    for name in H36M17.joints:
        sign = -1 if name.startswith("right_") else 1
        dx, dy = STANDING[name.removeprefix("left_").removeprefix("right_")]
        points.append((x + sign * side * dx, y + dy))
    xy = np.array(points, np.float32)
    return Detection(xy, np.full(17, 0.9, np.float32), np.concatenate([xy.min(0), xy.max(0)]))


def dressed(detection: Detection, shirt: tuple[int, int, int], trousers: tuple[int, int, int]) -> Detection:
    """The detection with the appearance of a picture whose upper and lower halves have one color each."""
    picture = np.zeros((600, 1000, 3), np.uint8)
    hips = int(detection.xy[H36M17.joints.index("root"), 1])
    picture[:hips], picture[hips:] = shirt, trousers
    (found,) = with_appearance(picture, [detection], "h36m17")
    return found


def difference(one: Detection, other: Detection) -> float | None:
    assert one.appearance is not None
    assert other.appearance is not None
    return appearance_distance(one.appearance, other.appearance)


def test_the_same_clothes_look_the_same_anywhere_and_from_the_side() -> None:
    here = dressed(body(200, 300), RED, BLUE)
    there = dressed(body(700, 250, side=0.2), RED, BLUE)
    assert difference(here, there) == pytest.approx(0, abs=1e-6)


def test_other_clothes_look_different() -> None:
    here = dressed(body(200, 300), RED, BLUE)
    shirt, both = dressed(body(200, 300), GREEN, BLUE), dressed(body(200, 300), GREEN, GREEN)
    one, two = difference(here, shirt), difference(here, both)
    assert one is not None
    assert two is not None
    assert 0.15 < one < two < 1


def test_what_is_not_seen_is_not_compared() -> None:
    here, there = dressed(body(200, 300), RED, BLUE), body(200, 300)
    there.score[[H36M17.joints.index(f"{side}_shoulder") for side in ("left", "right")]] = 0.1
    assert difference(here, dressed(there, GREEN, BLUE)) == pytest.approx(0, abs=1e-6)
    assert difference(here, dressed(body(-500, 300), RED, BLUE)) is None


Where = Callable[[float], tuple[float, float, bool] | None]
"""x, y and whether the colors are those of the first person, at a time in seconds; None out of sight."""

FIRST = dressed(body(500, 300), RED, BLUE).appearance
SECOND = dressed(body(500, 300), GREEN, RED).appearance


def follow(seconds: float, *people: Where, fps: int = 30) -> list[Track]:
    tracker = Tracker(Fraction(fps), "h36m17")
    for index in range(round(seconds * fps)):
        found = [person(index / fps) for person in people]
        bodies = [replace(body(x, y), appearance=FIRST if first else SECOND) for x, y, first in filter(None, found)]
        tracker.update(index, index / fps, bodies)
    return tracker.finish()


def root(track: Track, time: float) -> float:
    return float(track.keypoints.xy[np.searchsorted(track.times, time - 1e-6), 0, 0])


def test_who_turns_back_behind_a_wall_keeps_their_identity() -> None:
    """Both come out two seconds later where they went in; motion alone would have them pass each other."""

    def way(start: float, speed: float, first: bool) -> Where:
        def at(time: float) -> tuple[float, float, bool] | None:
            if 1.5 <= time < 3.5:
                return None
            return start + speed * (time if time < 1.5 else 5 - time), 300, first

        return at

    left, right = follow(5, way(200, 150, True), way(740, -150, False))
    assert root(left, 4.9) < 300
    assert root(right, 4.9) > 640


def test_who_comes_back_after_six_seconds_elsewhere_is_known_by_colors() -> None:
    def away(time: float) -> tuple[float, float, bool] | None:
        if 2 <= time < 8:
            return None
        return (100 if time < 2 else 900), 300, True

    (track,) = follow(10, away)
    assert (len(track), root(track, 9)) == (120, 900)


def test_somebody_else_at_the_same_place_is_new() -> None:
    def one(time: float) -> tuple[float, float, bool] | None:
        return None if 2 <= time < 3 else (400, 300, time < 2)

    assert [track.id for track in follow(5, one)] == [0, 1]


def test_a_detector_that_goes_on_with_the_wrong_person_is_corrected() -> None:
    """Two meet; what followed the first goes on with the second, who was lost, while the first is found again."""

    def followed(time: float) -> tuple[float, float, bool]:
        return (200 + 100 * time, 300, True) if time < 2 else (400 + 100 * (2 - time), 300, False)

    def lost(time: float) -> tuple[float, float, bool] | None:
        if time < 2:
            return None if time > 1.8 else (600 - 100 * time, 300, False)
        return None if time < 2.6 else (400 + 100 * (time - 2), 300, True)

    for fps in (10, 30):
        first, second = follow(4, followed, lost, fps=fps)
        assert root(first, 3.9) > 500
        assert root(second, 3.9) < 300
