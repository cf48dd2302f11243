"""How long does a training step of our network take, beside a plain implementation of DSTformer?

    python -m benchmarks.speed.step_time --mocap MOCAP [--preset small] [--device cpu] [--rounds 15]

A step is forward, loss, backward and optimisers, on a batch that is drawn before. Both networks begin with the same
tensors and must give the same outputs. Then they run alternately, and medians are compared. The baseline of the ratios
is the plain implementation (benchmarks/lib/reference_dstformer.py, fp32, eager) with AdamW. On CUDA our network also
runs in bf16 and compiled.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from benchmarks.lib.reference_dstformer import ReferenceDSTformer
from vidmotion.model.dstformer import PRESETS, DSTformer
from vidmotion.train.batches import Batch
from vidmotion.train.config import Pose3DConfig
from vidmotion.train.mocap_source import CaptureSource
from vidmotion.train.muon import Muon
from vidmotion.train.pose3d_recipe import draw_batch, lifting_loss
from vidmotion.train.random_draws import Draw

AGREE = 1e-4
"""Largest difference of the outputs, in half sides of the bounding square."""
WINDOW = 243
LENGTHS = (27, 81, 243)


def batch_of(source: CaptureSource, config: Pose3DConfig, frames: int, device: torch.device) -> Batch:
    """The first batch of the recipe whose windows have so many frames."""
    late = [step for step in range(config.steps) if (step >= config.steps * (1 - config.decay)) == (frames > 27)]
    batches = (draw_batch(source, config, Draw(step, 0), WINDOW, device) for step in late)
    return next(batch for batch in batches if batch.x.shape[1] == frames)


def adamw(model: nn.Module, config: Pose3DConfig) -> list[Optimizer]:
    return [AdamW(model.parameters(), lr=config.lr / 2, weight_decay=config.weight_decay)]


def muon(model: nn.Module, config: Pose3DConfig) -> list[Optimizer]:
    """As in the recipe: Muon for the blocks' matrices, AdamW for all else."""
    named = list(model.named_parameters())
    matrices = [value for name, value in named if "blocks_" in name and value.ndim == 2]
    others = [value for name, value in named if not ("blocks_" in name and value.ndim == 2)]
    rest = AdamW(others, lr=config.lr / 2, weight_decay=config.weight_decay)
    return [Muon([{"params": matrices}], lr=config.lr, weight_decay=config.weight_decay), rest]


class Candidate:
    """A network with its optimisers."""

    def __init__(
        self,
        model: nn.Module,
        optimizers: list[Optimizer],
        config: Pose3DConfig,
        half: bool = False,
        fuse: bool = False,
    ) -> None:
        self._model, self._optimizers, self._config, self._half = model.train(), optimizers, config, half
        self._run: Callable[[Tensor, Tensor], Tensor] = torch.compile(model) if fuse else model

    def step(self, batch: Batch) -> None:
        with torch.autocast(batch.x.device.type, torch.bfloat16) if self._half else nullcontext():
            predicted = self._run(batch.x, batch.positions)
        total, _ = lifting_loss(predicted.float(), batch, self._config)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), self._config.clip_norm)
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad()

    def seconds(self, batch: Batch) -> float:
        wait(batch.x.device)
        start = time.perf_counter()
        self.step(batch)
        wait(batch.x.device)
        return time.perf_counter() - start


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def check_same(ours: DSTformer, reference: ReferenceDSTformer, batch: Batch) -> None:
    """Give the reference our tensors; its output must be ours."""
    with torch.no_grad():  # initial values are so small that all outputs are nearly 0
        for parameter in ours.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    reference.load_state_dict(ours.state_dict())
    with torch.inference_mode():
        one, other = ours(batch.x, batch.positions), reference(batch.x, batch.positions)
    apart = (one - other).abs().max().item()
    print(f"outputs of up to {one.abs().max().item():.2f} for the same tensors differ by at most {apart:.1e}")
    if not apart < AGREE:
        raise SystemExit(f"wanted less than {AGREE:g}: the two are not the same network")


def candidates(ours: DSTformer, reference: ReferenceDSTformer, config: Pose3DConfig) -> dict[str, Candidate]:
    device = next(ours.parameters()).device

    def copy() -> DSTformer:
        model = DSTformer(ours.config).to(device)
        model.load_state_dict(ours.state_dict())
        return model

    found = {"reference, AdamW": Candidate(reference, adamw(reference, config), config)}
    for name, optimizers in (("AdamW", adamw), ("the recipe's Muon and AdamW", muon)):
        model = copy()
        found[f"ours, {name}"] = Candidate(model, optimizers(model, config), config)
    if device.type == "cuda":
        for name, half, fuse in (("bf16", True, False), ("compiled", False, True), ("bf16, compiled", True, True)):
            model = copy()
            found[f"ours, Muon, {name}"] = Candidate(model, muon(model, config), config, half, fuse)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, required=True, help="folder of packed motion capture")
    parser.add_argument("--preset", default="small", choices=sorted(PRESETS))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--frames", type=int, default=Pose3DConfig().frames, help="frames in a batch")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()

    device, config = torch.device(args.device), Pose3DConfig(preset=args.preset, frames=args.frames)
    source = CaptureSource(args.mocap, config, device)
    torch.manual_seed(0)
    shape = PRESETS[args.preset]
    ours, reference = DSTformer(shape).to(device), ReferenceDSTformer(shape).to(device)
    batches = [batch_of(source, config, frames, device) for frames in LENGTHS]
    check_same(ours, reference, batches[-1])
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(
        f"{args.preset}, {sum(p.numel() for p in ours.parameters()):,} parameters, torch {torch.__version__}, {where}"
    )
    print(
        f"{'median ms a step, ratio of speed':34}"
        + "".join(f"{'x'.join(map(str, b.x.shape[:2])):>22}" for b in batches)
    )
    running = candidates(ours, reference, config)
    times: dict[str, list[list[float]]] = {name: [[] for _ in batches] for name in running}
    for turn in range(args.rounds + 2):  # the first two warm up, and compile
        for index, batch in enumerate(batches):
            for name, candidate in running.items():
                taken = candidate.seconds(batch)
                if turn >= 2:
                    times[name][index].append(taken)
    medians = {name: [float(np.median(values)) for values in lists] for name, lists in times.items()}
    base = next(iter(medians.values()))
    for name, values in medians.items():
        cells = (f"{1000 * value:9.1f} ({first / value:4.2f} x)" for value, first in zip(values, base, strict=True))
        print(f"{name:34}" + "".join(f"{cell:>22}" for cell in cells))


if __name__ == "__main__":
    main()
