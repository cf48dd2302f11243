"""What do smoothing, contacts and gravity give? On synthetic footage of cameras that stand still.

    python -m benchmarks.accuracy.contact_table STORE

View and heights are given. Rows: the lifted joints as they are, then with `--smooth none`, `light` and `strong`.

    MPJPE     mm, relative to the root, in camera axes
    world     mm, mean distance in the world, after the turn about the vertical and the shift that fit best
    skate     cm/s, mean and median speed of ankles while the true ones are slower than 0.1 m/s
    below     % of frames in which an ankle, wrist or knee is more than 2 cm below its height on the floor
    acc       m/s^2, error of the acceleration; that of joints that never accelerate is printed below
    feet      precision and recall of the contacts of feet. The true ones: a heel or toe of the exact body within 8 cm
              of the floor and slower than 0.3 m/s
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy.foot_skate import ANKLES, speeds, still, track_of
from vidmotion.body.load import free_body
from vidmotion.body.skinning import Skinning
from vidmotion.choices import Smoothing
from vidmotion.data.store import ROTATION_STEP, Store, StoredClip, read_store
from vidmotion.geometry.camera import field_of_view
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.lifting.lift import lift_tracks
from vidmotion.lifting.physics import make_plausible
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.settings import LiftSettings
from vidmotion.skeletons import RESTING_HEIGHTS, SMPL24
from vidmotion.types import Bools, Floats, Motion, Track
from vidmotion.weights import find_weights

STANDS, NEAR_FLOOR, SLOW = 0.1, 0.08, 0.3
LEAST_FRAMES = 40
LIMBS = [3, 6, 13, 16, 2, 5]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="of the split test")
    parser.add_argument("--weights")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    heads = HeadSet([load_network(find_weights(arguments.weights))[0]])
    rows: dict[str, list[dict[str, Floats]]] = defaultdict(list)
    accelerations = []
    for motion, track, world, turn, feet in people(read_store(arguments.store), heads):
        near = np.diff(track.frames) == 1
        accelerations.append(np.linalg.norm(_acceleration(world), axis=-1)[near[1:] & near[:-1]].ravel())
        rows["lifted"].append(_errors(motion, track, world, turn))
        for smoothing in Smoothing:
            found, contacts = make_plausible(motion, track, smoothing)
            touching = contacts.touching[:, :2]
            counts: dict[str, np.ndarray] = {"hit": feet & touching, "told": touching, "true": feet}
            rows[f"smooth {smoothing}"].append({**_errors(found, track, world, turn), **counts})
    print(f"{len(accelerations)} people")
    for name, parts in rows.items():
        joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        told = ""
        if "hit" in joined:
            hit = joined["hit"].sum()
            told = f"  feet {hit / joined['told'].sum():.2f} {hit / joined['true'].sum():.2f}"
        print(
            f"{name:14} MPJPE {joined['mpjpe'].mean():5.1f}  world {joined['world'].mean():5.1f}  "
            f"skate {joined['skate'].mean():5.1f} {np.median(joined['skate']):5.1f}  "
            f"below {100 * (joined['depth'] > 0.02).mean():4.1f}  acc {joined['acceleration'].mean():5.2f}{told}"
        )
    print(f"true acceleration {np.concatenate(accelerations).mean():.2f} m/s^2")


def people(store: Store, heads: HeadSet) -> Iterator[tuple[Motion, Track, Floats, Floats, Bools]]:
    """The people who are followed for long enough.

    Of each: the lifted motion, its track, true joints (T, 17, 3) in the world, the rotation (3, 3) from the camera to
    that world, and which feet (T, 2) touch the floor, left first.
    """
    model = free_body()
    skinning, regions = Skinning(model), [_sole(model.template, model.weights, side) for side in ("left", "right")]
    for clip in store.clips:
        for person in range(clip.people if still(store, clip) else 0):
            track = track_of(store, clip, person)
            if len(track) < LEAST_FRAMES:
                continue
            actor = clip.recipe["actors"][person]
            settings = LiftSettings(
                fov=field_of_view(clip.focal, clip.size), height=float(np.clip(actor["height"], 0.3, 3.0))
            )
            motion = lift_tracks(heads, [track], clip.size, settings)[0].motion
            view = np.asarray(store.truth["camera"][clip.frame], float)
            world = (store.person(clip, person).joints - view[:, 3]) @ view[:, :3]
            feet = _touching_feet(store, clip, person, skinning, regions)
            yield motion, track, world[track.frames], view[:, :3].T, feet[track.frames]


def _sole(template: Floats, weights: Floats, side: str) -> Floats:
    """Numbers of the vertices of a foot that are within 3 cm of its lowest one."""
    joints = [SMPL24.joints.index(f"{side}_{part}") for part in ("ankle", "foot")]
    foot = np.flatnonzero(np.isin(weights.argmax(1), joints))
    return foot[template[foot, 1] < template[foot, 1].min() + 0.03]


@torch.no_grad()
def _touching_feet(store: Store, clip: StoredClip, person: int, skinning: Skinning, regions: list[Floats]) -> Bools:
    rows = clip.rows(person)
    pose = axis_angle_to_matrix(store.truth["pose"][rows] * ROTATION_STEP)
    rest = np.broadcast_to(np.eye(3), (len(pose), len(skinning.parents) - pose.shape[1], 3, 3))
    arrays = np.concatenate([pose, rest], 1), clip.recipe["actors"][person]["betas"], store.truth["translation"][rows]
    rotations, betas, translation = (torch.tensor(np.array(array), dtype=torch.float32) for array in arrays)
    vertices = skinning(rotations, betas[None], translation)[0].numpy()
    moving = store.settings.rate * np.linalg.norm(np.gradient(vertices, axis=0), axis=-1)
    return np.stack([((vertices[:, at, 1] < NEAR_FLOOR) & (moving[:, at] < SLOW)).any(1) for at in regions], 1)


def _errors(motion: Motion, track: Track, world: Floats, turn: Floats) -> dict[str, Floats]:
    joints = motion.joints.astype(float)
    relative, true = joints - joints[:, :1], world - world[:, :1]
    seen = motion.camera.turn_to_camera_axes(relative) @ turn.T
    fitted = _fitted(joints, world)
    near = np.diff(track.frames) == 1
    stands = (speeds(world[:, ANKLES], 30) < STANDS) & near[:, None]
    wrong = np.linalg.norm(_acceleration(fitted) - _acceleration(world), axis=-1)
    return {
        "mpjpe": 1000 * np.linalg.norm(seen - true, axis=-1).ravel(),
        "world": 1000 * np.linalg.norm(fitted - world, axis=-1).ravel(),
        "skate": 100 * speeds(joints[:, ANKLES], 30)[stands],
        "depth": (motion.height * np.array(RESTING_HEIGHTS) - joints[..., 1])[:, LIMBS].max(1),
        "acceleration": wrong[near[1:] & near[:-1]].ravel(),
    }


def _acceleration(joints: Floats) -> Floats:
    return 900 * np.diff(joints, 2, axis=0)


def _fitted(joints: Floats, world: Floats) -> Floats:
    """Joints (T, 17, 3) turned about the vertical and moved so that they fit the true ones in least squares."""
    center, goal = joints.mean((0, 1)), world.mean((0, 1))
    found, true = (
        (one - mean)[..., [0, 2]].reshape(-1, 2) @ [1, 1j] for one, mean in ((joints, center), (world, goal))
    )
    heading = np.vdot(found, true)
    turned = ((joints - center)[..., [0, 2]] @ [1, 1j]) * heading / max(abs(heading), 1e-12)
    return np.stack([turned.real, (joints - center)[..., 1], turned.imag], -1) + goal


if __name__ == "__main__":
    main()
