"""Draws random recipes: people and their motion, the camera, the quality of the picture.

A recipe follows from [seed, number] alone, so a clip does not depend on other clips nor on the order in which clips are
generated.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from vidmotion.body.model import BodyModel, RestBody
from vidmotion.body.skinning import Skinning
from vidmotion.data.synthetic.labels import ActorMotion, actor_motion, camera_path
from vidmotion.data.synthetic.mocap_rotations import MocapRotations, RotationClip
from vidmotion.data.synthetic.recipe import ADJUSTED_JOINTS, Actor, CameraPlan, Film, Recipe
from vidmotion.errors import InputError
from vidmotion.types import Floats

Rng = np.random.Generator

PEOPLE_PROBABILITIES = (0.72, 0.20, 0.08)
"""Probabilities of 1, 2 and 3 people in a clip."""
CLASS_POWER = 0.5
"""A class is drawn in proportion to this power of its length: 1 would mean by length, 0 all classes equally often."""
CLASS_FACTORS = {"acrobatics": 2.0, "ground": 2.0}
"""Factors for classes that are drawn more often: people upside down or lying, of which there is little data."""
CLIP_POWER = 0.75
"""The same power for the clips of one class."""
SIZES = ((512, 288), (512, 384), (448, 448), (384, 512), (288, 512), (416, 312), (384, 384), (480, 360), (512, 340))
"""Width and height of the pictures in pixels."""
MIN_SEPARATION = 0.75
"""Metres; people are placed so that two roots do not come closer than this."""
MAX_DISTANCE = 10.0
"""Metres from the camera to the center of the people, at most."""
MIN_DISTANCE = (2.0, 5.0)
"""Range, in metres, from which the smallest distance is drawn for each clip."""
FOV = (30.0, 90.0)
"""Range of the field of view, degrees along the longer side."""
MIN_JOINT_DEPTH = 0.9
"""Metres from the camera to the nearest joint, at least."""
FRAMING_ROUNDS = 8
"""Rounds in which the camera goes nearer or farther until people are as large as they should be."""
FLOOR_QUANTILE = 0.05
"""Share of the frames in which a body may sink into the floor."""
DECIMALS = 4
"""Of the recipe's numbers: 0.1 mm, 0.006 degrees."""
LIFT_STEP = 4
"""Every how many frames the lowest point of a body is looked for."""
_CAMERA_KINDS = ("fixed", "pan", "handheld", "walk")
_BACKGROUNDS = ("room", "field", "clutter", "picture")
_PRESETS = ("ultrafast", "superfast", "veryfast")
_ROTATION_SPREAD = {7: 0.06, 8: 0.06, 10: 0.1, 11: 0.1, 12: 0.06, 15: 0.12, 20: 0.25, 21: 0.25}
"""Radians, for each of `ADJUSTED_JOINTS`."""


@dataclass(frozen=True)
class RecipeSettings:
    """What all clips of a store share."""

    seed: int
    frames: int
    pictures: bool
    """Whether there are pictures to use as backgrounds."""


