"""Recipe: recover 3D motion from noisy, partial 2D, which teaches the encoder what all heads read.

Source: MotionBERT (arXiv 2210.06551, section 3.3). Motion capture is seen by random cameras, spoilt by noise and masks
that grow to their full size in the first part of the run. 2D points without 3D join later: the pose has to project onto
them, weighted by the confidence in them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.data.augment import NoiseRange, corrupt
from vidmotion.data.packed_keypoints import is_flat
from vidmotion.data.store import is_store
from vidmotion.errors import InputError
from vidmotion.model.network import POSE3D
from vidmotion.model.normalization import frame, mirror
from vidmotion.skeletons import H36M17
from vidmotion.train.batches import Source, coin
from vidmotion.train.config import PretrainConfig
from vidmotion.train.losses import flat_loss
from vidmotion.train.open_sources import PointsSource, open_sources
from vidmotion.train.pose3d_recipe import DENSE, SPARSE, draw_batch, lifting_loss
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import Job, begin, run_recipe, window_shape

EASY = 0.3
"""Share of the noise at the first step."""


def train_pretrain(job: Job, config: PretrainConfig) -> Path:
    """Pretrain an encoder and write `weights.safetensors` into the run's folder.

    Raises:
        InputError: all data is 2D.
        VidmotionError: as `run_recipe` and `begin`.
    """
    network = begin(job, config)
    flat = [folder for folder in job.data if not is_store(folder) and is_flat(folder)]
    solid = [folder for folder in job.data if folder not in flat]
    if not solid:
        raise InputError("pretraining needs 3D too: add a folder of motion capture with --data")

    def lessons(device: torch.device) -> _Lessons:
        return _Lessons(
            open_sources(solid, config, device),
            [PointsSource(folder, config, device) for folder in flat],
            config,
            network.encoder.config.max_frames,
            device,
        )

    return run_recipe(job, config, "pretrain", network, (POSE3D,), lessons)


class _Lessons:
    """The loss of a step: the sources take turns, those without 3D from `flat_from` on."""

    def __init__(
        self,
        solid: list[Source],
        flat: list[PointsSource],
        config: PretrainConfig,
        window: int,
        device: torch.device,
    ) -> None:
        self.solid, self.flat, self.config, self.window, self.device = solid, flat, config, window, device

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        config = self.config
        joined = self.solid + (self.flat if draw.step >= config.flat_from * config.steps else [])
        source = joined[draw.step % len(joined)]
        if isinstance(source, PointsSource):
            loss = self._flat_loss(network, source, draw)
            return loss, {"flat": loss.detach()}
        eased = replace(config, noise=noise_at(draw.step, config))
        batch = draw_batch(source, eased, draw, self.window, self.device)
        return lifting_loss(network(batch.x, batch.positions, (POSE3D,)).pose3d, batch, config)

    def _flat_loss(self, network: nn.Module, source: PointsSource, draw: Draw) -> Tensor:
        config = self.config
        shape = window_shape(_any, config, draw, SPARSE, DENSE, self.window, self.device)
        rng = draw.own(config.seed, self.device)
        positions = shape.positions(self.window, rng)
        rays, score = source.cut(source.choose(shape.batch, rng, None), shape, rng)
        if coin(rng):
            rays, score = mirror(rays), score[..., list(H36M17.mirror)]
        framed = frame(rays, score)
        x = corrupt(framed.x[..., :2], positions, self.window, noise_at(draw.step, config), rng)
        x = x * (score > 0)[..., None]
        return flat_loss(network(x, positions, (POSE3D,)).pose3d, framed, score)


def noise_at(step: int, config: PretrainConfig) -> NoiseRange:
    """Noise of a step: from `EASY` of its size to all of it, in the share `curriculum` of the steps."""
    grown = step / max(1.0, config.curriculum * config.steps)
    return config.noise.eased(min(1.0, EASY + (1 - EASY) * grown))


def _any(frames: int, stride: int) -> tuple[int, int]:
    """Windows of any shape fit: the last frame of a short clip is held."""
    return frames, stride
