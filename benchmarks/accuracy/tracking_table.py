"""Do people keep their identity when they cross, are hidden or leave, and which cue helps?

    python -m benchmarks.accuracy.tracking_table FOLDER --mocap MOCAP [--split test] [--clips 20] [--detector movenet]
        [--old TRACKER.py]

Renders clips with exact identities (benchmarks/lib/crossings.py; kept in FOLDER), detects people in them, tracks the
detections in several ways and prints IDF1, switches, recall and precision. A track matches a person where the mean
distance of its 17 joints is below `REACH` times the person's height. Frames in which a person is hidden or out of the
picture count neither for nor against a track near them. `--old` names the file of an older tracker, such as
`git show COMMIT:vidmotion/tracking/tracker.py` gives it.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.lib.crossings import KINDS, Clip, clip, redetected
from vidmotion.data.synthetic.render_clip import RATE
from vidmotion.detectors import Detection
from vidmotion.evaluate.identities import Identities, count_identities
from vidmotion.skeletons import H36M17, convert
from vidmotion.tracking import Tracker, with_appearance
from vidmotion.tracking.assignment import assign
from vidmotion.tracking.tracklet import AssociationCues
from vidmotion.types import Keypoints2D, Track

SKELETON = "blazepose33"
REACH = 0.15
NEAR = 0.5
"""Distance in body heights within which a track goes with somebody hidden."""
VARIANTS = {
    "all cues": AssociationCues(),
    "without colors": AssociationCues(appearance=False),
    "without motion": AssociationCues(motion=False),
    "without posture": AssociationCues(posture=False),
    "without size": AssociationCues(size=False),
    "colors and position alone": AssociationCues(motion=False, posture=False, size=False),
    "position alone": AssociationCues(motion=False, posture=False, size=False, appearance=False),
}

Make = Callable[[], Tracker]


def tracked(clip: Clip, make: Make) -> list[Track]:
    tracker = make()
    for index, detections in enumerate(clip.detections):
        tracker.update(index, index / RATE, detections)
    return tracker.finish()


def distance(clip: Clip, frames: np.ndarray, points: Keypoints2D) -> np.ndarray:
    """(P, T) body heights between everybody and one track."""
    found = convert(points, H36M17.name).xy
    return np.linalg.norm(found - clip.xy[:, frames], axis=-1).mean(-1) / clip.height[:, frames]


def judged(clip: Clip, tracks: list[Track]) -> Identities:
    people, frames = clip.seen.shape
    apart, found = np.full((people, len(tracks), frames), np.inf), np.zeros((len(tracks), frames), bool)
    for number, track in enumerate(tracks):
        apart[:, number, track.frames] = distance(clip, track.frames, track.keypoints)
        found[number, track.frames] = True
    shows = ((apart <= REACH) & clip.seen[:, None]).any(0)
    hidden = np.where(clip.seen[:, None], np.inf, apart).min(0) <= np.minimum(apart.min(0), NEAR)
    return count_identities(apart, clip.seen, found & (shows | ~hidden), REACH)


def detected(clip: Clip) -> int:
    """Frames in which somebody was detected, over all people: what a tracker can be given."""
    hits = 0
    for frame, detections in enumerate(clip.detections):
        rows = [_row(clip, frame, detection) for detection in detections]
        cost = np.array(rows).reshape(len(rows), len(clip.xy))
        hits += len(assign(np.where((cost <= REACH) & clip.seen[:, frame], cost, np.inf)))
    return hits


def _row(clip: Clip, frame: int, detection: Detection) -> np.ndarray:
    points = Keypoints2D(detection.xy[None], detection.score[None], SKELETON)
    return distance(clip, np.array([frame]), points)[:, 0]


def with_colors(clip: Clip) -> Clip:
    pairs = zip(clip.pictures, clip.detections, strict=True)
    return replace(clip, detections=[with_appearance(picture, found, SKELETON) for picture, found in pairs])


def print_row(name: str, clips: list[Clip], make: Make) -> None:
    by_kind = dict.fromkeys(KINDS, Identities())
    for one in clips:
        by_kind[one.kind] += judged(one, tracked(one, make))
    total = sum(by_kind.values(), Identities())
    kinds = " ".join(f"{by_kind[kind].idf1:7.3f}" for kind in KINDS)
    print(f"{name:24} {total.idf1:6.3f} {total.switches:9} {total.recall:8.3f} {total.precision:10.3f}   {kinds}")


def older(path: Path) -> Make:
    """The `Tracker` of another file."""
    spec = importlib.util.spec_from_file_location("older_tracker", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return partial(module.Tracker, Fraction(RATE), SKELETON)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mocap", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--detector", default="movenet", help="run on the kept pictures; blazepose is kept with them")
    parser.add_argument("--old", type=Path)
    told = parser.parse_args()
    clips = [clip(told.folder, told.mocap, told.split, number) for number in range(told.clips)]
    if told.detector != "blazepose":
        clips = [redetected(one, told.detector) for one in clips]
    clips = [with_colors(one) for one in clips]
    seen = sum(int(one.seen.sum()) for one in clips)
    people = sum(len(one.xy) for one in clips)
    print(
        f"{told.split}: {len(clips)} clips, {people} people, seen in {seen} frames, of which the detector finds", end=""
    )
    print(f" {sum(map(detected, clips)) / seen:.3f}\n{'':24}   IDF1  switches   recall  precision   IDF1 of", *KINDS)
    if told.old is not None:
        print_row(f"{told.old.stem}", clips, older(told.old))
    for name, cues in VARIANTS.items():
        print_row(name, clips, partial(Tracker, Fraction(RATE), SKELETON, cues))


if __name__ == "__main__":
    main()
