"""Make samples/walk_wave.mp4 and its exact 3D: a person who walks in a circle and waves, and a moving camera.

    python -m samples.make_sample --mocap mocap --out samples

The motion is two gait cycles of a clip of the CMU motion capture, repeated and bent onto a circle, with a waving right
arm blended in. No frame of the clip is in a training split. Body and drawing are vidmotion's own.
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
"""The captured clip, and two frames, two gait cycles apart, with nearly the same pose."""
FPS, FRAMES = 30, 270
SIZE, FOCAL = (960, 540), 900.0
RADIUS = 1.55
"""Metres, radius of the circle on which the person walks."""
WAVE = (130, 245)
"""Frames between which the right arm is up."""
HEAD_TILT = 0.28
"""Radians by which the head is lowered: the captured person looks at the ceiling."""
HEIGHT = 1.75
"""Metres, body height."""
CAPTURED_LEG = 0.838
"""Metres from hip to ankle of the captured person."""
MALE = np.array([0.08, 0.35, 0.75, 0.60, 0.5, 0.6])
"""Phenotype of a man; the body's template is between the sexes."""


@dataclass(frozen=True, eq=False)
class Motion:
    """A motion: T frames of SMPL rotations and the path of the root."""

    rotations: np.ndarray
    """(T, 24, 3, 3) of each joint in its parent's frame; the first in the world."""
    root: np.ndarray
    """(T, 3) metres."""


def read_motion(folder: Path, name: str) -> Motion:
    """Read one clip of a packed motion capture folder."""
    capture = read_mocap_rotations(folder, None)
    return Motion(*capture.sample(name, np.arange(capture.clips[name].frames, dtype=float)))


