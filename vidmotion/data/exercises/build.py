"""The lengths of a body that postures are made for. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.body.model import SMPL_JOINTS, RestBody
from vidmotion.data.exercises.posture import vector
from vidmotion.types import Floats

SIDES = ("left", "right")
SPINE = ("spine1", "spine2", "spine3")
COLLAR = 0.35
"""Share of an arm's elevation above the shoulder that the collar bone takes."""
_BALL = 0.02
"""Metres of the ball of the foot above the floor."""


@dataclass(frozen=True, eq=False)
class Build:
    """The lengths of a body in metres. Axes of offsets, for somebody who stands: x to the left, y up, z forwards."""

    hip: float
    """From the middle between the hips to a hip joint."""
    thigh: float
    shin: float
    ankle: float
    """Height of the ankle of a foot that stands flat."""
    foot: float
    """From the ankle forwards to the ball of the foot."""
    pelvis: Floats
    """(3,) from the middle between the hips to SMPL's pelvis."""
    spine: Floats
    """(3, 3) from the pelvis to the lowest joint of the spine, and from each of these to the next."""
    collars: Floats
    """(2, 3) from the highest joint of the spine to the left and the right collar bone."""
    clavicles: Floats
    """(2, 3) from there to the shoulders."""
    trunk: float
    """Height of the shoulders above the hips of somebody upright."""
    shoulder: float
    """From the middle to a shoulder."""
    upper_arm: float
    forearm: float

    @property
    def leg(self) -> float:
        """From hip to ankle."""
        return self.thigh + self.shin

    @property
    def arm(self) -> float:
        """From shoulder to wrist."""
        return self.upper_arm + self.forearm

    @property
    def overhead(self) -> float:
        """From the hips to the wrists of arms that are stretched overhead."""
        raised = np.sin(COLLAR * np.pi / 2) * float(np.linalg.norm(self.clavicles[0]))
        return self.trunk + raised + 0.98 * self.arm

    @classmethod
    def of(cls, body: RestBody) -> Build:
        """The build of a body at rest."""
        at = dict(zip(SMPL_JOINTS, body.joints, strict=False))

        def length(start: str, end: str) -> float:
            return float(np.linalg.norm(at[f"left_{end}"] - at[f"left_{start}"]))

        middle = (at["left_hip"] + at["right_hip"]) / 2
        below = ("pelvis", *SPINE)
        return cls(
            hip=float(at["left_hip"][0] - middle[0]),
            thigh=length("hip", "knee"),
            shin=length("knee", "ankle"),
            ankle=float(at["left_ankle"][1] - body.vertices[:, 1].min()),
            foot=float(at["left_foot"][2] - at["left_ankle"][2]),
            pelvis=at["pelvis"] - middle,
            spine=np.stack([at[end] - at[start] for start, end in zip(below, SPINE, strict=False)]),
            collars=np.stack([at[f"{side}_collar"] - at["spine3"] for side in SIDES]),
            clavicles=np.stack([at[f"{side}_shoulder"] - at[f"{side}_collar"] for side in SIDES]),
            trunk=float(at["left_shoulder"][1] - middle[1]),
            shoulder=float(at["left_shoulder"][0] - middle[0]),
            upper_arm=length("shoulder", "elbow"),
            forearm=length("elbow", "wrist"),
        )

    def heel_raised(self, angle: float) -> Floats:
        """(3,) metres by which an ankle moves when the foot turns by `angle` radians around its ball, toes down."""
        above, sine, cosine = self.ankle - _BALL, np.sin(angle), np.cos(angle)
        return vector(y=self.foot * sine - above * (1 - cosine), z=self.foot * (1 - cosine) + above * sine)
