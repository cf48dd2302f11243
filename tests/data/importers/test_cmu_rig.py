"""The CMU laboratory's rig as ASF and AMC, and as the conversion for MotionBuilder writes it.

Of the same trial both give the same joints: seen with 49_19 of the laboratory, within 2.1 mm.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.data.importers import rigs
from vidmotion.data.mocap import read_mocap

Run = Callable[..., tuple[int, str]]
FOREARM = 25.0

JOINTS = {
    "hips": ("", (0, 0, 0)),
    **{
        joint: offset
        for side, way, first in (("left", 1, "L"), ("right", -1, "R"))
        for joint, offset in {
            f"{first}HipJoint": ("hips", (0, 0, 0)),
            f"{side}_hip": (f"{first}HipJoint", (10 * way, -5, 0)),
            f"{side}_knee": (f"{side}_hip", (0, -40, 0)),
            f"{side}_ankle": (f"{side}_knee", (0, -40, 0)),
        }.items()
    },
    "LowerBack": ("hips", (0, 0, 0)), "Spine": ("LowerBack", (0, 17, 0)), "Spine1": ("Spine", (0, 17, 0)),
    "neck": ("Spine1", (0, 17, 0)), "head": ("neck", (0, 10, 0)),
    **{
        joint: offset
        for side, way, first in (("left", 1, "L"), ("right", -1, "R"))
        for joint, offset in {
            f"{side}_collar": ("Spine1", (0, 17, 0)),
            f"{side}_shoulder": (f"{side}_collar", (18 * way, 0, 0)),
            f"{side}_elbow": (f"{side}_shoulder", (28 * way, 0, 0)),
            f"{side}_twist": (f"{side}_elbow", (way * FOREARM * 2 / 3, 0, 0)),
            f"{side}_wrist": (f"{side}_twist", (way * FOREARM / 3, 0, 0)),
            f"{first}Thumb": (f"{side}_twist", (way * FOREARM / 3, 0, 0)),
        }.items()
    },
}  # fmt: skip
"""The laboratory's rig with all its bones."""
LOST = ("neck", "left_collar", "right_collar", "left_wrist", "right_wrist", "LThumb", "RThumb")
"""Joints that the conversion puts where their parents are."""
NAMES = {joint: joint for joint in JOINTS} | rigs.MIXAMO | {
    name: f"{side.capitalize()}{joint}"
    for side in ("left", "right")
    for name, joint in ((f"{side}_collar", "Shoulder"), (f"{side}_twist", "Hand"), (f"{side}_wrist", "FingerBase"))
}  # fmt: skip
OTHER_NAMES = NAMES | {
    name: f"{side.capitalize()}{joint}"
    for side in ("left", "right")
    for name, joint in ((f"{side}_twist", "ForeArmTwist"), (f"{side}_wrist", "Hand"))
}  # fmt: skip


def written(joints: Mapping[str, tuple[str, tuple[float, ...]]], names: dict[str, str]) -> str:
    """A BVH file of a rig that bends at each joint, after a T-pose for MotionBuilder."""
    rng = np.random.default_rng(0)
    bent = {joint: np.vstack([np.zeros((1, 3)), np.tile(rng.uniform(-20, 20, 3), (4, 1))]) for joint in joints}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rigs, "JOINTS", joints)
        return rigs.bvh(5, 30, bent, np.tile([0, 90.0, 0], (5, 1)), names)


def test_bones_that_the_conversion_for_motionbuilder_lacks_are_put_back(data: Run, tmp_path: Path) -> None:
    lacking = {joint: (parent, (0, 0, 0) if joint in LOST else at) for joint, (parent, at) in JOINTS.items()}
    (tmp_path / "converted.bvh").write_text(written(lacking, NAMES))
    (tmp_path / "whole.bvh").write_text(written(JOINTS, OTHER_NAMES))
    code, message = data("import", "bvh", tmp_path, "-o", tmp_path / "out")
    assert code == 0, message
    assert f"{tmp_path / 'converted.bvh'}: is CMU's motion, converted for MotionBuilder" in message
    assert "whole.bvh: is CMU's" not in message
    mocap = read_mocap(tmp_path / "out", "train")
    assert [clip.frames for clip in mocap.clips] == [4, 4]  # without the T-pose
    np.testing.assert_allclose(mocap.clip(0), mocap.clip(1), atol=2e-4)
    forearm = np.linalg.norm(mocap.clip(0)[:, 13] - mocap.clip(0)[:, 12], axis=-1)
    np.testing.assert_allclose(forearm, FOREARM / 100, atol=5e-3)


def test_the_wrist_of_an_asf_file_is_where_the_hand_begins(
    data: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`wrist` begins within the forearm."""
    arms = {f"{side}_{joint}": JOINTS[f"{side}_{joint}"] for side in ("left", "right") for joint in ("twist", "wrist")}
    bones = {
        name: bone
        for side in ("left", "right")
        for name, bone in {
            f"{side[0]}radius": (f"{side[0]}humerus", f"{side}_twist"),
            f"{side[0]}wrist": (f"{side[0]}radius", f"{side}_wrist"),
            f"{side[0]}hand": (f"{side[0]}wrist", ""),
        }.items()
    }
    monkeypatch.setattr(rigs, "JOINTS", rigs.JOINTS | arms)
    monkeypatch.setattr(rigs, "BONES", rigs.BONES | bones)
    (tmp_path / "07.asf").write_text(rigs.asf())
    (tmp_path / "07_01.amc").write_text(rigs.amc(2, {}, np.tile([0, 90.0, 0], (2, 1))))
    code, message = data("import", "amc", tmp_path, "-o", tmp_path / "out", "--fps", 30)
    assert code == 0, message
    joints = read_mocap(tmp_path / "out", "train").clip(0).numpy()
    forearms = np.linalg.norm(joints[0, [13, 16]] - joints[0, [12, 15]], axis=-1)
    np.testing.assert_allclose(forearms, FOREARM / 100, atol=2e-4)
