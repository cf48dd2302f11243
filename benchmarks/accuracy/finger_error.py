"""How far hands and fingers are from the truth, in rendered pictures of the free body with known fingers.

    python -m benchmarks.accuracy.finger_error [--pictures FOLDER]

Three people hold up both hands in five poses. They are seen from the palm, obliquely, from the thumb's side, from the
back and from below, with hands of several sizes. The hand network reads each picture by itself, in the region beyond
the true forearm: tracking and smoothing over time are not part of it.

A hand is found if its presence is at least that of `vidmotion.tracking.hands`. Errors are those of found hands: mm of
the 20 landmarks from the wrist, with both wrists in one place; the same after the best similarity transform; degrees of
flexion of the three joints of four fingers; degrees between the last bones of thumbs, in the axes of the palm; degrees
between the rotations of the palms.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.lib.rendered_body import PEOPLE, draw_body
from vidmotion.body.finger_pose import FingerPoser, full_pose
from vidmotion.body.hand_pose import LENGTH, finger_rotations, hand_at_rest, palm_rotation
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body, with_finger_joints
from vidmotion.body.model import WRISTS
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.data.synthetic.frame_camera import FrameCamera, look_at
from vidmotion.detectors.base import Picture
from vidmotion.detectors.blazepose_networks import Region
from vidmotion.detectors.hand_face_networks import HandNetwork, hand_region, load_networks
from vidmotion.evaluate.metrics import p_mpjpe
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle, shortest_rotation
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import FINGER_JOINTS, FINGER_LANDMARKS, FINGERS, HAND21
from vidmotion.tracking.hands import SEEN, hand_of_side
from vidmotion.types import BodyMotion, Floats

MODEL = with_finger_joints(free_body())


@dataclass(frozen=True)
class HandPose:
    """Degrees of the joints of a left hand."""

    bends: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """Flexion of the three joints of a finger."""
    spread: Mapping[str, int] = field(default_factory=dict)
    """Of a finger's first joint, towards the thumb."""
    thumb: tuple[tuple[int, int, int], ...] = ((0, 0, 0),) * 3
    """Axis-angles of its three joints."""

    @property
    def fingers(self) -> Floats:
        """(2, 15, 3) radians, of both hands, as in `BodyMotion`."""
        by_finger = np.zeros((len(FINGERS), 3, 3))
        for number, finger in enumerate(FINGERS):
            by_finger[number, :, 2] = -np.array(self.bends.get(finger, (0, 0, 0)))
            by_finger[number, 0, 1] = -self.spread.get(finger, 0)
        by_finger[FINGERS.index("thumb")] = self.thumb
        left = by_finger.reshape(len(FINGER_JOINTS), 3)
        return np.radians(np.stack([left, left * [1, -1, -1]]))


_BENT = (80, 95, 60)
_THUMB_OVER = ((20, 35, -10), (0, 40, -20), (0, 50, -20))
HANDS = {
    "open": HandPose(),
    "spread": HandPose(spread={"index": 15, "middle": 3, "ring": -8, "pinky": -18}),
    "fist": HandPose(dict.fromkeys(("index", "middle", "ring", "pinky"), _BENT), thumb=_THUMB_OVER),
    "point": HandPose(dict.fromkeys(("middle", "ring", "pinky"), _BENT), thumb=_THUMB_OVER),
    "pinch": HandPose(
        {"index": (50, 55, 25), "middle": (30, 30, 15), "ring": (20, 25, 10), "pinky": (15, 20, 10)},
        thumb=((22, 17, -19), (1, 10, -16), (1, 14, -13)),
    ),
}
VIEWS = {"palm": (90, 0, 0), "oblique": (45, 0, 10), "thumb": (0, 0, 0), "back": (90, 180, 0), "below": (90, 0, -35)}
"""Degrees by which the palms turn from outward to forward, and where the camera is: around the person, and above."""
SIZES = (20, 40, 80)
"""Pixels from the wrist to the tip of the middle finger of an open hand."""
DISTANCE = 4.0
"""Metres from the camera to the hands."""
FIELD = (1.1, 0.75)
"""Metres, width and height of what the camera sees."""
COLUMNS = ("wrist", "aligned", "1st", "2nd", "3rd", "thumb", "palm")
_REGION = 2.2
"""Side of the region beyond the forearm, in lengths of the hand."""


