"""Which 2D detector finds people best, how exact are its points, and how fast is it? All detectors see the same frames.

    python -m benchmarks.accuracy.detector_comparison [--store STORE] [--crossings FOLDER --mocap MOCAP]
        [--video VIDEO ...] [--reference VIDEO JSON ...] [--detector movenet ...]

Give at least one kind of input:

    synthetic     STORE, with the videos that `vidmotion data render --keep-video` keeps
    crossings     people who pass and hide each other (benchmarks/lib/crossings.py), rendered into FOLDER where missing
    upside down   the first clips of STORE, rotated by 180 degrees in memory
    real          VIDEO without labels: only the frames with somebody and the number of people can be counted
    reference     VIDEO with a JSON list (T, 33, 2 or more) of BlazePose's points in pixels by another program

Detectors whose weights are not on this machine are left out; nothing is downloaded. Detections are compared frame by
frame, without tracking; the lines "tracked" show the same detections after the tracker, which follows people, drops
some and corrects left and right. Each detection belongs to one person at most, so that the sum of distances is lowest,
and only where the mean distance of the 17 joints is below `REACH` times the height. Lengths are in % of the person's
height in the picture, at the depth of the root:

    recall      share of the person-frames that are found, of those with at least 30 % of the body visible
    mean, median, 95 %   errors of the 17 joints of these person-frames
    gross       share of these joints with an error above 15 %
    exchanged   share of the points of arms and legs where the detected point of the other side is less than half as
                far from the truth; only where the true points of the two sides are `APART` times the height apart
    invented    detections that belong to nobody: things, parts of people, and second copies of somebody

Frames/s is detection alone, on frames of the first clip of each kind that were decoded before, after the first few, in
which people are searched for everywhere; best of two rounds in which the detectors take turns; in brackets the ratio to
the first detector.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from benchmarks.lib import crossings
from vidmotion import weights
from vidmotion.data.store import read_store
from vidmotion.data.synthetic.render_clip import RATE
from vidmotion.detectors import Detection, Detector, Picture, create_detector
from vidmotion.skeletons import H36M17, convert
from vidmotion.tracking import Tracker, with_appearance
from vidmotion.tracking.assignment import assign
from vidmotion.types import Bools, Floats, Keypoints2D
from vidmotion.video import open_video

DETECTORS = ("blazepose", "blazepose-heavy", "movenet", "best")
SEEN = 0.3
"""Share of the body that must be visible."""
REACH = 0.3
"""Mean distance in body heights up to which a detection can belong to a person."""
GROSS = 0.15
APART = 0.06
"""Body heights."""
LIMBS = np.array([joint for joint in range(17) if H36M17.mirror[joint] != joint])
SCORES = (0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)
"""Edges of the bins of the calibration."""
CLOSE = (0.03, 0.06)
TOLERANCE = 31.0
"""Pixels that the authors of the reference points allow."""
ROUNDS = 2
WARM_UP = 3
"""Frames that are not timed, before those that are."""


@dataclass(frozen=True, eq=False)
class Labels:
    """P people in T frames."""

    xy: Floats
    """(P, T, 17, 2) pixels, exact."""
    height: Floats
    """(P, T) pixels."""
    seen: Bools
    """(P, T) whether the person counts."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A decoded video."""

    name: str
    pictures: list[Picture]
    rate: Fraction
    labels: Labels | None = None
    reference: Floats | None = None
    """(T, 33, 2) pixels; rows beyond the decoded frames are not used."""


Points = tuple[Floats, Floats]
"""(D, 17, 2) pixels and (D, 17) scores of the D detections of a frame."""


