"""How far does a lifted person bend the knees, in real frames whose picture shows straight legs?

    python -m benchmarks.accuracy.standing_knees VIDEOS [--weights FILE]... [--detector NAME]

VIDEOS is a folder with the videos that are named below. Whether legs are straight was judged by eye, once. A knee that
stands straight has about 175 degrees. Prints the mean and the range of the knees' angles, by network; the default comes
first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import vidmotion as vm
from vidmotion.evaluate.breakdown import bone_angle
from vidmotion.weights import find_weights

BOTH = ("left", "right")
STANDING: dict[str, tuple[tuple[str, ...], tuple[range, ...]]] = {
    "tfjs_pose_squats.mp4": (BOTH, (range(3), range(20, 26), range(43, 49))),
    "tfjs_pose_1.mp4": (("left",), (range(31, 120),)),
}
"""Sides and frames in which the legs are straight."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", type=Path)
    parser.add_argument("--weights", action="append", default=[], help="A file or a name.")
    parser.add_argument("--detector", default="auto")
    arguments = parser.parse_args()
    for name, (sides, ranges) in STANDING.items():
        people = vm.detect(arguments.videos / name, detector=arguments.detector)
        for weights in (None, *arguments.weights):
            scene = vm.lift(people, weights=weights)
            person = max(scene.people, key=lambda person: len(person.track))
            assert person.motion is not None
            wanted = np.isin(person.track.frames, np.concatenate([np.arange(each.start, each.stop) for each in ranges]))
            joints = torch.from_numpy(person.motion.joints[wanted]).double()
            knees = [((f"{side}_hip", f"{side}_knee"), (f"{side}_knee", f"{side}_ankle")) for side in sides]
            found = torch.cat([bone_angle(joints, *bones) for bones in knees])
            path = find_weights(weights)
            print(
                f"{name:24} {path.parent.name + '/' + path.name:44} {found.mean():6.1f} degrees "
                f"({found.min():.0f} to {found.max():.0f}), {len(found)} angles",
                flush=True,
            )


if __name__ == "__main__":
    main()
