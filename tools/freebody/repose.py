"""From MakeHuman's A-pose to the T-pose of SMPL's template, with MakeHuman's own rig and its full weights.

Angles are radians. "Outwards" is away from the plane of symmetry: +X on the left, -X on the right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.freebody.joints import SIDES, PosedRig, RigJoints, hip_center, knuckle
from tools.freebody.makehuman import Rig
from tools.freebody.surface import Surface
from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats

_X, _Y, _Z = np.eye(3)

CLAVICLE_LIFT, SCAPULA_LIFT = np.radians((9, 14))
"""The collar rises with the arm, and the shoulder blade a little more."""
UPPER_ARM, FOREARM, HAND = np.radians(((-3, -6), (2, 0), (-5, -8)))
"""Angles upwards and forwards, from straight outwards."""
FOREARM_TWIST = (0.25, 0.7)
"""Shares of the hand's roll that go to the two bones of the forearm."""
KNEE_OUTWARDS = np.radians(5)
"""From SMPL's hip to the knee."""
SHIN_OUTWARDS = np.radians(-1.5)
THIGH_BACK, SHIN_BACK = np.radians((1, 6))
HIP_SHARE = 0.6
"""Share of the thigh's rotation that goes to its upper bone."""
FOOT_OUTWARDS = np.radians(9)
THIGH_LENGTH = 0.95
"""From SMPL's hip to the knee, relative to MakeHuman's thigh."""
MAX_SINE = 0.3
"""Upper limit of a sine, for bodies of unusual proportions."""

MUSH_ROUNDS = 14
_MUSHED = (
    "clavicle", "shoulder", "upperarm", "lowerarm", "upperleg", "lowerleg", "spine", "pelvis", "breast", "root",
)  # fmt: skip
"""Bones whose skin gets delta mush after bending. Face, fingers and feet get none as they would lose detail."""
_MUSH_BORDER = 6
"""Rounds of smoothing at the border of that skin."""


def rotation(axis: Floats, angle: float) -> Floats:
    """(3, 3) the rotation about a unit axis (3,)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def rotation_between(start: Floats, end: Floats) -> Floats:
    """(3, 3) the smallest rotation that takes one direction (3,) to another."""
    start, end = unit(start), unit(end)
    axis = np.cross(start, end)
    sine = float(np.linalg.norm(axis))
    return np.eye(3) if sine < 1e-9 else rotation(axis / sine, float(np.arctan2(sine, start @ end)))


@dataclass(frozen=True, eq=False)
class Reposer:
    """Brings any of MakeHuman's bodies into the T-pose."""

    rig: Rig
    joints: RigJoints
    surface: Surface
    mush: Floats
    """(V,) strength of delta mush at each vertex."""

    def __call__(self, vertices: Floats) -> PosedRig:
        """The body (V, 3) in T-pose."""
        rotations, shifts = self._bone_motions(vertices)
        bent = np.einsum("vb,bij,vj->vi", self.rig.weights, rotations, vertices) + self.rig.weights @ shifts
        corrected = self.surface.delta_mush(vertices, bent, MUSH_ROUNDS, self.mush)
        heads = np.einsum("bij,bj->bi", rotations, self.joints.bone_heads(vertices)) + shifts
        knuckles = {}
        for side in SIDES:
            wrist = self.rig.index(f"wrist.{side}")
            knuckles[side] = rotations[wrist] @ knuckle(self.joints, vertices, side) + shifts[wrist]
        return PosedRig(corrected, dict(zip(self.rig.bones, heads, strict=True)), knuckles)

    def _bone_motions(self, vertices: Floats) -> tuple[Floats, Floats]:
        """(B, 3, 3) and (B, 3): point p of bone b goes to rotations[b] @ p + shifts[b]."""
        heads = self.joints.bone_heads(vertices)
        rotated: dict[str, Floats] = {}
        for side in SIDES:
            rotated |= arm_rotations(self.joints, vertices, side) | leg_rotations(self.joints, vertices, side)
        rotations = np.zeros((len(heads), 3, 3))
        shifts = np.zeros((len(heads), 3))
        for bone, parent in enumerate(self.rig.parents):
            inherited = rotations[parent] if parent >= 0 else np.eye(3)
            rotations[bone] = rotated.get(self.rig.bones[bone], inherited)
            shift = shifts[parent] if parent >= 0 else np.zeros(3)
            shifts[bone] = inherited @ heads[bone] + shift - rotations[bone] @ heads[bone]
        return rotations, shifts


