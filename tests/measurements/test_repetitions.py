"""Repetitions: counted on the angle that moves, whole ones only."""

import numpy as np
import pytest

from vidmotion.measurements.repetitions import COUNTED, Exercise, Repetition, find_exercise, joined
from vidmotion.measurements.turning_points import TurningPoint, turning_points
from vidmotion.types import Floats


def angles(times: Floats, **moving: Floats) -> dict[str, Floats]:
    """Slightly noisy angles, of which some move."""
    rng = np.random.default_rng(0)
    return {name: rng.normal(10, 1, len(times)) + moving.get(name, 0.0) for name in COUNTED}


def squats(times: Floats, count: float, period: float = 3.0) -> Floats:
    """Degrees of a knee: stands, bends to 100 degrees and straightens `count` times from second 1 on."""
    phase = np.clip((times - 1) / period, 0, count)
    return 50 * (1 - np.cos(2 * np.pi * phase))


@pytest.mark.parametrize("rate", [5, 30, 120])
def test_squats_are_counted(rate: int) -> None:
    times = np.arange(0, 20, 1 / rate)
    found = find_exercise(angles(times, left_knee_flexion=squats(times, 5)), times)
    assert found
    assert (found.angle, len(found.repetitions), found.unfinished) == ("left_knee_flexion", 5, False)
    for number, one in enumerate(found.repetitions):
        assert one.start == pytest.approx(1 + 3 * number, abs=0.6)
        assert one.end == pytest.approx(4 + 3 * number, abs=0.6)
        assert one.peak == pytest.approx(110, abs=6)


def test_one_that_does_not_end_is_not_counted() -> None:
    times = np.arange(0, 8.5, 1 / 30)
    found = find_exercise(angles(times, right_elbow_flexion=squats(times, 5)), times)
    assert found
    assert (found.angle, len(found.repetitions), found.unfinished) == ("right_elbow_flexion", 2, True)


def test_the_angle_that_moves_most_is_counted() -> None:
    times = np.arange(0, 14, 1 / 30)
    moving = {"trunk_flexion": squats(times, 4) / 2, "left_hip_flexion": squats(times, 4)}
    found = find_exercise(angles(times, **moving), times)
    assert found
    assert found.angle == "left_hip_flexion"


def test_what_is_no_exercise() -> None:
    times = np.arange(0, 20, 1 / 30)
    assert find_exercise(angles(times), times) is None
    assert find_exercise(angles(times, left_knee_flexion=squats(times, 1)), times) is None
    uneven = squats(times, 1, period=1.0) + squats(times - 4, 1, period=10.0)
    assert find_exercise(angles(times, left_knee_flexion=uneven), times) is None
    assert find_exercise(angles(times[:2]), times[:2]) is None


def test_turning_points_are_by_turns_and_far_apart() -> None:
    values = np.array([0, 1, 0.8, 3, 2.9, 1, 1.2, 2.5, 2.6, 0.0])
    assert turning_points(values, 1.5) == [
        TurningPoint(0, is_high=False), TurningPoint(3, is_high=True), TurningPoint(5, is_high=False),
        TurningPoint(8, is_high=True),
    ]  # fmt: skip
    assert turning_points(values, 5) == []


def test_repetitions_that_do_not_fully_straighten_have_times_of_their_own() -> None:
    times = np.arange(0, 8, 1 / 30)
    knee = np.interp(times, np.arange(1, 8), [10, 110, 45, 110, 45, 110, 10])
    found = find_exercise({name: knee if name == "left_knee_flexion" else 0 * times for name in COUNTED}, times)
    assert found
    assert [(one.start, one.end) for one in found.repetitions] == [
        pytest.approx((1.2, 3), abs=0.15),
        pytest.approx((3, 5), abs=0.1),
        pytest.approx((5, 6.8), abs=0.15),
    ]


def test_a_break_does_not_end_the_count() -> None:
    """Three squats, somebody in front, two squats, and one that the video cuts off."""
    before, after = (Repetition(start, start + 2.0, 100.0) for start in (1.0, 20.0))
    found = [
        Exercise("left_knee_flexion", (before,) * 3, False),
        Exercise("left_elbow_flexion", (after,) * 2, False),
        Exercise("left_knee_flexion", (after,) * 2, True),
    ]
    assert joined(found) == Exercise("left_knee_flexion", (before,) * 3 + (after,) * 2, True)
    assert joined([]) is None
