"""Recipe: recover 3D motion from noisy, partial 2D points, which trains the representation that all heads read.

Source: MotionBERT (arXiv 2210.06551, section 3.3). Motion capture is seen by random cameras, with noise and masks that
grow to their full size in the first part of the run. 2D points without 3D are used later: the pose has to project onto
them, weighted by their confidence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.data.augment import NoiseRange, corrupt
from vidmotion.data.packed_keypoints import is_2d_only
from vidmotion.data.store import is_store
from vidmotion.errors import InputError
from vidmotion.model.network import POSE3D
from vidmotion.model.normalization import mirror, normalize
from vidmotion.skeletons import H36M17
from vidmotion.train.batches import BatchSource, coin_flip
from vidmotion.train.config import PretrainConfig
from vidmotion.train.losses import flat_loss
from vidmotion.train.open_sources import PointsSource, open_sources
from vidmotion.train.pose3d_recipe import DENSE, SPARSE, draw_batch, lifting_loss
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import TrainingJob, initial_network, run_recipe, window_shape

EASY = 0.3
"""Share of the noise at the first step."""


def train_pretrain(job: TrainingJob, config: PretrainConfig) -> Path:
    """Pretrain an encoder and write `weights.safetensors` into the run's folder.

    Raises:
        InputError: no folder has 3D.
        VidmotionError: as `run_recipe` and `initial_network`.
    """
    network = initial_network(job, config)
    only_2d = [folder for folder in job.data if not is_store(folder) and is_2d_only(folder)]
    with_3d = [folder for folder in job.data if folder not in only_2d]
    if not with_3d:
        raise InputError("pretraining needs 3D too: add a folder of motion capture to `data`")

    def make_loss(device: torch.device) -> _PretrainLoss:
        return _PretrainLoss(
            open_sources(with_3d, config, device),
            [PointsSource(folder, config, device) for folder in only_2d],
            config,
            network.encoder.config.max_frames,
            device,
        )

    return run_recipe(job, config, "pretrain", network, (POSE3D,), make_loss)


class _PretrainLoss:
    """The loss of a step. The sources are used in turn, those without 3D from `flat_from` on."""

    def __init__(
        self,
        with_3d: list[BatchSource],
        only_2d: list[PointsSource],
        config: PretrainConfig,
        window: int,
        device: torch.device,
    ) -> None:
        self.with_3d, self.only_2d, self.config, self.window, self.device = with_3d, only_2d, config, window, device

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        config = self.config
        joined = self.with_3d + (self.only_2d if draw.step >= config.flat_from * config.steps else [])
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
        if coin_flip(rng):
            rays, score = mirror(rays), score[..., list(H36M17.mirror)]
        normalized = normalize(rays, score)
        x = corrupt(normalized.x[..., :2], positions, self.window, noise_at(draw.step, config), rng)
        x = x * (score > 0)[..., None]
        return flat_loss(network(x, positions, (POSE3D,)).pose3d, normalized, score)


def noise_at(step: int, config: PretrainConfig) -> NoiseRange:
    """Noise of a step: it grows from the share `EASY` to full size in the first share `curriculum` of the steps."""
    grown = step / max(1.0, config.curriculum * config.steps)
    return config.noise.scaled(min(1.0, EASY + (1 - EASY) * grown))


def _any(frames: int, stride: int) -> tuple[int, int]:
    """Any windows fit: the last frame of a short clip is held."""
    return frames, stride
