"""Do standing feet stand? The speed of ankles while the true ones stand, on held-out footage of a camera that stands.

    python -m benchmarks.accuracy.foot_skate STORE [--weights FILE]

    joints     the lifted joints, with their contacts held
    skeleton   ankles of the body that `lift` fits to them
    both       ankles of the body of `lift --head mesh`
    head       ankles of the body of `lift --head mesh --no-refine`

A true ankle stands while it is slower than 0.1 m/s. Printed are the mean speed in cm/s over the frames in which the
person was seen, with the 95 % interval over people, the ratio to "skeleton", and the share of those frames in which the
found ankle is slower than 0.1 m/s too.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from vidmotion.body.fitting import fit_body
from vidmotion.body.inverse_kinematics import PARENTS
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body
from vidmotion.body.model import BODY_JOINTS, BodyModel
from vidmotion.choices import Smoothing
from vidmotion.data.store import SEEN, Store, StoredClip, read_store
from vidmotion.evaluate.bootstrap import mean_estimate
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.lifting.lift import lift_tracks
from vidmotion.lifting.physics import make_plausible
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.model.network import MotionNetwork
from vidmotion.settings import LiftSettings
from vidmotion.skeletons import H36M17, SMPL24
from vidmotion.types import BodyMotion, Floats, Keypoints2D, Track
from vidmotion.weights import find_weights

STANDS = 0.1
"""Metres a second."""
ROWS = ("skeleton", "joints", "both", "head")
ANKLES = [H36M17.joints.index(f"{side}_ankle") for side in ("left", "right")]
BODY_ANKLES = [SMPL24.joints.index(f"{side}_ankle") for side in ("left", "right")]


def still(store: Store, clip: StoredClip) -> bool:
    views = store.truth["camera"][clip.frame : clip.frame + clip.frames]
    return bool(np.abs(views - views[0]).max() < 1e-4)


def track_of(store: Store, clip: StoredClip, person: int) -> Track:
    """The tracker's output for a person, as one track."""
    stored, rows = store.person(clip, person), clip.rows(person)
    state = store.detections["state"][rows]
    at = np.flatnonzero(state > 0)
    points = Keypoints2D(stored.xy[at], stored.score[at], store.settings.skeleton)
    return Track(0, at, at / store.settings.rate, np.zeros((len(at), 4)), points, state[at] == SEEN)


def speeds(places: Floats, rate: float) -> Floats:
    """(T-1, 2) metres a second of two ankles (T, 2, 3)."""
    return rate * np.linalg.norm(np.diff(places, axis=0), axis=-1)


def measure(store: Store, network: MotionNetwork) -> Iterator[dict[str, tuple[float, int, int]]]:
    """Sum of speeds, number of frames, and of those in which the ankle stands, by row, for each person."""
    model, rate = free_body(), store.settings.rate
    for clip in store.clips:
        for person in range(clip.people if still(store, clip) else 0):
            track = track_of(store, clip, person)
            if len(track) < 2:
                continue
            stored = store.person(clip, person)
            truth = (stored.joints[:, ANKLES])[track.frames]
            near = (np.diff(track.frames) == 1) & track.observed[1:] & track.observed[:-1]
            stands = (speeds(truth, rate) < STANDS) & near[:, None]
            one = lift_tracks(HeadSet([network]), [track], clip.size, LiftSettings(), ("mesh",))[0]
            motion, _ = make_plausible(one.motion, track, Smoothing.light)
            bodies = {
                "skeleton": fit_body(model, motion, track),
                "both": fit_body(model, motion, track, one.guess),
                "head": fit_body(model, motion, track, one.guess, refine=False),
            }
            places = {name: ankles(model, body) for name, body in bodies.items()}
            places["joints"] = motion.joints[:, ANKLES]
            found = {name: speeds(at, rate)[stands] for name, at in places.items()}
            yield {name: (float(each.sum()), len(each), int((each < STANDS).sum())) for name, each in found.items()}


def ankles(model: BodyModel, body: BodyMotion) -> Floats:
    """(T, 2, 3) metres in the motion's world."""
    rest = model.shape(body.betas).joints[:BODY_JOINTS]
    return forward_kinematics(axis_angle_to_matrix(body.pose[:, :BODY_JOINTS]), rest, PARENTS, body.translation)[1][
        :, BODY_ANKLES
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="of the split test")
    parser.add_argument("--weights", help="a network with a mesh head")
    args = parser.parse_args()
    network, _ = load_network(find_weights(args.weights))
    people = list(measure(read_store(args.store), network))
    print(f"{len(people)} people, {sum(one['joints'][1] for one in people)} frames in which an ankle stands")
    base = None
    for name in ROWS:
        sums, counts, still_too = torch.tensor([one[name] for one in people], dtype=torch.float64).unbind(1)
        found = mean_estimate(100 * sums, counts)
        base = base or found.value
        print(
            f"  {name:10} {found.value:6.1f} ({found.low:.1f}-{found.high:.1f}) cm/s   {found.value / base:.3f}   "
            f"{100 * float(still_too.sum() / counts.sum()):.0f} % stand"
        )


if __name__ == "__main__":
    main()