def loop(motion: Motion, start: int, end: int, count: int, blend: int = 10) -> Motion:
    """Repeat the frames from `start` to `end` until there are `count`, blending over the seam.

    The person walks along +Z; each repetition begins where the one before ended.
    """
    period = end - start
    frame_of = np.arange(count) % period
    rotations = motion.rotations[start + frame_of].copy()
    stride = motion.root[end] - motion.root[start]
    stride[1] = 0.0
    root = motion.root[start + frame_of] + (np.arange(count) // period)[:, None] * stride
    for frame in np.flatnonzero(frame_of >= period - blend):
        before = start - (period - frame_of[frame])
        share = (frame_of[frame] - (period - blend) + 1) / (blend + 1)
        rotations[frame] = _between(rotations[frame], motion.rotations[before], share)
        root[frame] += share * (motion.root[before] + stride - motion.root[start + frame_of[frame]])
    return Motion(rotations, root)


def _between(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Rotations (N, 3, 3) between `a` and `b`; `share` is 0 at `a` and 1 at `b`."""
    return a @ axis_angle_to_matrix(matrix_to_axis_angle(np.swapaxes(a, -1, -2) @ b) * share)


def bend(motion: Motion, scale: float, radius: float) -> Motion:
    """Bend a walk along +Z onto a circle about the world's origin, its lengths scaled for longer legs."""
    root = motion.root * scale
    travelled = root[:, 2] - root[0, 2]
    angle = travelled / radius + 0.5
    distance = radius - (root[:, 0] - root[:, 0].mean())
    path = np.stack([-distance * np.cos(angle), root[:, 1], distance * np.sin(angle)], -1)
    rotations = motion.rotations.copy()
    rotations[:, 0] = axis_angle_to_matrix(angle[:, None] * [0.0, 1.0, 0.0]) @ rotations[:, 0]
    return Motion(rotations, path)


def wave(motion: Motion, first: int, last: int, rise: int = 22) -> Motion:
    """Raise the right arm and wave between the frames `first` and `last`."""
    frames = np.arange(len(motion.root))
    share = np.clip(np.minimum(frames - first, last - frames) / rise, 0, 1)
    share = share * share * (3 - 2 * share)
    swing = 0.42 * np.sin(2 * np.pi * 1.5 * (frames - first) / FPS)
    rotations = motion.rotations.copy()
    for frame in np.flatnonzero(share > 0):
        upper = np.array([-0.80, 0.12, 0.30])
        fore = np.array([-0.25 + np.sin(swing[frame]), 1.0, 0.30])
        shoulder = _align(np.array([-1.0, 0, 0]), upper)
        elbow = shoulder.T @ _align(upper, fore) @ shoulder
        twist = axis_angle_to_matrix(np.array([0.55, 0, 0]))
        wanted = np.stack([np.eye(3), shoulder, elbow @ twist, twist])
        arm = [14, 17, 19, 21]
        rotations[frame, arm] = _between(rotations[frame, arm], wanted, share[frame])
    return Motion(rotations, motion.root)


def _align(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The shortest rotation from direction `a` to direction `b`."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    angle = np.arctan2(np.linalg.norm(axis), a @ b)
    return axis_angle_to_matrix(axis / max(np.linalg.norm(axis), 1e-12) * angle)


def camera_path(roots: np.ndarray, rng: np.random.Generator) -> CameraPath:
    """A hand-padded camera that moves sideways and pans to follow the person's roots (T, 3)."""
    count = len(roots)
    time = np.linspace(0, 1, count)
    shake = _smooth(np.cumsum(rng.normal(size=(count, 5)), 0), np.hanning(25))
    shake = (shake - shake.mean(0)) / shake.std(0)
    center = _smooth(roots, np.ones(61))
    position = np.stack([-1.1 + 2.2 * time, 1.45 + 0.15 * time, 6.0 - 0.6 * np.sin(np.pi * time)], -1)
    target = np.stack([0.55 * center[:, 0], np.full(count, 0.86), np.zeros(count)], -1)
    target[:, :2] += 0.015 * shake[:, 3:5]
    rotation, translation = look_at(position + 0.012 * shake[:, :3], target, 0.006 * shake[:, 2])
    return CameraPath(rotation, translation, FOCAL, SIZE)


def _smooth(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Values (T, C) averaged over time with a kernel of odd length; the first and last value are repeated."""
    reach = len(kernel) // 2
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel / kernel.sum(), "valid") for column in padded.T], -1)


def room_and_clothes() -> tuple[Room, Clothes]:
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


def body_betas(body: BodyModel) -> np.ndarray:
    """(10,) shape coefficients of a man of height `HEIGHT`."""
    betas, taller = body.phenotype.betas(MALE), np.eye(10)[0]
    growth = body.shape(taller).height - body.shape(0 * taller).height
    return betas + taller * (HEIGHT - body.shape(betas).height) / growth


def animate(body: BodyModel, betas: np.ndarray, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """(T, V, 3) vertices and (T, 17, 3) joints of the whole motion, metres, the soles on the floor."""
    rest = body.shape(betas)
    captured = read_motion(folder, CLIP)
    captured.rotations[:, HEAD] @= axis_angle_to_matrix(np.array([HEAD_TILT, 0.0, 0.0]))
    motion = wave(bend(loop(captured, *LOOP, FRAMES), _leg(rest) / CAPTURED_LEG, RADIUS), *WAVE)
    world, positions = forward_kinematics(motion.rotations, rest.joints, body.parents, np.zeros((FRAMES, 3)))
    translation = motion.root - positions[:, 1:3].mean(1)  # the captured root is the center of the hips
    joints = to_h36m(positions, world[:, HEAD], rest.height) + translation[:, None]
    vertices = skinned(body, motion.rotations, betas, translation)
    lowest = _smooth(vertices[..., 1].min(1, keepdims=True), np.hanning(21))
    vertices[..., 1] -= lowest
    joints[..., 1] -= lowest
    return vertices, joints


def _leg(rest: RestBody) -> float:
    """Metres from hip to ankle."""
    return float(rest.joints[[1, 2], 1].mean() - rest.joints[[7, 8], 1].mean())


@torch.no_grad()
def skinned(body: BodyModel, rotations: np.ndarray, betas: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """(T, V, 3) vertices of a body in every frame, metres."""
    skinning = Skinning(body)
    matrices, shape, positions = (
        torch.tensor(part, dtype=torch.float32) for part in (rotations, betas[None], translation)
    )
    parts = [skinning(matrices[t : t + 1], shape, positions[t : t + 1])[0] for t in range(len(matrices))]
    return torch.cat(parts).double().numpy()


def draw_frames(
    clothed: ClothedBody, vertices: np.ndarray, room: Room, camera: CameraPath, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Every frame, (H, W, 3) uint8 RGB, with noise like a sensor's."""
    for frame, points in enumerate(vertices):
        frame_camera = camera.frame_camera(frame)
        picture, _ = draw_people(draw_room(room, frame_camera), [(clothed, points)], frame_camera, Light())
        grain = rng.normal(0, 1.6, (*picture.shape[:2], 1))
        yield np.clip(np.round(picture) + grain + 0.5, 0, 255).astype(np.uint8)


def main() -> None:
    """Make the video and its exact values."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, required=True, help="folder of packed motion capture")
    parser.add_argument("--out", type=Path, default=Path("samples"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)

    body = free_body()
    betas = body_betas(body)
    vertices, joints = animate(body, betas, arguments.mocap)
    camera = camera_path(joints[:, 0], rng)
    room, clothes = room_and_clothes()
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_video(
        arguments.out / "walk_wave.mp4", draw_frames(ClothedBody.of(body, clothes), vertices, room, camera, rng)
    )
    in_camera = camera.to_camera_axes(joints)
    np.savez_compressed(
        arguments.out / "walk_wave.npz",
        joints_world=joints,
        joints_camera=in_camera,
        joints_2d=camera.to_pixels(in_camera),
        rotation=camera.rotation,
        translation=camera.translation,
        focal=np.float64(FOCAL),
        center=np.array(SIZE) / 2,
        fps=np.float64(FPS),
        height=np.float64(body.shape(betas).height),
    )


if __name__ == "__main__":
    main()
