"""Expected errors of joint angles, from those of the joints that they depend on.

An angle's expected error is proportional to the mean of its joints' expected errors, as shares of the height. The
factors were measured on footage of test subjects by `benchmarks/accuracy/expected_errors.py`. Numpy only.
"""

from __future__ import annotations

from vidmotion.body.joint_angles import ANGLES, SIDES
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats, Motion

_LIMB_JOINTS = {
    "hip_flexion": ("hip", "knee"),
    "hip_abduction": ("hip", "knee"),
    "hip_rotation": ("hip", "knee", "ankle"),
    "knee_flexion": ("hip", "knee", "ankle"),
    "ankle_dorsiflexion": ("knee", "ankle"),
    "shoulder_flexion": ("shoulder", "elbow"),
    "shoulder_abduction": ("shoulder", "elbow"),
    "shoulder_rotation": ("shoulder", "elbow", "wrist"),
    "shoulder_elevation": ("shoulder", "elbow"),
    "shoulder_elevation_plane": ("shoulder", "elbow"),
    "elbow_flexion": ("shoulder", "elbow", "wrist"),
}
_AXIAL_JOINTS = {
    "pelvis": ("right_hip", "left_hip", "spine"),
    "trunk": ("spine", "thorax", "right_shoulder", "left_shoulder"),
    "neck": ("thorax", "neck", "head"),
}
ANGLE_JOINTS: dict[str, tuple[str, ...]] = {
    name: _AXIAL_JOINTS[name.partition("_")[0]] for name in ANGLES if name.partition("_")[0] in _AXIAL_JOINTS
} | {
    f"{side}_{name}": tuple(f"{side}_{joint}" for joint in joints)
    for side in SIDES
    for name, joints in _LIMB_JOINTS.items()
}
"""The joints of h36m17 that each angle of `ANGLES` depends on."""
_FACTORS = {
    "pelvis_tilt": 314,
    "pelvis_list": 311,
    "pelvis_rotation": 567,
    "trunk_flexion": 348,
    "trunk_bending": 174,
    "trunk_rotation": 172,
    "neck_flexion": 337,
    "neck_bending": 137,
    "neck_rotation": 236,
    "hip_flexion": 309,
    "hip_abduction": 209,
    "hip_rotation": 200,
    "knee_flexion": 264,
    "ankle_dorsiflexion": 164,
    "shoulder_flexion": 402,
    "shoulder_abduction": 193,
    "shoulder_rotation": 330,
    "shoulder_elevation": 290,
    "shoulder_elevation_plane": 665,
    "elbow_flexion": 246,
}
"""Degrees for an expected error of the whole height; the same on both sides."""


def expected_angle_errors(motion: Motion) -> dict[str, Floats] | None:
    """Degrees (T,) by which each angle of `ANGLES` is expected to be wrong; None where the motion has no such errors.

    Raises:
        ValueError: another skeleton than h36m17.
    """
    if motion.skeleton != H36M17.name:
        raise ValueError(f"wanted the skeleton {H36M17.name}, received {motion.skeleton}")
    if motion.expected_error is None:
        return None
    shares = motion.expected_error / motion.height
    return {name: _factor(name) * shares[:, _rows(name)].mean(1) for name in ANGLES}


def _rows(name: str) -> list[int]:
    return [H36M17.joints.index(joint) for joint in ANGLE_JOINTS[name]]


def _factor(name: str) -> float:
    side, _, rest = name.partition("_")
    return _FACTORS[rest if side in SIDES else name]
