"""How far from their true places are people, and how wrong are their heights?

    python -m benchmarks.accuracy.places_table STORE [--weights FILE] [--clips 60]

STORE is synthetic footage, with exact cameras. All people of a clip are lifted together, three times:

    default   nothing is given: 1.70 m and the default field of view
    height    the true heights and field of view are given (--height, --fov)
    camera    the true camera of each frame is given (--camera-file); heights follow from the floor

    depth     mm and % of the distance, mean error of the root's depth before the camera, medians over people
    height    mm, error of the height, mean over people; and how many heights the floor told
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy.foot_skate import track_of
from vidmotion.choices import Smoothing
from vidmotion.data.store import Store, StoredClip, read_store
from vidmotion.geometry.camera import field_of_view
from vidmotion.lifting.lift import lift_tracks
from vidmotion.lifting.physics import make_plausible
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.settings import LiftSettings
from vidmotion.types import FLOOR, Camera, Motion, Track
from vidmotion.weights import find_weights

LEAST_FRAMES = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="of the split test")
    parser.add_argument("--weights")
    parser.add_argument("--clips", type=int, default=60)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    heads = HeadSet([load_network(find_weights(arguments.weights))[0]])
    store = read_store(arguments.store)
    rows: dict[str, list[tuple[float, float, float, bool]]] = defaultdict(list)
    for clip in store.clips[: arguments.clips]:
        for name, person, motion, track in lifted(store, clip, heads):
            rows[name].append(errors(store, clip, person, motion, track))
    for name, people in rows.items():
        depth, share, height, told = np.array(people, float).T
        print(
            f"{name:8} people {len(people):3}  "
            f"depth {1000 * np.median(depth):5.0f} mm, {100 * np.median(share):4.1f} %  "
            f"height {1000 * height.mean():4.0f} mm, told by the floor {told.sum():.0f}"
        )


def lifted(store: Store, clip: StoredClip, heads: HeadSet) -> Iterator[tuple[str, int, Motion, Track]]:
    """Each person of a clip who is followed for long enough, by the name of what is given."""
    tracks = [replace(track_of(store, clip, person), id=person) for person in range(clip.people)]
    tracks = [track for track in tracks if len(track) >= LEAST_FRAMES]
    fov = field_of_view(clip.focal, clip.size)
    heights = {track.id: true_height(clip, track.id) for track in tracks}
    for name, settings, camera in (
        ("default", LiftSettings(), None),
        ("height", LiftSettings(fov=fov, heights=heights), None),
        ("camera", LiftSettings(), true_camera(store, clip)),
    ):
        found = lift_tracks(heads, tracks, clip.size, settings, known_camera=camera)
        for track, one in zip(tracks, found, strict=True):
            yield name, track.id, make_plausible(one.motion, track, Smoothing.light)[0], track


def true_height(clip: StoredClip, person: int) -> float:
    return float(np.clip(clip.recipe["actors"][person]["height"], 0.3, 3.0))


def true_camera(store: Store, clip: StoredClip) -> Camera:
    view = np.asarray(store.truth["camera"][clip.frame : clip.frame + clip.frames], float)
    center = clip.size[0] / 2, clip.size[1] / 2
    return Camera(np.full(clip.frames, float(clip.focal)), center, view[..., :3], view[..., 3])


def errors(
    store: Store, clip: StoredClip, person: int, motion: Motion, track: Track
) -> tuple[float, float, float, bool]:
    """Metres and share of the distance, error of the depth; metres, error of the height; whether the floor told it."""
    true = store.person(clip, person).joints[track.frames, 0, 2].astype(float)
    found = motion.camera.to_camera_axes(motion.joints.astype(float))[:, 0, 2]
    off = float(np.abs(found - true).mean())
    return off, off / float(true.mean()), abs(motion.height - true_height(clip, person)), motion.height_source == FLOOR


if __name__ == "__main__":
    main()
