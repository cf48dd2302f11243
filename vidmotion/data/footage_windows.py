"""Draws windows of labelled footage: what the detector found, beside the exact 3D; on batches, in torch.

Deterministic by the generator. Knows the store and the framing; no detector, no pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Generator, Tensor

from vidmotion.data.augment import NoiseRange, ObservedWindow, uniform
from vidmotion.data.mocap_windows import WindowShape
from vidmotion.data.store import Store
from vidmotion.errors import InputError
from vidmotion.model.normalization import NormalizedWindow, normalize, project, rotate
from vidmotion.skeletons import H36M17, convert
from vidmotion.types import Keypoints2D

MIN_SEEN_SHARE = 0.5
"""Share of a person's frames that the detector must have seen, for the person to be learned from."""


@dataclass(frozen=True, eq=False)
class FootageWindows:
    """People as a camera saw them."""

    rays: Tensor
    """(B, T, 17, 2) detected, points of the plane z = 1."""
    score: Tensor
    """(B, T, 17) of the detector; 0 where a point is missing."""
    joints: Tensor
    """(B, T, 17, 3) metres in camera axes, exact."""
    person: Tensor
    """(B,) numbers of the people in the sampler."""
    at: Tensor
    """(B, T) frames of the clip."""

    def select(self, keep: Tensor) -> FootageWindows:
        """The windows chosen by a mask (B,)."""
        return FootageWindows(*(getattr(self, field.name)[keep] for field in fields(self)))


class FootageSampler:
    """Cuts windows out of a store; a person is drawn as often as all others, unless other weights are given."""

    labels: tuple[str, ...]
    """Class of each person's motion, or ""."""
    clips: tuple[int, ...]
    """In which clip of the store each person is."""
    subjects: tuple[str, ...]
    """Who moves, in the motion capture."""
    pose: Tensor
    """(people, T, 24, 3) radians, axis times angle, of SMPL's joints in their parents' frames; the pelvis in camera
    axes."""
    betas: Tensor
    """(people, 10) shape of the body model that the footage was made with."""

    def __init__(self, store: Store, device: torch.device) -> None:
        """Read the whole store into memory: 700 bytes a person-frame.

        Raises:
            InputError: the store has no truth, or nobody in it was seen.
        """
        people = [
            (clip, person, found)
            for clip in store.clips
            for person in range(clip.people)
            if (found := store.person(clip, person)).observed.mean() >= MIN_SEEN_SHARE
        ]
        if not people:
            raise InputError(f"{store.folder} holds nobody whom the detector saw; render more clips")
        rays, scores = [], []
        for clip, _, found in people:
            points = convert(Keypoints2D(found.xy, found.score, store.settings.skeleton), H36M17.name)
            rays.append(clip.camera.to_rays(points.xy))
            scores.append(points.score)
        actors = [clip.recipe["actors"][person] for clip, person, _ in people]
        self.people, self.length = len(people), len(rays[0])
        self.labels = tuple(actor["group"] for actor in actors)
        self.clips = tuple(clip.number for clip, _, _ in people)
        self.subjects = tuple(actor["subject"] for actor in actors)
        self._rays, self._score, self._joints, self.pose, self.betas = (
            torch.from_numpy(np.stack(part).astype(np.float32)).to(device)
            for part in (
                rays,
                scores,
                [found.joints for _, _, found in people],
                [found.pose for _, _, found in people],
                [actor["betas"] for actor in actors],
            )
        )

    def draw(self, shape: WindowShape, rng: Generator) -> FootageWindows:
        """Windows of `shape.frames` frames, `shape.stride` apart, from a random start, of random people."""
        return self.cut(self.choose(shape.batch, rng), shape, rng)

    def choose(self, count: int, rng: Generator, weights: Tensor | None = None) -> Tensor:
        """(count,) numbers of random people; weights (people,) default to equal ones."""
        if weights is None:
            return torch.randint(self.people, (count,), generator=rng, device=rng.device)
        return torch.multinomial(weights, count, replacement=True, generator=rng)

    def cut(self, people: Tensor, shape: WindowShape, rng: Generator) -> FootageWindows:
        """A window of each of the people (B,), from a random start."""
        last = self.length - (shape.frames - 1) * shape.stride
        start = torch.randint(last, (len(people), 1), generator=rng, device=rng.device)
        return self._cut(people, start + torch.arange(shape.frames, device=rng.device) * shape.stride)

    def batches(self, size: int) -> Iterator[range]:
        """All people, at most `size` at once."""
        for first in range(0, self.people, size):
            yield range(first, min(first + size, self.people))

    def whole(self, people: range, part: slice = slice(None)) -> FootageWindows:
        """All frames of some people, or a part of the frames."""
        device = self._rays.device
        rows = torch.arange(people.start, people.stop, device=device)
        frames = torch.arange(self.length, device=device)[part]
        return self._cut(rows, frames.expand(len(rows), -1))

    def _cut(self, people: Tensor, at: Tensor) -> FootageWindows:
        row = people[:, None]
        return FootageWindows(self._rays[row, at], self._score[row, at], self._joints[row, at], people, at)

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """The frames and stride nearest to these that a person's frames have room for."""
        frames = min(frames, self.length)
        return frames, max(1, min(stride, (self.length - 1) // max(frames - 1, 1)))


def drop_points(score: Tensor, noise: NoiseRange, rng: Generator) -> Tensor:
    """Scores (B, T, J) with some joints of whole windows, and some frames of all, set to 0 (missing)."""
    batch, frames, joints = score.shape
    seen = uniform((batch, 1, joints), 0, 1, rng) >= noise.joint_mask
    return score * (seen & (uniform((1, frames, 1), 0, 1, rng) >= noise.frame_mask))


def well_seen(score: Tensor) -> Tensor:
    """(B,) which windows of scores (B, T, J) to learn from: those seen for half of the time, or else the best.

    A few points of a person tell neither the pose nor its scale: what is normalised by their square has no bounds.
    """
    share = (score > 0).float().mean((1, 2))
    return share >= share.max().clamp_max(MIN_SEEN_SHARE)


def observe_footage(rays: Tensor, score: Tensor, joints: Tensor) -> tuple[NormalizedWindow, ObservedWindow]:
    """Input and truth of windows, normalized by what was detected, as at inference; arguments as in `FootageWindows`.

    The target is that of `vidmotion.data.augment.observe`: turned, divided by the root's depth, its root on the exact
    2D with z = 0.
    """
    normalized = normalize(rays, score)
    points = rotate(normalized.rotation, joints)
    half = normalized.half[:, None, None, None]
    clean = (project(points) - normalized.center[:, None, None]) / half
    root = points[:, :, :1]
    metres = root[..., 2:] * half
    shift = torch.cat([clean[:, :, :1], torch.zeros_like(metres)], dim=-1)
    return normalized, ObservedWindow(clean, (points - root) / metres + shift, metres, normalized.rotation)
