"""The joints are found among the names of many programs."""

import pytest

from vidmotion.data.importers.rig_joint_names import find_joints

JOINTS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
NAMES = {
    "Unreal": ("neck_01", "head", "thigh_{l} calf_{l} foot_{l} upperarm_{l} lowerarm_{l} hand_{l}"),
    "SMPL": ("Neck", "Head", "{L}_Hip {L}_Knee {L}_Ankle {L}_Shoulder {L}_Elbow {L}_Wrist"),
    "Rigify": (
        "DEF-spine.004", "DEF-spine.006",
        "DEF-thigh.{L} DEF-shin.{L} DEF-foot.{L} DEF-upper_arm.{L} DEF-forearm.{L} DEF-hand.{L}",
    ),
    "VRoid": (
        "J_Bip_C_Neck", "J_Bip_C_Head",
        "J_Bip_{L}_UpperLeg J_Bip_{L}_LowerLeg J_Bip_{L}_Foot J_Bip_{L}_UpperArm J_Bip_{L}_LowerArm J_Bip_{L}_Hand",
    ),
    "Daz": ("neckLower", "head", "{l}ThighBend {l}Shin {l}Foot {l}ShldrBend {l}ForearmBend {l}Hand"),
    "OptiTrack": ("Bob:Neck", "Bob:Head", "Bob:{L}Thigh Bob:{L}Shin Bob:{L}Foot Bob:{L}UArm Bob:{L}FArm Bob:{L}Hand"),
}  # fmt: skip
OTHERS = ("hips", "{L}_Collar", "clavicle_{l}", "{l}ThighTwist", "{L}Toe", "{L}ThumbTip")


@pytest.mark.parametrize("program", NAMES)
def test_names_of_programs(program: str) -> None:
    neck, head, limbs = NAMES[program]
    wanted = {"neck": neck, "head": head}
    for side in ("left", "right"):
        names = limbs.format(l=side[0], L=side[0].upper()).split()
        wanted |= {f"{side}_{joint}": name for joint, name in zip(JOINTS, names, strict=True)}
    others = [name.format(l=letter.lower(), L=letter) for name in OTHERS for letter in "LR"]
    rig = (*others, *wanted.values())
    assert {joint: rig[index] for joint, index in find_joints(rig).items()} == wanted


def test_ankles_and_wrists_come_before_feet_and_hands() -> None:
    """SMPL's rig has both."""
    neck, head, limbs = NAMES["SMPL"]
    names = [neck, head, *("L_Foot R_Foot L_Hand R_Hand " + limbs.format(L="L") + " " + limbs.format(L="R")).split()]
    found = find_joints(tuple(names))
    assert [names[found[joint]] for joint in ("left_ankle", "right_wrist")] == ["L_Ankle", "R_Wrist"]