@dataclass
class Tally:
    """What is counted of one detector on one kind of input."""

    wanted: int = 0
    found: int = 0
    invented: int = 0
    error: list[Floats] = field(default_factory=list)
    """(17,) body heights of each person-frame that is found."""
    score: list[Floats] = field(default_factory=list)
    """(17,)"""
    exchanged: int = 0
    comparable: int = 0

    def add(self, points: list[Points], labels: Labels) -> None:
        for frame, (xy, score) in enumerate(points):
            self._add_frame(xy, score, labels.xy[:, frame], labels.height[:, frame], labels.seen[:, frame])

    def _add_frame(self, xy: Floats, score: Floats, truth: Floats, height: Floats, seen: Bools) -> None:
        error = np.linalg.norm(xy[:, None] - truth, axis=-1) / height[:, None]  # (D, P, 17)
        cost = error.mean(-1)
        pairs = assign(np.where(cost < REACH, cost, np.inf))
        self.wanted += int(seen.sum())
        self.invented += len(xy) - len(pairs)
        for row, person in pairs:
            if not seen[person]:
                continue
            self.found += 1
            self.error.append(error[row, person])
            self.score.append(score[row])
            mirror = list(H36M17.mirror)
            other = np.linalg.norm(xy[row, mirror] - truth[person], axis=-1) / height[person]
            apart = np.linalg.norm(truth[person] - truth[person, mirror], axis=-1) / height[person]
            clear = apart[LIMBS] > APART
            self.comparable += int(clear.sum())
            self.exchanged += int((clear & (other < 0.5 * error[row, person])[LIMBS]).sum())

    def text(self) -> str:
        recall = 100 * self.found / max(self.wanted, 1)
        error = 100 * np.array(self.error) if self.error else np.full((1, 17), np.nan)
        shares = [100 * (error > 100 * GROSS).mean(), 100 * self.exchanged / max(self.comparable, 1)]
        lengths = [error.mean(), np.median(error), np.quantile(error, 0.95)]
        cells = "".join(f"{cell:9.2f}" for cell in [*lengths, *shares])
        return f"{recall:9.1f}{cells}{self.invented:10}{self.wanted:9}"


@dataclass
class Presence:
    """What is counted of one detector on a real video."""

    people: list[int] = field(default_factory=list)
    """Number of detections in each frame."""
    off: list[Floats] = field(default_factory=list)
    """(33,) pixels from the reference, of the nearest detection in each frame."""
    height: float = 1.0
    """Pixels: of the reference."""

    def add(self, detections: list[list[Detection]], reference: Floats | None) -> None:
        self.people = [len(found) for found in detections]
        if reference is None:
            return
        self.height = float(np.ptp(reference[..., 1], axis=1).max())
        for found, truth in zip(detections, reference, strict=False):
            distances = [np.linalg.norm(one.xy - truth, axis=-1) for one in found]
            if distances:
                self.off.append(min(distances, key=np.mean))

    def text(self) -> str:
        people = np.array(self.people)
        text = f"somebody in {(people > 0).sum()} of {len(people)} frames, {people.mean():.2f} people a frame"
        if self.off:
            off = np.array(self.off)
            text += f"; off the reference by {100 * off.mean() / self.height:.2f} % of the height on average,"
            text += f" 95 %: {100 * np.quantile(off, 0.95) / self.height:.1f} %,"
            text += f" {100 * (off < TOLERANCE).mean():.1f} % of the points within {TOLERANCE:.0f} pixels"
        return text + f"; at most {people.max()} people"


def synthetic(folder: Path, count: int) -> Iterator[Clip]:
    """The first clips of a store with videos."""
    store = read_store(folder)
    for clip in store.clips[:count]:
        people = [store.person(clip, person) for person in range(clip.people)]
        labels = Labels(
            np.stack([person.exact for person in people]),
            np.stack(
                [
                    clip.focal * actor["height"] / person.joints[:, 0, 2]
                    for person, actor in zip(people, clip.recipe["actors"], strict=True)
                ]
            ),
            np.stack([store.detections["visible"][clip.rows(person)] / 255 >= SEEN for person in range(clip.people)]),
        )
        yield replace(decoded(folder / "videos" / f"{clip.number:06d}.mp4"), labels=labels)


def crossing(folder: Path, mocap: Path, count: int) -> Iterator[Clip]:
    for number in range(count):
        clip = crossings.clip(folder, mocap, "test", number)
        labels = Labels(clip.xy, clip.height, clip.seen)
        yield Clip(f"crossing {number} ({clip.kind})", clip.pictures, Fraction(RATE), labels)


