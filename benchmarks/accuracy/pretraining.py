"""What does pretraining give? Each task is trained from random weights and from a pretrained encoder, for equal steps.

    python -m benchmarks.accuracy.pretraining --pretrained FILE --mocap MOCAP --footage TRAIN_STORE --test STORE
        --keep DIR [--seeds 3] [--steps 100 400] [--preset tiny] [--plot FILE.png]

Everything is trained by the recipes of `vidmotion train`, and all parameters are trained. Measured on the test
subjects' footage, once with the detector's points and once with simulated noise on exact points:

    pose3d    MPJPE and P-MPJPE in mm; trained on footage and motion capture
    mesh      MPVE and MPJPE in mm; trained on footage
    action    % of the windows whose class is right, and the mean over classes; trained on both
    one-shot  % right among the four classes of HELD_OUT, which are not in the training data, from one example of each

Each number of steps is a training of its own, whose rate falls to zero at its end. The results are kept in --keep, so
that a killed run continues with the next training. --plot draws them over the steps (needs matplotlib).
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidmotion.choices import Recipe
from vidmotion.data.augment import NoiseRange
from vidmotion.data.footage_windows import FootageSampler
from vidmotion.data.store import read_store
from vidmotion.evaluate import mesh
from vidmotion.evaluate.action import measure_accuracy, one_shot, predict_footage
from vidmotion.evaluate.pose3d import WINDOW, measure_footage, network_lifter
from vidmotion.evaluate.report import reduce
from vidmotion.evaluate.simulated_detector import SimulatedFootage
from vidmotion.model.checkpoint import load_network
from vidmotion.model.dstformer import PRESETS
from vidmotion.model.network import MotionNetwork
from vidmotion.skeletons import H36M17
from vidmotion.train.config import ActionConfig, MeshConfig, Pose3DConfig, RecipeConfig
from vidmotion.train.recipes import RECIPES
from vidmotion.train.run import TrainingJob

CPU = torch.device("cpu")
HELD_OUT = ("acrobatics", "fight", "ground", "soccer")
ARMS = ("scratch", "pretrained")
TASKS = ("pose3d", "mesh", "action", "one-shot")
BETTER = {"MPJPE": "less", "P-MPJPE": "less", "MPVE": "less", "right": "more", "classes": "more", "one-shot": "more"}

UNITS = {"MPJPE": "mm", "P-MPJPE": "mm", "MPVE": "mm", "right": "%", "classes": "%", "one-shot": "%"}

Figures = dict[str, float]
Results = dict[tuple[str, str, str], dict[tuple[str, int], list[float]]]
"""Of a task, the points and a figure: the values of the seeds by arm and steps."""


def settings(task: str, arm: str, steps: int, seed: int, preset: str) -> tuple[Recipe, RecipeConfig]:
    """The recipe of a task and its settings; a random encoder has the same learning rate as the heads."""
    shared: dict[str, Any] = {
        "preset": preset,
        "steps": steps,
        "seed": seed,
        "frames": 432,
        "warmup": min(20, steps),
        "decay": 0.5,
        "ema": 0.97,
    }
    if task == "pose3d":
        return Recipe.pose3d, Pose3DConfig(**shared)
    shared |= {"encoder_lr": 1.0} if arm == "scratch" else {}
    if task == "mesh":
        return Recipe.mesh, MeshConfig(**shared)
    if task == "action":
        return Recipe.action, ActionConfig(**shared, heads=("action",), subjects=2)
    return Recipe.action, ActionConfig(**shared, heads=("embedding",), subjects=2, hold_out=HELD_OUT)


def measure(task: str, network: MotionNetwork, footage: FootageSampler) -> Figures:
    if task == "pose3d":
        errors = measure_footage(network_lifter(network.encoder), footage)
        return {"MPJPE": errors.mpjpe, "P-MPJPE": errors.p_mpjpe}
    if task == "mesh":
        total = reduce(mesh.collect(mesh.network_poser(network), footage), H36M17.joints).total.figures
        return {"MPVE": total["mpve"].value, "MPJPE": total["mpjpe"].value}
    predictions = predict_footage(network, footage)
    if task == "one-shot":
        return {"one-shot": 100 * one_shot(predictions, HELD_OUT, len(HELD_OUT)).value}
    report = measure_accuracy(predictions, network.head_configs[0].classes)
    return {"right": 100 * report.windows.value, "classes": 100 * statistics.mean(report.classes.values())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pretrained", type=Path, required=True, help="weights that the second arm begins with")
    parser.add_argument("--mocap", type=Path, required=True, help="folder of packed motion capture")
    parser.add_argument("--footage", type=Path, required=True, help="store of the split train")
    parser.add_argument("--test", type=Path, required=True, help="store of the split test")
    parser.add_argument("--keep", type=Path, required=True, help="folder for the results")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, nargs="+", default=[120], help="of each training")
    parser.add_argument("--preset", choices=list(PRESETS), default="small", help="size of the encoder")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--plot", type=Path, help="picture of the figures over the steps")
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    store = read_store(args.test)
    seen = {"detector": FootageSampler(store, CPU), "simulated": SimulatedFootage(store, NoiseRange(), WINDOW)}
    for steps, seed, task, arm in itertools.product(args.steps, range(args.seeds), args.tasks, ARMS):
        file = result_file(args.keep, task, arm, steps, seed)
        if not file.exists():
            network = trained(args, task, arm, steps, seed)
            found = {name: measure(task, network, footage) for name, footage in seen.items()}
            file.write_text(json.dumps(found), encoding="utf-8")
            print(task, arm, steps, seed, found, flush=True)
    results = read_results(args.keep, args.tasks, args.steps, args.seeds)
    for steps in args.steps:
        show(results, steps, args.seeds)
    if args.plot:
        draw(results, args.plot)


def result_file(keep: Path, task: str, arm: str, steps: int, seed: int) -> Path:
    return keep / f"{task}-{arm}-{steps}-{seed}.json"


def trained(args: argparse.Namespace, task: str, arm: str, steps: int, seed: int) -> MotionNetwork:
    recipe, config = settings(task, arm, steps, seed, args.preset)
    data = [args.footage] if task == "mesh" else [args.footage, args.mocap]
    folder = args.keep / f"run-{task}-{arm}"
    shutil.rmtree(folder, ignore_errors=True)
    start = args.pretrained if arm == "pretrained" else None
    path = RECIPES[recipe].train(TrainingJob(data, folder, CPU, False, lambda step, values: None, start), config)
    return load_network(path)[0]


def read_results(keep: Path, tasks: Sequence[str], steps: Sequence[int], seeds: int) -> Results:
    results: Results = {}
    for task, number, arm, seed in itertools.product(tasks, steps, ARMS, range(seeds)):
        found = json.loads(result_file(keep, task, arm, number, seed).read_text(encoding="utf-8"))
        for points, figures in found.items():
            for figure, value in figures.items():
                cells = results.setdefault((task, points, figure), {})
                cells.setdefault((arm, number), []).append(value)
    return results


def show(results: Results, steps: int, seeds: int) -> None:
    """Means over the seeds and, after +-, their standard deviation; ratios pretrained / scratch of the means."""
    print(f"\n{steps} steps of 432 frames, {seeds} seeds\n{'':31}{'scratch':>16}{'pretrained':>16}{'ratio':>8}")
    for (task, points, figure), cells in results.items():
        scratch, pretrained = (cells[arm, steps] for arm in ARMS)
        texts = f"{mean_text(scratch):>16}{mean_text(pretrained):>16}"
        ratio = statistics.mean(pretrained) / statistics.mean(scratch)
        print(f"{task:9} {points:10} {figure:10} {texts}{ratio:8.3f} ({BETTER[figure]} is better)")


def draw(results: Results, path: Path) -> None:
    """One panel for each figure on the detector's points, over the steps."""
    from matplotlib.figure import Figure

    shown = {name: cells for name, cells in results.items() if name[1] == "detector"}
    picture = Figure(figsize=(3.2 * len(shown), 3.2), layout="constrained")
    for axes, ((task, _, figure), cells) in zip(
        np.atleast_1d(picture.subplots(1, len(shown))), shown.items(), strict=True
    ):
        for arm in ARMS:
            points = sorted((steps, statistics.mean(values)) for (kind, steps), values in cells.items() if kind == arm)
            axes.plot(*zip(*points, strict=True), marker="o", label=arm)
        ticks = sorted({steps for _, steps in cells})
        axes.set(title=f"{task}: {figure}, {UNITS[figure]}", xlabel="steps", xscale="log", ylim=(0, None))
        axes.set_xticks(ticks, [str(steps) for steps in ticks])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    picture.savefig(path, dpi=120)


def mean_text(values: list[float]) -> str:
    spread = f" +-{statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{spread}"


if __name__ == "__main__":
    main()
