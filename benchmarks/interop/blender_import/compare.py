"""What Blender makes of BVH and GLB with its default settings, and with those that the documentation recommends.

    python -m benchmarks.interop.blender_import.compare MOTION.json --python PYTHON

MOTION.json is a scene whose frames have an even rate; best, it has two people of whom one comes late. PYTHON has
bpy 5.0.1 (Python 3.11). The table tells, for each way to import:

    size      length of the spine, in metres of Blender per metre
    scene     frames per second, first and last frame of the scene
    action    first and last frame of the people's actions
    step      how many frames people are from the frame k - 1 of the video, at worst, in the scene's frame k, in which
              Blender shows that frame of a film; frames in which a person is not in view do not count
    far       distance in metres, at worst, between a joint and its place in the nearest frame
    pixels    the same in the picture of the file's camera, in pixels of the video
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lib.readers import ask
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import load_body
from vidmotion.body.model import BodyModel
from vidmotion.geometry.alignment import align_worlds
from vidmotion.io.scene.armature import BODY_JOINT_NAMES
from vidmotion.io.scene.formats import export, load
from vidmotion.types import Floats, Ints, Scene

READER = Path(__file__).parent.resolve() / "read_bpy.py"
BVH = {"global_scale": 0.01, "update_scene_fps": True, "update_scene_duration": True}
HIPS, NECK = BODY_JOINT_NAMES.index("Hips"), BODY_JOINT_NAMES.index("Neck")


@dataclass(frozen=True, eq=False)
class Truth:
    """Where a person is in T frames."""

    frames: Ints
    """(T,) frame numbers."""
    joints: Floats
    """(T, 22, 3) metres in the common world."""
    pixels: Floats
    """(T, 22, 2) of the joints in the video."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=Path)
    parser.add_argument("--python", required=True, help="interpreter that has bpy")
    options = parser.parse_args()
    scene = load(options.motion)
    wanted = truth(scene, load_body())
    print(f"{len(scene.people)} people, {scene.frame_count} frames at {float(scene.fps):g} a second")
    print(f"{'':22} {'size':>7} {'scene':>18} {'action':>15} {'step':>6} {'far':>7} {'pixels':>7}")
    with tempfile.TemporaryDirectory() as folder:
        bvh = [str(path) for path in export(scene, Path(folder) / "people.bvh")]
        glb = [str(path) for path in export(scene, Path(folder) / "people.glb")]
        rate = round(scene.fps)
        for name, files, fps, settings in (
            ("BVH, defaults", bvh, None, {}),
            ("BVH, our settings", bvh, None, BVH),
            ("GLB, defaults", glb, None, {}),
            ("GLB, rate set before", glb, rate, {}),
        ):
            question = Path(folder) / "question.json"
            question.write_text(json.dumps({"files": files, "fps": fps, "options": settings, "size": scene.size}))
            seen = ask(name, [options.python, str(READER), str(question)], Path.cwd())
            if seen is None:
                return 1
            print(tell(name, seen, wanted))
    return 0


def truth(scene: Scene, model: BodyModel) -> list[Truth]:
    """Where each person is."""
    out = []
    for person, placement in zip(scene.people, align_worlds(scene.people, scene.camera_motion), strict=True):
        body, motion = person.body, person.motion
        if body is None or motion is None or placement is None:
            raise SystemExit(f"person {person.id} has no body; run `vidmotion lift` again")
        model.check_motion(body)
        rest = model.shape(body.betas).joints
        places = forward_kinematics(local_rotations(body.pose, len(rest)), rest, model.parents, body.translation)[1]
        places = places[:, : len(BODY_JOINT_NAMES)]
        out.append(Truth(person.track.frames, placement.apply(places), motion.camera.project(places)))
    return out


def tell(name: str, seen: dict[str, Any], wanted: list[Truth]) -> str:
    """A row of the table."""
    sizes, steps, distances, pixels = [], [], [], []
    for person, true in zip(sorted(seen["people"], key=lambda one: one["name"]), wanted, strict=True):
        read = np.array([person["places"][joint] for joint in BODY_JOINT_NAMES]).swapaxes(0, 1)
        shown = np.arange(len(read)) + seen["start"] - 1  # the frame of the film in each frame of the scene
        # GLB shrinks people to a point while they are not in view.
        in_view = (shown >= true.frames[0]) & (shown <= true.frames[-1]) & (_spine(read) > 0)
        size = np.median(_spine(read[in_view])) / np.median(_spine(true.joints))
        sizes.append(float(size))
        far = np.linalg.norm(read[in_view, None] / round(size) - true.joints[None], axis=-1).max(-1)
        nearest = far.argmin(1)
        steps.append(int(np.abs(true.frames[nearest] - shown[in_view]).max()))
        distances.append(float(far.min(1).max()))
        if person["pixels"]:
            drawn = np.array([person["pixels"][joint] for joint in BODY_JOINT_NAMES]).swapaxes(0, 1)[in_view]
            pixels.append(float(np.linalg.norm(drawn - true.pixels[nearest], axis=-1).max()))
    span = [f"{edge:g}" for edge in np.round(seen["people"][0]["span"], 1)]
    timing = f"{seen['fps']:g}/s, {seen['start']} to {seen['end']}"
    action = f"{span[0]} to {span[1]}"
    drawn_at = f"{max(pixels):.4f}" if pixels else "-"
    return (
        f"{name:22} {np.mean(sizes):7.2f} {timing:>18} {action:>15} {max(steps):6d} {max(distances):7.4f} {drawn_at:>7}"
    )


def _spine(joints: Floats) -> Floats:
    return np.linalg.norm(joints[:, NECK] - joints[:, HIPS], axis=-1)


if __name__ == "__main__":
    raise SystemExit(main())
