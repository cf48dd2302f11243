"""The rig of the CMU laboratory: where its wrists are, and the bones that a conversion to BVH left out.

The laboratory's model, written by Vicon's BodyBuilder, has two bones in the forearm: `radius`, and, half as long,
`wrist`, which only turns about itself. So the wrist is where `hand` begins. The trunk has three bones of nearly equal
length: `lowerback`, `upperback` and `thorax`.

The conversion for MotionBuilder (cgspeed.com, B. Hahne 2008 and 2010) writes an offset of 0 at the end of `thorax`, its
Spine1, and of `wrist`, its LeftHand and RightHand: all that follows lies 10 cm too low or too far in. Numpy only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vidmotion.data.importers.rig import RigMotion
from vidmotion.data.importers.rig_joint_names import plain_name

_CONVERTED = {"lhipjoint", "lowerback", "spine1", "lefthand", "leftfingerbase", "righthand", "rightfingerbase"}
"""Names of the conversion, partly the laboratory's own and partly MotionBuilder's."""
_LOST = {"spine1": 1.0, "lefthand": 0.5, "righthand": 0.5}
"""Joints whose bone was left out, with its length, as a share of the bone before."""
_ARMS = {"left": ("lradius", "lwrist", "lhand"), "right": ("rradius", "rwrist", "rhand")}
"""Joints at the elbow, within the forearm, and at the wrist."""
_CONVERTED_ARMS = {side: (f"{side}forearm", f"{side}hand", f"{side}fingerbase") for side in _ARMS}


def mend_cmu_rig(rig: RigMotion, note: Callable[[str], None]) -> RigMotion:
    """The rig with all its bones, and with the joint at the wrist named `hand`; other rigs stay as they are.

    Args:
        note: called with a sentence if bones were put back.
    """
    known = {plain_name(name): joint for joint, name in enumerate(rig.names)}
    if not known.keys() >= _CONVERTED:
        return _with_wrists(rig, known, _ARMS)
    mended = _with_lost_bones(rig, known)
    if mended is not rig:
        note("is CMU's motion, converted for MotionBuilder; the bones that its thorax and wrists lack are put back")
    return _with_wrists(mended, known, _CONVERTED_ARMS)


def _with_lost_bones(rig: RigMotion, known: dict[str, int]) -> RigMotion:
    offsets = rig.offsets.copy()
    for name, share in _LOST.items():
        joint = known[name]
        children = [child for child, parent in enumerate(rig.parents) if parent == joint]
        if children and not rig.offsets[children].any():
            offsets[children] = share * rig.offsets[joint]
    if np.array_equal(offsets, rig.offsets):
        return rig
    return replace(rig, offsets=offsets, translations=rig.translations + (offsets - rig.offsets))


def _with_wrists(rig: RigMotion, known: dict[str, int], arms: dict[str, tuple[str, str, str]]) -> RigMotion:
    """The rig with the names of other programs for the joints within the forearm and at the wrist."""
    names = list(rig.names)
    for side, arm in arms.items():
        elbow, twist, wrist = (known.get(name, -1) for name in arm)
        if min(elbow, twist, wrist) >= 0 and (rig.parents[twist], rig.parents[wrist]) == (elbow, twist):
            names[twist], names[wrist] = f"{side}forearmtwist", f"{side}hand"
    return replace(rig, names=tuple(names))
