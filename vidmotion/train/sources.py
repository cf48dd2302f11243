"""Where batches come from: motion capture before random cameras, labelled footage, 2D points; augmented on the device.

A batch depends on its shape and its generator alone. Knows no recipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import View, corrupt, normal, observe, random_cameras, uniform, vary_bones
from vidmotion.data.errors import ErrorBank
from vidmotion.data.footage import FootageSampler, hide, observe_footage, well_seen
from vidmotion.data.mocap import read_mocap
from vidmotion.data.points import read_points
from vidmotion.data.store import is_store, read_store
from vidmotion.data.windows import WindowSampler, WindowShape
from vidmotion.model.framing import mirror, project, rotate
from vidmotion.model.turns import from_axis_angles, mirror_turns, turn_pelvis
from vidmotion.skeletons import H36M17
from vidmotion.train.config import RecipeConfig

WINDOW = 243
"""Frames of a network's window."""


@dataclass(frozen=True, eq=False)
class BodyTruth:
    """How the people of a batch are posed and shaped."""

    turns: Tensor
    """(B, T, 24, 3, 3) rotations of SMPL's joints in their parents' frames; the pelvis in the network's camera axes."""
    betas: Tensor
    """(B, 10)."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Input and truth of windows; letters as in `vidmotion.data.augment`."""

    x: Tensor
    """(B, T, J, 3) x, y, confidence."""
    view: View
    positions: Tensor
    """(T,) places in the network's window."""
    stride: int
    items: Tensor
    """(B,) which clips or people of the source these are."""
    body: BodyTruth | None
    """None where the source does not know."""


