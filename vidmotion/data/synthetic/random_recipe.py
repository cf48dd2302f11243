"""Draws random recipes: people and their motion, the camera, the quality of the picture.

A recipe follows from [seed, number] alone, so a clip does not depend on other clips nor on the order in which clips are
generated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from vidmotion.body.model import BodyModel, RestBody
from vidmotion.body.skinning import Skinning
from vidmotion.data.clip_probabilities import clip_probabilities
from vidmotion.data.knee_extension import knee_flexion
from vidmotion.data.synthetic.labels import ActorMotion, actor_motion, camera_path
from vidmotion.data.synthetic.mocap_rotations import MocapRotations
from vidmotion.data.synthetic.recipe import ADJUSTED_JOINTS, Actor, CameraPlan, ClipRecipe, Film
from vidmotion.errors import InputError
from vidmotion.types import Floats

Rng = np.random.Generator

PEOPLE_PROBABILITIES = (0.72, 0.20, 0.08)
"""Probabilities of 1, 2 and 3 people in a clip."""
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
"""Number of corrections of the camera's distance until people have the wanted size in the picture."""
FLOOR_QUANTILE = 0.05
"""Share of the frames in which a body may be partly below the floor."""
DECIMALS = 4
"""Decimals of a recipe's numbers: 0.1 mm, 0.006 degrees."""
LIFT_STEP = 4
"""The lowest point of a body is measured in every such frame."""
_CAMERA_KINDS = ("fixed", "pan", "handheld", "walk")
_BACKGROUNDS = ("room", "field", "clutter", "noise", "picture")
_PRESETS = ("ultrafast", "superfast", "veryfast")
_ROTATION_SPREAD = {
    7: 0.06, 8: 0.06, 10: 0.1, 11: 0.1, 12: 0.06, 15: 0.12, 20: 0.25, 21: 0.25,
    1: 0.08, 2: 0.08, 4: 0.12, 5: 0.12, 3: 0.05, 6: 0.05, 9: 0.05, 16: 0.1, 17: 0.1, 18: 0.1, 19: 0.1,
}  # fmt: skip
"""Radians, standard deviation about each axis of the added rotation of each of `ADJUSTED_JOINTS`. Laboratories differ
by a few degrees in how they bend the joints of somebody who stands straight."""
_HIPS, _KNEES, _ANKLES = (1, 2), (4, 5), (7, 8)
_STRAIGHTENED = (0.5, 1.2)
"""Range of the share of the missing extension of knees (`vidmotion.data.knee_extension`) that is added."""
_TILTED = 0.12
"""Share of the people on one spot who are rotated as a whole, so that they lie or are upside down."""
_ON_THE_SPOT = 0.6
"""Metres by which the root of such people moves, at most."""
_CUT_OFF = 0.2
"""Share of the cameras that are too near to show all of the people."""
_LOW = 0.15
"""Share of the cameras near the floor that look up."""
_MOST_EXTENDED = 0.05
"""Radians by which the added rotation may bend a knee forwards."""


@dataclass(frozen=True)
class RecipeSettings:
    """What the recipes of a store have in common."""

    seed: int
    frames: int
    """In each clip."""
    pictures: bool
    """Whether picture files are used as backgrounds."""


