"""How often are left and right exchanged in a detector's points, before and after they are corrected by time?

    python -m benchmarks.accuracy.exchanged_sides STORE [--clips N] [--lift]

Measures on the detections of a store, and on the store's exact joints with noise, of which arms, legs or both are
exchanged for known stretches of 1 to 60 frames. Counted are pairs of points in frames. In a detector's output, a pair
counts where one assignment of its two points to the exact joints is within 6 % of the body size in the mean, and the
other one farther by 2 %; in simulated output, where the two points are 2 % apart. "Made wrong" were right before. They
are also counted without the people in whom the detector exchanged most frames of arms or legs: time cannot tell these
from people whose minority of right frames is exchanged.

`--lift` measures the default network with and without the correction, as `footage_error` does. Give a store whose
detections are not corrected yet, such as those of the packs in weights/footage/: in others, "before" is what was left.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from vidmotion.data.store import FILLED, NOBODY, SEEN, Store, StoredPerson, pack_detections, read_store
from vidmotion.detectors.base import Detection
from vidmotion.skeletons import H36M17, by_name
from vidmotion.tracking.left_right import exchange, find_exchanged_sides
from vidmotion.tracking.tracks import FrameTimes, make_track
from vidmotion.types import Bools, Floats, Ints

GROUPS = {"arms": ("shoulder", "elbow", "wrist"), "legs": ("hip", "knee", "ankle")}
NEAR, CLEAR = 0.06, 0.02
"""Distances in body sizes."""
LEAST_SEEN = 0.3
"""Share of the frames in which a person must have been detected."""
LONGEST = 60
"""Frames of the longest simulated exchange."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--clips", type=int, help="Only the first clips.")
    parser.add_argument("--lift", action="store_true", help="Measure 3D as well; needs torch.")
    arguments = parser.parse_args()
    store = read_store(arguments.store)
    store = dataclasses.replace(store, clips=store.clips[: arguments.clips])
    print(f"{'':34}       pairs  before  after  made wrong (% of pairs)")
    people = [person for _, person in _people(store) if person.observed.mean() >= LEAST_SEEN]
    counts = [_count_detected(person, store) for person in people]
    _report("detections", np.sum(counts, axis=0))
    mostly_right = [each for each in counts if (each[:, 1] <= each[:, 0] / 2).all()]
    _report(f"{len(mostly_right)} of {len(counts)} people, mostly right", np.sum(mostly_right, axis=0))
    for every in (1, 2, 4):
        simulated = [_count_simulated(person, store.settings.rate, seed, every) for seed, person in enumerate(people)]
        _report(f"simulated, {store.settings.rate / every:g} frames/s", np.sum(simulated, axis=0))
    if arguments.lift:
        _lift(store)


def _people(store: Store) -> Iterator[tuple[slice, StoredPerson]]:
    for clip in store.clips:
        for person in range(clip.people):
            yield clip.rows(person), store.person(clip, person)


def _report(name: str, counts: Ints) -> None:
    for group, (pairs, before, after, wrong) in zip((*GROUPS, "all"), [*counts, counts.sum(0)], strict=True):
        shares = [100 * each / max(pairs, 1) for each in (before, after, wrong)]
        print(f"{name:<34}{group}  {pairs:6.0f}  {shares[0]:6.2f} {shares[1]:6.2f}  {shares[2]:6.3f}")


def _pairs(skeleton: str, group: str) -> Ints:
    """(3, 2) left and right points of arms or legs."""
    joints = by_name(skeleton).joints
    return np.array([[joints.index(f"{side}_{part}") for side in ("left", "right")] for part in GROUPS[group]])


def _size(exact: Floats) -> float:
    """Pixels: the median of the longer side of the box around the exact joints (T, 17, 2)."""
    return max(float(np.median(np.ptp(exact, axis=1).max(-1))), 1.0)


def _count_detected(person: StoredPerson, store: Store) -> Ints:
    """(2, 4) pairs of points, exchanged ones before and after, and those made wrong; for arms and legs."""
    skeleton, seen = store.settings.skeleton, person.observed
    xy, exact = person.xy[seen], person.exact[seen]
    times = np.flatnonzero(seen) / store.settings.rate
    found = find_exchanged_sides(xy, person.score[seen], times, skeleton).exchanged
    corrected = exchange(xy, found, skeleton)
    rows = []
    for group in GROUPS:
        truth = exact[:, _pairs(H36M17.name, group)]
        (as_before, before), (_, after) = (
            _clear_sides(points[:, _pairs(skeleton, group)], truth, _size(exact)) for points in (xy, corrected)
        )
        rows.append([(as_before | before).sum(), before.sum(), after.sum(), (as_before & after).sum()])
    return np.array(rows)


def _clear_sides(points: Floats, truth: Floats, size: float) -> tuple[Bools, Bools]:
    """(T, P) which pairs (T, P, 2, 2) are clearly right, and which are clearly exchanged."""
    right, wrong = (np.linalg.norm(each - truth, axis=-1).mean(-1) / size for each in (points, points[:, :, ::-1]))
    near = np.minimum(right, wrong) < NEAR
    return near & (wrong - right > CLEAR), near & (right - wrong > CLEAR)


