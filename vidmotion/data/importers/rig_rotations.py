"""Rotations of a rig that stands at rest, as rotations of SMPL's body joints, which count from a T-pose.

Bones that the rig lacks move with their parents. A limb that does not lie in a T-pose at rest is turned into it on the
shortest way. Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import BODY_JOINTS, SMPL_JOINTS, SMPL_PARENTS
from vidmotion.body.rest_pose import T_POSE_LIMBS
from vidmotion.geometry.rotations import shortest_rotation
from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats


def to_smpl(
    world: Floats, parents: tuple[int, ...], rest: Floats, spine: list[int], found: dict[str, int], facing: Floats
) -> Floats:
    """(T, 22, 3, 3) rotations of SMPL's body joints in their parents' frames.

    Args:
        world: (T, J, 3, 3) rotations of the rig's joints in a world with Y up, from the rest pose.
        parents: parent of each of the rig's joints.
        rest: (J, 3) positions at rest.
        spine: the rig's joints between pelvis and neck, from below.
        found: index of the rig's joint of each name of `vidmotion.data.importers.rig_joint_names`.
        facing: (3, 3) rotation from a body that faces +Z, with Y up, to the rig at rest.
    """
    sources = _sources(parents, spine, found)
    turns = _turns(rest @ facing, found)
    out = np.empty((len(world), BODY_JOINTS, 3, 3))
    for joint, name in enumerate(SMPL_JOINTS[:BODY_JOINTS]):
        out[:, joint] = world[:, sources[name]] @ facing @ turns.get(name, np.eye(3))
    above = list(SMPL_PARENTS[1:BODY_JOINTS])
    local = out.copy()
    local[:, 1:] = out[:, above].swapaxes(-1, -2) @ out[:, 1:]
    return local


def _sources(parents: tuple[int, ...], spine: list[int], found: dict[str, int]) -> dict[str, int]:
    """The rig's joint that gives each of SMPL's body joints its rotation."""
    pelvis = _common_parent(parents, found["left_hip"], found["right_hip"])
    chain = spine or [pelvis]
    sources = {"pelvis": pelvis, "neck": found["neck"], "head": found["head"]}
    for number, place in enumerate(np.linspace(0, len(chain) - 1, 3).round().astype(int), start=1):
        sources[f"spine{number}"] = chain[place]
    for side in ("left", "right"):
        sources |= {f"{side}_{joint}": found[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist")}
        sources |= {f"{side}_{joint}": found[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle")}
        ankle = found[f"{side}_ankle"]
        sources[f"{side}_foot"] = parents.index(ankle) if ankle in parents else ankle
        sources[f"{side}_collar"] = parents[found[f"{side}_shoulder"]]
    return sources


def _common_parent(parents: tuple[int, ...], left: int, right: int) -> int:
    """The lowest joint above both."""
    above_left = set()
    while left >= 0:
        left = parents[left]
        above_left.add(left)
    while right not in above_left:
        right = parents[right]
    return max(right, 0)


def _turns(rest: Floats, found: dict[str, int]) -> dict[str, Floats]:
    """(3, 3) rotations from a T-pose to the limbs of a rest pose (J, 3) that faces +Z; hands follow the forearms."""
    turns = {}
    for joint, (end, direction) in T_POSE_LIMBS.items():
        limb = unit(rest[found[end]] - rest[found[joint]])
        turns[joint] = shortest_rotation(direction[None], limb[None])[0]
    hands = {f"{side}_wrist": turns[f"{side}_elbow"] for side in ("left", "right")}
    return turns | hands
