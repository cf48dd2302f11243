"""Make samples/walk_wave.mp4 and its exact 3D: a person who walks in a circle and waves, and a moving camera.

    python -m samples.make_sample --mocap mocap --out samples

The motion is two gait cycles of a test clip of the CMU motion capture, looped and bent onto a circle, with a
waving right arm blended in. No frame of it is in any training split. Body and drawing are vidmotion's own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body
from vidmotion.body.model import BodyModel, RestBody
from vidmotion.body.skinning import Skinning
from vidmotion.data.synthetic.clothing import Clothes
from vidmotion.data.synthetic.frame_camera import look_at
from vidmotion.data.synthetic.labels import CameraPath
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations
from vidmotion.data.synthetic.people import ClothedBody, Light, draw_people
from vidmotion.data.synthetic.room import Room, draw_room
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle

CLIP, LOOP = "02_01", (10, 76)
"""The source clip and the frames, two gait cycles apart, between which it repeats best."""
FPS, FRAMES = 30, 270
SIZE, FOCAL = (960, 540), 900.0
RADIUS = 1.55
"""Metres, of the circle that is walked."""
WAVE = (130, 245)
"""Frames between which the right arm is up."""
NOD = 0.28
"""Radians by which the head is lowered: in the clip it looks at the ceiling."""
STATURE = 1.75
SOURCE_LEG = 0.838
"""Metres from hip to ankle of the clip's skeleton."""
MALE = np.array([0.08, 0.35, 0.75, 0.60, 0.5, 0.6])
"""Phenotype of the body; the average template is between the sexes."""


@dataclass(frozen=True, eq=False)
class Take:
    """A motion: T frames of SMPL rotations and the path of the root."""

    rotations: np.ndarray
    """(T, 24, 3, 3) local; the first in the world."""
    root: np.ndarray
    """(T, 3) metres."""


def read_take(folder: Path, name: str) -> Take:
    """Read one clip of a packed motion capture folder."""
    capture = read_mocap_rotations(folder, None)
    return Take(*capture.sample(name, np.arange(capture.clips[name].frames, dtype=float)))


