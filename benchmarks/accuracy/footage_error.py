"""How far off is 3D from the real detector's points, on rendered footage of held-out subjects?

    python -m benchmarks.accuracy.footage_error STORE [--weights FILE]...

Prints a line for each network, with the mirrored pass; the first network is the baseline of the ratios.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from vidmotion.data.footage_windows import FootageSampler
from vidmotion.data.store import read_store
from vidmotion.evaluate.pose3d import measure_footage, network_lifter
from vidmotion.model.checkpoint import load_weights
from vidmotion.weights import find_weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--weights", action="append", help="A file or a name; the default network comes first.")
    arguments = parser.parse_args()
    footage = FootageSampler(read_store(arguments.store), torch.device("cpu"))
    print(f"{footage.people} people, {footage.people * footage.length} frames")
    print(f"{'':44}MPJPE  P-MPJPE  velocity (mm, mm a frame)")
    baseline = None
    for weights in (None, *(arguments.weights or [])):
        path = find_weights(weights)
        errors = measure_footage(network_lifter(load_weights(path)[0]), footage)
        baseline = baseline or errors.mpjpe
        values = f"{errors.mpjpe:7.1f}  {errors.p_mpjpe:7.1f}  {errors.velocity:8.2f}"
        print(f"{path.parent.name + '/' + path.name:<42}{values}   {errors.mpjpe / baseline:.3f} of the first")


if __name__ == "__main__":
    main()