def _count_simulated(person: StoredPerson, rate: int, seed: int, every: int) -> Ints:
    """As `_count_detected`, of the exact joints with noise and known exchanges; only every n-th frame is used."""
    rng = np.random.default_rng(seed)
    size, count = _size(person.exact), len(person.exact)
    slow = rng.normal(0, 0.012, (count // 6 + 2, 34))
    slow = np.stack([np.interp(np.arange(count) / 6, np.arange(len(slow)), column) for column in slow.T], -1)
    xy = person.exact + size * (slow.reshape(count, 17, 2) + rng.normal(0, 0.006, (count, 17, 2)))
    score = rng.uniform(0.5, 1, (count, 17))
    truth = _known_exchanges(count, rng)
    xy, score, truth = xy[::every], score[::every], truth[::every]
    times = np.arange(0, count, every) / rate
    found = find_exchanged_sides(exchange(xy, truth, H36M17.name), score, times, H36M17.name).exchanged
    rows = []
    for index, group in enumerate(GROUPS):
        pairs = xy[:, _pairs(H36M17.name, group)]
        apart = (np.linalg.norm(pairs[:, :, 0] - pairs[:, :, 1], axis=-1) > CLEAR * size).sum(1)
        before, after = truth[:, index], truth[:, index] != found[:, index]
        rows.append([(apart * mask).sum() for mask in (1, before, after, ~before & after)])
    return np.array(rows)


def _known_exchanges(count: int, rng: np.random.Generator) -> Bools:
    """(T, 2) up to two stretches of arms, legs or both, together less than half of the frames."""
    truth = np.zeros((count, 2), dtype=bool)
    for _ in range(rng.integers(3)):
        length = round(float(np.exp(rng.uniform(0, np.log(max(min(LONGEST, 0.45 * count), 1))))))
        start = rng.integers(0, count - length + 1)
        truth[start : start + length, ((0,), (1,), (0, 1))[rng.integers(3)]] = True
    return truth if truth.mean(0).max() < 0.45 else np.zeros_like(truth)


def _lift(store: Store) -> None:
    import torch

    from vidmotion.data.footage_windows import FootageSampler
    from vidmotion.evaluate.pose3d import measure_footage, network_lifter
    from vidmotion.model.checkpoint import load_weights
    from vidmotion.weights import find_weights

    lifter = network_lifter(load_weights(find_weights(None))[0])
    exact = _with_detections(store, _put_right)
    print("MPJPE  P-MPJPE  velocity (mm, mm a frame)")
    for name, each in (
        ("as detected", _with_detections(store, lambda person, _: np.zeros((int(person.observed.sum()), 2), bool))),
        ("corrected by time", _with_detections(store, lambda person, _: None)),
        ("corrected by the truth", exact),
    ):
        errors = measure_footage(lifter, FootageSampler(each, torch.device("cpu")))
        print(f"{name:<30}{errors.mpjpe:7.1f}  {errors.p_mpjpe:7.1f}  {errors.velocity:8.2f}")


def _put_right(person: StoredPerson, skeleton: str) -> Bools:
    """(S, 2) whether arms and legs of the detected frames are nearer to the exact joints if exchanged."""
    xy, exact = person.xy[person.observed], person.exact[person.observed]
    columns = []
    for group in GROUPS:
        points, truth = xy[:, _pairs(skeleton, group)], exact[:, _pairs(H36M17.name, group)]
        right, wrong = (np.linalg.norm(each - truth, axis=-1).mean((1, 2)) for each in (points, points[:, :, ::-1]))
        columns.append(wrong < right)
    return np.stack(columns, -1)


def _with_detections(store: Store, decide: Callable[[StoredPerson, str], Bools | None]) -> Store:
    """A store whose tracks are made again, with the sides that `decide` returns, (S, 2) for the S detected frames."""
    detections = {name: np.array(array) for name, array in store.detections.items()}
    for rows, person in _people(store):
        if not person.observed.any():
            continue
        frames = np.arange(len(person.xy))
        every = FrameTimes(frames, frames / store.settings.rate, 1 / store.settings.rate)
        seen = np.flatnonzero(person.observed)
        found = [
            Detection(person.xy[at], person.score[at], np.concatenate([person.xy[at].min(0), person.xy[at].max(0)]))
            for at in seen
        ]
        exchanged = decide(person, store.settings.skeleton)
        track = make_track(0, seen.tolist(), found, every, store.settings.skeleton, exchanged)
        xy, score = np.zeros_like(person.xy), np.zeros_like(person.score)
        state = np.full(len(frames), NOBODY)
        xy[track.frames], score[track.frames] = track.keypoints.xy, track.keypoints.score
        state[track.frames] = np.where(track.observed, SEEN, FILLED)
        packed = pack_detections(xy[None], score[None], state[None], np.zeros((1, len(frames))))
        for name in ("xy", "score", "state"):
            detections[name][rows] = packed[name]
    return dataclasses.replace(store, detections=detections)


if __name__ == "__main__":
    main()
