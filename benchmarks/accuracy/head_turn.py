"""How far the direction of a head is from the truth in a rendered video, by how far it is turned to the side.

    python -m benchmarks.accuracy.head_turn [--videos FOLDER]

Each of three people stands before the camera and turns to both sides, the head further than the body, nods and tilts
the head. `vidmotion.lift` reads the videos with its default settings.

The turn is the angle between the line of sight and where the face points, seen from above. Its bias is positive where
heads are found further to the side than they are.
"""

from __future__ import annotations

import argparse
import tempfile
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

import vidmotion as vm
from benchmarks.lib.rendered_body import PEOPLE, RenderedPerson, draw_body
from vidmotion.body.inverse_kinematics import PARENTS
from vidmotion.body.joints import HEAD
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body
from vidmotion.body.model import BODY_JOINTS
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.data.synthetic.frame_camera import FrameCamera, look_at
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle, shortest_rotation
from vidmotion.geometry.vectors import unit
from vidmotion.types import BodyMotion, Floats
from vidmotion.video import VideoWriter

RATE, SECONDS = 12, 8.0
SIZE = (480, 720)
FOCAL, DISTANCE = 1100.0, 3.4
"""Pixels and metres; a head is then about 50 pixels wide."""
FARTHEST, OF_BODY = 110.0, 0.45
"""Degrees of the largest turn, and the share of it that is the body's."""
NOD, TILT = 20.0, 12.0
"""Degrees."""
BINS = (0, 20, 40, 60, 80, 100, 125)
_FLIP = np.diag([1.0, -1.0, -1.0])
"""From the axes of a body (left, up, forward) to those of a head that looks at the camera (right, down, away)."""


def turning_person(betas: Floats) -> BodyMotion:
    """A body that stands with hanging arms and moves its head."""
    seconds = np.arange(round(RATE * SECONDS)) / RATE
    turn, nod, tilt = (
        np.radians(size) * np.sin(2 * np.pi * seconds / period)
        for size, period in ((FARTHEST, SECONDS), (NOD, 2.7), (TILT, 3.9))
    )
    pose = np.zeros((len(seconds), 24, 3))
    pose[:, 0, 1] = OF_BODY * turn
    pose[:, 16, 2], pose[:, 17, 2] = np.radians([-70, 70])
    half = np.stack([0 * turn, (1 - OF_BODY) / 2 * turn, 0 * turn], -1)
    nodding = axis_angle_to_matrix(np.stack([nod, 0 * nod, tilt], -1))
    pose[:, 12] = half
    pose[:, HEAD] = matrix_to_axis_angle(axis_angle_to_matrix(half) @ nodding)
    return BodyMotion(free_body().name, pose, betas, np.zeros((len(pose), 3)), np.zeros(len(pose)))


def camera() -> FrameCamera:
    """In front of the person, at the height of the chest."""
    position = np.array([0.0, 0.2, DISTANCE])
    return FrameCamera.centered(*look_at(position, np.array([0.0, 0.0, 0.0]), 0.0), FOCAL, SIZE)


def true_rotations(body: BodyMotion) -> Floats:
    """(T, 3, 3) of the head, relative to the line of sight, as those of `vidmotion.Head`."""
    rest = free_body().shape(body.betas).joints[:BODY_JOINTS]
    local = axis_angle_to_matrix(body.pose[:, :BODY_JOINTS])
    world, places = forward_kinematics(local, rest, PARENTS, body.translation)
    sight = unit(camera().to_camera_axes(places[:, HEAD]))
    to_camera = shortest_rotation(np.tile([0.0, 0.0, 1.0], (len(sight), 1)), sight)
    return to_camera.swapaxes(1, 2) @ camera().rotation @ world[:, HEAD] @ _FLIP


def render(person: RenderedPerson, body: BodyMotion, path: Path) -> None:
    """Write the video."""
    rng, posed = np.random.default_rng(0), PosedMesh(free_body(), body)
    with VideoWriter(path, Fraction(RATE), SIZE) as writer:
        for row in range(len(body)):
            writer.write(draw_body(posed.vertices(row), person, camera(), rng))


def turns(rotations: Floats) -> Floats:
    """(T,) degrees to the side, of heads with rotations (T, 3, 3)."""
    faces = rotations @ np.array([0.0, 0.0, -1.0])
    return np.degrees(np.arctan2(faces[:, 0], -faces[:, 2]))


def measure(person: RenderedPerson, path: Path) -> Floats:
    """(T, 4) degrees: the true turn without its sign, the error of the turn, and of the whole rotation; confidence.

    Frames in which the person is not found have a confidence of 0.
    """
    body = turning_person(person.betas)
    render(person, body, path)
    truth = true_rotations(body)
    table = np.zeros((len(body), 4))
    table[:, 0] = np.abs(turns(truth))
    for found in vm.lift(path, max_people=1).people:
        assert found.head is not None
        rows = found.track.frames
        rotations = axis_angle_to_matrix(found.head.rotation.astype(np.float64))
        beyond = (turns(rotations) - turns(truth[rows]) + 180) % 360 - 180
        table[rows, 1] = beyond * np.sign(turns(truth[rows]))
        table[rows, 2] = np.degrees(
            np.linalg.norm(matrix_to_axis_angle(rotations @ truth[rows].swapaxes(1, 2)), axis=-1)
        )
        table[rows, 3] = found.head.confidence
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Errors of heads that turn to the side.")
    parser.add_argument("--videos", type=Path, help="a folder that keeps the videos")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.videos or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        table = np.concatenate([measure(one, place / f"head_{number}.mp4") for number, one in enumerate(PEOPLE)])
    print("true turn      frames  unknown   confidence  turn: bias  median   95 %  whole: median   95 %")
    for low, high in (*pairwise(BINS), (BINS[0], BINS[-1])):
        own = table[(table[:, 0] >= low) & (table[:, 0] < high)]
        known = own[own[:, 3] > 0]
        middle = np.median(known, axis=0)
        side, whole = np.abs(known[:, 1]), known[:, 2]
        print(
            f"{low:3d} to {high:3d} {len(own):10d} {1 - len(known) / len(own):8.0%} {middle[3]:12.2f}"
            f"{middle[1]:+12.1f}{np.median(side):8.1f}{np.percentile(side, 95):7.1f}"
            f"{middle[2]:15.1f}{np.percentile(whole, 95):7.1f}"
        )


if __name__ == "__main__":
    main()
