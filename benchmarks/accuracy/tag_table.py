"""How good are action tags over time, as `lift --head action` gives them for people who do one thing after the other?

    python -m benchmarks.accuracy.tag_table STORE [--mocap MOCAP] [--weights FILE] [--sequences 200] [--clips 6]

Each sequence joins the detector's points of random people of the store one after the other, after the encoder. The
borders are therefore known exactly, but may be easier or harder than real ones. A clip is as long as a window, so that
each is repeated (`--times`). Rows: the segments of `lift`, with "unknown"; and segments without "unknown" (the
likeliest class of each window, no smoothing), which is the baseline.

Columns in per cent: share of the time with a tag; share of that time with the right tag; share of all time with the
right tag; F1 of segments with the right tag that overlap a true one by half (Lea et al. 2017). Last, the number of
segments for each true one.

A clip has one class, but a trial such as "walk to pick up box" holds several actions. With `--mocap`, one column more:
share of the named time with the clip's class or another one that the trial's description names (`WORDS`).
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidmotion.actions.timeline import timeline
from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.data.store import read_store
from vidmotion.evaluate.action import WINDOW
from vidmotion.evaluate.bootstrap import mean_estimate
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.model.network import ACTION_FEATURES, MotionNetwork
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.types import UNKNOWN, Actions, Keypoints2D, Segment, Track
from vidmotion.weights import find_weights

OVERLAP = 0.5
"""Share of the union of a found and a true segment that they have in common."""
WORDS = {
    "walk": r"walk|side ?step|trun change",
    "run": r"\brun|\bjog|quick side",
    "jump": r"jump|\bhop|leap|skip",
    "ground": r"crouch|crawl|\blie|lying|fall",
    "carry_push": r"box|pick ?up|carry|push|lift|bend",
    "sit": r"\bsit",
}
"""Words of trials' descriptions, by class: people walk and run in trials of many classes."""

Names = frozenset[str]
"""The class of a clip, and others that its description names."""


@torch.inference_mode()
def read(
    network: MotionNetwork, footage: FootageSampler, classes: Sequence[str], descriptions: dict[str, str]
) -> list[tuple[str, Names, np.ndarray]]:
    """Class, names and features (T, 2, C) of all people whose class the network has."""
    head_set, found = HeadSet([network]), []
    for people in footage.batches(8):
        windows = footage.all_frames(people, slice(0, WINDOW))
        x = observe_footage(windows.rays, windows.score, windows.joints)[0].x
        passes = head_set.run(x, (ACTION_FEATURES,))
        features = torch.stack([each.action_features for each in passes if each.action_features is not None], 2)
        for person, one in zip(people, features, strict=True):
            label, description = footage.labels[person], descriptions.get(footage.trials[person], "")
            found.append((label, names_of(label, description), one.numpy()))
    return [one for one in found if one[0] in classes]


def read_descriptions(mocap: Path | None) -> dict[str, str]:
    """The description of each trial, by its clip."""
    if mocap is None:
        return {}
    with (mocap / "index.csv").open(newline="") as file:
        return {row["clip"]: row.get("description", "") for row in csv.DictReader(file)}


def names_of(label: str, description: str) -> Names:
    """A clip's class, and those that its description names, where the class is an everyday movement itself."""
    if label not in WORDS or "basketball" in description:
        return Names({label})
    return Names({label, *(name for name, words in WORDS.items() if re.search(words, description.lower()))})


def track(frames: int) -> Track:
    points = Keypoints2D(np.zeros((frames, 17, 2)), np.ones((frames, 17)), "h36m17")
    at = np.arange(frames)
    return Track(0, at, at / FRAME_RATE, np.zeros((frames, 4)), points, np.ones(frames, bool))


