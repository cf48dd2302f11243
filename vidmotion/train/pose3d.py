"""Recipe: lift noisy 2D joints to 3D, from motion capture and random cameras.

Losses follow MotionBERT (arXiv 2210.06551, eq. 3): MPJPE + N-MPJPE + velocity. Most steps see few frames
far apart, which shows the network more poses for the same work; the last share of the steps sees dense
windows, as inference does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import View, corrupt, observe, random_cameras, vary_bones
from vidmotion.data.mocap import read_mocap
from vidmotion.data.windows import WindowSampler, WindowShape
from vidmotion.errors import InputError, OutputError
from vidmotion.evaluate.metrics import mpjpe, n_mpjpe
from vidmotion.model.checkpoint import save_weights
from vidmotion.model.dstformer import PRESETS, DSTformer
from vidmotion.model.framing import mirror
from vidmotion.train.config import Pose3DConfig
from vidmotion.train.loop import Report, RunFolder, Trainer

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


def draw_batch(sampler: WindowSampler, config: Pose3DConfig, step: int, window: int, device: torch.device) -> Batch:
    """The batch of one step: the same for the same config and step."""
    rng = Generator(device).manual_seed(config.seed * 1_000_003 + step)
    shapes = DENSE if step >= config.steps * (1 - config.decay) else SPARSE
    choice = int(torch.randint(len(shapes), (1,), generator=rng, device=device))
    frames, stride = min(shapes[choice][0], window), shapes[choice][1]
    shape = WindowShape(frames, min(stride, (window - 1) // max(frames - 1, 1)), max(1, config.frames // frames))
    positions = shape.positions(window, rng)
    joints = vary_bones(sampler.draw(shape, config.speed, rng), rng)
    if torch.rand((), generator=rng, device=device) < 0.5:
        joints = mirror(joints)
    view = observe(random_cameras(joints, config.camera, rng))
    return Batch(corrupt(view.clean, positions, window, config.noise, rng), view, positions, shape.stride)


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
    data: list[Path], folder: Path, config: Pose3DConfig, device: torch.device, resume: bool, report: Report
) -> Path:
    """Train a lifter and write `weights.safetensors` into `folder`.

    Args:
        data: folders of packed motion capture; clips of split "train" are used.

    Raises:
        InputError: no usable data, an unknown preset, or a run folder that does not fit `resume`;
            the loss is not finite any more.
        OutputError: the run folder cannot be made.
    """
    if config.preset not in PRESETS:
        raise InputError(f"unknown preset {config.preset!r}; known: {', '.join(PRESETS)}")
    run = RunFolder(folder)
    if run.checkpoint.exists() and not resume:
        raise InputError(f"{folder} holds a run already; continue it with --resume or name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); name another folder with -o") from error
    samplers = [WindowSampler(read_mocap(path, "train"), device) for path in data]
    torch.manual_seed(config.seed)
    model = DSTformer(PRESETS[config.preset]).to(device)
    trainer = Trainer(model, config, run)
    if resume:
        trainer.resume(device)

    def step_loss(network: DSTformer, step: int) -> tuple[Tensor, Tensor]:
        sampler = samplers[step % len(samplers)]
        batch = draw_batch(sampler, config, step, network.config.max_frames, device)
        return loss(network(batch.x, batch.positions), batch, config)

    result = trainer.run(step_loss, report)
    notes = {"task": "pose3d", "steps": str(config.steps), "seed": str(config.seed), "preset": config.preset}
    save_weights(result, run.weights, notes)
    return run.weights
