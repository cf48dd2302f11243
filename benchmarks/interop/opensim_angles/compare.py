"""Joint angles of vidmotion beside those of OpenSim's inverse kinematics on the same motion.

    python -m benchmarks.interop.opensim_angles.compare MOTION.json --python PYTHON [--setup FOLDER] [--plot FILE.png]

MOTION.json, or .npz, is a scene with one person who is seen all the time. PYTHON is the interpreter of an environment
with `pip install opensim==4.6`. Two models follow the same TRC files: one with the segments of the person, whose zero
is our anatomical position (`solve.py`), and with `--setup OpenSim_Setup` that of Pose2Sim (docs/recipes/opensim_ik.py).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import vidmotion as vm
from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body
from vidmotion.body.model import BODY_JOINTS, SMPL_JOINTS, SMPL_PARENTS, BodyModel
from vidmotion.body.rest_pose import from_t_pose, turns_to_t_pose
from vidmotion.choices import Markers
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.io.scene.markers import markers_of
from vidmotion.types import Floats, Keypoints2D, Motion, Person, Track

SOLVER = Path(__file__).parent.resolve() / "solve.py"
RECIPE = Path(__file__).parents[3].resolve() / "docs" / "recipes" / "opensim_ik.py"
SIDES = {"right": "r", "left": "l"}
MARKERS = {
    "pelvis": ("root", "right_hip", "left_hip"),
    "torso": ("spine", "thorax", "right_shoulder", "left_shoulder"),
    "head": ("neck", "head", "Nose"),
} | {
    f"{segment}_{letter}": tuple(name.format(side=side, S=letter.upper()) for name in names)
    for side, letter in SIDES.items()
    for segment, names in {
        "femur": ("{side}_hip",),
        "tibia": ("{side}_knee",),
        "foot": ("{side}_ankle", "{S}Heel", "{S}BigToe", "{S}SmallToe"),
        "humerus": ("{side}_shoulder",),
        "forearm": ("{side}_elbow", "{side}_wrist"),
    }.items()
}
"""The markers of each segment, which has its joint at the first one; the head at the body's own joint."""
NOT_ANGLES = ("time", "pelvis_tx", "pelvis_ty", "pelvis_tz")
PANELS = (
    "hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle", "arm_flex", "arm_add", "elbow_flex",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=Path)
    parser.add_argument("--python", required=True, help="interpreter that has opensim")
    parser.add_argument("--setup", type=Path, help="the folder OpenSim_Setup of Pose2Sim")
    parser.add_argument("--plot", type=Path, help="a picture of both curves")
    options = parser.parse_args()
    if subprocess.run([options.python, "-c", "import opensim"], capture_output=True, check=False).returncode:
        print(f"{options.python} has no opensim: nothing is compared")
        return 0
    scene = vm.load(options.motion)
    (person,) = scene.people
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        joints, halpe = folder / "joints.trc", folder / "halpe26.trc"
        vm.export(scene, joints)
        vm.export(scene, halpe, markers="halpe26")
        vm.export(scene, folder / "ours.mot")
        (folder / "person.json").write_text(json.dumps(anatomical_position(person)))
        run(options.python, SOLVER, folder / "person.json", folder / "own.mot", joints, halpe)
        ours, theirs = read(folder / "ours.mot"), {"model of the person": read(folder / "own.mot")}
        if options.setup is not None:
            run(options.python, RECIPE, halpe, options.setup.resolve(), folder / "recipe")
            theirs["Pose2Sim's model"] = read(folder / "recipe" / "part1.mot")
    for model, angles in theirs.items():
        print_table(model, ours, angles)
    if options.plot is not None:
        plot(ours, theirs, options.plot)
    return 0