class RecipeSampler:
    """Draws recipes for one motion capture and one body."""

    def __init__(self, capture: MocapRotations, body: BodyModel, settings: RecipeSettings) -> None:
        """Prepare to draw recipes.

        Raises:
            InputError: the body has no phenotype, so it is unknown which betas give a human shape.
        """
        if body.phenotype is None:
            raise InputError(f"the body model {body.name} has no phenotype; synthetic footage needs the free body")
        self._capture, self._body, self._settings = capture, body, settings
        self._phenotype = body.phenotype
        self._skinning = Skinning(body)
        self._clips = list(capture.clips.values())
        self._probabilities = clip_probabilities(
            [clip.group for clip in self._clips], [clip.frames for clip in self._clips]
        )

    def sample(self, number: int) -> ClipRecipe:
        """The recipe of the clip with this number."""
        rng = np.random.default_rng([self._settings.seed, number])
        count = 1 + int(rng.choice(len(PEOPLE_PROBABILITIES), p=PEOPLE_PROBABILITIES))
        size = SIZES[rng.integers(len(SIZES))]
        people = [self._actor(rng) for _ in range(count)]
        actors, joints = _place_apart([actor for actor, _ in people], [motion.joints for _, motion in people], rng)
        camera = _camera(joints, size, rng)
        film = _film(rng, self._settings.pictures)
        recipe = ClipRecipe(self._settings.seed, number, self._settings.frames, size, tuple(actors), camera, film)
        return ClipRecipe.from_json(_rounded(recipe.to_json()))

    def _actor(self, rng: Rng) -> tuple[Actor, ActorMotion]:
        """A random person on the floor at the world's origin, and the motion."""
        frames = self._settings.frames
        clip = self._clips[rng.choice(len(self._clips), p=self._probabilities)]
        speed = float(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
        slack = clip.frames - 1 - speed * (frames - 1)
        betas = self._phenotype.sample(rng)
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
            turns=(),
            heading=float(rng.uniform(-np.pi, np.pi)),
            place=(0.0, 0.0),
            lift=0.0,
            t_pose=True,
        )
        actor = replace(actor, turns=self._turns(actor, rng), tilt=self._tilt(actor, rng))
        motion = actor_motion(actor, self._capture, rest, self._body.parents, frames)
        lift = -self._lowest(motion, betas)
        return replace(actor, lift=lift), replace(motion, joints=motion.joints + np.array([0.0, lift, 0.0]))

    def _turns(self, actor: Actor, rng: Rng) -> tuple[tuple[float, ...], ...]:
        """A rotation for each of `ADJUSTED_JOINTS`: random, and straight knees for people who stand.

        Knees turn only about their hinge; thigh and foot turn by half of what straightens the knee, as the foot stays.
        """
        turns = {joint: rng.normal(0, spread, 3) for joint, spread in _ROTATION_SPREAD.items()}
        rotations, _ = self._capture.sample(actor.clip, actor.start + actor.speed * np.arange(self._settings.frames))
        share = rng.uniform(*_STRAIGHTENED)
        for side in (0, 1):
            captured = 1 - side if actor.mirrored else side
            left = max(knee_flexion(rotations[:, _KNEES[captured]]).min() + _MOST_EXTENDED, 0)
            straightened = min(share * self._capture.clips[actor.clip].missing_extension[captured], left)
            turns[_HIPS[side]][0] += straightened / 2
            turns[_ANKLES[side]][0] += straightened / 2
            bend = max(turns[_KNEES[side]][0] - straightened, -left)
            turns[_KNEES[side]] = np.array([bend, 0.0, 0.0])
        return tuple(_numbers(turns[joint]) for joint in ADJUSTED_JOINTS)

    def _tilt(self, actor: Actor, rng: Rng) -> tuple[float, ...]:
        """A random rotation of a few people who move on the spot; others would climb into the air."""
        axis, angle, chosen = rng.normal(size=3), rng.uniform(0.3, np.pi), rng.random() < _TILTED
        _, roots = self._capture.sample(actor.clip, actor.start + actor.speed * np.arange(self._settings.frames))
        if not chosen or np.ptp(roots, axis=0).max() > _ON_THE_SPOT:
            return ()
        return _numbers(angle * axis / np.linalg.norm(axis))

    @torch.no_grad()
    def _lowest(self, motion: ActorMotion, betas: Floats) -> float:
        """Metres, height of the body's lowest point, but for the lowest few frames (`FLOOR_QUANTILE`)."""
        frames = slice(None, None, LIFT_STEP)
        vertices, _ = self._skinning(
            torch.tensor(motion.rotations[frames], dtype=torch.float32),
            torch.tensor(betas[None], dtype=torch.float32),
            torch.tensor(motion.translation[frames], dtype=torch.float32),
        )
        return float(np.quantile(vertices[..., 1].amin(1).numpy(), FLOOR_QUANTILE))


def _leg(rest: RestBody) -> float:
    """Metres from hip over knee to ankle, the mean of both legs."""
    bones = [rest.joints[child] - rest.joints[child - 3] for child in (4, 7, 5, 8)]
    return float(np.linalg.norm(bones, axis=1).sum() / 2)


def _place_apart(actors: list[Actor], joints: list[Floats], rng: Rng) -> tuple[list[Actor], Floats]:
    """Move people so that they do not walk through each other; the first one stays.

    Returns:
        the actors, and their joints (P, T, 17, 3).
    """
    placed, placed_joints = [actors[0]], [joints[0]]
    for actor, own in zip(actors[1:], joints[1:], strict=True):
        offsets, gaps = [], []
        for attempt in range(24):
            angle, distance = rng.uniform(-np.pi, np.pi), rng.uniform(0.8, 2.0 + 0.1 * attempt)
            offsets.append(distance * np.array([np.sin(angle), 0.0, np.cos(angle)]))
            roots = own[:, 0] + offsets[-1]
            gaps.append(min(_min_separation(roots, other[:, 0]) for other in placed_joints))
            if gaps[-1] > MIN_SEPARATION:
                break
        offset = offsets[int(np.argmax(gaps))]
        placed.append(replace(actor, place=(float(offset[0]), float(offset[2]))))
        placed_joints.append(own + offset)
    return placed, np.stack(placed_joints)


