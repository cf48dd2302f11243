"""What does it cost in accuracy, and gain in time, to detect in every second frame of a video with 60 frames a second?

    python -m benchmarks.accuracy.skipped_frames STORE [--clips N] [--detector movenet]

STORE holds the videos that `vidmotion data render --keep-video` keeps, at 30 frames a second. They are taken for videos
with 60: people move twice as fast as they do, so that the error is an upper bound. Both ways see the same frames in
the same run. Errors are those of the 17 joints of the tracks, in % of the body's height in the picture, over the
person-frames that both ways have.
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from vidmotion.data.store import NOBODY, Store, StoredClip, read_store
from vidmotion.data.synthetic.run_detector import match_tracks
from vidmotion.detectors import Detector, create_detector
from vidmotion.detectors.blazepose_networks import LANDMARKS
from vidmotion.skeletons import H36M17, convert
from vidmotion.tracking import PersonTracker
from vidmotion.types import Floats, Keypoints2D, Track
from vidmotion.video import open_video

RATE = Fraction(60)
WAYS = {"every frame": True, "every second frame": False}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--clips", type=int)
    parser.add_argument("--detector", default="movenet")
    parser.add_argument("--threads", type=int, default=2)
    told = parser.parse_args()
    store, detector = read_store(told.store), create_detector(told.detector, threads=told.threads)
    errors: dict[str, list[Floats]] = {way: [] for way in WAYS}
    seconds, frames = dict.fromkeys(WAYS, 0.0), 0
    for clip in store.clips[: told.clips]:
        found = {}
        for way, every_frame in WAYS.items():
            tracks, taken = tracked(told.store, clip, detector, every_frame)
            found[way] = error(store, clip, tracks)
            seconds[way] += taken
        frames += clip.frames
        both = np.logical_and.reduce([np.isfinite(one).all(-1) for one in found.values()])
        for way, one in found.items():
            errors[way].append(one[both])
    base = next(iter(WAYS))
    print(f"{told.detector}, {frames} frames\n{'':20} {'mean':>6} {'median':>7} {'95 %':>6} {'frames/s':>9}")
    for way in WAYS:
        each = 100 * np.concatenate(errors[way])
        print(
            f"{way:20} {each.mean():6.3f} {np.median(each):7.3f} {np.quantile(each, 0.95):6.2f} "
            f"{frames / seconds[way]:9.1f} ({seconds[base] / seconds[way]:.2f})"
        )


def tracked(store: Path, clip: StoredClip, detector: Detector, every_frame: bool) -> tuple[list[Track], float]:
    """The tracks of a clip, and the seconds that detection and tracking took."""
    with open_video(store / "videos" / f"{clip.number:06d}.mp4") as frames:
        pictures = [frame.rgb for frame in frames]
    start = time.perf_counter()
    people = PersonTracker(detector, RATE, every_frame)
    for index, rgb in enumerate(pictures):
        people.update(rgb, index, float(index / RATE))
    return people.finish(), time.perf_counter() - start


def error(store: Store, clip: StoredClip, tracks: list[Track]) -> Floats:
    """(P, T, 17) body heights; nan where nobody was seen."""
    people = [store.person(clip, person) for person in range(clip.people)]
    height = np.stack(
        [
            clip.focal * actor["height"] / person.joints[:, 0, 2]
            for actor, person in zip(clip.recipe["actors"], people, strict=True)
        ]
    )
    exact = np.stack([person.exact for person in people])
    found = match_tracks(tracks, exact, height, LANDMARKS)
    rows = []
    for xy, score, state, truth, size in zip(found.xy, found.score, found.state, exact, height, strict=True):
        points = convert(Keypoints2D(xy, score, "blazepose33"), H36M17.name).xy
        away = np.linalg.norm(points - truth, axis=-1) / size[:, None]
        rows.append(np.where((state != NOBODY)[:, None], away, np.nan))
    return np.stack(rows)


if __name__ == "__main__":
    main()
