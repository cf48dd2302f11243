"""Small BVH, ASF and AMC files of a person of straight bones in a T-pose; 1 unit is 1 cm."""

import numpy as np

JOINTS = {
    "hips": ("", (0, 0, 0)),
    "left_hip": ("hips", (10, -5, 0)), "left_knee": ("left_hip", (0, -40, 0)), "left_ankle": ("left_knee", (0, -40, 0)),
    "right_hip": ("hips", (-10, -5, 0)), "right_knee": ("right_hip", (0, -40, 0)),
    "right_ankle": ("right_knee", (0, -40, 0)),
    "back": ("hips", (0, 20, 0)), "neck": ("back", (0, 30, 0)), "head": ("neck", (0, 10, 0)),
    "left_shoulder": ("neck", (18, 0, 0)), "left_elbow": ("left_shoulder", (28, 0, 0)),
    "left_wrist": ("left_elbow", (25, 0, 0)),
    "right_shoulder": ("neck", (-18, 0, 0)), "right_elbow": ("right_shoulder", (-28, 0, 0)),
    "right_wrist": ("right_elbow", (-25, 0, 0)),
}  # fmt: skip
"""Parent and offset of each joint."""
MIXAMO = {
    "hips": "Hips", "back": "Spine", "neck": "Neck", "head": "Head", **{
        f"{low}_{joint}": f"{high}{name}"
        for low, high in (("left", "Left"), ("right", "Right"))
        for joint, name in (("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"), ("shoulder", "Arm"),
                            ("elbow", "ForeArm"), ("wrist", "Hand"))
    },
}  # fmt: skip
BIPED = {
    "hips": "Pelvis", "back": "Spine", "neck": "Neck", "head": "Head", **{
        f"{low}_{joint}": f"{high} {name}"
        for low, high in (("left", "L"), ("right", "R"))
        for joint, name in (("hip", "Thigh"), ("knee", "Calf"), ("ankle", "Foot"), ("shoulder", "UpperArm"),
                            ("elbow", "Forearm"), ("wrist", "Hand"))
    },
}  # fmt: skip
PLAIN = {
    "hips": "Hips", "back": "Chest", "neck": "Neck", "head": "Head", **{
        f"{low}_{joint}": f"{high}{joint.capitalize()}"
        for low, high in (("left", "Left"), ("right", "Right"))
        for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
    },
}  # fmt: skip
H36M = ("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "left_shoulder",
        "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist")  # fmt: skip
PLACES = (1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16)
"""Index of each of `H36M` among the 17 joints."""


def rest() -> dict[str, np.ndarray]:
    """(3,) centimetres of each joint in the T-pose."""
    places: dict[str, np.ndarray] = {}
    for joint, (parent, offset) in JOINTS.items():
        places[joint] = places.get(parent, np.zeros(3)) + offset
    return places


def bvh(
    frames: int, rate: float, turned: dict[str, np.ndarray] | None = None, path: np.ndarray | None = None,
    names: dict[str, str] = MIXAMO, prefix: str = "", scale: float = 1.0,
) -> str:  # fmt: skip
    """A BVH file.

    Args:
        turned: (T, 3) degrees about Z, Y, X of some joints.
        path: (T, 3) of the hips.
    """
    lines, order = ["HIERARCHY"], []

    def write(joint: str, depth: int) -> None:
        order.append(joint)
        tab = "  " * depth
        place = " ".join(str(value * scale) for value in JOINTS[joint][1])
        lines.extend(
            [f"{tab}{'JOINT' if depth else 'ROOT'} {prefix}{names[joint]}", f"{tab}{{", f"{tab} OFFSET {place}"]
        )
        moves = "" if depth else "Xposition Yposition Zposition "
        lines.append(f"{tab} CHANNELS {3 if depth else 6} {moves}Zrotation Yrotation Xrotation")
        children = [child for child, (parent, _) in JOINTS.items() if parent == joint]
        for child in children:
            write(child, depth + 1)
        if not children:
            lines.extend([f"{tab} End Site", f"{tab} {{", f"{tab}  OFFSET 0 0 1", f"{tab} }}"])
        lines.append(f"{tab}}}")

    write("hips", 0)
    lines += ["MOTION", f"Frames: {frames}", f"Frame Time: {1 / rate:.7f}"]
    still = np.zeros((frames, 3))
    columns = [still if path is None else path * scale] + [(turned or {}).get(joint, still) for joint in order]
    lines += [" ".join(f"{value:.8f}" for value in row) for row in np.concatenate(columns, 1)]
    return "\n".join(lines) + "\n"


