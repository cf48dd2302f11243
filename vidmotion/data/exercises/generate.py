"""Clips of exercises as a packed folder (`vidmotion.data.mocap`): many repetitions, no two of them equal.

Each clip has an exercise and a way of doing it of its own; each subject has a body and does a few clips.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import free_body
from vidmotion.body.model import BODY_JOINTS, SMPL_JOINTS, SMPL_PARENTS, BodyModel, RestBody
from vidmotion.body.rest_pose import from_t_pose, turns_to_t_pose
from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.catalogue import CATALOGUE, SHARES
from vidmotion.data.exercises.exercise import Exercise, Rng
from vidmotion.data.exercises.interpolation import monotone_cubic
from vidmotion.data.exercises.inverse_kinematics import solve
from vidmotion.data.exercises.posture import Posture, flatten, unflatten
from vidmotion.data.packed_writer import NewClip, PackedWriter
from vidmotion.geometry.filters import gaussian_smooth
from vidmotion.geometry.rotations import matrix_to_axis_angle
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.types import Floats

LABEL = "exercise"
"""Class of all clips."""
VALIDATION_EVERY = 10
"""Of so many subjects, one is of the split `val`."""
CLIPS_OF_SUBJECT = 5
_SECONDS = (6.0, 14.0)
"""Length of a clip."""
_SMOOTHING = 0.04
"""Seconds, standard deviation, by which movements are smoothed: forces do not change at once."""
_SWAY_SMOOTHING = 0.4
"""Seconds, standard deviation of the smoothing of a person's sway."""
_SWAY: dict[str, float | Floats] = {
    "hips": np.array([0.008, 0.0015, 0.008]),
    "pelvis": 0.025,
    "trunk": 0.035,
    "head": 0.06,
    "hands": 0.03,
    "reach": 0.002,
    "elbows": 0.12,
}
"""Standard deviation of the sway, in each part's own unit."""


def generate_exercises(folder: Path, clips: int, seed: int, overwrite: bool, advance: Callable[[int], None]) -> int:
    """Write a packed folder of exercises; each clip depends on the seed and its number alone.

    Args:
        advance: called with the number of clips so far, after each.

    Returns:
        The number of frames.

    Raises:
        OutputError: the folder exists and may not be replaced, or cannot be written.
    """
    with PackedWriter(folder, overwrite) as writer:
        model = free_body()
        for number in range(clips):
            writer.append(make_clip(model, seed, number))
            advance(number + 1)
    return writer.frames


def make_clip(model: BodyModel, seed: int, number: int) -> NewClip:
    """One clip of one exercise, with a random body of `model`, which has a phenotype."""
    subject = number // CLIPS_OF_SUBJECT
    assert model.phenotype is not None
    body = model.shape(model.phenotype.sample(np.random.default_rng([seed, 1, subject])))
    rng = np.random.default_rng([seed, 2, number])
    exercise = _draw(body, rng)
    frames = round(rng.uniform(*_SECONDS) * FRAME_RATE)
    rotations, roots = perform(exercise, body, frames, rng)
    return NewClip(
        name=f"exercise_{number:04d}",
        subject=f"exercise_{subject:03d}",
        split="val" if subject % VALIDATION_EVERY == VALIDATION_EVERY - 1 else "train",
        joints=posed_joints(rotations, roots, body),
        rotations=rotations,
        label=LABEL,
        description=exercise.name,
    )


def perform(exercise: Exercise, body: RestBody, frames: int, rng: Rng) -> tuple[Floats, Floats]:
    """T frames of a body that repeats an exercise; no two repetitions are equal.

    Returns:
        (T, 22, 3) radians, axis-angle, of SMPL's body joints in their parents' frames, from a T-pose; (T, 3) metres,
        the middle between the hips.
    """
    posture = _swaying(_repeated(exercise, frames, rng), exercise, rng)
    rotations, roots = solve(posture, body, exercise.planted)
    return matrix_to_axis_angle(rotations), roots


def posed_joints(rotations: Floats, roots: Floats, body: RestBody) -> Floats:
    """(T, 17, 3) metres, Human3.6M's joints of a body whose root (joint 0) is at roots (T, 3).

    Args:
        rotations: (T, 22, 3) radians, axis-angle, of SMPL's body joints in their parents' frames, from a T-pose.
    """
    rest, count = body.joints[: len(SMPL_JOINTS)], len(rotations)
    pose = np.zeros((count, len(SMPL_JOINTS), 3))
    pose[:, :BODY_JOINTS] = rotations
    at_rest = from_t_pose(local_rotations(pose, len(SMPL_JOINTS)), turns_to_t_pose(rest))
    world, positions = forward_kinematics(at_rest, rest, SMPL_PARENTS, np.zeros((count, 3)))
    joints = to_h36m(positions, world[:, HEAD], body.height)
    return joints - joints[:, :1] + roots[:, None]


def _draw(body: RestBody, rng: Rng) -> Exercise:
    shares = np.array([SHARES.get(name, 1.0) for name in CATALOGUE])
    name = str(rng.choice(list(CATALOGUE), p=shares / shares.sum()))
    exercise = CATALOGUE[name](Build.of(body), rng)
    return exercise.mirrored() if rng.random() < 0.5 else exercise


def _repeated(exercise: Exercise, frames: int, rng: Rng) -> Posture:
    """T postures: repetitions whose pace and size vary."""
    seconds, keys = np.array([time for time, _ in exercise.keys]), flatten([posture for _, posture in exercise.keys])
    rest = keys[-1]
    steps, values = [0.0], [rest]
    while sum(steps) < frames / FRAME_RATE:
        pace, size = rng.normal(1, 0.08), min(rng.normal(0.97, 0.04), 1.02)
        steps.extend(np.maximum(seconds * pace * rng.normal(1, 0.05, len(seconds)), 1 / FRAME_RATE))
        values.extend(rest + (keys - rest) * size)
    moving = monotone_cubic(np.array(values), np.cumsum(steps), np.arange(frames) / FRAME_RATE)
    return unflatten(gaussian_smooth(moving, _SMOOTHING * FRAME_RATE), exercise.keys[0][1])


def _swaying(posture: Posture, exercise: Exercise, rng: Rng) -> Posture:
    """The postures with a slow sway, as nobody stands quite still; planted hands and feet stay."""
    moved = {}
    for part, deviation in _SWAY.items():
        value = getattr(posture, part)
        noise = _slow_noise(value.shape, rng)
        if not (exercise.planted and part == "hands"):
            moved[part] = value + noise * deviation * exercise.sway
    return replace(posture, **moved)


def _slow_noise(shape: tuple[int, ...], rng: Rng) -> Floats:
    """(T, ...) smooth random numbers of standard deviation 1."""
    sigma = _SWAY_SMOOTHING * FRAME_RATE
    margin = round(3 * sigma)  # the filter continues trends beyond the ends, which random numbers have not
    longer = rng.normal(0, 1, (shape[0] + 2 * margin, *shape[1:]))
    noise = gaussian_smooth(longer, sigma)[margin:-margin]
    return noise / noise.std()
