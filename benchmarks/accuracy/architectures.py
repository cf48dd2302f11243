"""Is DSTformer better than other lifting networks of its size, trained in the same way?

    python -m benchmarks.accuracy.architectures --mocap MOCAP --footage TRAIN_STORE --test STORE
        [--steps 3000] [--seed 0] [--keep DIR]

The other networks (benchmarks/lib/baselines.py) are a transformer with one stream and a network of convolutions over
time. All are trained on the same batches of dense windows of 81 frames, two of footage for each of motion capture, with
the recipe's noise and loss, and with AdamW at the same learning rate: warm-up, constant, then falling to zero. They are
measured on the test subjects' footage and on their motion capture with simulated noise, in windows of 81 frames, with
the mirrored pass. Errors in mm; the baseline of the ratios is the transformer with one stream. With --keep the trained
networks are kept, so that a killed run continues with the next one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import AdamW

from benchmarks.lib.baselines import SingleStream, convolution_of_size, parameters
from vidmotion.data.footage_windows import FootageSampler
from vidmotion.data.mocap import read_mocap
from vidmotion.data.store import read_store
from vidmotion.evaluate.pose3d import Errors, Lifter, measure, measure_footage
from vidmotion.model.dstformer import PRESETS, DSTformer, DSTformerConfig
from vidmotion.model.normalization import mirror
from vidmotion.train.batches import BatchSource
from vidmotion.train.config import Pose3DConfig
from vidmotion.train.mocap_source import CaptureSource
from vidmotion.train.open_sources import FootageSource
from vidmotion.train.pose3d_recipe import draw_batch, lifting_loss
from vidmotion.train.random_draws import Draw

FRAMES = 81
BLOCKS = 4
"""Number of blocks of the convolutions: the output of a frame depends on 243 frames."""
NEAR = {"one stream": 0.05, "convolutions": 0.10}
"""Share by which parameters may differ from DSTformer's."""
REPORTS = 20
"""Lines that a training prints."""
CPU = torch.device("cpu")


def networks(size: DSTformerConfig) -> dict[str, Callable[[], nn.Module]]:
    wanted = parameters(DSTformer(size))
    return {
        "one stream": lambda: SingleStream(size),
        "convolutions": lambda: convolution_of_size(wanted, BLOCKS),
        "DSTformer": lambda: DSTformer(size),
    }


def train(name: str, model: nn.Module, sources: list[BatchSource], config: Pose3DConfig) -> float:
    """Train a network; returns the seconds a step, without the time for drawing batches."""
    optimizer = AdamW(model.parameters(), lr=config.lr, weight_decay=config.weight_decay)
    model.train()
    taken, every, sums = 0.0, max(config.steps // REPORTS, 1), torch.zeros(2)
    for step in range(config.steps):
        batch = draw_batch(sources[step % len(sources)], config, Draw(step, 0), FRAMES, CPU)
        start = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = config.lr * rate(step, config)
        total, values = lifting_loss(model(batch.x, batch.positions), batch, config)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        taken += time.perf_counter() - start
        sums += torch.stack([total.detach(), values["mpjpe_mm"]])
        if (step + 1) % every == 0:
            means = (sums / every).tolist()
            sums.zero_()
            print(
                f"  {name}, step {step + 1}: loss {means[0]:.3f}, {means[1]:.1f} mm, {taken / (step + 1):.2f} s/step",
                flush=True,
            )
    return taken / config.steps


def rate(step: int, config: Pose3DConfig) -> float:
    """The learning rate of a step as a share of the full one: warm-up, constant, falling in the last third."""
    return min(1.0, (step + 1) / config.warmup, 3 * (config.steps - step) / config.steps)


def in_windows(model: nn.Module) -> Lifter:
    """A lifter of any length: windows of the length used in training, averaged with the mirrored input."""
    model.eval()

    @torch.inference_mode()
    def run(x: Tensor) -> Tensor:
        return torch.cat([(model(part) + mirror(model(mirror(part)))) / 2 for part in torch.split(x, FRAMES, dim=1)], 1)

    return run


def row(values: tuple[Errors, Errors]) -> str:
    return " | ".join(f"{e.mpjpe:6.1f} {e.p_mpjpe:8.1f} {e.velocity:9.2f}" for e in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, required=True, help="folder of packed motion capture")
    parser.add_argument("--footage", type=Path, required=True, help="store of the split train")
    parser.add_argument("--test", type=Path, required=True, help="store of the split test")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--frames", type=int, default=Pose3DConfig().frames, help="frames in a batch")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--preset", default="small", choices=sorted(PRESETS))
    parser.add_argument("--depth", type=int, help="of DSTformer, instead of the preset's: for a quick try")
    parser.add_argument("--views", type=int, default=1, help="random cameras for each clip of test motion capture")
    parser.add_argument("--keep", type=Path, help="folder for the trained networks")
    args = parser.parse_args()

    size = PRESETS[args.preset]
    if args.depth:
        size = DSTformerConfig(size.dim, size.rep, args.depth, size.heads, size.mlp_ratio)
    # With a decay of 1 every batch is dense, and a window of 81 frames leaves one length.
    config = Pose3DConfig(
        seed=args.seed,
        steps=args.steps,
        frames=args.frames,
        lr=args.lr,
        decay=1.0,
        warmup=min(200, 1 + args.steps // 10),
    )
    filmed = FootageSource(args.footage, config, CPU)
    sources: list[BatchSource] = [filmed, filmed, CaptureSource(args.mocap, config, CPU)]
    footage, mocap = FootageSampler(read_store(args.test), CPU), read_mocap(args.mocap, "test")
    built, wanted = networks(size), parameters(DSTformer(size))
    results: dict[str, tuple[Errors, Errors]] = {}
    notes: dict[str, str] = {}
    for name, build in built.items():
        torch.manual_seed(args.seed)
        model = build()
        count = parameters(model)
        if abs(count / wanted - 1) > NEAR.get(name, 0):
            raise SystemExit(f"{name} has {count:,} parameters, DSTformer {wanted:,}: the sizes differ too much")
        file = args.keep and args.keep / f"{name.replace(' ', '-')}-{args.steps}-{args.seed}.pt"
        if file and file.exists():
            kept = torch.load(file, weights_only=True)
            seconds = kept.pop("seconds").item()
            model.load_state_dict(kept)
        else:
            seconds = train(name, model, sources, config)
            if file:
                args.keep.mkdir(parents=True, exist_ok=True)
                torch.save({**model.state_dict(), "seconds": torch.tensor(seconds)}, file)
        lifter = in_windows(model)
        results[name] = measure_footage(lifter, footage), measure(lifter, mocap, config.noise, args.views)
        notes[name] = f"{count:>11,} {seconds:7.2f}"
        print(f"{name}: {row(results[name])}", flush=True)
    print(
        f"\n{args.steps} steps of {args.frames} frames, seed {args.seed}; {footage.people} people in the test footage"
    )
    print(f"{'':14} parameters  s/step |        footage, detected 2D |     motion capture, noisy 2D")
    print(f"{'':14}                    |  MPJPE  P-MPJPE  velocity |  MPJPE  P-MPJPE  velocity | ratios of MPJPE")
    base = results["one stream"]
    for name, values in results.items():
        ratios = ", ".join(f"{value.mpjpe / first.mpjpe:.3f}" for value, first in zip(values, base, strict=True))
        print(f"{name:14}{notes[name]} | {row(values)} | {ratios}")


if __name__ == "__main__":
    main()