class RecipeSampler:
    """Writes recipes for one motion capture and one body."""

    def __init__(self, capture: MocapRotations, body: BodyModel, settings: RecipeSettings) -> None:
        """
        Raises:
            InputError: the body knows no phenotype, so that nobody knows which betas make a body.
        """
        if body.phenotype is None:
            raise InputError(f"the body model {body.name} has no phenotype; footage needs the free body")
        self._capture, self._body, self._settings = capture, body, settings
        self._phenotype = body.phenotype
        self._skinning = Skinning(body)
        self._clips = list(capture.clips.values())
        self._probabilities = clip_probabilities(self._clips)

    def sample(self, number: int) -> Recipe:
        """The recipe of one clip."""
        rng = np.random.default_rng([self._settings.seed, number])
        count = 1 + int(rng.choice(len(PEOPLE_PROBABILITIES), p=PEOPLE_PROBABILITIES))
        size = SIZES[rng.integers(len(SIZES))]
        people = [self._actor(rng) for _ in range(count)]
        actors, joints = _place_apart([actor for actor, _ in people], [motion.joints for _, motion in people], rng)
        camera = _camera(joints, size, rng)
        film = _film(rng, self._settings.pictures)
        recipe = Recipe(self._settings.seed, number, self._settings.frames, size, tuple(actors), camera, film)
        return Recipe.from_json(_rounded(recipe.to_json()))

    def _actor(self, rng: Rng) -> tuple[Actor, ActorMotion]:
        """Somebody who stands on the floor at the world's origin."""
        frames = self._settings.frames
        clip = self._clips[rng.choice(len(self._clips), p=self._probabilities)]
        speed = float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
        slack = clip.frames - 1 - speed * (frames - 1)
        betas = self._phenotype.draw(rng)
        rest = self._body.shape(betas)
        actor = Actor(
            clip=clip.name,
            group=clip.group,
            subject=clip.subject,
            start=float(rng.uniform(0, max(slack, clip.frames / 2))),
            speed=speed,
            mirrored=bool(rng.random() < 0.5),
            betas=tuple(float(beta) for beta in betas),
            height=rest.height,
            scale=_leg(rest) / clip.leg,
            turns=tuple(
                tuple(float(t) for t in rng.normal(0, _ROTATION_SPREAD[joint], 3)) for joint in ADJUSTED_JOINTS
            ),
            heading=float(rng.uniform(-np.pi, np.pi)),
            place=(0.0, 0.0),
            lift=0.0,
        )
        motion = actor_motion(actor, self._capture, rest, self._body.parents, frames)
        lift = -self._lowest(motion, betas)
        return replace(actor, lift=lift), replace(motion, joints=motion.joints + np.array([0.0, lift, 0.0]))

    @torch.no_grad()
    def _lowest(self, motion: ActorMotion, betas: Floats) -> float:
        """Metres, height of the body's lowest point when it stands on the floor."""
        some = slice(None, None, LIFT_STEP)
        vertices, _ = self._skinning(
            torch.tensor(motion.rotations[some], dtype=torch.float32),
            torch.tensor(betas[None], dtype=torch.float32),
            torch.tensor(motion.translation[some], dtype=torch.float32),
        )
        return float(np.quantile(vertices[..., 1].amin(1).numpy(), FLOOR_QUANTILE))


def clip_probabilities(clips: list[RotationClip]) -> Floats:
    """(N,) how often each clip is drawn: tempered by its class's length, and by its own within the class."""
    groups: Counter[str] = Counter()
    for clip in clips:
        groups[clip.group] += clip.frames
    within: dict[str, float] = dict.fromkeys(groups, 0.0)
    for clip in clips:
        within[clip.group] += clip.frames**CLIP_POWER
    often = {group: CLASS_FACTORS.get(group, 1.0) * frames**CLASS_POWER for group, frames in groups.items()}
    weights = np.array([often[clip.group] * clip.frames**CLIP_POWER / within[clip.group] for clip in clips])
    return weights / weights.sum()


def _leg(rest: RestBody) -> float:
    """Metres from hip over knee to ankle, the mean of both legs."""
    bones = [rest.joints[child] - rest.joints[child - 3] for child in (4, 7, 5, 8)]
    return float(np.linalg.norm(bones, axis=1).sum() / 2)


def _place_apart(actors: list[Actor], joints: list[Floats], rng: Rng) -> tuple[list[Actor], Floats]:
    """Put people beside each other so that nobody runs into anybody; the first stays.

    Returns:
        the actors and (P, T, 17, 3) their joints.
    """
    placed, where = [actors[0]], [joints[0]]
    for actor, own in zip(actors[1:], joints[1:], strict=True):
        spots, gaps = [], []
        for attempt in range(24):
            angle, far = rng.uniform(-np.pi, np.pi), rng.uniform(0.8, 2.0 + 0.1 * attempt)
            spots.append(far * np.array([np.sin(angle), 0.0, np.cos(angle)]))
            roots = own[:, 0] + spots[-1]
            gaps.append(min(_min_separation(roots, other[:, 0]) for other in where))
            if gaps[-1] > MIN_SEPARATION:
                break
        spot = spots[int(np.argmax(gaps))]
        placed.append(replace(actor, place=(float(spot[0]), float(spot[2]))))
        where.append(own + spot)
    return placed, np.stack(where)


def _min_separation(one: Floats, other: Floats) -> float:
    """Metres between two ways (T, 3) on the floor where they are closest."""
    return float(np.linalg.norm((one - other)[:, [0, 2]], axis=1).min())


