"""What does pretraining give? Each task is trained from random weights and from a pretrained encoder, for equal steps.

    python -m benchmarks.accuracy.pretraining --pretrained FILE --mocap MOCAP --footage TRAIN_STORE --test STORE
        --keep DIR [--seeds 3]

Everything is trained by the recipes of `vidmotion train`, and all parameters are trained. Measured on the test
subjects' footage, once with the detector's points and once with simulated noise on exact points:

    pose3d    MPJPE and P-MPJPE in mm; trained on footage and motion capture
    mesh      MPVE and MPJPE in mm; trained on footage
    action    % of the windows whose class is right, and the mean over classes; trained on both
    one-shot  % right among the four classes of HELD_OUT, which are not in the training data, from one example of each

The results are kept in --keep, so that a killed run continues with the next training.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
from pathlib import Path
from typing import Any

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

Figures = dict[str, float]


def settings(task: str, arm: str, steps: int, seed: int) -> tuple[Recipe, RecipeConfig]:
    """The recipe of a task and its settings; a random encoder has the same learning rate as the heads."""
    shared: dict[str, Any] = {
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
    parser.add_argument("--steps", type=int, default=120, help="of each training")
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    store = read_store(args.test)
    seen = {"detector": FootageSampler(store, CPU), "simulated": SimulatedFootage(store, NoiseRange(), WINDOW)}
    cells = [(task, arm, seed) for seed in range(args.seeds) for task in TASKS for arm in ARMS]
    for task, arm, seed in cells:
        file = args.keep / f"{task}-{arm}-{args.steps}-{seed}.json"
        if not file.exists():
            network = trained(args, task, arm, seed)
            found = {name: measure(task, network, footage) for name, footage in seen.items()}
            file.write_text(json.dumps(found), encoding="utf-8")
            print(task, arm, seed, found, flush=True)
    show(args.keep, args.steps, args.seeds)


def trained(args: argparse.Namespace, task: str, arm: str, seed: int) -> MotionNetwork:
    recipe, config = settings(task, arm, args.steps, seed)
    data = [args.footage] if task == "mesh" else [args.footage, args.mocap]
    folder = args.keep / f"run-{task}-{arm}"
    shutil.rmtree(folder, ignore_errors=True)
    start = args.pretrained if arm == "pretrained" else None
    path = RECIPES[recipe].train(TrainingJob(data, folder, CPU, False, lambda step, values: None, start), config)
    return load_network(path)[0]


def show(keep: Path, steps: int, seeds: int) -> None:
    """Means over the seeds and, after +-, their standard deviation; ratios pretrained / scratch of the means."""
    print(f"\n{steps} steps of 432 frames, {seeds} seeds\n{'':31}{'scratch':>16}{'pretrained':>16}{'ratio':>8}")
    for task in TASKS:
        found = {
            arm: [json.loads((keep / f"{task}-{arm}-{steps}-{seed}.json").read_text()) for seed in range(seeds)]
            for arm in ARMS
        }
        for points, figures in found["scratch"][0].items():
            for figure in figures:
                values = [[cell[points][figure] for cell in found[arm]] for arm in ARMS]
                cells = "".join(f"{mean_text(each):>16}" for each in values)
                ratio = statistics.mean(values[1]) / statistics.mean(values[0])
                print(f"{task:9} {points:10} {figure:10} {cells}{ratio:8.3f} ({BETTER[figure]} is better)")


def mean_text(values: list[float]) -> str:
    spread = f" +-{statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{spread}"


if __name__ == "__main__":
    main()
