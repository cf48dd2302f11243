"""Recipe: lift noisy 2D joints to 3D, from motion capture with random cameras, and from labelled footage.

Losses follow MotionBERT (arXiv 2210.06551, eq. 3): MPJPE + N-MPJPE + velocity. Most steps see few frames
far apart, which shows the network more poses for the same work; the last share of the steps sees dense
windows, as inference does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from vidmotion.data.augment import View, corrupt, observe, random_cameras, vary_bones
from vidmotion.data.footage import FootageSampler, FootageWindows, hide, observe_footage, well_seen
from vidmotion.data.mocap import read_mocap
from vidmotion.data.store import is_store, read_store
from vidmotion.data.windows import WindowSampler, WindowShape
from vidmotion.errors import InputError, WeightsError
from vidmotion.evaluate.metrics import mpjpe, n_mpjpe
from vidmotion.model.checkpoint import load_weights, save_weights
from vidmotion.model.dstformer import PRESETS, DSTformer
from vidmotion.model.framing import mirror
from vidmotion.skeletons import H36M17
from vidmotion.train.checkpoints import RunFolder
from vidmotion.train.config import Pose3DConfig
from vidmotion.train.draws import Draw
from vidmotion.train.loop import Report, Trainer

SPARSE = ((27, 1), (27, 2), (27, 4), (27, 9))
DENSE = ((81, 1), (243, 1))
"""(frames, stride) of the windows in the two parts of a run."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Input and truth of one step; letters as in `vidmotion.data.augment`."""

    x: Tensor
    """(B, T, J, 3) x, y, confidence."""
    view: View
    positions: Tensor
    """(T,) places in the network's window."""
    stride: int


def draw_batch(
    sampler: WindowSampler | FootageSampler, config: Pose3DConfig, draw: Draw, window: int, device: torch.device
) -> Batch:
    """One micro-batch: the same for the same config and draw; its step alone decides the shape."""
    rng = draw.shared(config.seed, device)
    shapes = DENSE if draw.step >= config.steps * (1 - config.decay) else SPARSE
    choice = int(torch.randint(len(shapes), (1,), generator=rng, device=device))
    frames, stride = min(shapes[choice][0], window), shapes[choice][1]
    if isinstance(sampler, FootageSampler):
        frames, stride = sampler.fitting(frames, stride)
    shape = WindowShape(frames, min(stride, (window - 1) // max(frames - 1, 1)), max(1, config.frames // frames))
    rng = draw.own(config.seed, device)
    positions = shape.positions(window, rng)
    if isinstance(sampler, FootageSampler):
        x, view = _filmed(sampler, shape, config, rng)
    else:
        x, view = _simulated(sampler, shape, config, positions, window, rng)
    return Batch(x, view, positions, shape.stride)


def _filmed(sampler: FootageSampler, shape: WindowShape, config: Pose3DConfig, rng: Generator) -> tuple[Tensor, View]:
    windows = sampler.draw(shape, rng)
    score = hide(windows.score, config.noise, rng)
    keep = well_seen(score)
    rays, score, joints = windows.rays[keep], score[keep], windows.joints[keep]
    if _heads(rng):
        rays, score, joints = mirror(rays), score[..., list(H36M17.mirror)], mirror(joints)
    return observe_footage(FootageWindows(rays, score, joints))


def _simulated(
    sampler: WindowSampler, shape: WindowShape, config: Pose3DConfig, positions: Tensor, window: int, rng: Generator
) -> tuple[Tensor, View]:
    joints = vary_bones(sampler.draw(shape, config.speed, rng), rng)
    if _heads(rng):
        joints = mirror(joints)
    view = observe(random_cameras(joints, config.camera, rng))
    return corrupt(view.clean, positions, window, config.noise, rng), view


def _heads(rng: Generator) -> bool:
    return bool(torch.rand((), generator=rng, device=rng.device) < 0.5)


def loss(predicted: Tensor, batch: Batch, config: Pose3DConfig) -> tuple[Tensor, Tensor]:
    """The loss, and the MPJPE in metres for the log."""
    truth = batch.view.target
    position = (predicted - truth).norm(dim=-1).mean()
    scale_free = n_mpjpe(predicted, truth).mean()
    velocity = (predicted.diff(dim=1) - truth.diff(dim=1)).norm(dim=-1).mean() / batch.stride
    total = position + config.norm_weight * scale_free + config.velocity_weight * velocity
    metres = batch.view.metres
    return total, mpjpe((predicted * metres).detach(), truth * metres).mean()


def train_pose3d(
    data: list[Path],
    folder: Path,
    config: Pose3DConfig,
    device: torch.device,
    resume: bool,
    report: Report,
    start: Path | None = None,
) -> Path:
    """Train a lifter and write `weights.safetensors` into `folder`.

    Args:
        data: folders of packed motion capture, of which the split "train" is used, and stores of footage; each gives
            every n-th batch.
        start: weights to begin with, instead of random ones.

    Raises:
        InputError: no usable data, an unknown preset, or a run folder that does not fit `resume`;
            the loss is not finite any more.
        StoppedError: Ctrl-C; the run is saved.
        MissingExtraError: Accelerate is not installed.
        WeightsError: the weights to start with cannot be read or are of another preset.
        OutputError: the run folder cannot be made.
    """
    if config.preset not in PRESETS:
        raise InputError(f"unknown preset {config.preset!r}; known: {', '.join(PRESETS)}")
    run = RunFolder.open(folder, resume)
    torch.manual_seed(config.seed)
    model = DSTformer(PRESETS[config.preset]) if start is None else _started(start, config)
    trainer = Trainer(model, config, run, device, lambda name: not name.startswith("head."))
    if resume:
        trainer.resume()
    samplers = [_sampler(path, trainer.device) for path in data]

    def step_loss(network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        sampler = samplers[draw.step % len(samplers)]
        batch = draw_batch(sampler, config, draw, model.config.max_frames, trainer.device)
        total, error = loss(network(batch.x, batch.positions), batch, config)
        return total, {"mpjpe_mm": 1000 * error}

    result = trainer.run(step_loss, report)
    assert isinstance(result, DSTformer)
    if trainer.is_main:
        notes = {"task": "pose3d", "steps": str(config.steps), "seed": str(config.seed), "preset": config.preset}
        save_weights(result, run.weights, notes)
    return run.weights


def _sampler(folder: Path, device: torch.device) -> WindowSampler | FootageSampler:
    if is_store(folder):
        return FootageSampler(read_store(folder), device)
    return WindowSampler(read_mocap(folder, "train"), device)


def _started(weights: Path, config: Pose3DConfig) -> DSTformer:
    model, _ = load_weights(weights)
    if model.config != PRESETS[config.preset]:
        raise WeightsError(f"{weights} is not of preset {config.preset}; pass --set preset=... as it was trained")
    return model
