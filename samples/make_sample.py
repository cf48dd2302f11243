"""Make samples/walk_wave.mp4 and its exact 3D: a person who walks in a circle and waves, and a moving camera.

    python -m samples.make_sample --body body.npz --mocap mocap --out samples

The motion is two gait cycles of a test clip of the CMU motion capture, looped and bent onto a circle, with a
waving right arm blended in. No frame of it is in any training split.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from samples.stage import Clothes, Lens, Room, draw_figure, draw_room, look
from scipy.spatial.transform import Rotation

from samples.figure import Figure, matrices, pose, read_body, shape

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
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["clip"] == name)
    frames = slice(int(row["offset"]), int(row["offset"]) + int(row["n_frames"]))
    packed, roots = (next(folder.glob(f"*_{kind}.npy")) for kind in ("rot", "root"))
    angles = np.zeros((int(row["n_frames"]), 24, 3))
    angles[:, :22] = np.load(packed, mmap_mode="r")[frames] * 1e-4
    return Take(matrices(angles), np.load(roots, mmap_mode="r")[frames].astype(np.float64))


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
    way = Rotation.from_matrix(np.swapaxes(a, -1, -2) @ b).as_rotvec()
    return a @ Rotation.from_rotvec(way * share).as_matrix()


def bend(take: Take, scale: float, radius: float) -> Take:
    """Bend a walk along +Z onto a circle about the world's origin, its lengths scaled for longer legs."""
    root = take.root * scale
    travelled = root[:, 2] - root[0, 2]
    turn = travelled / radius + 0.5
    aside = radius - (root[:, 0] - root[:, 0].mean())
    path = np.stack([-aside * np.cos(turn), root[:, 1], aside * np.sin(turn)], -1)
    rotations = take.rotations.copy()
    rotations[:, 0] = Rotation.from_rotvec(turn[:, None] * [0.0, 1.0, 0.0]).as_matrix() @ rotations[:, 0]
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
        twist = Rotation.from_rotvec([0.55, 0, 0]).as_matrix()
        wanted = np.stack([np.eye(3), shoulder, elbow @ twist, twist])
        arm = [14, 17, 19, 21]
        rotations[frame, arm] = _between(rotations[frame, arm], wanted, share[frame])
    return Take(rotations, take.root)


def _align(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The shortest rotation from direction `a` to direction `b`."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    angle = np.arctan2(np.linalg.norm(axis), a @ b)
    return Rotation.from_rotvec(axis / max(np.linalg.norm(axis), 1e-12) * angle).as_matrix()


def film(people: np.ndarray, rng: np.random.Generator) -> list[Lens]:
    """A hand-held camera that dollies sideways and pans after the person; people: (T, 3) roots."""
    count = len(people)
    time = np.linspace(0, 1, count)
    shake = np.cumsum(rng.normal(size=(count, 5)), 0)
    kernel = np.hanning(25) / np.hanning(25).sum()
    shake = np.stack([np.convolve(np.pad(s, 12, mode="edge"), kernel, "valid") for s in shake.T], -1)
    shake = (shake - shake.mean(0)) / shake.std(0)
    aim = np.stack([np.convolve(np.pad(p, 30, mode="edge"), np.ones(61) / 61, "valid") for p in people.T], -1)
    lenses = []
    for t in range(count):
        position = np.array([-1.1 + 2.2 * time[t], 1.45 + 0.15 * time[t], 6.0 - 0.6 * np.sin(np.pi * time[t])])
        position += 0.012 * shake[t, :3]
        target = np.array([0.55 * aim[t, 0], 0.86, 0.0]) + 0.015 * np.append(shake[t, 3:5], 0)
        rotation, translation = look(position, target, 0.006 * shake[t, 2])
        lenses.append(Lens(rotation, translation, FOCAL, SIZE))
    return lenses


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


def write_video(path: Path, pictures: list[np.ndarray]) -> None:
    """H.264 at `FPS`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"crf": "24", "preset": "slow", "threads": "1"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def act(figure: Figure, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """(T, V, 3) vertices and (T, 17, 3) joints of the whole motion, metres, the soles on the floor."""
    source = read_take(folder, CLIP)
    source.rotations[:, 15] @= matrices(np.array([NOD, 0.0, 0.0]))
    source_leg = 0.838  # hip to ankle of the clip's skeleton, metres
    take = wave(bend(loop(source, *LOOP, FRAMES), figure.leg / source_leg, RADIUS), *WAVE)
    posed = [pose(figure, turns, root) for turns, root in zip(take.rotations, take.root, strict=True)]
    vertices, joints = (np.stack(part) for part in zip(*posed, strict=True))
    lowest = vertices[..., 1].min(1)
    kernel = np.hanning(21) / np.hanning(21).sum()
    lowest = np.convolve(np.pad(lowest, 10, mode="edge"), kernel, "valid")[:, None]
    vertices[..., 1] -= lowest
    joints[..., 1] -= lowest
    return vertices, joints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--body", type=Path, required=True, help="SMPL-format body, .npz")
    parser.add_argument("--mocap", type=Path, required=True, help="folder of packed motion capture")
    parser.add_argument("--out", type=Path, default=Path("samples"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)

    body = read_body(arguments.body)
    tallness = np.eye(10)[0] * (STATURE - shape(body, body.betas(MALE)).height)
    tallness /= shape(body, np.eye(10)[0]).height - shape(body, np.zeros(10)).height
    figure = shape(body, body.betas(MALE) + tallness)
    vertices, joints = act(figure, arguments.mocap)
    lenses = film(joints[:, 0], rng)
    room, clothes = furnish()
    pictures = []
    for points, lens in zip(vertices, lenses, strict=True):
        picture = draw_figure(draw_room(room, lens), figure, points, clothes, lens)
        grain = rng.normal(0, 1.6, (*picture.shape[:2], 1))
        pictures.append(np.clip(picture + grain + 0.5, 0, 255).astype(np.uint8))
    write_video(arguments.out / "walk_wave.mp4", pictures)
    np.savez_compressed(
        arguments.out / "walk_wave.npz",
        joints_world=joints,
        joints_camera=np.stack([lens.see(points) for lens, points in zip(lenses, joints, strict=True)]),
        joints_2d=np.stack([lens.project(points) for lens, points in zip(lenses, joints, strict=True)]),
        rotation=np.stack([lens.rotation for lens in lenses]),
        translation=np.stack([lens.translation for lens in lenses]),
        focal=np.float64(FOCAL),
        center=lenses[0].center,
        fps=np.float64(FPS),
        height=np.float64(figure.height),
    )


if __name__ == "__main__":
    main()
