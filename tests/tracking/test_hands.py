"""Which hand was found: left hands and right ones that are mirrored in depth look the same."""

import numpy as np
import pytest

from vidmotion.body.hand_pose import finger_rotations, hand_at_rest, palm_rotation
from vidmotion.detectors.hand_face_networks import FoundHand
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.tracking.hands import hand_of_side

TURNED = axis_angle_to_matrix(np.array([0.9, 0.2, 0.3]))


def found(rightness: float, presence: float = 0.9) -> FoundHand:
    """A left hand with straight fingers, turned, as it is."""
    return FoundHand(np.zeros((21, 2)), hand_at_rest(0, 0.18) @ TURNED.T, presence, rightness)


def test_a_hand_of_this_side_stays_as_it_is() -> None:
    left = found(0.2)
    assert hand_of_side(left, 0) is left


def test_a_hand_taken_for_one_of_the_other_side_is_mirrored_in_depth() -> None:
    left = found(0.2)
    right = hand_of_side(left, 1)
    assert right is not None
    np.testing.assert_allclose(right.points, left.points * [1, 1, -1])
    # It is a right hand with straight fingers.
    assert palm_rotation(right.points[None], 1)[0] @ hand_at_rest(1, 0.18).T == pytest.approx(right.points.T, abs=1e-9)
    np.testing.assert_allclose(finger_rotations(right.points[None], 1), 0, atol=1e-6)


@pytest.mark.parametrize(("rightness", "presence", "side"), [(0.95, 0.9, 0), (0.05, 0.9, 1), (0.1, 0.4, 0)])
def test_a_hand_surely_of_the_other_side_or_none_is_refused(rightness: float, presence: float, side: int) -> None:
    assert hand_of_side(found(rightness, presence), side) is None
