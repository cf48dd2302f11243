"""How fast are 2D detectors, and how many people do they find, on videos with one person and on the sample?

    python -m benchmarks.accuracy.detector_recall VIDEO... [--detector blazepose --detector blazepose-heavy ...]

Names are those of `lift --detector`, including mmpose's where its checkpoints are installed. Printed for each video:
frames a second, the ratio to the first detector, and the share of the frames in which a person is found. For the
sample, whose truth is exact, also the share of the frames in which the mean distance of the points from the truth is
below a tenth of the person's height, and that mean distance in per cent of the height.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from vidmotion.detectors import Detector, create_detector
from vidmotion.skeletons import convert
from vidmotion.types import Floats, Keypoints2D
from vidmotion.video import open_video

SAMPLE = Path("samples/walk_wave.mp4")
NEAR = 0.1


def distance(detector: Detector, xy: Floats, score: Floats, truth: Floats) -> float:
    """Mean distance of the points from the truth (17, 2), in heights of the person."""
    seen = convert(Keypoints2D(xy[None], score[None], detector.skeleton), "h36m17")
    there = seen.score[0] > 0
    if not there.any():
        return np.inf
    return float(np.linalg.norm(seen.xy[0] - truth, axis=1)[there].mean() / np.ptp(truth[:, 1]))


def measure(detector: Detector, video: Path) -> tuple[float, float, np.ndarray]:
    """Frames a second, share of the frames with people, and the nearest's distance (N,) where the truth is known."""
    truth = np.load(video.with_suffix(".npz"))["joints_2d"] if video == SAMPLE else None
    seconds, hits, away = 0.0, [], []
    with open_video(video) as frames:
        detector.reset(float(frames.fps))
        for frame in frames:
            started = time.perf_counter()
            people = detector.detect(frame.rgb, frame.index)
            seconds += time.perf_counter() - started
            hits.append(bool(people))
            if truth is not None:
                found = [distance(detector, one.xy, one.score, truth[frame.index]) for one in people]
                away.append(min(found, default=np.inf))
    return len(hits) / seconds, float(np.mean(hits)), np.array(away)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", type=Path, nargs="*")
    parser.add_argument("--detector", action="append", help="may be repeated")
    args = parser.parse_args()
    base: dict[Path, float] = {}
    for name in args.detector or ["blazepose", "blazepose-heavy"]:
        detector = create_detector(name)
        for video in [SAMPLE, *args.videos]:
            rate, share, away = measure(detector, video)
            first = base.setdefault(video, rate)
            cells = f"{rate:6.1f} frames/s  {rate / first:5.2f}   person found in {100 * share:5.1f} %"
            if len(away):
                near = away < NEAR
                cells += f"   right in {100 * near.mean():.1f} %, off by {100 * away[near].mean():.2f} % of the height"
            print(f"{name:16} {video.name:24} {cells}", flush=True)


if __name__ == "__main__":
    main()
