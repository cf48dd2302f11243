"""Opens folders as sources of batches: motion capture, labelled footage, 2D points; augmented on the device.

A batch depends on its shape and its generator alone. Does not depend on recipes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import normal
from vidmotion.data.detector_noise import ErrorBank
from vidmotion.data.footage_windows import FootageSampler, cut_off, drop_points, observe_footage, well_seen
from vidmotion.data.mocap_windows import WindowShape
from vidmotion.data.packed_keypoints import is_2d_only, read_points
from vidmotion.data.store import is_store, read_store
from vidmotion.geometry.rotations_torch import axis_angle_to_matrix, mirror_rotations, rotate_pelvis
from vidmotion.model.normalization import mirror, normalize, rotate
from vidmotion.skeletons import H36M17
from vidmotion.train.batches import Batch, BatchSource, BodyLabels, coin_flip
from vidmotion.train.config import RecipeConfig
from vidmotion.train.mocap_source import open_capture

OpenCapture = Callable[[Path, RecipeConfig, torch.device, Sequence[ErrorBank]], BatchSource]
"""Opens a packed folder, given the detector errors that may be applied to motion capture."""


class FootageSource:
    """Footage with a real detector's points: mirrored, rolled, partly hidden."""

    def __init__(self, folder: Path, config: RecipeConfig, device: torch.device) -> None:
        self.sampler, self.config = FootageSampler(read_store(folder), device), config
        self.labels, self.subjects = self.sampler.labels, self.sampler.subjects

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """As `BatchSource`."""
        return self.sampler.fitting(frames, stride)

    def errors(self) -> ErrorBank:
        """The detector's errors, to be applied to motion capture."""
        return ErrorBank(self.sampler.all_frames(range(self.sampler.people)))

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """As `BatchSource`."""
        return self.sampler.choose(count, rng, weights)

    def sample(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `BatchSource`."""
        windows = self.sampler.cut(items, shape, rng)
        score = drop_points(windows.score, self.config.noise, rng)
        score = cut_off(windows.rays, score, self.config.noise.cut_off, rng)
        keep = well_seen(score)
        windows = windows.select(keep)
        rays, score, joints = windows.rays, score[keep], windows.joints
        rotations = axis_angle_to_matrix(self.sampler.pose[windows.person[:, None], windows.at])
        if coin_flip(rng):
            rays, score, joints = mirror(rays), score[..., list(H36M17.mirror)], mirror(joints)
            rotations = mirror_rotations(rotations)
        roll = _rolls(len(rays), self.config.roll, rng)
        rays = torch.einsum("bij,btkj->btki", roll[:, :2, :2], rays)
        normalized, view = observe_footage(rays, score, rotate(roll, joints))
        body = BodyLabels(rotate_pelvis(normalized.rotation @ roll, rotations), self.sampler.betas[windows.person])
        return Batch(normalized.x, view, positions, shape.stride, windows.person, body)


class PointsSource:
    """2D points of people without 3D: mirrored, rolled, partly hidden."""

    def __init__(self, folder: Path, config: RecipeConfig, device: torch.device) -> None:
        """Read the training part of a packed folder into memory.

        Raises:
            InputError: as `read_points`.
        """
        points = read_points(folder, "train")
        self.config = config
        self.labels = tuple(clip.label for clip in points.clips)
        self.subjects = tuple(clip.subject for clip in points.clips)
        self._rays, self._score = points.rays.to(device), points.score.to(device)
        self._offsets = torch.tensor([clip.offset for clip in points.clips], device=device)
        self._lengths = torch.tensor([clip.frames for clip in points.clips], device=device)

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """Any windows fit: after a clip's end its last frame is held."""
        return frames, stride

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """As `BatchSource`."""
        weights = self._lengths.float() if weights is None else weights
        return torch.multinomial(weights, count, replacement=True, generator=rng)

    def cut(self, clips: Tensor, shape: WindowShape, rng: Generator) -> tuple[Tensor, Tensor]:
        """Rays (B, T, 17, 2) and scores (B, T, 17) of a window of each of the clips (B,), from a random start."""
        last = self._lengths[clips] - 1
        slack = (last - (shape.frames - 1) * shape.stride).clamp_min(0)
        start = (torch.rand(len(clips), generator=rng, device=rng.device) * (slack + 1)).long()
        at = start[:, None] + torch.arange(shape.frames, device=rng.device) * shape.stride
        rows = self._offsets[clips][:, None] + torch.minimum(at, last[:, None])
        return self._rays[rows], self._score[rows]

    def sample(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `BatchSource`."""
        rays, score = self.cut(items, shape, rng)
        score = drop_points(score, self.config.noise, rng)
        keep = well_seen(score)
        rays, score = rays[keep], score[keep]
        if coin_flip(rng):
            rays, score = mirror(rays), score[..., list(H36M17.mirror)]
        roll = _rolls(len(rays), self.config.roll, rng)
        rays = torch.einsum("bij,btkj->btki", roll[:, :2, :2], rays)
        return Batch(normalize(rays, score).x, None, positions, shape.stride, items[keep], None)


def open_sources(
    folders: Iterable[Path],
    config: RecipeConfig,
    device: torch.device,
    capture: OpenCapture = open_capture,
) -> list[BatchSource]:
    """The training data in folders, in their order; a folder that is named twice is read once.

    Where there is footage too, its detector errors may be applied to motion capture.

    Args:
        capture: opens the folders that are not footage.

    Raises:
        InputError: a folder holds no training data, or is damaged.
    """
    order = list(folders)
    footage = {folder: FootageSource(folder, config, device) for folder in dict.fromkeys(order) if is_store(folder)}
    errors = [source.errors() for source in footage.values()] if config.detector_noise_share else []
    others = [folder for folder in dict.fromkeys(order) if folder not in footage]
    found: dict[Path, BatchSource] = {
        **footage,
        **{folder: capture(folder, config, device, errors) for folder in others},
    }
    return [found[folder] for folder in order]


def capture_or_points(
    folder: Path, config: RecipeConfig, device: torch.device, errors: Sequence[ErrorBank]
) -> BatchSource:
    """An `OpenCapture` for recipes that need no 3D.

    Raises:
        InputError: the folder holds no packed motion, or is damaged.
    """
    return PointsSource(folder, config, device) if is_2d_only(folder) else open_capture(folder, config, device, errors)


def _rolls(count: int, spread: float, rng: Generator) -> Tensor:
    """(count, 3, 3) random rotations about the camera's axis, with a standard deviation of `spread` degrees."""
    angle = torch.deg2rad(spread * normal((count,), rng))
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    rows = [torch.stack([cos, -sin, zero], -1), torch.stack([sin, cos, zero], -1), torch.stack([zero, zero, one], -1)]
    return torch.stack(rows, -2)