def _min_separation(one: Floats, other: Floats) -> float:
    """Metres on the floor between two paths (T, 3), in the frame where they are closest."""
    return float(np.linalg.norm((one - other)[:, [0, 2]], axis=1).min())


def _camera(joints: Floats, size: tuple[int, int], rng: Rng) -> CameraPlan:
    """A camera that keeps people (P, T, 17, 3) in view.

    Its distance sets the strength of the perspective, its focal length how large people are in the picture.
    """
    kind = _CAMERA_KINDS[rng.choice(4, p=(0.4, 0.25, 0.2, 0.15))]
    low, high = joints.min((0, 1, 2)), joints.max((0, 1, 2))
    center = (low + high) / 2
    distance = MAX_DISTANCE / 2
    pitch = np.deg2rad(rng.uniform(-30, -3) if rng.random() < _LOW else np.clip(rng.normal(7, 12), -20, 50))
    yaw = rng.uniform(-np.pi, np.pi)
    back = np.array([np.cos(pitch) * np.sin(yaw), np.sin(pitch), np.cos(pitch) * np.cos(yaw)])
    roll = np.deg2rad(rng.normal(0, 12 if rng.random() < 0.05 else 3))
    travel = rng.normal(0, 1, 3) * [0.5, 0.1, 0.5] if kind == "walk" else np.zeros(3)
    moves = kind != "fixed"
    plan = CameraPlan(
        kind=kind,
        focal=1.0,
        position=(0.0, 0.0, 0.0),
        target=_numbers(center + rng.normal(0, 0.05, 3)),
        roll=float(roll),
        follow=float(rng.uniform(0.6, 1.0)) if kind in ("pan", "walk") else float(0.5 * moves),
        walk=float(rng.uniform(0.3, 1.0)) if kind == "walk" else 0.0,
        travel=_numbers(travel),
        shake={"fixed": 0.0, "pan": 0.3, "handheld": 1.5, "walk": 1.5}[kind] * float(rng.uniform(0.4, 1.6)),
        shake_seed=int(rng.integers(2**31)),
    )
    fill = rng.uniform(0.5, 1.0) if rng.random() > _CUT_OFF else rng.uniform(1.0, 1.6)
    half_view = np.tan(np.radians(rng.uniform(*FOV) / 2))
    least = np.exp(rng.uniform(*np.log(MIN_DISTANCE)))
    for _ in range(FRAMING_ROUNDS):
        position = center + distance * back
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
    """Tangent of half the field of view, along the longer side, that shows 98 % of the joints.

    Args:
        in_camera: (..., 3) joints in camera axes, metres.
    """
    rays = np.abs(in_camera[..., :2] / np.maximum(in_camera[..., 2:], 0.1)).reshape(-1, 2)
    return float((np.quantile(rays, 0.98, axis=0) * max(size) / np.array(size)).max())


def _film(rng: Rng, pictures: bool) -> Film:
    probabilities = [0.25, 0.1, 0.1, 0.05, 0.5] if pictures else [0.4, 0.2, 0.25, 0.15, 0.0]
    return Film(
        background=_BACKGROUNDS[rng.choice(len(_BACKGROUNDS), p=probabilities)],
        occluders=int(rng.choice(3, p=(0.75, 0.17, 0.08))),
        shutter=float(rng.uniform(0.3, 1.0)) if rng.random() < 0.2 else 0.0,
        softness=float(rng.uniform(0.4, 0.9) if rng.random() < 0.85 else rng.uniform(0.9, 1.6)),
        gain=float(np.exp(rng.normal(0, 0.2))),
        grain=float(rng.uniform(0, 5) if rng.random() < 0.88 else rng.uniform(5, 12)),
        quality=int(rng.integers(17, 34)),
        preset=_PRESETS[rng.integers(3)],
    )


def _rounded(value: Any) -> Any:
    """A recipe's record with its numbers rounded, so that light packs are small: recipes are a large part of them."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


def _numbers(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
