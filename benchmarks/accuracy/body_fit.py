"""How good is the inverse kinematics alone, where the true rotations are known, and how fast are fitting and skinning?

    python -m benchmarks.accuracy.body_fit --mocap MOCAP [--split test]

Bodies of random shape are posed by motion capture. Bodies are then fitted to their 17 joints, which are exact or have
errors as a lifter makes them. The table compares shape, joints, rotations and surface with the truth. The baseline of
the ratio is the first estimate (bones aimed along the joints) without the solver.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from vidmotion.body import fitting
from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import free_body
from vidmotion.body.model import BODY_JOINTS, SMPL_JOINTS, BodyModel
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.data.mocap import ROTATION_STEP, read_packed
from vidmotion.geometry.rotations import matrix_to_axis_angle
from vidmotion.types import BodyMotion, Camera, Floats, Keypoints2D, Motion, Track

FPS = 30
LONGEST = 600
"""Frames taken of each clip."""
STILL = Camera(1000.0, (0.0, 0.0), np.eye(3), np.zeros(3))


@dataclass(frozen=True, eq=False)
class Case:
    """A body in motion, and its joints as a lifter would give them."""

    truth: BodyMotion
    motion: Motion
    track: Track


def cases(model: BodyModel, folder: Path, split: str, noise: float) -> list[Case]:
    """The clips of a split, each with a random shape; `noise` metres, lasting a third of a second."""
    rng = np.random.default_rng(0)
    packed = read_packed(folder, split)
    assert packed.rotations is not None  # MOCAP has them
    out = []
    for row in packed.rows:
        start = int(row["offset"])
        rows = slice(start, start + min(int(row["n_frames"]), LONGEST))
        roots = np.array(packed.roots[rows])
        pose = np.zeros((len(roots), 24, 3))
        pose[:, :BODY_JOINTS] = packed.rotations[rows] * ROTATION_STEP
        out.append(_case(model, pose, roots, rng, noise))
    return out


def _case(model: BodyModel, pose: Floats, root: Floats, rng: np.random.Generator, noise: float) -> Case:
    count, betas = len(pose), rng.normal(0, 0.7, 10)
    rest = model.shape(betas)
    joints = _points(model, BodyMotion(model.name, pose, betas, np.zeros((count, 3)), np.zeros(count)))
    path = root - joints[:, 0]
    keys = rng.normal(0, noise, (count // 10 + 2, 17, 3))
    at = np.arange(count) / 10
    low = at.astype(int)
    share = (at - low)[:, None, None]
    seen = joints + path[:, None] + keys[low] * (1 - share) + keys[low + 1] * share
    points = Keypoints2D(np.zeros((count, 17, 2)), np.ones((count, 17)), "h36m17")
    frames = np.arange(count)
    return Case(
        BodyMotion(model.name, pose, betas, path, np.zeros(count)),
        Motion(seen, np.ones((count, 17)), "h36m17", STILL, rest.height),
        Track(0, frames, frames / FPS, np.zeros((count, 4)), points, np.ones(count, bool)),
    )


def _points(model: BodyModel, body: BodyMotion) -> Floats:
    """(T, 17, 3) Human3.6M joints of a body."""
    rest = model.shape(body.betas)
    world, places = _forward(model, body)
    return to_h36m(places, world[:, HEAD], rest.height)


def _forward(model: BodyModel, body: BodyMotion) -> tuple[Floats, Floats]:
    rotations = local_rotations(body.pose.astype(float), len(model.parents))
    return forward_kinematics(rotations, model.shape(body.betas).joints, model.parents, body.translation)


def measure(model: BodyModel, case: Case, fitted: BodyMotion) -> Floats:
    """Joints (mm), surface (mm), then the rotation error (degrees) of each joint; means over the frames."""
    (true_rotations, true_joints), (rotations, joints) = _forward(model, case.truth), _forward(model, fitted)
    off = np.linalg.norm(matrix_to_axis_angle(true_rotations.swapaxes(-1, -2) @ rotations), axis=-1).mean(0)
    meshes = PosedMesh(model, case.truth), PosedMesh(model, fitted)
    rows = range(0, len(fitted), 15)
    surface = np.mean([np.linalg.norm(meshes[0].vertices(row) - meshes[1].vertices(row), axis=-1) for row in rows])
    apart = np.linalg.norm(true_joints - joints, axis=-1)[:, :BODY_JOINTS].mean()
    return np.array([1000 * apart, 1000 * surface, *np.degrees(off[:BODY_JOINTS])])


def table(model: BodyModel, folder: Path, split: str) -> None:
    """Print errors for exact and for noisy joints, with and without the solver."""
    names = ("pelvis", "spine3", "left_hip", "left_knee", "left_ankle", "left_shoulder", "left_elbow", "head")
    print(f"{'':34}joints  surface  " + "  ".join(f"{name:>13}" for name in names))
    for noise in (0.0, 0.03):
        given = cases(model, folder, split, noise)
        for label, fit in (("aimed only", _aimed_only), ("fitted", fitting.fit_body)):
            rows = np.mean([measure(model, case, fit(model, case.motion, case.track)) for case in given], 0)
            angles = "  ".join(f"{rows[2 + SMPL_JOINTS.index(name)]:13.1f}" for name in names)
            print(f"{1000 * noise:3.0f} mm of noise, {label:<18} {rows[0]:6.1f}   {rows[1]:6.1f}  {angles}")
    print("joints and surface in mm; the others in degrees")


def _aimed_only(model: BodyModel, motion: Motion, track: Track) -> BodyMotion:
    with mock.patch.object(fitting, "solve_inverse_kinematics", lambda body, targets, weights, start: start):
        return fitting.fit_body(model, motion, track)


def seconds(work: Callable[[], object]) -> float:
    """The best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def speed(model: BodyModel, folder: Path) -> None:
    """Print how long fitting and skinning take."""
    case = max(cases(model, folder, "test", 0.03), key=lambda case: len(case.motion))
    video = len(case.motion) / FPS
    fit = seconds(lambda: fitting.fit_body(model, case.motion, case.track))
    aimed = seconds(lambda: _aimed_only(model, case.motion, case.track))
    print(f"fitting: {fit / video * 1000:.1f} ms for a second of video, {fit / aimed:.1f} times the first guess alone")
    truth = case.truth
    window = BodyMotion(truth.model, truth.pose[:243], truth.betas, truth.translation[:243], truth.error[:243])

    def skin() -> None:
        posed = PosedMesh(model, window)
        for row in range(len(window)):
            posed.vertices(row)

    took = seconds(skin)
    print(f"skinning: {1000 * took:.0f} ms for {len(window)} frames, {len(window) / took:.0f} frames/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, required=True)
    parser.add_argument("--split", default="test")
    arguments = parser.parse_args()
    model = free_body()
    table(model, arguments.mocap, arguments.split)
    speed(model, arguments.mocap)


if __name__ == "__main__":
    main()
