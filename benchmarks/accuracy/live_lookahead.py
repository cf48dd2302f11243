"""What does `vidmotion live` lose against `lift` because it cannot see the future?

    python -m benchmarks.accuracy.live_lookahead STORE [--weights FILE]

Held-out footage with the detector's points; one window for each person, which ends at the last frame, without the
mirrored pass. The table gives MPJPE in mm by length of the window (rows) and by the number of frames between the
measured frame and the newest one (columns; 30 frames a second). The baseline of the ratios is the middle of 81 frames
with the mirrored pass. The last column is the time for one window.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch
from torch import Tensor

from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.data.store import read_store
from vidmotion.evaluate.metrics import mpjpe
from vidmotion.evaluate.pose3d import network_lifter
from vidmotion.model.checkpoint import load_weights
from vidmotion.model.dstformer import DSTformer
from vidmotion.weights import find_weights

WINDOWS, WAITS = (9, 27, 54, 81), (0, 1, 3, 6, 10, 15)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="of the split test")
    parser.add_argument("--weights")
    args = parser.parse_args()
    encoder, _ = load_weights(find_weights(args.weights))
    footage = FootageSampler(read_store(args.store), torch.device("cpu"))
    plain, flipped = network_lifter(encoder, False), network_lifter(encoder)
    sums: dict[tuple[int, int], list[Tensor]] = {}
    middle: list[Tensor] = []
    for people in footage.batches(8):
        whole = footage.all_frames(people, slice(0, max(WINDOWS)))
        for frames in WINDOWS:
            parts = [part[:, -frames:] for part in (whole.rays, whole.score, whole.joints)]
            normalized, view = observe_footage(*parts)
            errors = 1000 * mpjpe(plain(normalized.x) * view.metres, view.target * view.metres)  # (B, T)
            for wait in WAITS:
                if wait < frames:
                    sums.setdefault((frames, wait), []).append(errors[:, -1 - wait])
        normalized, view = observe_footage(whole.rays, whole.score, whole.joints)
        errors = 1000 * mpjpe(flipped(normalized.x) * view.metres, view.target * view.metres)
        middle.append(errors[:, 30:51].mean(1))
    base = float(torch.cat(middle).mean())
    print(f"middle of 81 frames, both passes: {base:.1f} mm")
    print("frames  " + "".join(f"{wait:>14}" for wait in WAITS) + "     ms a window")
    for frames in WINDOWS:
        found = [float(torch.cat(sums[frames, wait]).mean()) if wait < frames else None for wait in WAITS]
        cells = "".join(f"{'':>14}" if one is None else f"{f'{one:.1f} ({one / base:.2f})':>14}" for one in found)
        print(f"{frames:6}  {cells}   {1000 * seconds_of(encoder, frames):8.0f}")


def seconds_of(encoder: DSTformer, frames: int) -> float:
    x, lifter = torch.rand(1, frames, 17, 3), network_lifter(encoder, False)
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        lifter(x)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