def run(python: str, *arguments: Path) -> None:
    """Run a script with OpenSim, and show what it says if it fails. Its log is left beside the last file."""
    command = [str(Path(python).absolute()), *map(str, arguments)]
    done = subprocess.run(command, cwd=arguments[-1].parent, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stdout[-2000:] + done.stderr[-2000:]
        raise SystemExit(f"{arguments[0].name} ended with {done.returncode}\n{said}")


def anatomical_position(person: Person) -> dict[str, dict[str, object]]:
    """The joints and markers of a person's body in the anatomical position, as `solve.py` wants them."""
    assert person.body is not None
    assert person.motion is not None
    model = free_body()
    rest = model.shape(person.body.betas)
    local: Floats = np.broadcast_to(np.eye(3), (1, 24, 3, 3)).copy()
    for side, turn in (("left", -np.pi / 2), ("right", np.pi / 2)):
        lowered = axis_angle_to_matrix(np.array([0.0, 0.0, turn]))
        local[0, SMPL_JOINTS.index(f"{side}_shoulder")] = lowered
    local = from_t_pose(local, turns_to_t_pose(rest.joints[:24]))
    world, places = forward_kinematics(
        local[:, :BODY_JOINTS], rest.joints[:BODY_JOINTS], SMPL_PARENTS[:BODY_JOINTS], np.zeros((1, 3))
    )
    joints = to_h36m(places, world[:, HEAD], rest.height)
    one = _standing(person, joints, matrix_to_axis_angle(local))
    markers = _markers(one, model)
    segments = {name: markers[found[0]] for name, found in MARKERS.items()} | {"head": places[0, HEAD]}
    return {
        "segments": {name: _isb(place) for name, place in segments.items()},
        "markers": {name: (part, _isb(markers[name])) for part, names in MARKERS.items() for name in names},
    }


def _isb(place: Floats) -> list[float]:
    """A place in ISB's axes: X forward, Y up, Z to the right."""
    return [float(place[2]), float(place[1]), float(-place[0])]


def _standing(person: Person, joints: Floats, pose: Floats) -> Person:
    """The person in one frame, in another pose."""
    track, motion, body = person.track, person.motion, person.body
    assert motion is not None
    assert body is not None
    points = track.keypoints
    first = Track(
        track.id, track.frames[:1], track.times[:1], track.boxes[:1],
        Keypoints2D(points.xy[:1], points.score[:1], points.skeleton), track.observed[:1],
    )  # fmt: skip
    return Person(
        first,
        Motion(joints, motion.confidence[:1], motion.skeleton, motion.camera.at(0), motion.height),
        dataclasses.replace(body, pose=pose, translation=np.zeros((1, 3)), error=body.error[:1], fingers=None),
    )


def _markers(person: Person, model: BodyModel) -> dict[str, Floats]:
    """(3,) of each marker of both sets in the first frame."""
    found: dict[str, Floats] = {}
    for markers in (Markers.h36m17, Markers.halpe26):
        names, places = markers_of(person, markers, model)
        found |= dict(zip(names, places[0], strict=True))
    return found


def read(mot: Path) -> dict[str, Floats]:
    """The columns of a motion file in degrees."""
    head, _, body = mot.read_text().partition("endheader\n")
    if "inDegrees=yes" not in head:
        raise SystemExit(f"{mot} is not in degrees")
    names, *rows = body.splitlines()
    table = np.array([row.split() for row in rows], float)
    return dict(zip(names.split(), table.T, strict=True))


def print_table(model: str, ours: dict[str, Floats], theirs: dict[str, Floats]) -> None:
    """The mean difference, what is left of it, and the correlation of each angle that both have; sides are averaged."""
    both = [name for name in ours if name in theirs and name not in NOT_ANGLES]
    angles = list(dict.fromkeys(name.removesuffix("_r").removesuffix("_l") for name in both))
    print(f"\n{model}: {len(ours['time'])} rows, degrees")
    print(f"{'':20}{'range':>8}{'ours minus OpenSim':>20}{'RMS of the rest':>17}{'correlation':>13}")
    for angle in angles:
        names = [name for name in both if name in (angle, f"{angle}_r", f"{angle}_l")]
        values = np.mean([_agreement(ours[name], theirs[name]) for name in names], axis=0)
        print("{:20}{:8.0f}{:20.1f}{:17.1f}{:13.3f}".format(angle, *values))


def _agreement(ours: Floats, theirs: Floats) -> tuple[float, float, float, float]:
    """Range, mean difference, standard deviation of the difference, correlation."""
    difference = (ours - theirs + 180) % 360 - 180
    correlation = np.corrcoef(ours, theirs)[0, 1]
    return float(np.ptp(theirs)), float(difference.mean()), float(difference.std()), float(correlation)


def plot(ours: dict[str, Floats], theirs: dict[str, dict[str, Floats]], path: Path) -> None:
    """Draw the curves of limbs over time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 2.2 * len(PANELS)), layout="constrained")
    for panels, name in zip(figure.subplots(len(PANELS), 2, sharex=True), PANELS, strict=True):
        for panel, side in zip(panels, SIDES.values(), strict=True):
            column = f"{name}_{side}"
            panel.set_title(column, fontsize=9, loc="left")
            panel.plot(ours["time"], ours[column], label="vidmotion", linewidth=2)
            for model, angles in theirs.items():
                panel.plot(angles["time"], angles[column], label=f"OpenSim, {model}", linewidth=1)
    panels[0].legend(fontsize=8)
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    raise SystemExit(main())