def _camera(joints: Floats, size: tuple[int, int], rng: Rng) -> CameraPlan:
    """A camera that keeps people (P, T, 17, 3) in view; its distance sets the perspective, the lens their size."""
    kind = _CAMERA_KINDS[rng.choice(4, p=(0.4, 0.25, 0.2, 0.15))]
    low, high = joints.min((0, 1, 2)), joints.max((0, 1, 2))
    middle = (low + high) / 2
    distance = MAX_DISTANCE / 2
    pitch = np.deg2rad(np.clip(rng.normal(7, 12), -20, 50))
    yaw = rng.uniform(-np.pi, np.pi)
    back = np.array([np.cos(pitch) * np.sin(yaw), np.sin(pitch), np.cos(pitch) * np.cos(yaw)])
    roll = np.deg2rad(rng.normal(0, 12 if rng.random() < 0.05 else 3))
    travel = rng.normal(0, 1, 3) * [0.5, 0.1, 0.5] if kind == "walk" else np.zeros(3)
    moves = kind != "fixed"
    plan = CameraPlan(
        kind=kind,
        focal=1.0,
        position=(0.0, 0.0, 0.0),
        target=_numbers(middle + rng.normal(0, 0.05, 3)),
        roll=float(roll),
        follow=float(rng.uniform(0.6, 1.0)) if kind in ("pan", "walk") else float(0.5 * moves),
        walk=float(rng.uniform(0.3, 1.0)) if kind == "walk" else 0.0,
        travel=_numbers(travel),
        shake={"fixed": 0.0, "pan": 0.3, "handheld": 1.5, "walk": 1.5}[kind] * float(rng.uniform(0.4, 1.6)),
        shake_seed=int(rng.integers(2**31)),
    )
    fill = rng.uniform(0.5, 1.0) if rng.random() < 0.9 else rng.uniform(1.0, 1.3)
    half_view = np.tan(np.radians(rng.uniform(*FOV) / 2))
    least = np.exp(rng.uniform(*np.log(MIN_DISTANCE)))
    for _ in range(FRAMING_ROUNDS):
        position = middle + distance * back
        position[1] = max(position[1], 0.2)
        plan = replace(plan, position=_numbers(position))
        in_camera = camera_path(plan, joints[:, :, 0], size).to_camera_axes(joints)
        if in_camera[..., 2].min() < MIN_JOINT_DEPTH:
            least = 1.2 * distance
        distance = np.clip(distance * _half_view_tangent(in_camera, size) / (fill * half_view), least, MAX_DISTANCE)
    widest, narrowest = (max(size) / 2 / np.tan(np.radians(limit) / 2) for limit in reversed(FOV))
    focal = np.clip(fill * max(size) / 2 / _half_view_tangent(in_camera, size), widest, narrowest)
    return replace(plan, focal=float(focal))


def _half_view_tangent(in_camera: Floats, size: tuple[int, int]) -> float:
    """Tangent of half the field of view, along the longer side, that holds joints (..., 3) in camera axes."""
    rays = np.abs(in_camera[..., :2] / np.maximum(in_camera[..., 2:], 0.1)).reshape(-1, 2)
    return float((np.quantile(rays, 0.98, axis=0) * max(size) / np.array(size)).max())


def _film(rng: Rng, pictures: bool) -> Film:
    probabilities = np.array([0.4, 0.2, 0.4, 0.0]) if not pictures else np.array([0.25, 0.1, 0.15, 0.5])
    return Film(
        background=_BACKGROUNDS[rng.choice(4, p=probabilities)],
        occluders=int(rng.choice(3, p=(0.75, 0.17, 0.08))),
        shutter=float(rng.uniform(0.3, 1.0)) if rng.random() < 0.2 else 0.0,
        softness=float(rng.uniform(0.4, 0.9) if rng.random() < 0.85 else rng.uniform(0.9, 1.6)),
        gain=float(np.exp(rng.normal(0, 0.2))),
        grain=float(rng.uniform(0, 5) if rng.random() < 0.88 else rng.uniform(5, 12)),
        quality=int(rng.integers(17, 34)),
        preset=_PRESETS[rng.integers(3)],
    )


def _rounded(value: Any) -> Any:
    """A recipe's record with short numbers: they are most of what a light pack holds beside the detections."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


def _numbers(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
