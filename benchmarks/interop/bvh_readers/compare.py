"""How far the joints of a BVH file are from the body it was made of, as other programs read it.

    python -m benchmarks.interop.bvh_readers.compare MOTION.json FILE.bvh
        [--body-model FILE] [--node-folder DIR] [--python PYTHON ...]

MOTION.json is a scene with one person whose frames follow each other at the scene's frame rate. Readers that
are not installed are named and left out: `npm install three@0.187.0` in --node-folder, `pip install bpy==5.0.1`
(Python 3.11) and `pip install bvhio` in environments whose interpreters --python names.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.lib.readers import ask
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import load_body
from vidmotion.body.model import BodyModel
from vidmotion.io.scene.armature import BODY_JOINT_NAMES
from vidmotion.io.scene.formats import load

HERE = Path(__file__).parent.resolve()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=Path)
    parser.add_argument("bvh", type=Path)
    parser.add_argument("--body-model", type=Path)
    parser.add_argument("--node-folder", type=Path, default=Path.cwd())
    parser.add_argument("--python", action="append", default=[], help="interpreter that has bpy or bvhio")
    options = parser.parse_args()
    joints = truth(options.motion, load_body(options.body_model))
    bvh = str(options.bvh.resolve())
    runs = [("three", ["node", str(HERE / "read_three.mjs"), bvh], options.node_folder)]
    for python in options.python or [sys.executable]:
        runs.extend((reader, [python, str(HERE / f"read_{reader}.py"), bvh], Path.cwd()) for reader in ("bpy", "bvhio"))
    told = [tell(name, command, folder, joints) for name, command, folder in runs]
    ran = [worst for worst in told if worst is not None]
    return 0 if ran and max(ran) < 1.0 else 1


def truth(path: Path, model: BodyModel) -> np.ndarray:
    """(T, 22, 3) metres."""
    (person,) = load(path).people
    body = person.body
    if body is None:
        raise SystemExit(f"{path} holds no body; run `vidmotion lift` again")
    model.check_motion(body)
    rest = model.shape(body.betas).joints
    places = forward_kinematics(local_rotations(body.pose, len(rest)), rest, model.parents, body.translation)[1]
    return places[:, : len(BODY_JOINT_NAMES)]


def tell(name: str, command: list[str], folder: Path, joints: np.ndarray) -> float | None:
    """Print one reader's largest difference and return it in millimetres; None if it did not run."""
    answer = ask(name, command, folder)
    if answer is None:
        return None
    worst, where = difference(answer["places"], joints)
    print(f"{answer['reader']:16} {len(joints)} frames, at most {worst:.4f} mm ({where})")
    return worst


def difference(places: dict[str, list[list[float]]], joints: np.ndarray) -> tuple[float, str]:
    """The largest distance in millimetres, and at which joint."""
    worst, where = 0.0, ""
    for joint, name in enumerate(BODY_JOINT_NAMES):
        read = np.array(places[name]) * 10
        if len(read) != len(joints):
            raise SystemExit(f"{name}: the reader sees {len(read)} frames, the motion has {len(joints)}")
        far = float(np.linalg.norm(read - joints[:, joint] * 1000, axis=1).max())
        if far > worst:
            worst, where = far, name
    return worst, where


if __name__ == "__main__":
    raise SystemExit(main())
