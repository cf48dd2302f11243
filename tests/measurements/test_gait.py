"""Gait: a walker whose steps are known, and what is no walk."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.io.scene.scenes import person_of
from vidmotion.measurements.gait import find_gait, walking
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats, Motion, Track

RATE = 50.0
STRIDE_SECONDS, SPEED = 1.2, 1.1
STANCE = 0.6
"""Share of the stride."""


def ankle(seconds: Floats, delay: float) -> Floats:
    """(T,) metres walked by a foot that stands for 60 % of a stride, and then moves on by a stride."""
    cycle = seconds / STRIDE_SECONDS - delay
    swing = np.clip((cycle % 1 - STANCE) / (1 - STANCE), 0, 1)
    return (np.floor(cycle) + delay + swing) * STRIDE_SECONDS * SPEED


def walker(seconds: float, speed: float = SPEED, right_delay: float = 0.5) -> tuple[Motion, Track]:
    """A person who walks along X; the left foot strikes at 0, the right one `right_delay` strides later."""
    times = np.arange(round(seconds * RATE)) / RATE
    joints = np.zeros((len(times), 17, 3))
    joints[..., 1] = 1.0
    # At mid-stance, the hips are above the foot.
    joints[..., 0] = (times * speed)[:, None] - 0.3 * STRIDE_SECONDS * speed
    if speed:
        for side, delay in (("left", 0.0), ("right", right_delay)):
            joints[:, H36M17.joints.index(f"{side}_ankle"), 0] = ankle(times, delay)
            joints[:, H36M17.joints.index(f"{side}_ankle"), 1] = 0.08
    person = person_of(joints, fps=RATE)
    assert person.motion
    return person.motion, person.track


def test_steps_and_strides_of_a_known_walk() -> None:
    gait = find_gait(*walker(6.2))
    assert gait
    assert [step.side for step in gait.steps][:3] == ["left", "right", "left"]
    assert len(gait.steps) == 8
    assert np.mean([step.seconds for step in gait.steps]) == pytest.approx(0.6, abs=0.01)
    assert [step.length for step in gait.steps] == pytest.approx([0.66] * 8, abs=0.01)
    assert len(gait.strides) == 7
    for stride in gait.strides:
        assert stride.seconds == pytest.approx(1.2, abs=0.021)
        assert stride.length == pytest.approx(1.32, abs=0.01)
        assert stride.stance / stride.seconds == pytest.approx(0.6, abs=0.05)
        assert stride.stance + stride.swing == pytest.approx(stride.seconds)
    assert gait.speed == pytest.approx(1.1, abs=0.01)


def test_a_limp_is_seen_in_the_times_of_the_steps() -> None:
    gait = find_gait(*walker(8, right_delay=0.4))
    assert gait
    seconds = {side: [step.seconds for step in gait.steps if step.side == side] for side in ("left", "right")}
    assert (np.mean(seconds["right"]), np.mean(seconds["left"])) == pytest.approx((0.48, 0.72), abs=0.02)


def test_who_stands_does_not_walk() -> None:
    motion, track = walker(4, speed=0.0)
    assert not walking(motion, track).any()
    assert find_gait(motion, track) is None


def test_no_step_reaches_across_a_gap() -> None:
    motion, track = walker(8)
    frames = np.where(np.arange(len(track)) < 200, track.frames, track.frames + 500)
    track = replace(track, frames=frames, times=frames / RATE)
    gait = find_gait(motion, track)
    assert gait
    assert max(step.seconds for step in gait.steps) < 0.7
    assert max(stride.seconds for stride in gait.strides) < 1.3
    assert gait.speed == pytest.approx(1.1, abs=0.02)


def test_jumps_with_both_feet_are_no_steps() -> None:
    assert find_gait(*walker(6, right_delay=0.0)) is None


def test_one_frame_is_no_walk() -> None:
    motion, track = walker(1 / RATE)
    assert find_gait(motion, track) is None


def test_the_sample_s_walk(sample_joints: Floats) -> None:
    """Two captured gait cycles of 1.1 s, repeated: every strike after the first is known."""
    person = person_of(sample_joints, fps=float(Fraction(30)))
    assert person.motion
    gait = find_gait(person.motion, person.track)
    assert gait
    assert len(gait.steps) == 15
    assert [stride.seconds for stride in gait.strides] == pytest.approx([1.1] * 14, abs=0.034)
    path = np.linalg.norm(np.diff(sample_joints[:, 0] * [1, 0, 1], axis=0), axis=-1).sum() / (269 / 30)
    assert gait.speed == pytest.approx(path, rel=0.03)