class Source(Protocol):
    """A folder of data."""

    labels: tuple[str, ...]
    """Class of the motion of each clip or person, or ""."""
    subjects: tuple[str, ...]
    """Who moves in each."""

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """The frames and stride nearest to these that the data has room for."""
        ...

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """(count,) numbers of random clips or people; weights None: as the data is."""
        ...

    def see(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """A window of each of these clips or people; fewer where some are hardly seen."""
        ...


class CaptureSource:
    """Motion capture: random bodies and cameras; simulated noise, or errors borrowed from footage."""

    def __init__(
        self, folder: Path, config: RecipeConfig, device: torch.device, errors: Sequence[ErrorBank] = ()
    ) -> None:
        mocap = read_mocap(folder, "train")
        self.sampler, self.config, self.errors = WindowSampler(mocap, device), config, errors
        self.labels = tuple(clip.label for clip in mocap.clips)
        self.subjects = tuple(clip.subject for clip in mocap.clips)

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """As they are: short clips are slowed down or held."""
        return frames, stride

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """As `Source`."""
        return self.sampler.choose(count, rng, weights)

    def see(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `Source`."""
        joints = vary_bones(self.sampler.cut(items, shape, self.config.speed, rng), rng)
        if coin(rng):
            joints = mirror(joints)
        joints = random_cameras(joints, self.config.camera, rng)
        if self.errors and bool(uniform((), 0, 1, rng) < self.config.borrow):
            return self._borrow(joints, positions, shape.stride, items, rng)
        view = observe(joints)
        x = corrupt(view.clean, positions, WINDOW, self.config.noise, rng)
        return Batch(x, view, positions, shape.stride, items, None)

    def _borrow(self, joints: Tensor, positions: Tensor, stride: int, items: Tensor, rng: Generator) -> Batch:
        """A batch of joints (B, T, 17, 3) in camera axes, with the errors of a detector that saw others like them."""
        bank = self.errors[int(torch.randint(len(self.errors), (), generator=rng, device=rng.device))]
        rays, score = bank.say(project(joints), stride, rng)
        score = hide(score, self.config.noise, rng)
        keep = well_seen(score)
        framed, view = observe_footage(rays[keep], score[keep], joints[keep])
        return Batch(framed.x, view, positions, stride, items[keep], None)


class FootageSource:
    """Footage with a real detector's points: mirrored, rolled, partly hidden."""

    def __init__(self, folder: Path, config: RecipeConfig, device: torch.device) -> None:
        self.sampler, self.config = FootageSampler(read_store(folder), device), config
        self.labels, self.subjects = self.sampler.labels, self.sampler.subjects

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """As `Source`."""
        return self.sampler.fitting(frames, stride)

    def errors(self) -> ErrorBank:
        """What the detector did wrong, for motion capture to borrow."""
        return ErrorBank(self.sampler.whole(range(self.sampler.people)))

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """As `Source`."""
        return self.sampler.choose(count, rng, weights)

    def see(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `Source`."""
        windows = self.sampler.cut(items, shape, rng)
        score = hide(windows.score, self.config.noise, rng)
        keep = well_seen(score)
        windows = windows.take(keep)
        rays, score, joints = windows.rays, score[keep], windows.joints
        turns = from_axis_angles(self.sampler.pose[windows.person[:, None], windows.at])
        if coin(rng):
            rays, score, joints = mirror(rays), score[..., list(H36M17.mirror)], mirror(joints)
            turns = mirror_turns(turns)
        roll = _rolls(len(rays), self.config.roll, rng)
        rays = torch.einsum("bij,btkj->btki", roll[:, :2, :2], rays)
        framed, view = observe_footage(rays, score, rotate(roll, joints))
        body = BodyTruth(turn_pelvis(framed.turn @ roll, turns), self.sampler.betas[windows.person])
        return Batch(framed.x, view, positions, shape.stride, windows.person, body)


class PointsSource:
    """2D points of people whose 3D nobody knows."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        """Read the training part of a packed folder into memory.

        Raises:
            InputError: as `read_points`.
        """
        points = read_points(folder, "train")
        self._rays, self._score = points.rays.to(device), points.score.to(device)
        self._offsets = torch.tensor([clip.offset for clip in points.clips], device=device)
        self._lengths = torch.tensor([clip.frames for clip in points.clips], device=device)

    def draw(self, shape: WindowShape, rng: Generator) -> tuple[Tensor, Tensor]:
        """Rays (B, T, 17, 2) and scores (B, T, 17) of random windows; past a clip's end its last frame is held."""
        clips = torch.multinomial(self._lengths.float(), shape.batch, replacement=True, generator=rng)
        last = self._lengths[clips] - 1
        slack = (last - (shape.frames - 1) * shape.stride).clamp_min(0)
        start = (torch.rand(shape.batch, generator=rng, device=rng.device) * (slack + 1)).long()
        at = start[:, None] + torch.arange(shape.frames, device=rng.device) * shape.stride
        rows = self._offsets[clips][:, None] + torch.minimum(at, last[:, None])
        return self._rays[rows], self._score[rows]


def open_sources(folders: Iterable[Path], config: RecipeConfig, device: torch.device) -> list[Source]:
    """The training data in folders, in their order; a folder that is named twice is read once.

    Motion capture borrows errors from the footage beside it.

    Raises:
        InputError: a folder holds none, or is damaged.
    """
    order = list(folders)
    footage = {folder: FootageSource(folder, config, device) for folder in dict.fromkeys(order) if is_store(folder)}
    errors = [source.errors() for source in footage.values()] if config.borrow else []
    capture = {
        folder: CaptureSource(folder, config, device, errors)
        for folder in dict.fromkeys(order)
        if folder not in footage
    }
    found: dict[Path, Source] = {**footage, **capture}
    return [found[folder] for folder in order]


def _rolls(count: int, spread: float, rng: Generator) -> Tensor:
    """(count, 3, 3) random turns about the camera's axis, `spread` in degrees."""
    angle = torch.deg2rad(spread * normal((count,), rng))
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    rows = [torch.stack([cos, -sin, zero], -1), torch.stack([sin, cos, zero], -1), torch.stack([zero, zero, one], -1)]
    return torch.stack(rows, -2)


def coin(rng: Generator) -> bool:
    """Heads or tails."""
    return bool(torch.rand((), generator=rng, device=rng.device) < 0.5)
