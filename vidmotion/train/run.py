"""Code that all recipes share: the initial network, the shapes of windows, and the run from data to weights file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from vidmotion.data.mocap_windows import WindowShape
from vidmotion.errors import InputError, WeightsError
from vidmotion.model.checkpoint import load_network, save_network
from vidmotion.model.dstformer import PRESETS, DSTformer
from vidmotion.model.heads import ActionHead, HeadConfig
from vidmotion.model.network import POSE3D, MotionNetwork
from vidmotion.train.batches import BatchSource
from vidmotion.train.checkpoints import RunFolder
from vidmotion.train.config import RecipeConfig
from vidmotion.train.loop import StepCallback, StepLoss, Trainer
from vidmotion.train.mocap_source import open_capture
from vidmotion.train.open_sources import OpenCapture, open_sources
from vidmotion.train.random_draws import Draw
from vidmotion.train.run_file import RunFile

Shapes = tuple[tuple[int, int], ...]
"""(frames, stride) of windows."""
Fitting = Callable[[int, int], tuple[int, int]]
"""`BatchSource.fitting`."""


@dataclass(frozen=True, eq=False)
class TrainingJob:
    """The inputs of a run, beside its settings."""

    data: list[Path]
    """Folders of packed motion capture, of which the split "train" is used, and stores of footage."""
    folder: Path
    """The folder of the run, for its checkpoint, log and weights."""
    device: torch.device
    resume: bool
    report: StepCallback
    start: Path | None = None
    """File of weights to begin with; None begins with random weights."""


def run_recipe(
    job: TrainingJob,
    config: RecipeConfig,
    task: str,
    network: MotionNetwork,
    trained_heads: tuple[str, ...],
    make_loss: Callable[[torch.device], StepLoss],
    finish: Callable[[MotionNetwork], MotionNetwork] = lambda network: network,
) -> Path:
    """Train a network and write `weights.safetensors` into the run's folder.

    Args:
        task: the recipe's name.
        trained_heads: kinds of the heads that the loss uses; other heads are not trained.
        make_loss: loads the data onto a device and returns the loss.
        finish: changes the trained network before it is written.

    Raises:
        InputError: no usable data, a run folder that does not fit, or a loss that is not finite any more.
        StoppedError: Ctrl-C; the run is saved.
        MissingExtraError: Accelerate is not installed.
        OutputError: the run folder cannot be written to, or another training runs in it.
    """
    run = RunFolder.open(job.folder, job.resume)
    for name, head in (*network.heads.items(), (POSE3D, network.encoder.head)):
        head.requires_grad_(name in trained_heads)
    trainer = Trainer(network, config, run, job.device, _is_encoder)
    with run.locked() if trainer.is_main else nullcontext():
        if job.resume:
            _check_classes(network, job.folder)
            trainer.resume()
        inputs = RunFile.of(task, job.data, job.start, config, _classes(network))
        result = trainer.run(make_loss(trainer.device), job.report, lambda: inputs.write(job.folder))
        assert isinstance(result, MotionNetwork)
        if trainer.is_main:
            notes = {"task": task, "steps": str(config.steps), "seed": str(config.seed), "preset": config.preset}
            save_network(finish(result), run.weights, notes)
    return run.weights


def _classes(network: MotionNetwork) -> list[str]:
    """The classes of the action head, in the order of its scores; none without one."""
    return [name for head in network.head_configs if head.kind == "action" for name in head.classes]


def _check_classes(network: MotionNetwork, folder: Path) -> None:
    """Refuse to continue a run on other classes.

    Raises:
        InputError: they differ, or `run.json` is damaged.
    """
    before, now = RunFile.read(folder), _classes(network)
    if before is not None and before.classes != now:
        raise InputError(
            f"{folder} was trained with the classes {', '.join(before.classes)}, and the data has {', '.join(now)}; "
            "name the data as before, or another folder"
        )


def _is_encoder(name: str) -> bool:
    return name.startswith("encoder.") and not name.startswith("encoder.head.")


def initial_network(job: TrainingJob, config: RecipeConfig, heads: tuple[HeadConfig, ...] = ()) -> MotionNetwork:
    """The network to train: random, or that of `job.start` with new heads for those of `heads` that it lacks.

    If the encoder will change in training, the other heads of `job.start` are dropped: they would no longer fit. The
    head for 3D joints is kept only if it is trained itself.

    Raises:
        InputError: an unknown preset.
        WeightsError: the weights to start with cannot be read or are of another preset.
    """
    if config.preset not in PRESETS:
        raise InputError(f"unknown preset {config.preset!r}; known: {', '.join(PRESETS)}")
    torch.manual_seed(config.seed)
    if job.start is None:
        return MotionNetwork(DSTformer(PRESETS[config.preset]), heads, lifts=not heads)
    before, _ = load_network(job.start)
    if before.encoder.config != PRESETS[config.preset]:
        raise WeightsError(f"{job.start} is not of preset {config.preset}; set preset to the one of these weights")
    others = [head for head in before.head_configs if head.kind not in _kinds(heads)]
    # A head that is trained further gets a temperature and a prior again.
    same = [replace(head, temperature=1.0, prior=()) for head in before.head_configs]
    kept = [head for head in same if head in heads] + (others if config.encoder_lr == 0 else [])
    lifts = not heads or (before.lifts and config.encoder_lr == 0)
    new = [head for head in heads if head.kind not in _kinds(kept)]
    network = MotionNetwork(before.encoder, [*kept, *new], lifts)
    for head in kept:
        network.heads[head.kind].load_state_dict(before.heads[head.kind].state_dict())
        if not head.prior:
            _take_prior_away(network.heads[head.kind], before.heads[head.kind])
    return network


def _take_prior_away(head: nn.Module, before: nn.Module) -> None:
    """Undo what was added to the scores at the end of the training of a head that is now trained further."""
    if isinstance(head, ActionHead) and isinstance(before, ActionHead) and before.config.prior:
        with torch.no_grad():
            for layer in head.last_layers:
                layer.bias.sub_(torch.tensor(before.config.prior))


def _kinds(heads: Iterable[HeadConfig]) -> set[str]:
    return {head.kind for head in heads}


def job_sources(
    job: TrainingJob, config: RecipeConfig, device: torch.device, capture: OpenCapture = open_capture
) -> list[BatchSource]:
    """The sources of a job's data, in order; of n sources each gives every n-th batch.

    Args:
        capture: opens the folders that are not footage.

    Raises:
        InputError: a folder holds no training data, or is damaged.
    """
    return open_sources(job.data, config, device, capture)


def window_shape(
    fitting: Fitting, config: RecipeConfig, draw: Draw, sparse: Shapes, dense: Shapes, window: int, device: torch.device
) -> WindowShape:
    """The windows of a step: sparse at first, dense in the last share `decay` of the steps."""
    rng = draw.shared(config.seed, device)
    shapes = dense if draw.step >= config.steps * (1 - config.decay) else sparse
    frames, stride = shapes[int(torch.randint(len(shapes), (1,), generator=rng, device=device))]
    frames, stride = fitting(min(frames, window), stride)
    return WindowShape(frames, min(stride, (window - 1) // max(frames - 1, 1)), max(1, config.frames // frames))
