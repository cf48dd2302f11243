"""Expected errors of angles grow with those of their own joints, and say nothing where nothing is known."""

from dataclasses import replace

import numpy as np
import pytest

from tests.io.scene.scenes import embodied, wander
from vidmotion.body.angle_errors import ANGLE_JOINTS, expected_angle_errors
from vidmotion.body.joint_angles import ANGLES
from vidmotion.skeletons import H36M17


def test_an_angle_is_as_uncertain_as_its_joints() -> None:
    motion = embodied(wander(3)).motion
    assert motion is not None
    assert expected_angle_errors(motion) is None
    even = np.full((3, 17), 0.03 * motion.height)
    knee = even.copy()
    knee[1, H36M17.joints.index("left_ankle")] *= 4
    errors, worse = (expected_angle_errors(replace(motion, expected_error=each)) for each in (even, knee))
    assert errors is not None
    assert worse is not None
    assert tuple(errors) == ANGLES == tuple(ANGLE_JOINTS)
    assert worse["left_knee_flexion"] / errors["left_knee_flexion"] == pytest.approx([1, 2, 1])
    assert worse["right_knee_flexion"] == pytest.approx(errors["right_knee_flexion"])
    # Both sides are equally uncertain, and a larger person with the same shares as well.
    assert errors["left_elbow_flexion"] == pytest.approx(errors["right_elbow_flexion"])
    larger = replace(motion, expected_error=1.2 * even, height=1.2 * motion.height)
    assert expected_angle_errors(larger)["neck_rotation"] == pytest.approx(errors["neck_rotation"])  # type: ignore[index]
