"""How much of a moving camera ends up in people's paths, without and with the camera's motion from the background?

    python -m benchmarks.accuracy.camera_motion_table STORE --mocap MOCAP [--weights FILE]

STORE has its videos (`data render --keep-video --split test`). The view and the heights are given, so that only
the camera's motion is measured. By the kind of the camera:

    rotation  degrees between the found and the true rotation since the first frame, mean
    path      mm between the paths of the root in the world, rigidly aligned: median over people
    skate     cm/s, median speed of ankles while the true ones are slower than 0.1 m/s
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from vidmotion.body.load import free_body
from vidmotion.data.store import read_store
from vidmotion.data.synthetic.labels import ClipLabels, clip_labels
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations
from vidmotion.data.synthetic.recipe import ClipRecipe
from vidmotion.errors import InputError
from vidmotion.geometry.camera import field_of_view
from vidmotion.geometry.rotations import matrix_to_axis_angle
from vidmotion.lifting.lift import lift_tracks
from vidmotion.lifting.trajectory import ANKLES
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.settings import LiftSettings
from vidmotion.tracking.camera_motion import camera_motion
from vidmotion.tracking.corners import CornerReader
from vidmotion.tracking.parts import read_in_parts
from vidmotion.types import CameraMotion, Floats, Keypoints2D, Motion, Track
from vidmotion.video.reader import open_video
from vidmotion.weights import find_weights

STANDS = 0.1
"""Metres a second."""
LEAST_FRAMES = 60


@dataclass
class Row:
    path: list[float]
    skate: list[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--mocap", type=Path, required=True)
    parser.add_argument("--weights")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    store = read_store(arguments.store)
    capture, body = read_mocap_rotations(arguments.mocap, store.settings.split), free_body()
    heads = HeadSet([load_network(find_weights(arguments.weights))[0]])
    rows: dict[tuple[str, str], Row] = defaultdict(lambda: Row([], []))
    angles: dict[str, list[float]] = defaultdict(list)
    for clip in store.clips:
        video = arguments.store / "videos" / f"{clip.number:06d}.mp4"
        if not video.exists():
            continue
        recipe = ClipRecipe.from_json(dict(clip.recipe))
        labels = clip_labels(recipe, capture, body)
        tracks = []
        for person in range(clip.people):
            found = store.person(clip, person)
            at = np.flatnonzero(found.observed)
            if len(at) < LEAST_FRAMES:
                continue
            box = np.concatenate([labels.xy[person].min(1), labels.xy[person].max(1)], 1)[at]
            points = Keypoints2D(found.xy[at], found.score[at], store.settings.skeleton)
            tracks.append(Track(person, at, at / store.settings.rate, box, points, np.ones(len(at), bool)))
        if not tracks:
            continue
        with open_video(video) as frames:
            steps = read_in_parts(frames, lambda part: CornerReader(part, tracks, (), clip.focal))  # noqa: B023
            motion = camera_motion(steps, recipe.frames, clip.size, (), clip.focal)
        angles[recipe.camera.kind].append(_rotation_error(motion, labels))
        for track in tracks:
            height = float(np.clip(recipe.actors[track.id].height, 0.3, 3.0))
            settings = LiftSettings(fov=field_of_view(clip.focal, clip.size), height=height)
            for name, used in (("still", None), ("found", motion)):
                (lifted,) = lift_tracks(heads, [track], clip.size, settings, camera_motion=used)
                _measure(rows[recipe.camera.kind, name], lifted.motion, track, labels)
    if not rows:
        raise InputError(f"{arguments.store} has no videos; render it with --keep-video")
    for kind in ("fixed", "pan", "handheld", "walk"):
        for name in ("still", "found"):
            if (row := rows.get((kind, name))) is not None:
                turned = f"{np.mean(angles[kind]):5.2f}" if name == "found" else "    -"
                print(
                    f"{kind:9} {name:6} people {len(row.path):3}  rotation {turned}  "
                    f"path {np.median(row.path):5.0f}  skate {np.nanmedian(row.skate):5.1f}"
                )


def _rotation_error(motion: CameraMotion, labels: ClipLabels) -> float:
    true = labels.camera.rotation @ labels.camera.rotation[0].T
    found = motion.rotation if motion.moves else np.broadcast_to(np.eye(3), true.shape)
    return float(np.degrees(np.linalg.norm(matrix_to_axis_angle(found @ true.swapaxes(1, 2)), axis=-1)).mean())


def _measure(row: Row, motion: Motion, track: Track, labels: ClipLabels) -> None:
    camera = labels.camera
    world = ((labels.joints[track.id] - camera.translation[:, None]) @ camera.rotation)[track.frames]
    joints = motion.joints.astype(np.float64)
    row.path.append(1000 * _path_error(joints[:, 0], world[:, 0]))
    near = (np.diff(track.frames) == 1)[:, None]
    stands = (_speeds(world) < STANDS) & near
    row.skate.append(100 * float(np.median(_speeds(joints)[stands])) if stands.sum() > 3 else np.nan)


def _path_error(found: Floats, true: Floats) -> float:
    """Metres, mean distance of two paths (T, 3) after the rotation and the move that bring them together best."""
    found, true = found - found.mean(0), true - true.mean(0)
    rotation, _ = Rotation.align_vectors(true, found)
    return float(np.linalg.norm(rotation.apply(found) - true, axis=-1).mean())


def _speeds(joints: Floats) -> Floats:
    speeds: Floats = 30 * np.linalg.norm(np.diff(joints[:, ANKLES], axis=0), axis=-1)
    return speeds


if __name__ == "__main__":
    main()
