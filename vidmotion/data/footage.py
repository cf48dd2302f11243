"""Draws windows of labelled footage: what the detector said, beside the exact 3D; on batches, in torch.

Deterministic by the generator. Knows the store and the framing; no detector, no pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from vidmotion.data.augment import NoiseRange, View, uniform
from vidmotion.data.store import Store
from vidmotion.data.windows import WindowShape
from vidmotion.errors import InputError
from vidmotion.model.framing import frame, project, rotate
from vidmotion.skeletons import H36M17, convert
from vidmotion.types import Keypoints2D

LEAST_SEEN = 0.5
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


class FootageSampler:
    """Cuts windows out of a store; a person is drawn as often as all others."""

    def __init__(self, store: Store, device: torch.device) -> None:
        """Read the whole store into memory: 400 bytes a person-frame.

        Raises:
            InputError: the store has no truth, or nobody in it was seen.
        """
        rays, scores, joints = [], [], []
        for clip in store.clips:
            for person in range(clip.people):
                seen = store.person(clip, person)
                if seen.observed.mean() < LEAST_SEEN:
                    continue
                points = convert(Keypoints2D(seen.xy, seen.score, store.settings.skeleton), H36M17.name)
                rays.append((points.xy - np.array(clip.size) / 2) / clip.focal)
                scores.append(points.score)
                joints.append(seen.joints)
        if not rays:
            raise InputError(f"{store.folder} holds nobody whom the detector saw; render more clips")
        self.people, self.length = len(rays), len(rays[0])
        self._rays, self._score, self._joints = (
            torch.from_numpy(np.stack(part).astype(np.float32)).to(device) for part in (rays, scores, joints)
        )

    def draw(self, shape: WindowShape, rng: Generator) -> FootageWindows:
        """Windows of `shape.frames` frames, `shape.stride` apart, from a random start."""
        person = torch.randint(self.people, (shape.batch, 1), generator=rng, device=rng.device)
        last = self.length - (shape.frames - 1) * shape.stride
        start = torch.randint(last, (shape.batch, 1), generator=rng, device=rng.device)
        at = start + torch.arange(shape.frames, device=rng.device) * shape.stride
        return FootageWindows(self._rays[person, at], self._score[person, at], self._joints[person, at])

    def whole(self, people: range) -> FootageWindows:
        """All frames of some people."""
        rows = slice(people.start, people.stop)
        return FootageWindows(self._rays[rows], self._score[rows], self._joints[rows])

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """The frames and stride nearest to these that a person's frames have room for."""
        frames = min(frames, self.length)
        return frames, max(1, min(stride, (self.length - 1) // max(frames - 1, 1)))


def hide(score: Tensor, noise: NoiseRange, rng: Generator) -> Tensor:
    """Scores (B, T, J) with some joints of whole windows, and some frames of all, set to 0 (missing)."""
    batch, frames, joints = score.shape
    seen = uniform((batch, 1, joints), 0, 1, rng) >= noise.joint_mask
    return score * (seen & (uniform((1, frames, 1), 0, 1, rng) >= noise.frame_mask))


def well_seen(score: Tensor) -> Tensor:
    """(B,) which windows of scores (B, T, J) to learn from: those seen for half of the time, or else the best.

    A few points of a person tell neither the pose nor its scale: what is normalised by their square has no bounds.
    """
    share = (score > 0).float().mean((1, 2))
    return share >= share.max().clamp_max(LEAST_SEEN)


def observe_footage(windows: FootageWindows) -> tuple[Tensor, View]:
    """Input (B, T, 17, 3) and truth of windows, framed by what was detected, as at inference.

    The target is that of `vidmotion.data.augment.observe`: turned, divided by the root's depth, its root on the exact
    2D with z = 0.
    """
    framed = frame(windows.rays, windows.score)
    points = rotate(framed.turn, windows.joints)
    half = framed.half[:, None, None, None]
    clean = (project(points) - framed.center[:, None, None]) / half
    root = points[:, :, :1]
    metres = root[..., 2:] * half
    shift = torch.cat([clean[:, :, :1], torch.zeros_like(metres)], dim=-1)
    return framed.x, View(clean, (points - root) / metres + shift, metres)