@dataclass(frozen=True, eq=False)
class TrueHand:
    """One hand, as it is."""

    side: int
    fingers: Floats
    """(15, 3) radians, as in `BodyMotion`."""
    points: Floats
    """(21, 3) metres from the wrist: x right, y down, z along the line of sight."""
    region: Region
    """Beyond the true forearm."""


@dataclass(frozen=True)
class Reading:
    """What became of one hand."""

    pose: str
    view: str
    size: int
    errors: tuple[float, ...] | None
    """In the order of `COLUMNS`: mm and degrees; None where it was not found."""


def hands_up(betas: Floats, turn: float, fingers: Floats) -> BodyMotion:
    """A body with both forearms up, one frame.

    Args:
        turn: degrees of the palms from outward to forward.
    """
    about_z, about_x = np.array([0, 0, 1.0]), np.array([1.0, 0, 0])
    half = axis_angle_to_matrix(np.radians(-turn / 2) * about_x)
    pose = np.zeros((1, 24, 3))
    pose[0, 16] = np.radians(-50) * about_z
    pose[0, 18] = matrix_to_axis_angle(axis_angle_to_matrix(np.radians(140) * about_z) @ half)
    pose[0, 20] = matrix_to_axis_angle(half)
    pose[0, [17, 19, 21]] = pose[0, [16, 18, 20]] * [1, -1, -1]
    return BodyMotion(free_body().name, pose, betas, np.zeros((1, 3)), np.zeros(1), fingers[None])


def true_hands(body: BodyMotion, size: int, around: float, above: float) -> tuple[FrameCamera, list[TrueHand]]:
    """The camera that sees hands of a size, and the hands before it."""
    rest = MODEL.shape(body.betas)
    poser = FingerPoser(MODEL, rest)
    assert body.fingers is not None
    local = axis_angle_to_matrix(full_pose(MODEL, body.pose, poser.pose(body.fingers)))
    turns, places = (part[0] for part in forward_kinematics(local, rest.joints, MODEL.parents, body.translation))
    hands = []
    for side, hand in enumerate(poser.hands):
        world = np.zeros((len(HAND21), 3))
        first = 22 + side * len(FINGER_JOINTS)
        world[0] = places[WRISTS[side]]
        for joint, landmark in enumerate(FINGER_LANDMARKS):
            world[landmark] = places[first + joint]
            bone = hand.landmarks[landmark + 1] - hand.landmarks[landmark]
            world[landmark + 1] = places[first + joint] + turns[first + joint] @ bone  # the last one is the tip
        hands.append(world)
    length = float(np.linalg.norm(np.diff(poser.hands[0].landmarks[[0, 9, 10, 11, 12]], axis=0), axis=1).sum())
    target = places[list(WRISTS)].mean(0) + np.array([0, length / 2, 0])
    around, above = np.radians([around, above])
    away = np.array([np.sin(around) * np.cos(above), np.sin(above), np.cos(around) * np.cos(above)])
    focal = size / length * DISTANCE
    width, height = (round(focal * metres / DISTANCE) for metres in FIELD)
    camera = FrameCamera.centered(*look_at(target + DISTANCE * away, target, 0.0), focal, (width, height))
    return camera, [
        TrueHand(
            side, body.fingers[0, side], _seen(points, camera), _region(points[0], places[18 + side], camera, size)
        )
        for side, points in enumerate(hands)
    ]


def _seen(points: Floats, camera: FrameCamera) -> Floats:
    """Landmarks (21, 3) of the world from the wrist, relative to the line of sight to it."""
    inside = camera.to_camera_axes(points)
    sight = unit(inside[:1])
    return (inside - inside[0]) @ shortest_rotation(np.array([[0.0, 0.0, 1.0]]), sight)[0]


def _region(wrist: Floats, elbow: Floats, camera: FrameCamera, size: int) -> Region:
    start, end = camera.project(np.stack([elbow, wrist]))
    along = unit(end - start)
    x, y = end + along * size / 2
    return Region(float(x), float(y), _REGION * size, float(np.arctan2(along[0], -along[1])))


