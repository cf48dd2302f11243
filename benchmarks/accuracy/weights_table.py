"""How good are networks on the same points? One table for all weights, on footage and on motion capture.

    python -m benchmarks.accuracy.weights_table [--footage STORE]... [--mocap FOLDER:SPLIT]... [--weights FILE]...

Each row is one network on one kind of input: MPJPE and P-MPJPE in mm, and the mean error in degrees of knees, elbows
and hips that are truly straight (160 to 180 degrees); negative is too bent. Motion capture is seen by random cameras,
on exact points and with simulated noise. The default network comes first.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from vidmotion.data.augment import NoiseRange
from vidmotion.data.footage_windows import FootageSampler
from vidmotion.data.mocap import read_mocap
from vidmotion.data.store import read_store
from vidmotion.evaluate.pose3d import Lifter, collect, collect_footage, network_lifter
from vidmotion.evaluate.report import ClipErrors
from vidmotion.model.checkpoint import load_weights
from vidmotion.weights import find_weights

STRAIGHT = ("160 to 170", "170 to 180")
Measure = Callable[[Lifter], list[ClipErrors]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--footage", type=Path, action="append", default=[])
    parser.add_argument("--mocap", action="append", default=[], help="A folder and its split.")
    parser.add_argument("--weights", action="append", default=[], help="A file or a name.")
    parser.add_argument("--views", type=int, default=1, help="Random cameras of each clip of motion capture.")
    arguments = parser.parse_args()
    paths = [find_weights(weights) for weights in (None, *arguments.weights)]
    lifters = {f"{path.parent.name}/{path.name}": network_lifter(load_weights(path)[0]) for path in paths}
    print(f"{'':56}  MPJPE  P-MPJPE  knees  elbows  hips  (mm, degrees)")
    for name, measure in _inputs(arguments.footage, arguments.mocap, arguments.views):
        print(name)
        for weights, lifter in lifters.items():
            print(f"  {weights:54}{_row(measure(lifter))}", flush=True)


def _inputs(stores: list[Path], mocap: list[str], views: int) -> Iterator[tuple[str, Measure]]:
    for store in stores:
        footage = read_store(store)
        sampler = FootageSampler(footage, torch.device("cpu"))
        yield f"{store.name}, {footage.settings.detector}", partial(collect_footage, footage=sampler)
    for text in mocap:
        folder, _, split = text.rpartition(":")
        clips = read_mocap(Path(folder), split)
        for kind, noise in (("exact 2D", None), ("simulated noise", NoiseRange())):
            yield f"{text}, {kind}", partial(collect, mocap=clips, noise=noise, views=views)


def _row(errors: list[ClipErrors]) -> str:
    means = [torch.cat([one.frames[name] for one in errors]).mean() for name in ("mpjpe", "p_mpjpe")]
    straight = [
        torch.cat([one.breakdown[f"error of {joint}, degrees"][part] for one in errors for part in STRAIGHT]).mean()
        for joint in ("knees", "elbows", "hips")
    ]
    return f"{means[0]:7.1f}  {means[1]:7.1f}" + "".join(f"{value:7.1f}" for value in straight)


if __name__ == "__main__":
    main()
