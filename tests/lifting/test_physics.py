"""Contacts are told and held, nothing sinks below the floor, jumps follow gravity, smoothing keeps bones and time."""

from dataclasses import replace

import numpy as np
import pytest

from tests.io.scene.scenes import person_of, walk
from vidmotion.choices import Smoothing
from vidmotion.lifting.contacts import lasting
from vidmotion.lifting.flight import GRAVITY, MASS_SHARES, find_flights, follow_gravity
from vidmotion.lifting.holding import hold_contacts
from vidmotion.lifting.physics import make_plausible, smoothed
from vidmotion.skeletons import H36M17, RESTING_HEIGHTS
from vidmotion.types import CONTACT_PARTS

RATE, HEIGHT = 30.0, 1.7
LEFT, RIGHT = 6, 3


def standing(frames: int) -> np.ndarray:
    """(T, 17, 3) one pose with bent knees, whose feet are on the floor."""
    joints = np.repeat(walk(30)[:1], frames, axis=0)
    joints[..., 1] -= joints[:, [LEFT, RIGHT], 1].min() - HEIGHT * RESTING_HEIGHTS[LEFT]
    return joints


def touching(frames: int, *parts: str) -> np.ndarray:
    return np.tile([part in parts for part in CONTACT_PARTS], (frames, 1))


def test_a_foot_that_stands_touches_and_one_that_steps_does_not() -> None:
    joints = standing(60)
    joints[:, LEFT, 1] = joints[:, RIGHT, 1] = HEIGHT * RESTING_HEIGHTS[LEFT]
    joints[:, RIGHT, 2] += np.linspace(0, 4, 60)
    person = person_of(joints)
    assert person.motion
    contacts = make_plausible(person.motion, person.track, Smoothing.none)[1].touching
    assert contacts[:, CONTACT_PARTS.index("left_foot")].all()
    assert not contacts[:, CONTACT_PARTS.index("right_foot")].any()
    assert not contacts[:, CONTACT_PARTS.index("pelvis")].any()


def test_a_still_person_in_the_air_touches_nothing() -> None:
    person = person_of(standing(60) + np.array([0, 1.5, 0]))
    assert person.motion
    moved, contacts = make_plausible(person.motion, person.track, Smoothing.none)
    assert not contacts.touching.any()
    np.testing.assert_allclose(moved.joints, person.motion.joints, atol=1e-5)


def test_a_person_who_sits_rests_on_the_pelvis() -> None:
    joints = standing(90)
    joints[:, [2, 5]] = joints[:, [1, 4]] + [0, 0, 0.44]
    person = person_of(joints)
    assert person.motion
    contacts = make_plausible(person.motion, person.track, Smoothing.none)[1].touching
    assert contacts[:, CONTACT_PARTS.index("pelvis")].all()


def test_feet_that_touch_keep_their_places_and_bones_their_lengths() -> None:
    rng = np.random.default_rng(0)
    joints = standing(90) + 0.01 * np.cumsum(rng.normal(size=(90, 1, 3)), axis=0) * [0.3, 0.1, 0.3]
    held = hold_contacts(joints, touching(90, "left_foot", "right_foot"), HEIGHT, RATE)
    feet = [LEFT, RIGHT]
    before, after = (np.linalg.norm(np.diff(one[:, feet], axis=0), axis=-1).mean() for one in (joints, held))
    assert after < 0.02 * before
    np.testing.assert_allclose(H36M17.bone_lengths(held), H36M17.bone_lengths(joints), atol=1e-9)


def test_no_part_stays_below_the_floor() -> None:
    joints = standing(60) - [0, 0.06, 0]
    joints[:, 13, 1] = -0.05
    held = hold_contacts(joints, touching(60), HEIGHT, RATE)
    parts = [LEFT, RIGHT, 13, 16, 2, 5, 0]
    assert (held[:, parts, 1] >= HEIGHT * np.array(RESTING_HEIGHTS)[parts] - 0.01).all()


def jump(noise: float) -> tuple[np.ndarray, slice]:
    """A pose that leaves the floor for half a second, and when it does."""
    joints = standing(75)
    seconds = np.arange(-7, 9) / RATE
    joints[30:46, :, 1] += (GRAVITY / 2 * (0.3**2 - seconds**2))[:, None]
    return joints + np.random.default_rng(1).normal(0, noise, (75, 1, 3)), slice(30, 46)