def reposer_of(rig: Rig, joints: RigJoints, surface: Surface) -> Reposer:
    """A reposer for all bodies of a rig."""
    mushed = tuple(bone for bone in rig.bones if bone.startswith(_MUSHED))
    return Reposer(rig, joints, surface, surface.smooth(rig.share(mushed), _MUSH_BORDER).clip(0, 1))


def arm_rotations(joints: RigJoints, vertices: Floats, side: str) -> dict[str, Floats]:
    """The (3, 3) rotations of the bones of one arm, from the A-pose in world axes."""
    sign, letter = _side(side)
    outwards = sign * _X
    shoulder, elbow, hand, index, middle, little = (
        joints.at(vertices, f"{letter}-{name}")
        for name in ("shoulder", "elbow", "hand", "finger-2-1", "finger-3-1", "finger-5-1")
    )
    scapula = rotation(_Z, sign * SCAPULA_LIFT)
    upper = rotation_between(scapula @ (elbow - shoulder), _arm_direction(sign, *UPPER_ARM)) @ scapula
    fore = rotation_between(upper @ (hand - elbow), _arm_direction(sign, *FOREARM)) @ upper
    palm = rotation_between(fore @ (middle - hand), _arm_direction(sign, *HAND)) @ fore
    # The palm looks down where the line from the little finger to the index finger points forwards.
    across = palm @ (index - little)
    across[0] = 0
    roll = float(np.arctan2(np.cross(across, _Z) @ outwards, across @ _Z))
    return {
        f"clavicle.{side}": rotation(_Z, sign * CLAVICLE_LIFT),
        f"shoulder01.{side}": scapula,
        f"upperarm01.{side}": upper,
        f"upperarm02.{side}": upper,
        f"lowerarm01.{side}": rotation(outwards, roll * FOREARM_TWIST[0]) @ fore,
        f"lowerarm02.{side}": rotation(outwards, roll * FOREARM_TWIST[1]) @ fore,
        f"wrist.{side}": rotation(outwards, roll) @ palm,
    }


def leg_rotations(joints: RigJoints, vertices: Floats, side: str) -> dict[str, Floats]:
    """The (3, 3) rotations of the bones of one leg, from the A-pose in world axes."""
    sign, letter = _side(side)
    hip, knee, ankle = (joints.at(vertices, f"{letter}-{name}") for name in ("upper-leg", "knee", "ankle"))
    middle = 0.5 * (joints.at(vertices, "l-upper-leg") + joints.at(vertices, "r-upper-leg"))
    thigh, shin = knee - hip, ankle - knee
    # SMPL's hip lies nearer to the center; the angle of the thigh is measured from there.
    knee_x = abs(hip_center(middle, hip, knee)[0])
    knee_x += THIGH_LENGTH * np.linalg.norm(thigh) * np.sin(KNEE_OUTWARDS)
    sine = np.clip((knee_x - abs(hip[0])) / np.hypot(thigh[0], thigh[1]), -MAX_SINE, MAX_SINE)
    thigh_roll = float(np.arcsin(sine)) - _outwards(thigh, sign)
    shin_roll = SHIN_OUTWARDS - _outwards(shin, sign)
    in_front = rotation(_Z, sign * thigh_roll)
    thigh_swing = THIGH_BACK + _forwards(in_front @ thigh)
    shin_front = rotation(_Z, sign * shin_roll)
    shin_swing = SHIN_BACK + _forwards(shin_front @ shin)
    lower = rotation(_X, shin_swing) @ shin_front
    return {
        f"upperleg01.{side}": rotation(_X, HIP_SHARE * thigh_swing) @ rotation(_Z, sign * HIP_SHARE * thigh_roll),
        f"upperleg02.{side}": rotation(_X, thigh_swing) @ in_front,
        f"lowerleg01.{side}": lower,
        f"lowerleg02.{side}": lower,
        f"foot.{side}": rotation(_Y, sign * FOOT_OUTWARDS),
    }


def _side(side: str) -> tuple[int, str]:
    """The sign of X on a side, and the letter with which its cubes begin."""
    return (1 if side == "L" else -1), side.lower()


def _arm_direction(sign: int, up: float, forwards: float) -> Floats:
    return np.array([sign * np.cos(up) * np.cos(forwards), np.sin(up), np.cos(up) * np.sin(forwards)])


def _outwards(bone: Floats, sign: int) -> float:
    """The angle by which a hanging bone points outwards."""
    return float(np.arctan2(sign * bone[0], -bone[1]))


def _forwards(bone: Floats) -> float:
    """The angle by which a hanging bone points forwards."""
    return float(np.arctan2(bone[2], -bone[1]))