def read(network: HandNetwork, picture: Picture, truth: TrueHand) -> Floats | None:
    """(21, 3) metres, the landmarks of a hand; None if it is not found."""
    first = network.read(picture, truth.region)
    if first.presence < SEEN / 2:
        return None
    found = hand_of_side(network.read(picture, hand_region(first.xy)), truth.side)
    return None if found is None else found.points


def errors(points: Floats, truth: TrueHand) -> tuple[float, ...]:
    """The errors of landmarks (21, 3), in the order of `COLUMNS`."""
    away = np.linalg.norm(points - points[0] - truth.points, axis=1)[1:].mean() * 1000
    aligned = float(p_mpjpe(torch.tensor(points)[None], torch.tensor(truth.points)[None])[0]) * 1000
    found = finger_rotations(points[None], truth.side)[0]
    bends = np.abs(_flexion(found, truth.side) - _flexion(truth.fingers, truth.side)).mean(0)
    thumbs = [_last_bone_of_thumb(one, truth.side) for one in (found, truth.fingers)]
    palms = [palm_rotation(one[None], truth.side)[0] for one in (points, truth.points)]
    palm = np.linalg.norm(matrix_to_axis_angle(palms[0] @ palms[1].T))
    thumb = np.arccos(np.clip(thumbs[0] @ thumbs[1], -1, 1))
    return (away, aligned, *np.degrees([*bends, thumb, palm]))


def _flexion(fingers: Floats, side: int) -> Floats:
    """(4, 3) radians, of the joints of four fingers with axis-angles (15, 3)."""
    left = fingers * [1, -1, -1] if side else fingers
    along = axis_angle_to_matrix(left[:12])[:, :, 0]
    return np.arctan2(-along[:, 1], along[:, 0]).reshape(4, 3)


def _last_bone_of_thumb(fingers: Floats, side: int) -> Floats:
    """(3,) direction of the last bone in the axes of the palm."""
    first, second, third = axis_angle_to_matrix(fingers[12:])
    rest = hand_at_rest(side, LENGTH)
    return unit(first @ second @ third @ (rest[4] - rest[3]))


def readings(network: HandNetwork | None, pictures: Path | None) -> Iterator[Reading]:
    """Every hand of every person, pose, view and size; without a network, the true landmarks are read."""
    rng = np.random.default_rng(0)
    for number, person in enumerate(PEOPLE):
        for (pose, hand), (view, (turn, around, above)), size in product(HANDS.items(), VIEWS.items(), SIZES):
            body = hands_up(person.betas, turn, hand.fingers)
            camera, hands = true_hands(body, size, around, above)
            picture = None
            if network is not None:
                picture = draw_body(PosedMesh(MODEL, body).vertices(0), person, camera, rng)
            if pictures is not None and picture is not None:
                name = pictures / f"{pose}_{view}_{size}_{number}.png"
                cv2.imwrite(str(name), picture[..., ::-1])
            for truth in hands:
                points = truth.points if network is None or picture is None else read(network, picture, truth)
                yield Reading(pose, view, size, None if points is None else errors(points, truth))


def table(title: str, all_readings: list[Reading], key: Callable[[Reading], object]) -> None:
    """Print one line for each group of readings."""
    print(f"{title:10s}{'hands':>7s}{'found':>7s}" + "".join(f"{name:>9s}" for name in COLUMNS))
    for group in dict.fromkeys(map(key, all_readings)):
        own = [one for one in all_readings if key(one) == group]
        found = [one.errors for one in own if one.errors is not None]
        middle = np.median(found, axis=0) if found else np.full(len(COLUMNS), np.nan)
        print(f"{group!s:10s}{len(own):7d}{len(found) / len(own):7.0%}" + "".join(f"{value:9.1f}" for value in middle))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Errors of hands and fingers in rendered pictures.")
    parser.add_argument("--pictures", type=Path, help="a folder for the pictures")
    options = parser.parse_args()
    if options.pictures is not None:
        options.pictures.mkdir(parents=True, exist_ok=True)
    print("medians of found hands: mm from the wrist, mm after Procrustes, degrees")
    table("exact", list(readings(None, None)), lambda _: "landmarks")
    found = list(readings(load_networks(1)[0], options.pictures))
    table("all", found, lambda _: "all")
    table("pose", found, lambda one: one.pose)
    table("view", found, lambda one: one.view)
    table("pixels", found, lambda one: one.size)


if __name__ == "__main__":
    main()