BONES = {  # bone of an ASF: its parent, the joint at its end
    "lhipjoint": ("root", "left_hip"), "lfemur": ("lhipjoint", "left_knee"), "ltibia": ("lfemur", "left_ankle"),
    "lfoot": ("ltibia", ""), "rhipjoint": ("root", "right_hip"), "rfemur": ("rhipjoint", "right_knee"),
    "rtibia": ("rfemur", "right_ankle"), "rfoot": ("rtibia", ""), "lowerback": ("root", "back"),
    "thorax": ("lowerback", "neck"), "lowerneck": ("thorax", "head"), "head": ("lowerneck", ""),
    "lclavicle": ("thorax", "left_shoulder"), "lhumerus": ("lclavicle", "left_elbow"),
    "lradius": ("lhumerus", "left_wrist"), "lwrist": ("lradius", ""), "rclavicle": ("thorax", "right_shoulder"),
    "rhumerus": ("rclavicle", "right_elbow"), "rradius": ("rhumerus", "right_wrist"), "rwrist": ("rradius", ""),
}  # fmt: skip


def asf(axis: tuple[float, float, float] = (0, 0, 0), length: float = 0.45) -> str:
    """An ASF file of the same person in CMU's units; `axis` in degrees is that of the left thigh's own axes."""
    unit = 2.54 / length  # centimetres
    lines = [
        ":version 1.10", ":name skeleton", ":units", "  mass 1.0", f"  length {length}", "  angle deg",
        ":root", "  order TX TY TZ RX RY RZ", "  axis XYZ", "  position 0 0 0", "  orientation 0 0 0", ":bonedata",
    ]  # fmt: skip
    for number, (bone, (_, joint)) in enumerate(BONES.items(), start=1):
        way = np.array(JOINTS[joint][1] if joint else (0, 0, 1), float)
        size = float(np.linalg.norm(way))
        direction = " ".join(f"{value:.9f}" for value in way / size)
        turn = " ".join(map(str, axis if bone == "lfemur" else (0, 0, 0)))
        lines += [
            "  begin", f"    id {number}", f"    name {bone}", f"    direction {direction}",
            f"    length {size / unit:.9f}", f"    axis {turn} XYZ", "    dof rx ry rz",
            "    limits (-160.0 20.0)", "           (-70.0 70.0)", "           (-60.0 70.0)", "  end",
        ]  # fmt: skip
    lines += [":hierarchy", "  begin"]
    for parent in ("root", *BONES):
        children = [bone for bone, (above, _) in BONES.items() if above == parent]
        if children:
            lines.append(f"    {parent} {' '.join(children)}")
    return "\n".join([*lines, "  end"]) + "\n"


def amc(frames: int, turned: dict[str, np.ndarray], path: np.ndarray, length: float = 0.45) -> str:
    """An AMC file: `turned` (T, 3) degrees about X, Y, Z of some bones, path (T, 3) centimetres."""
    unit = 2.54 / length
    lines = ["#!OML:ASF", ":FULLY-SPECIFIED", ":DEGREES"]
    for frame in range(frames):
        lines.append(str(frame + 1))
        place = " ".join(f"{value / unit:.9f}" for value in path[frame])
        lines.append(f"root {place} {' '.join(map(str, turned.get('root', np.zeros((frames, 3)))[frame]))}")
        lines += [f"{bone} {' '.join(map(str, turned[bone][frame]))}" for bone in BONES if bone in turned]
    return "\n".join(lines) + "\n"
