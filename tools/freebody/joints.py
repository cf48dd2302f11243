"""The joints of any of MakeHuman's bodies: those of its rig, and SMPL's 24 as fixed linear combinations of them.

MakeHuman marks joints with small cubes, but these do not follow the skin under the targets for height (the knee's is
63 mm off). So the main joints are taken from their cubes once, in the average body. In all other bodies they are
convex combinations of the skin around them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tools.freebody.makehuman import JOINT_PREFIX, BaseMesh, Rig
from tools.freebody.rings import Mean, Point, Ring, nearest, ring_around, slab
from tools.freebody.smpl import JOINTS
from tools.freebody.surface import vertex_ids
from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats, Ints

SIDES = ("L", "R")
"""Suffixes of the rig's bones; the cubes' names begin with the lower-case letter."""
_UP = np.array([0.0, 1.0, 0.0])
_KNUCKLE = "finger-3-1"
"""The cube at the base of the middle finger."""


@dataclass(frozen=True)
class Around:
    """Which skin vertices carry a joint: those near it that follow the given bones."""

    bones: tuple[str, ...]
    """"{}" stands for the side."""
    share: float
    """The least summed weight of these bones."""
    count: int = 0
    """Number of nearest vertices, used where `half` is 0."""
    half: float = 0.0
    """Metres: all vertices within this distance of a plane through the joint."""
    along: tuple[str, str] | None = None
    """The plane is perpendicular to the line between these joints; to the vertical axis where this is None."""


_LEG = ("upperleg01.{}", "upperleg02.{}", "lowerleg01.{}", "lowerleg02.{}", "foot.{}")
_ARM = ("upperarm01.{}", "upperarm02.{}", "lowerarm01.{}", "lowerarm02.{}", "wrist.{}", "shoulder01.{}")
_TRUNK = (
    "root", "pelvis.L", "pelvis.R", "spine05", "spine04", "spine03", "spine02", "spine01", "breast.L", "breast.R",
    "clavicle.L", "clavicle.R", "shoulder01.L", "shoulder01.R", "upperleg01.L", "upperleg01.R",
)  # fmt: skip
_LIMBS = {
    "knee": Around(_LEG, 0.5, half=0.035, along=("upper-leg", "ankle")),
    "ankle": Around(_LEG[2:], 0.3, count=160),
    "elbow": Around(_ARM, 0.4, half=0.035, along=("shoulder", "hand")),
    "shoulder": Around(("upperarm01.{}", "shoulder01.{}", "clavicle.{}"), 0.3, count=220),
    "upper-leg": Around(("upperleg01.{}", "pelvis.{}", "root", "spine05"), 0.3, count=260),
    "hand": Around(("lowerarm02.{}", "wrist.{}"), 0.3, count=120),
}
_MIDDLE = {
    **dict.fromkeys(("pelvis", "spine-4", "spine-3", "spine-2", "spine-1"), Around(_TRUNK, 0.8, half=0.04)),
    "neck": Around(("neck01", "neck02", "neck03", "spine01", "head"), 0.6, half=0.03),
}


@dataclass(frozen=True, eq=False)
class RigJoints:
    """The joints of MakeHuman's rig with B bones."""

    points: Mapping[str, Point]
    """By cube name."""
    heads: tuple[Point, ...]
    """Where each bone begins."""

    def at(self, vertices: Floats, name: str) -> Floats:
        """(3,) a joint of a body (V, 3)."""
        return self.points[name].of(vertices)

    def bone_heads(self, vertices: Floats) -> Floats:
        """(B, 3) where the bones of a body (V, 3) begin."""
        return np.stack([head.of(vertices) for head in self.heads])