def likeliest(actions: Actions, end: float) -> list[Segment]:
    """Every stretch by the likeliest class of the window in its middle."""
    names = [actions.labels[index] for index in actions.probabilities.argmax(1)]
    bounds = [0.0, *((actions.times[1:] + actions.times[:-1]) / 2), end]
    found: list[Segment] = []
    for name, start, stop in zip(names, bounds, bounds[1:], strict=False):
        if found and found[-1].label == name:
            found[-1] = replace(found[-1], end=float(stop))
        else:
            found.append(Segment(float(start), float(stop), name, 1.0))
    return found


def score(
    found: Sequence[Segment], truth: Sequence[Segment], names: Sequence[Names]
) -> tuple[float, float, float, int, int]:
    """Seconds named, named right, and named by one of the true segments' `names`; segments named, and those right."""
    named = [one for one in found if one.label != UNKNOWN]
    right = sum(_common(one, true) for one in named for true in truth if one.label == true.label)
    described = sum(
        _common(one, true)
        for one in named
        for true, all_names in zip(truth, names, strict=True)
        if one.label in all_names
    )
    free, hits = list(truth), 0
    for one in named:
        fits = [true for true in free if true.label == one.label and _union_share(one, true) >= OVERLAP]
        if fits:
            free.remove(fits[0])
            hits += 1
    return sum(one.end - one.start for one in named), right, described, len(named), hits


def _common(one: Segment, other: Segment) -> float:
    return max(0.0, min(one.end, other.end) - max(one.start, other.start))


def _union_share(one: Segment, other: Segment) -> float:
    return _common(one, other) / (max(one.end, other.end) - min(one.start, other.start))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="of the split test")
    parser.add_argument("--weights")
    parser.add_argument("--sequences", type=int, default=200)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--times", type=int, default=3, help="that a clip comes in a row")
    parser.add_argument("--mocap", type=Path, help="folder whose index.csv has the trials' descriptions")
    args = parser.parse_args()
    network, _ = load_network(find_weights(args.weights))
    head = HeadSet([network]).action
    people = read(
        network,
        FootageSampler(read_store(args.store), torch.device("cpu")),
        head.config.classes,
        read_descriptions(args.mocap),
    )
    rng = np.random.default_rng(0)
    rows: dict[str, list[Any]] = {"lift": [], "likeliest": []}
    piece = args.times * WINDOW
    length, seconds = args.clips * piece, (args.clips * piece - 1) / FRAME_RATE
    for _ in range(args.sequences):
        chosen = [people[index] for index in rng.choice(len(people), args.clips, replace=False)]
        actions = timeline(
            head, np.concatenate([np.tile(features, (args.times, 1, 1)) for *_, features in chosen]), track(length)
        )
        truth, names = list[Segment](), list[Names]()
        for i, (label, all_names, _) in enumerate(chosen):
            start, end = i * piece / FRAME_RATE, min((i + 1) * piece / FRAME_RATE, seconds)
            if truth and truth[-1].label == label:
                truth[-1], names[-1] = replace(truth[-1], end=end), names[-1] & all_names
            else:
                truth.append(Segment(start, end, label, 1.0))
                names.append(all_names)
        for name, found in (("lift", actions.segments), ("likeliest", likeliest(actions, seconds))):
            rows[name].append((*score(found, truth, names), len(truth)))
    print(f"{args.store.name}: {len(people)} people, {args.sequences} sequences of {args.clips}; 95 % over sequences")
    for name, scores in rows.items():
        named, right, described, found_count, hits, true_count = torch.tensor(scores, dtype=torch.float64).unbind(1)
        whole = torch.full_like(named, seconds)
        shares = {
            "named": mean_estimate(named, whole),
            "right of named": mean_estimate(right, named),
            **({"right or described, of named": mean_estimate(described, named)} if args.mocap else {}),
            "right of all": mean_estimate(right, whole),
            "F1@50": mean_estimate(2 * hits, found_count + true_count),
            "segments for each true one": mean_estimate(found_count, true_count),
        }
        cells = ", ".join(
            f"{key} {100 * one.value:.1f} ({100 * one.low:.1f}-{100 * one.high:.1f})" for key, one in shares.items()
        )
        print(f"  {name:10} {cells}")


if __name__ == "__main__":
    main()
