"""Do feet point in the right direction, with heels and toes of the detector and without?

    python -m benchmarks.accuracy.feet_table STORE [--weights FILE] [--clips 60]

    floor     flat on the floor where they stand, else in line with the shin: without heels and toes (the baseline)
    points    rotated to heels and toes as far as they are seen: the result of `lift`
    head      the mesh head's feet, refined; and head + points: the result of `lift --head mesh`

Printed are the mean angle in degrees between the foot's true and found direction, in camera axes, with the 95 %
interval over people; the same for feet whose heel and toe score above 0.9 and which are seen from the side; and the
ratio to "floor".
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy.foot_skate import track_of
from vidmotion.body.fitting import fit_body
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body
from vidmotion.choices import Smoothing
from vidmotion.data.store import Store, read_store
from vidmotion.evaluate.bootstrap import mean_estimate
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.lifting.lift import lift_tracks
from vidmotion.lifting.physics import make_plausible
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.model.network import MotionNetwork
from vidmotion.settings import LiftSettings
from vidmotion.skeletons import SMPL24, convert, foot_points
from vidmotion.types import Floats
from vidmotion.weights import find_weights

FEET = [SMPL24.joints.index(f"{side}_ankle") for side in ("left", "right")]
SURE, SIDE = 0.9, 0.5


def forwards(pose: Floats) -> Floats:
    """(T, 2, 3) directions of both feet, from SMPL's rotations (T, 24, 3)."""
    nowhere = np.zeros((24, 3))
    world, _ = forward_kinematics(
        axis_angle_to_matrix(pose.astype(np.float64)), nowhere, SMPL24.parents, np.zeros((len(pose), 3))
    )
    return world[:, FEET][..., 2]


def measure(store: Store, network: MotionNetwork, clips: int) -> Iterator[dict[str, tuple[float, int, float, int]]]:
    """Sums of angles and numbers of feet, of all and of those seen well from the side, by row, for each person."""
    model = free_body()
    for clip in store.clips[:clips]:
        for person in range(clip.people):
            track = track_of(store, clip, person)
            points = foot_points(track.keypoints.skeleton)
            if len(track) < 2 or points is None:
                continue
            blind = replace(track, keypoints=convert(track.keypoints, "h36m17"))
            one = lift_tracks(HeadSet([network]), [track], clip.size, LiftSettings(), ("mesh",))[0]
            motion, _ = make_plausible(one.motion, track, Smoothing.light)
            bodies = {
                "floor": fit_body(model, motion, blind),
                "points": fit_body(model, motion, track),
                "head": fit_body(model, motion, blind, one.guess),
                "head + points": fit_body(model, motion, track, one.guess),
            }
            truth = forwards(store.person(clip, person).pose[track.frames])
            score = np.minimum(*(track.keypoints.score[:, list(part)] for part in points))
            well = (score > SURE) & (np.abs(truth[..., 2]) < SIDE)
            row = {}
            for name, body in bodies.items():
                found = forwards(body.pose) @ motion.camera.rotation.T
                angle = np.degrees(np.arccos(np.clip((found * truth).sum(-1), -1, 1)))
                row[name] = float(angle.sum()), angle.size, float(angle[well].sum()), int(well.sum())
            yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="of the split test")
    parser.add_argument("--weights", help="a network with a mesh head")
    parser.add_argument("--clips", type=int, default=60)
    args = parser.parse_args()
    network, _ = load_network(find_weights(args.weights))
    people = list(measure(read_store(args.store), network, args.clips))
    base = None
    print(f"{len(people)} people")
    for name in people[0]:
        angles, counts, well, well_counts = torch.tensor([one[name] for one in people]).double().unbind(1)
        every, side = mean_estimate(angles, counts), mean_estimate(well, well_counts)
        base = base or every.value
        cells = ", ".join(f"{one.value:.1f} ({one.low:.1f}-{one.high:.1f})" for one in (every, side))
        print(f"  {name:14} all, seen well: {cells}   {every.value / base:.3f}")


if __name__ == "__main__":
    main()