def loop(take: Take, start: int, end: int, count: int, blend: int = 10) -> Take:
    """Repeat the frames from `start` to `end` until there are `count`, blending over the seam.

    The clip walks along +Z; every round begins where the one before ended.
    """
    period = end - start
    place = np.arange(count) % period
    rotations = take.rotations[start + place].copy()
    stride = take.root[end] - take.root[start]
    stride[1] = 0.0
    root = take.root[start + place] + (np.arange(count) // period)[:, None] * stride
    for frame in np.flatnonzero(place >= period - blend):
        before = start - (period - place[frame])
        share = (place[frame] - (period - blend) + 1) / (blend + 1)
        rotations[frame] = _between(rotations[frame], take.rotations[before], share)
        root[frame] += share * (take.root[before] + stride - take.root[start + place[frame]])
    return Take(rotations, root)


def _between(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Rotations (N, 3, 3) on the way from `a` to `b`."""
    return a @ axis_angle_to_matrix(matrix_to_axis_angle(np.swapaxes(a, -1, -2) @ b) * share)


def bend(take: Take, scale: float, radius: float) -> Take:
    """Bend a walk along +Z onto a circle about the world's origin, its lengths scaled for longer legs."""
    root = take.root * scale
    travelled = root[:, 2] - root[0, 2]
    turn = travelled / radius + 0.5
    aside = radius - (root[:, 0] - root[:, 0].mean())
    path = np.stack([-aside * np.cos(turn), root[:, 1], aside * np.sin(turn)], -1)
    rotations = take.rotations.copy()
    rotations[:, 0] = axis_angle_to_matrix(turn[:, None] * [0.0, 1.0, 0.0]) @ rotations[:, 0]
    return Take(rotations, path)


def wave(take: Take, first: int, last: int, rise: int = 22) -> Take:
    """Raise the right arm and wave between the frames `first` and `last`."""
    frames = np.arange(len(take.root))
    share = np.clip(np.minimum(frames - first, last - frames) / rise, 0, 1)
    share = share * share * (3 - 2 * share)
    swing = 0.42 * np.sin(2 * np.pi * 1.5 * (frames - first) / FPS)
    rotations = take.rotations.copy()
    for frame in np.flatnonzero(share > 0):
        upper = np.array([-0.80, 0.12, 0.30])
        fore = np.array([-0.25 + np.sin(swing[frame]), 1.0, 0.30])
        shoulder = _align(np.array([-1.0, 0, 0]), upper)
        elbow = shoulder.T @ _align(upper, fore) @ shoulder
        twist = axis_angle_to_matrix(np.array([0.55, 0, 0]))
        wanted = np.stack([np.eye(3), shoulder, elbow @ twist, twist])
        arm = [14, 17, 19, 21]
        rotations[frame, arm] = _between(rotations[frame, arm], wanted, share[frame])
    return Take(rotations, take.root)


def _align(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The shortest rotation from direction `a` to direction `b`."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    angle = np.arctan2(np.linalg.norm(axis), a @ b)
    return axis_angle_to_matrix(axis / max(np.linalg.norm(axis), 1e-12) * angle)


def film(roots: np.ndarray, rng: np.random.Generator) -> CameraPath:
    """A hand-held camera that dollies sideways and pans after the person's roots (T, 3)."""
    count = len(roots)
    time = np.linspace(0, 1, count)
    shake = _smooth(np.cumsum(rng.normal(size=(count, 5)), 0), np.hanning(25))
    shake = (shake - shake.mean(0)) / shake.std(0)
    aim = _smooth(roots, np.ones(61))
    position = np.stack([-1.1 + 2.2 * time, 1.45 + 0.15 * time, 6.0 - 0.6 * np.sin(np.pi * time)], -1)
    target = np.stack([0.55 * aim[:, 0], np.full(count, 0.86), np.zeros(count)], -1)
    target[:, :2] += 0.015 * shake[:, 3:5]
    rotation, translation = look_at(position + 0.012 * shake[:, :3], target, 0.006 * shake[:, 2])
    return CameraPath(rotation, translation, FOCAL, SIZE)


def _smooth(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Values (T, C) averaged over time by a kernel of odd length; the ends are held."""
    reach = len(kernel) // 2
    held = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel / kernel.sum(), "valid") for column in held.T], -1)


def furnish() -> tuple[Room, Clothes]:
    """The room and the clothes of the clip."""
    boxes = [
        ((-3.6, 0.0, -3.45, -2.3, 0.85, -3.0), (150, 105, 70), (90, 62, 42), 2),
        ((-3.2, 0.85, -3.4, -2.95, 1.25, -3.15), (70, 120, 90), (50, 90, 66), 0),
        ((-0.9, 1.25, -3.5, 0.5, 2.15, -3.46), (120, 165, 200), (60, 75, 60), 3),
        ((2.0, 0.0, -3.45, 3.0, 2.05, -3.38), (205, 198, 184), (170, 160, 145), 2),
        ((-4.45, 0.0, -1.6, -3.7, 0.45, 0.4), (96, 112, 140), (80, 94, 120), 0),
        ((-4.45, 0.45, -1.6, -4.2, 0.95, 0.4), (96, 112, 140), (80, 94, 120), 0),
        ((3.5, 0.0, -2.9, 4.0, 0.55, -2.4), (176, 84, 60), (150, 66, 46), 1),
        ((1.05, 0.0, -3.45, 1.5, 1.4, -3.1), (170, 150, 110), (140, 120, 84), 2),
    ]
    room = Room(
        np.array([-4.5, 0.0, -3.5]),
        np.array([4.5, 2.9, 7.0]),
        np.array([[226.0, 214, 190], [176, 140, 104], [232, 232, 228]]),
        0,
        np.array([box[0] for box in boxes]),
        np.array([box[1:3] for box in boxes], float),
        np.array([box[3] for box in boxes]),
    )
    clothes = Clothes(
        skin=np.array([214.0, 166, 138]),
        hair=np.array([58.0, 40, 28]),
        shirt=np.array([172.0, 46, 48]),
        stripe=np.array([232.0, 226, 214]),
        trousers=np.array([52.0, 66, 104]),
        shoes=np.array([44.0, 44, 48]),
        sleeve=0.36,
        leg=-0.86,
        pattern=1,
        long_hair=False,
    )
    return room, clothes


def write_video(path: Path, pictures: Iterator[np.ndarray]) -> None:
    """H.264 at `FPS` of (H, W, 3) uint8 RGB."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"crf": "24", "preset": "slow", "threads": "1"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def somebody(body: BodyModel) -> np.ndarray:
    """(10,) betas of a man of `STATURE`."""
    betas, tallness = body.phenotype.betas(MALE), np.eye(10)[0]
    growth = body.shape(tallness).height - body.shape(0 * tallness).height
    return betas + tallness * (STATURE - body.shape(betas).height) / growth


def act(body: BodyModel, betas: np.ndarray, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """(T, V, 3) vertices and (T, 17, 3) joints of the whole motion, metres, the soles on the floor."""
    rest = body.shape(betas)
    source = read_take(folder, CLIP)
    source.rotations[:, HEAD] @= axis_angle_to_matrix(np.array([NOD, 0.0, 0.0]))
    take = wave(bend(loop(source, *LOOP, FRAMES), _leg(rest) / SOURCE_LEG, RADIUS), *WAVE)
    world, places = forward_kinematics(take.rotations, rest.joints, body.parents, np.zeros((FRAMES, 3)))
    translation = take.root - places[:, 1:3].mean(1)  # the motion capture's root is the middle of the hips
    joints = to_h36m(places, world[:, HEAD], rest.height) + translation[:, None]
    vertices = skinned(body, take.rotations, betas, translation)
    lowest = _smooth(vertices[..., 1].min(1, keepdims=True), np.hanning(21))
    vertices[..., 1] -= lowest
    joints[..., 1] -= lowest
    return vertices, joints


def _leg(rest: RestBody) -> float:
    """Hip to ankle in metres."""
    return float(rest.joints[[1, 2], 1].mean() - rest.joints[[7, 8], 1].mean())


@torch.no_grad()
def skinned(body: BodyModel, rotations: np.ndarray, betas: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """(T, V, 3) vertices of a body in every frame, metres."""
    skinning = Skinning(body)
    turns, shape, places = (torch.tensor(part, dtype=torch.float32) for part in (rotations, betas[None], translation))
    parts = [skinning(turns[t : t + 1], shape, places[t : t + 1])[0] for t in range(len(turns))]
    return torch.cat(parts).double().numpy()


def shoot(
    figure: ClothedBody, vertices: np.ndarray, room: Room, camera: CameraPath, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Every frame, (H, W, 3) uint8 RGB, with a sensor's noise."""
    for frame, points in enumerate(vertices):
        lens = camera.frame_camera(frame)
        picture, _ = draw_people(draw_room(room, lens), [(figure, points)], lens, Light())
        grain = rng.normal(0, 1.6, (*picture.shape[:2], 1))
        yield np.clip(np.round(picture) + grain + 0.5, 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, required=True, help="folder of packed motion capture")
    parser.add_argument("--out", type=Path, default=Path("samples"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)

    body = free_body()
    betas = somebody(body)
    vertices, joints = act(body, betas, arguments.mocap)
    camera = film(joints[:, 0], rng)
    room, clothes = furnish()
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_video(arguments.out / "walk_wave.mp4", shoot(ClothedBody.of(body, clothes), vertices, room, camera, rng))
    seen = camera.to_camera_axes(joints)
    np.savez_compressed(
        arguments.out / "walk_wave.npz",
        joints_world=joints,
        joints_camera=seen,
        joints_2d=camera.to_pixels(seen),
        rotation=camera.rotation,
        translation=camera.translation,
        focal=np.float64(FOCAL),
        center=np.array(SIZE) / 2,
        fps=np.float64(FPS),
        height=np.float64(body.shape(betas).height),
    )


if __name__ == "__main__":
    main()