def upside_down(clip: Clip) -> Clip:
    """A labelled clip, rotated by 180 degrees."""
    assert clip.labels is not None
    height, width = clip.pictures[0].shape[:2]
    pictures = [np.ascontiguousarray(picture[::-1, ::-1]) for picture in clip.pictures]
    labels = replace(clip.labels, xy=np.array([width, height]) - clip.labels.xy)
    return Clip(f"{clip.name}, upside down", pictures, clip.rate, labels)


def decoded(path: Path, most: int | None = None) -> Clip:
    with open_video(path) as video:
        return Clip(path.name, [frame.rgb for frame in islice(video, most)], video.fps)


def detect(detector: Detector, clip: Clip) -> list[list[Detection]]:
    detector.reset(float(clip.rate))
    return [detector.detect(picture, index) for index, picture in enumerate(clip.pictures)]


def as_points(detections: list[list[Detection]], skeleton: str) -> list[Points]:
    """The 17 joints of the detections of each frame."""
    frames: list[Points] = []
    for found in detections:
        if not found:
            frames.append((np.zeros((0, 17, 2)), np.zeros((0, 17))))
            continue
        points = Keypoints2D(np.stack([one.xy for one in found]), np.stack([one.score for one in found]), skeleton)
        joints = convert(points, H36M17.name)
        frames.append((joints.xy, joints.score))
    return frames


def tracked(detections: list[list[Detection]], clip: Clip, skeleton: str) -> list[list[Detection]]:
    """The detections of each frame after tracking, without the frames that the tracker fills in."""
    tracker = Tracker(clip.rate, skeleton)
    for index, (picture, found) in enumerate(zip(clip.pictures, detections, strict=True)):
        tracker.update(index, float(index / clip.rate), with_appearance(picture, found, skeleton))
    frames: list[list[Detection]] = [[] for _ in clip.pictures]
    for track in tracker.finish():
        for row in np.flatnonzero(track.observed):
            one = Detection(track.keypoints.xy[row], track.keypoints.score[row], track.boxes[row])
            frames[track.frames[row]].append(one)
    return frames


def print_labelled(title: str, clips: Iterator[Clip], detectors: dict[str, Detector]) -> tuple[Clip, dict[str, Tally]]:
    """Print the table of one kind of input. Returns its first clip, and the counts before tracking."""
    before, after = ({name: Tally() for name in detectors} for _ in range(2))
    first: Clip | None = None
    count = 0
    for clip in clips:
        first, count = first or clip, count + 1
        assert clip.labels is not None
        for name, detector in detectors.items():
            detections = detect(detector, clip)
            before[name].add(as_points(detections, detector.skeleton), clip.labels)
            after[name].add(as_points(tracked(detections, clip, detector.skeleton), detector.skeleton), clip.labels)
    assert first is not None, "no clips"
    print(
        f"\n{title}, {count} clips\n{'':26}   recall     mean   median     95 %    gross exchanged  invented       of"
    )
    for name in detectors:
        print(f"{name:26}{before[name].text()}\n{name + ', tracked':26}{after[name].text()}", flush=True)
    return first, before


def print_real(clip: Clip, detectors: dict[str, Detector]) -> None:
    print(f"\n{clip.name}, {len(clip.pictures)} frames")
    for name, detector in detectors.items():
        presence = Presence()
        presence.add(detect(detector, clip), clip.reference)
        print(f"{name:26} {presence.text()}", flush=True)


def print_calibration(tallies: list[dict[str, Tally]]) -> None:
    """Print how often joints are right, by their score, over all labelled clips."""
    names = "  ".join(f"within {100 * close:.0f} %" for close in CLOSE)
    print(
        f"\ncalibration, all labelled clips, before tracking\n{'':26} score        share  {names}   (% of the joints)"
    )
    for name in tallies[0]:
        rows = [(e, s) for tally in tallies for e, s in zip(tally[name].error, tally[name].score, strict=True)]
        if not rows:
            continue
        error, score = (np.array(column).ravel() for column in zip(*rows, strict=True))
        for low, high in pairwise(SCORES):
            here = (score >= low) & (score < high)
            if here.any():
                right = "".join(f"{100 * (error[here] < close).mean():13.1f}" for close in CLOSE)
                print(f"{name:26} {low:.1f} to {min(high, 1):.1f} {100 * here.mean():9.1f}{right}")