def locate_joints(mesh: BaseMesh, rig: Rig, average: Floats) -> RigJoints:
    """The rig's joints as combinations of vertices.

    Args:
        average: (V, 3) the body on which the main joints are taken from their cubes.
    """
    groups = [group for group in mesh.groups if group.startswith(JOINT_PREFIX)]
    cubes = {group.removeprefix(JOINT_PREFIX): Mean(mesh.ids(group)) for group in groups}
    skin = vertex_ids(mesh.skin)
    points: dict[str, Point] = dict(cubes)
    for side in SIDES:
        for name, rule in _LIMBS.items():
            joint = f"{side.lower()}-{name}"
            points[joint] = _take_over(joint, rule, side, cubes, rig, skin, average)
    for joint, rule in _MIDDLE.items():
        points[joint] = _take_over(joint, rule, "", cubes, rig, skin, average)
    return RigJoints(points, tuple(points[head] if isinstance(head, str) else Mean(head) for head in rig.heads))


def _take_over(
    joint: str, rule: Around, side: str, cubes: Mapping[str, Mean], rig: Rig, skin: Ints, average: Floats
) -> Ring:
    """A joint's cube as a combination of the skin around it."""
    center = cubes[joint].of(average)
    ids = skin[rig.share(tuple(bone.format(side) for bone in rule.bones))[skin] > rule.share]
    if rule.half:
        axis = _UP
        if rule.along:
            start, end = (cubes[f"{side.lower()}-{name}"].of(average) for name in rule.along)
            axis = unit(end - start)
        ids = slab(average, ids, center, axis, rule.half)
    else:
        ids = nearest(average, ids, center, rule.count)
    return ring_around(average, ids, center)


@dataclass(frozen=True, eq=False)
class PosedRig:
    """A body of MakeHuman's with its rig, after posing."""

    vertices: Floats
    """(V, 3) metres."""
    heads: Mapping[str, Floats]
    """(3,) metres, where each bone begins."""
    knuckles: Mapping[str, Floats]
    """(3,) metres, for each side where the middle finger begins."""


def knuckle(joints: RigJoints, vertices: Floats, side: str) -> Floats:
    """(3,) where the middle finger of a body (V, 3) begins."""
    return joints.at(vertices, f"{side.lower()}-{_KNUCKLE}")


def hip_center(middle: Floats, hip: Floats, knee: Floats) -> Floats:
    """(3,) the center of the hip as SMPL places it: nearer to the body's center and lower than MakeHuman's.

    Args:
        middle: (3,) the midpoint of MakeHuman's hips.
    """
    return middle + 0.72 * (hip - middle) + 0.05 * (knee - hip)


def smpl_joints(posed: PosedRig) -> Floats:
    """(24, 3) SMPL's joints. All are fixed linear combinations, so a linear regressor can reproduce them."""
    head = posed.heads
    place: dict[str, Floats] = {}
    middle = (head["upperleg01.L"] + head["upperleg01.R"]) / 2
    for side, name in zip(SIDES, ("left", "right"), strict=True):
        place[f"{name}_hip"] = hip_center(middle, head[f"upperleg01.{side}"], head[f"lowerleg01.{side}"])
        place[f"{name}_knee"] = head[f"lowerleg01.{side}"]
        place[f"{name}_ankle"] = head[f"foot.{side}"]
        place[f"{name}_foot"] = np.mean([head[f"toe{toe}-1.{side}"] for toe in (1, 2, 3)], 0)
        place[f"{name}_collar"] = 0.45 * head[f"clavicle.{side}"] + 0.55 * head[f"shoulder01.{side}"]
        place[f"{name}_shoulder"] = head[f"upperarm01.{side}"]
        place[f"{name}_elbow"] = head[f"lowerarm01.{side}"]
        place[f"{name}_wrist"] = head[f"wrist.{side}"]
        place[f"{name}_hand"] = 0.15 * head[f"wrist.{side}"] + 0.85 * posed.knuckles[side]
    between_hips = (place["left_hip"] + place["right_hip"]) / 2
    place["pelvis"] = 0.45 * between_hips + 0.55 * head["spine04"]
    place["spine1"] = 0.95 * head["spine03"] + 0.05 * head["spine02"]
    place["spine2"] = 0.45 * head["spine02"] + 0.55 * head["spine01"]
    place["spine3"] = 0.9 * head["spine01"] + 0.1 * head["neck01"]
    place["neck"] = head["neck01"]
    place["head"] = 0.25 * head["neck03"] + 0.75 * head["head"]
    return np.stack([place[joint] for joint in JOINTS])
