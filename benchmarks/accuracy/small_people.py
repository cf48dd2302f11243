"""How small may people be for the default detector to find them, and how long does the search for small people take?

    python -m benchmarks.accuracy.small_people [VIDEO] [--frames 60] [--size 1920x1080]

The sample's pictures are shrunk and set into a larger picture, whose rest continues their edges, so that the person
has the height in pixels that the column gives. Rows: search in the whole picture only (the baseline), also in squares
at its ends, also in close windows, also in windows half as wide (as the detector does). Printed are the share of the
frames in which the person is found (mean distance of the points from the truth below a tenth of the height), and
milliseconds a frame: with the person at the largest size, and in a picture without people. The first frame takes
longest.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from vidmotion.detectors import blazepose, create_detector
from vidmotion.detectors.base import Detector, Picture
from vidmotion.detectors.blazepose_networks import Tile
from vidmotion.skeletons import convert
from vidmotion.types import Floats, Keypoints2D
from vidmotion.video import open_video

Windows = Callable[[int, int], list[list[Tile]]]

SAMPLE = Path("samples/walk_wave.mp4")
HEIGHTS = (300, 200, 150, 100, 75, 50, 35)
"""Pixels."""
NEAR = 0.1
ROWS = {"whole": 0, "and ends": 1, "and close": 2, "and closest": 3}


def pictures(video: Path, frames: int, truth: Path) -> Iterator[tuple[Picture, Floats]]:
    """Frames and exact points (17, 2)."""
    points = np.load(truth)["joints_2d"]
    with open_video(video) as source:
        for frame in islice(source, frames):
            yield frame.rgb, points[frame.index]


def shrunk(rgb: Picture, points: Floats, scale: float, size: tuple[int, int]) -> tuple[Picture, Floats]:
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    high, wide = small.shape[:2]
    left, top = (size[0] - wide) // 2, (size[1] - high) // 2
    borders = top, size[1] - high - top, left, size[0] - wide - left
    picture: Picture = cv2.copyMakeBorder(small, *borders, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    return picture, points * scale + [left, top]


def found(detector: Detector, rgb: Picture, index: int, points: Floats, height: float) -> bool:
    for one in detector.detect(rgb, index):
        seen = convert(Keypoints2D(one.xy[None], one.score[None], detector.skeleton), "h36m17").xy[0]
        if np.linalg.norm(seen - points, axis=1).mean() < NEAR * height:
            return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    args = parser.parse_args()
    width, high = map(int, args.size.split("x"))
    shots = list(pictures(args.video, args.frames, args.video.with_suffix(".npz")))
    tall = float(np.median([np.ptp(points[:, 1]) for _, points in shots]))
    detector, whole = create_detector("blazepose"), blazepose.windows
    print(f"{args.size}, {len(shots)} frames; found in per cent of the frames, by height in pixels")
    print(f"{'':12}" + "".join(f"{height:>6}" for height in HEIGHTS) + f"{'ms':>8}{'ms alone':>10}")
    for name, level in ROWS.items():
        blazepose.windows = limited(whole, level)  # type: ignore[assignment]
        shares, took = [], []
        for height in HEIGHTS:
            detector.reset(30.0)
            views = [shrunk(rgb, points, height / tall, (width, high)) for rgb, points in shots]
            started = time.perf_counter()
            hits = [found(detector, rgb, index, points, height) for index, (rgb, points) in enumerate(views)]
            took.append((time.perf_counter() - started) / len(views))
            shares.append(100 * float(np.mean(hits)))
        empty = np.full((high, width, 3), 90, np.uint8)
        detector.reset(30.0)
        started = time.perf_counter()
        for index in range(len(shots)):
            detector.detect(empty, index)
        alone = (time.perf_counter() - started) / len(shots)
        cells = "".join(f"{share:6.0f}" for share in shares)
        print(f"{name:12}{cells}{1000 * took[0]:8.1f}{1000 * alone:10.1f}", flush=True)


def limited(layers: Windows, level: int) -> Windows:
    """The first layers of windows only."""

    def some(width: int, height: int) -> list[list[Tile]]:
        far, *close = layers(width, height)
        return [far[:1] if level == 0 else far, *close[: max(level - 1, 0)]]

    return some


if __name__ == "__main__":
    main()