def test_a_jump_falls_with_gravity() -> None:
    joints, air = jump(0.008)
    free = touching(75, "left_foot")
    free[air] = False
    flown = follow_gravity(joints, free, HEIGHT, RATE)
    (found,) = find_flights(joints, free, HEIGHT, RATE)
    center = (MASS_SHARES @ flown)[found, 1]
    assert len(center) >= 10
    np.testing.assert_allclose(RATE**2 * np.diff(center, 2)[3:-3], -GRAVITY, rtol=0.02)
    true = jump(0)[0]
    assert np.abs(flown - true)[found].mean() < 0.6 * np.abs(joints - true)[found].mean()


@pytest.mark.parametrize("joints", [walk(120), standing(90) + np.array([0, 2, 0])], ids=["walk", "hanging"])
def test_without_flight_nothing_is_changed(joints: np.ndarray) -> None:
    np.testing.assert_array_equal(follow_gravity(joints, touching(len(joints)), HEIGHT, RATE), joints)


def test_the_weights_of_the_center_of_mass_add_up() -> None:
    assert MASS_SHARES.sum() == pytest.approx(1)


def test_smoothing_has_no_lag_and_keeps_bones() -> None:
    joints = walk(90)
    joints[:, :, 0] += np.linspace(0, 3, 90)[:, None]
    for strength in (Smoothing.light, Smoothing.strong):
        smooth = smoothed(joints, RATE, strength)
        np.testing.assert_allclose(
            H36M17.bone_lengths(smooth), np.tile(np.median(H36M17.bone_lengths(joints), axis=0), (90, 1)), atol=1e-9
        )
        wrist, filtered = joints[10:-10, 13] - joints[10:-10, 11], smooth[10:-10, 13] - smooth[10:-10, 11]
        lags = [np.linalg.norm(wrist[5:-5] - np.roll(filtered, lag, axis=0)[5:-5]) for lag in range(-3, 4)]
        assert int(np.argmin(lags)) == 3
    np.testing.assert_array_equal(smoothed(joints, RATE, Smoothing.none), joints)


def test_legs_that_stand_stay_straight_where_the_feet_differ_in_height() -> None:
    """The left leg stands straight, 3 cm too low; the right one is bent, and its foot above the floor."""
    rest = HEIGHT * RESTING_HEIGHTS[LEFT]
    joints = standing(60)
    joints[:, [4, 5, 6]] = [[0.1, rest + 0.77, 0], [0.1, rest + 0.37, 0.05], [0.1, rest - 0.03, 0]]
    joints[:, [1, 2, 3]] = [[-0.1, rest + 0.77, 0], [-0.1, rest + 0.43, 0.22], [-0.1, rest + 0.03, 0]]
    held = hold_contacts(joints, touching(60, "left_foot", "right_foot"), HEIGHT, RATE)
    np.testing.assert_allclose(held[:, [LEFT, RIGHT], 1], joints[:, [LEFT, RIGHT], 1].clip(rest), atol=1e-3)
    assert knee(held).min() > knee(joints).min() - 0.5


def knee(joints: np.ndarray) -> np.ndarray:
    """(T,) degrees, the angle of the left knee."""
    thigh, shin = joints[:, 4] - joints[:, 5], joints[:, LEFT] - joints[:, 5]
    cosine = (thigh * shin).sum(1) / np.linalg.norm(thigh, axis=1) / np.linalg.norm(shin, axis=1)
    return np.asarray(np.degrees(np.arccos(cosine)))


def test_what_touches_or_not_at_the_ends_may_have_lasted_longer() -> None:
    lifted = np.array([False] * 3 + [True] * 24 + [False] * 3)
    assert (lasting(lifted[:, None], 4)[:, 0] == lifted).all()
    within = np.array([True] * 12 + [False] * 3 + [True] * 12)
    assert lasting(within[:, None], 4).all()


def test_a_pause_of_the_video_parts_what_is_before_from_what_follows() -> None:
    """The frame numbers go on while the recording pauses for a minute, and the person has moved meanwhile."""
    joints = standing(60)
    joints[30:, :, 0] += 1.0

    def plausible(joints: np.ndarray, times: np.ndarray) -> np.ndarray:
        person = person_of(joints)
        assert person.motion
        return make_plausible(person.motion, replace(person.track, times=times), Smoothing.strong)[0].joints

    times = np.arange(60) / RATE + np.repeat([0.0, 60.0], 30)
    parts = [plausible(joints[part], times[:30]) for part in (slice(0, 30), slice(30, 60))]
    np.testing.assert_allclose(plausible(joints, times), np.concatenate(parts), atol=1e-4)