def print_speed(clips: list[Clip], names: list[str], frames: int) -> None:
    print(f"\nframes/s of detection, {frames} frames of each clip (ratio to {names[0]})")
    for threads in (1, 2):
        detectors = {name: create_detector(name, threads) for name in names}
        for clip in clips:
            best = dict.fromkeys(names, 0.0)
            for _ in range(ROUNDS):
                for name, detector in detectors.items():
                    best[name] = max(best[name], rate(detector, clip, frames))
            height, width = clip.pictures[0].shape[:2]
            cells = "   ".join(f"{name} {each:.1f} ({each / best[names[0]]:.2f})" for name, each in best.items())
            print(f"{threads} threads, {clip.name}, {width} x {height}:   {cells}", flush=True)


def rate(detector: Detector, clip: Clip, frames: int) -> float:
    """Frames/s of detection."""
    detector.reset(float(clip.rate))
    started = 0.0
    pictures = clip.pictures[: WARM_UP + frames]
    for index, picture in enumerate(pictures):
        if index == WARM_UP:
            started = time.perf_counter()
        detector.detect(picture, index)
    return (len(pictures) - WARM_UP) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--crossings", type=Path, metavar="FOLDER")
    parser.add_argument("--mocap", type=Path, help="motion capture, for crossings")
    parser.add_argument("--video", type=Path, nargs="*", default=[])
    parser.add_argument("--reference", nargs=2, action="append", default=[], metavar=("VIDEO", "JSON"))
    parser.add_argument("--detector", action="append", help="may be repeated; the first is the base of the ratios")
    parser.add_argument("--clips", type=int, default=8, help="of the store")
    parser.add_argument("--crossing-clips", type=int, default=2)
    parser.add_argument("--upside-down", type=int, default=3, help="clips of the store")
    parser.add_argument("--frames", type=int, default=60, help="of each real video")
    parser.add_argument("--speed-frames", type=int, default=30, help="0: speed is not measured")
    parser.add_argument("--threads", type=int, default=1, help="for all but the speed")
    args = parser.parse_args()
    if args.crossings and not args.mocap:
        parser.error("--crossings needs --mocap")
    if not (args.store or args.crossings or args.video or args.reference):
        parser.error("give --store, --crossings, --video or --reference")

    names = list(available(args.detector or DETECTORS))
    if not names:
        parser.error("the weights of no detector are here")
    detectors = {name: create_detector(name, args.threads) for name in names}
    firsts: list[Clip] = []
    tallies: list[dict[str, Tally]] = []
    labelled: list[tuple[str, Iterator[Clip]]] = []
    if args.store:
        labelled.append(("synthetic", synthetic(args.store, args.clips)))
        labelled.append(("upside down", map(upside_down, synthetic(args.store, args.upside_down))))
    if args.crossings:
        labelled.append(("crossings", crossing(args.crossings, args.mocap, args.crossing_clips)))
    for title, clips in labelled:
        first, counted = print_labelled(title, clips, detectors)
        firsts.append(first)
        tallies.append(counted)
    if tallies:
        print_calibration(tallies)
    real = [decoded(path, args.frames) for path in args.video]
    for video, file in args.reference:
        points = np.array(json.loads(Path(file).read_text(encoding="utf-8")))[..., :2]
        real.append(replace(decoded(Path(video), args.frames), reference=points))
    for clip in real:
        print_real(clip, detectors)
    if args.speed_frames:
        print_speed([*firsts, *real], names, args.speed_frames)


def available(names: list[str] | tuple[str, ...]) -> Iterator[str]:
    """The detectors that need no download; the others are named."""
    for name in names:
        if name not in weights.DETECTORS or weights.is_available(name):
            yield name
        else:
            print(f"{name}: left out, its weights are not here; `vidmotion weights fetch {name}` downloads them")


if __name__ == "__main__":
    main()
