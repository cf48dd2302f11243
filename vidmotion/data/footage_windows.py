"""Draws batches of windows from a store: the detector's output beside the exact 3D, as torch tensors.

A batch follows from the random generator alone. Depends on the store and the normalization, not on detectors or
pictures.
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
"""Share of the frames in which a person must have been detected to be used."""


@dataclass(frozen=True, eq=False)
class FootageWindows:
    """Windows of B people over T frames."""

    rays: Tensor
    """(B, T, 17, 2) detected points on the plane z = 1."""
    score: Tensor
    """(B, T, 17) the detector's scores; 0 where a point is missing."""
    joints: Tensor
    """(B, T, 17, 3) exact joints, metres in camera axes."""
    person: Tensor
    """(B,) index of each person in the sampler."""
    at: Tensor
    """(B, T) frames of the clip."""

    def select(self, keep: Tensor) -> FootageWindows:
        """The windows that a mask (B,) selects."""
        return FootageWindows(*(getattr(self, field.name)[keep] for field in fields(self)))


class FootageSampler:
    """Cuts windows out of a store; people are drawn with equal probability unless other weights are given."""

    labels: tuple[str, ...]
    """Class of each person's motion, or ""."""
    clips: tuple[int, ...]
    """Number of each person's clip in the store."""
    subjects: tuple[str, ...]
    """Subject of the motion capture who performed each person's motion."""
    trials: tuple[str, ...]
    """Clip of the motion capture that each person's motion is from."""
    pose: Tensor
    """(people, T, 24, 3) radians, axis-angle, of SMPL's joints in their parents' frames; the pelvis in camera axes."""
    betas: Tensor
    """(people, 10) shape coefficients of the body model that was drawn."""

    def __init__(self, store: Store, device: torch.device) -> None:
        """Read the whole store into memory: 700 bytes for each person in a frame.

        Raises:
            InputError: the store has no labels, or nobody in it was detected often enough.
        """
        people = [
            (clip, person, found)
            for clip in store.clips
            for person in range(clip.people)
            if (found := store.person(clip, person)).observed.mean() >= MIN_SEEN_SHARE
        ]
        if not people:
            raise InputError(f"the detector saw nobody in {store.folder}; render more clips")
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
        self.trials = tuple(actor["clip"] for actor in actors)
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
        """Windows of random people from random starts: `shape.frames` frames each, `shape.stride` apart."""
        return self.cut(self.choose(shape.batch, rng), shape, rng)

    def choose(self, count: int, rng: Generator, weights: Tensor | None = None) -> Tensor:
        """(count,) indices of random people; weights (people,) are equal by default."""
        if weights is None:
            return torch.randint(self.people, (count,), generator=rng, device=rng.device)
        return torch.multinomial(weights, count, replacement=True, generator=rng)

    def cut(self, people: Tensor, shape: WindowShape, rng: Generator) -> FootageWindows:
        """A window of each of the people (B,), each from a random start."""
        last = self.length - (shape.frames - 1) * shape.stride
        start = torch.randint(last, (len(people), 1), generator=rng, device=rng.device)
        return self._cut(people, start + torch.arange(shape.frames, device=rng.device) * shape.stride)

    def batches(self, size: int) -> Iterator[range]:
        """Ranges of indices that cover all people, with at most `size` people each."""
        for first in range(0, self.people, size):
            yield range(first, min(first + size, self.people))

    def all_frames(self, people: range, part: slice = slice(None)) -> FootageWindows:
        """All frames of some people, or the frames that `part` selects."""
        device = self._rays.device
        rows = torch.arange(people.start, people.stop, device=device)
        frames = torch.arange(self.length, device=device)[part]
        return self._cut(rows, frames.expand(len(rows), -1))

    def _cut(self, people: Tensor, at: Tensor) -> FootageWindows:
        row = people[:, None]
        return FootageWindows(self._rays[row, at], self._score[row, at], self._joints[row, at], people, at)

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """The number of frames and the stride nearest to the wanted ones that fit into a clip."""
        frames = min(frames, self.length)
        return frames, max(1, min(stride, (self.length - 1) // max(frames - 1, 1)))


def drop_points(score: Tensor, noise: NoiseRange, rng: Generator) -> Tensor:
    """Scores (B, T, J) with random points set to 0 (missing): joints in a whole window, and frames in all windows."""
    batch, frames, joints = score.shape
    seen = uniform((batch, 1, joints), 0, 1, rng) >= noise.joint_mask
    return score * (seen & (uniform((1, frames, 1), 0, 1, rng) >= noise.frame_mask))


CUT_QUANTILES = (0.6, 0.95)
"""The picture's edge that cuts people off leaves a share of all points between these on its inner side."""


def cut_off(rays: Tensor, score: Tensor, share: float, rng: Generator) -> Tensor:
    """Scores (B, T, J) where the points (B, T, J, 2) beyond one edge of the picture are 0, in a share of the windows.

    The edge is at the left, the right, the top or the bottom, and stays where it is throughout a window.
    """
    if not share:
        return score
    side = torch.randint(4, (len(rays),), generator=rng, device=rng.device)
    sign = (1 - 2 * (side % 2)).to(rays)[:, None, None]
    along = sign * torch.where((side // 2 == 0)[:, None, None], rays[..., 0], rays[..., 1])
    quantile = uniform((len(rays),), *CUT_QUANTILES, rng)
    ordered = along.flatten(1).sort(-1).values
    edge = ordered.gather(1, (quantile * (ordered.shape[1] - 1)).long()[:, None])[..., None]
    taken = uniform((len(rays), 1, 1), 0, 1, rng) < share
    return score * ~(taken & (along > edge))


def well_seen(score: Tensor) -> Tensor:
    """(B,) mask of the windows, by scores (B, T, J), that training uses: half of the points are seen, or most of all.

    A few points determine neither the pose nor its scale, and values normalized by their bounding square are unbounded.
    """
    share = (score > 0).float().mean((1, 2))
    return share >= share.max().clamp_max(MIN_SEEN_SHARE)


def observe_footage(rays: Tensor, score: Tensor, joints: Tensor) -> tuple[NormalizedWindow, ObservedWindow]:
    """Input and target of windows, normalized by the detected points as at inference; arguments as in `FootageWindows`.

    The target is that of `vidmotion.data.augment.observe`: rotated, divided by the depth of the root, with its root at
    the exact 2D and z = 0.
    """
    normalized = normalize(rays, score)
    points = rotate(normalized.rotation, joints)
    half = normalized.half[:, None, None, None]
    clean = (project(points) - normalized.center[:, None, None]) / half
    root = points[:, :, :1]
    metres = root[..., 2:] * half
    shift = torch.cat([clean[:, :, :1], torch.zeros_like(metres)], dim=-1)
    return normalized, ObservedWindow(clean, (points - root) / metres + shift, metres, normalized.rotation)
