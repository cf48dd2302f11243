"""How far the direction of a head is from the truth, in degrees, by how sure it was: nodding and tilting.

    python -m benchmarks.accuracy.head_error MOTION.json [TRUTH.npz]

MOTION.json is what `vidmotion lift samples/walk_wave.mp4 -f json` wrote, TRUTH.npz (`samples/walk_wave.npz`) holds the
exact joints. Neck and head are both inside the head, so that the line between them turns with it. How far the head is
turned about this line is not in that file.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

import vidmotion as vm
from vidmotion.body.joints import offsets
from vidmotion.geometry.rotations import axis_angle_to_matrix, shortest_rotation
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats, Person

BINS = (0.05, 0.35, 0.6, 1.01)
"""Bounds of the confidence."""


_TO_PICTURE = np.diag([1.0, -1.0, -1.0])
"""From the axes of a body (left, up, forward) to those of a head that looks at the camera (right, down, away)."""


def _line(person: Person) -> Floats:
    """(3,) the direction from the neck to the top of the head of a body at rest."""
    assert person.motion is not None
    places = offsets(person.motion.height)
    return unit(places[H36M17.joints.index("head")] - places[H36M17.joints.index("neck")])


def line_error(person: Person, truth: Floats) -> Floats:
    """(T,) degrees between the directions from the neck to the top of the head, both in camera axes.

    Args:
        truth: (T, 17, 3) metres, joints in camera axes.
    """
    assert person.head is not None
    neck, top = (truth[person.track.frames, H36M17.joints.index(name)] for name in ("neck", "head"))
    sight = unit(neck)
    to_camera = shortest_rotation(np.tile([0.0, 0.0, 1.0], (len(sight), 1)), sight)
    turned = to_camera @ axis_angle_to_matrix(person.head.rotation.astype(np.float64))
    cosine = (turned @ _TO_PICTURE @ _line(person) * unit(top - neck)).sum(1)
    return np.degrees(np.arccos(cosine.clip(-1, 1)))


def main(motion: Path, truth: Path) -> None:
    """Print the table."""
    person = vm.load(motion).people[0]
    assert person.head is not None
    error = line_error(person, np.load(truth)["joints_camera"])
    confidence = person.head.confidence
    print("confidence    frames  median  95 %")
    for low, high in (*pairwise(BINS), (BINS[0], BINS[-1])):
        inside = error[(confidence >= low) & (confidence < high)]
        if len(inside):
            found = np.percentile(inside, [50, 95])
            print(f"{low:.2f} to {min(high, 1):.2f} {len(inside):8d} {found[0]:7.1f} {found[1]:5.1f}")
    print(f"unknown in {int((confidence < BINS[0]).sum())} of {len(error)} frames")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "samples/walk_wave.npz"))
