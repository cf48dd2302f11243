"""Lifting measured on held-out motion capture with fixed cameras and noise, and on held-out footage; any lifter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import CameraRange, NoiseRange, View, corrupt, observe, random_cameras
from vidmotion.data.footage import FootageSampler, observe_footage
from vidmotion.data.mocap import Mocap
from vidmotion.evaluate.metrics import mpjpe, p_mpjpe, velocity_error
from vidmotion.model.dstformer import DSTformer
from vidmotion.model.framing import mirror

Lifter = Callable[[Tensor], Tensor]
"""(B, T, 17, 3) x, y, confidence to 3D (B, T, 17, 3), both normalised."""

WINDOW = 243


@dataclass(frozen=True)
class Errors:
    """Means over all frames of all clips, millimetres."""

    mpjpe: float
    p_mpjpe: float
    velocity: float
    """Millimetres a frame, at 30 frames/s."""


def measure(lifter: Lifter, mocap: Mocap, noise: NoiseRange | None, views: int = 3, seed: int = 7) -> Errors:
    """Errors of a lifter over every clip, each seen by `views` random cameras.

    Scale and depth of the root are taken from the truth, as in the Human3.6M protocol of 2.5D methods.

    Args:
        noise: errors put on the 2D; None measures on exact 2D.
    """
    rng, sums = Generator().manual_seed(seed), _Sums()
    for index in range(len(mocap.clips)):
        for piece in torch.split(mocap.clip(index), WINDOW):
            if len(piece) < 2:
                continue
            batch = piece[None].expand(views, -1, -1, -1)
            view = observe(random_cameras(batch, CameraRange(), rng))
            exact = torch.cat([view.clean, torch.ones_like(view.clean[..., :1])], -1)
            positions = torch.arange(len(piece))
            x = exact if noise is None else corrupt(view.clean, positions, WINDOW, noise, rng)
            sums.add(lifter(x), view)
    return sums.mean()


def measure_footage(lifter: Lifter, footage: FootageSampler, batch: int = 8) -> Errors:
    """Errors of a lifter over all people of a store whom the detector saw, given what it said of them.

    Scale and depth of the root are taken from the truth, as in `measure`.
    """
    sums = _Sums()
    for first in range(0, footage.people, batch):
        x, view = observe_footage(footage.whole(range(first, min(first + batch, footage.people))))
        sums.add(lifter(x), view)
    return sums.mean()


class _Sums:
    """Errors summed over frames."""

    def __init__(self) -> None:
        self._sums, self._counts = torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)

    def add(self, predicted: Tensor, view: View) -> None:
        predicted, truth = predicted * view.metres, view.target * view.metres
        for index, metric in enumerate((mpjpe, p_mpjpe, velocity_error)):
            errors = metric(predicted, truth)
            self._sums[index] += errors.sum()
            self._counts[index] += errors.numel()

    def mean(self) -> Errors:
        return Errors(*(float(value) for value in 1000 * self._sums / self._counts))


def network_lifter(model: DSTformer, flip: bool = True) -> Lifter:
    """A DSTformer as a lifter, averaged with the mirrored input unless `flip` is off."""

    @torch.inference_mode()
    def run(x: Tensor) -> Tensor:
        pose = model(x)
        return (pose + mirror(model(mirror(x)))) / 2 if flip else pose

    return run
