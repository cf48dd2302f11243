"""What errors does the detector make on labelled footage, by joint, visibility, confidence and over time?

    python -m benchmarks.accuracy.detector_table STORE

Points are first converted to the 17 joints. Lengths are in per cent of the person's height in the picture, at the
root's depth, unless the table gives another unit. Frames that the tracker filled in count as not seen. The last part
measures the quantities that `vidmotion.data.augment.NoiseRange` simulates, in its own units: half the side of the
person's bounding square.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from benchmarks.lib.footage_pairs import WRONG, Pairs, read_pairs, right_ones
from vidmotion.data.augment import NoiseRange, corrupt
from vidmotion.data.store import FILLED, SEEN, Store, StoredClip, read_store
from vidmotion.skeletons import H36M17

RUN = 60
"""Frames of the stretches on which behaviour over time is measured."""
CAP = 0.10
"""Body heights; longer errors are shortened to this before they are correlated, or a few would dominate."""
FORESHORTENED = 0.12
"""Share of the height that a torso must measure in the picture for its axis to be used."""
CLOSE = 0.03
"""Distance in body heights within which a joint counts as right."""
LAGS = (1, 2, 4, 8, 15, 30)
FAR_OFF = 0.08
"""Half sides of the bounding square from which on an error is an outlier."""


def print_joints(pairs: Pairs, xy: np.ndarray, error: np.ndarray) -> None:
    """Bias, spread and duration of the errors (N, 17, 2), in body heights, of joints (N, 17, 2) in pixels."""
    right = right_ones(error)
    print(f"\nErrors by joint, % of the height; {len(error)} person-frames seen, {1 - right.mean():.1%} of them more")
    print(f"than {WRONG:.0%} off on average: left out of all but the 95 %. Bias: median. Spread: robust, per axis.")
    print("Up: from root to thorax in the picture; left: across it, to the side of the person's own left hip.")
    print("Lasting: frames until the autocorrelation is 1/e, of the error less the overall bias / less the run's mean.")
    print(f"{'':15}   right    down      up    left  spread    mean    95 %   lasting")
    along, known = torso_axes(pairs, error, right)
    whole, moving = lasting(pairs.take(right), error[right])
    for joint, name in enumerate(H36M17.joints):
        here = error[right, joint]
        bias = np.median(here, 0)
        length = np.linalg.norm(error[:, joint], axis=-1)
        numbers = [*bias, *np.median(along[known, joint], 0), robust(here - bias)]
        numbers += [np.linalg.norm(here, axis=-1).mean(), np.percentile(length, 95)]
        print(f"{name:15}" + "".join(f"{100 * number:8.2f}" for number in numbers), end="")
        print(f"   {frames_text(whole[joint])} / {frames_text(moving[joint])}")
    swapped = exchanged(pairs, xy)
    length = np.linalg.norm(error[right], axis=-1)
    print(f"{'all joints':15}{'':40}{100 * length.mean():8.2f}")
    print(f"left and right exchanged (limbs fit better with the sides exchanged): {swapped.mean():.1%} of the frames")


def exchanged(pairs: Pairs, xy: np.ndarray) -> np.ndarray:
    """(N,) bool: whether the limbs' joints (N, 17, 2) lie nearer to those of the other side, by more than `CLOSE`."""
    limbs = [joint for joint in range(17) if H36M17.mirror[joint] != joint]
    mirrored = pairs.truth[:, list(H36M17.mirror)]
    straight, other = (
        np.linalg.norm(xy - truth, axis=-1)[:, limbs].mean(1) / pairs.height for truth in (pairs.truth, mirrored)
    )
    return straight - other > CLOSE


def torso_axes(pairs: Pairs, error: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Errors (N, 17, 2) along the torso's axis in the picture and across it, and where (N,) they are valid."""
    torso = pairs.truth[:, 8] - pairs.truth[:, 0]
    long = np.linalg.norm(torso, axis=1)
    up = torso / np.maximum(long, 1e-6)[:, None]
    across = np.stack([-up[:, 1], up[:, 0]], -1)
    side = ((pairs.truth[:, 4] - pairs.truth[:, 1]) * across).sum(1)
    across = across * np.where(side < 0, -1, 1)[:, None]
    along = np.stack([np.einsum("njc,nc->nj", error, axis) for axis in (up, across)], -1)
    return along, right & (long > FORESHORTENED * pairs.height)


def robust(values: np.ndarray) -> float:
    """Spread per axis of values whose median is 0."""
    return float(1.4826 * np.median(np.abs(values)))


def lasting(pairs: Pairs, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frames until the autocorrelation of errors (N, 17, 2) falls to 1/e; nan where it does not.

    Returns:
        (17,) of the errors less the overall bias, and (17,) less each run's mean.
    """
    series = error[pairs.runs(RUN)]  # (R, RUN, 17, 2)
    out = []
    for middle in (np.median(error, 0), series.mean(1, keepdims=True)):
        left = series - middle
        left = left * np.minimum(1, CAP / np.maximum(np.linalg.norm(left, axis=-1, keepdims=True), 1e-9))
        curve = np.stack([correlation(left, lag) for lag in range(RUN // 2)])  # (lags, 17)
        out.append(np.array([falls_to(curve[:, joint], 1 / np.e) for joint in range(17)]))
    return out[0], out[1]


def correlation(series: np.ndarray, lag: int) -> np.ndarray:
    """(17,) of series (R, T, 17, 2) with themselves `lag` frames later, pooled over the runs."""
    count = series.shape[1]
    both = (series[:, lag:] * series[:, : count - lag]).sum((0, 1, 3)) / (count - lag)
    return both / ((series**2).sum((0, 1, 3)) / count)


def falls_to(curve: np.ndarray, level: float) -> float:
    """Where a curve that begins at 1 first falls to a level, between its points; nan if it does not."""
    below = np.flatnonzero(curve < level)
    if not len(below):
        return float("nan")
    after = below[0]
    return float(after - (level - curve[after]) / (curve[after - 1] - curve[after]))


def frames_text(frames: float) -> str:
    return f"{RUN // 2}+".rjust(4) if np.isnan(frames) else f"{frames:4.1f}"


Row = tuple[str, np.ndarray]


def conditions(store: Store, clip: StoredClip, person: int) -> Iterator[Row]:
    """Names of conditions, and in which frames (T,) of a person they hold."""
    stored, actor = store.person(clip, person), clip.recipe["actors"][person]
    always = np.ones(clip.frames, bool)
    visible = store.detections["visible"][clip.rows(person)] / 255
    size = clip.focal * actor["height"] / stored.joints[:, 0, 2] / max(clip.size)
    inside = ((stored.exact >= 0) & (stored.exact <= clip.size)).all(-1).mean(1)
    head_up = stored.exact[:, 0, 1] - stored.exact[:, 8, 1]
    level = np.abs(stored.exact[:, 0, 0] - stored.exact[:, 8, 0])
    yield "all", always
    yield f"people {clip.people}", always
    for low, high in pairwise((0, 0.01, 0.25, 0.5, 0.75, 0.95, 1.01)):
        yield f"visible {low:.2f} to {min(high, 1):.2f}", (visible >= low) & (visible < high)
    for low, high in pairwise((0, 0.5, 0.9, 1.01)):
        yield f"joints inside the picture {low:.1f} to {min(high, 1):.1f}", (inside >= low) & (inside < high)
    for low, high in pairwise((0, 0.15, 0.25, 0.4, 0.6, 9)):
        yield f"height / longer side {low:.2f} to {high:.2f}", (size >= low) & (size < high)
    yield f"camera {clip.recipe['camera']['kind']}", always
    yield f"class {actor['group'] or 'unknown'}", always
    yield "torso upright", head_up > level
    yield "torso lying", np.abs(head_up) <= level
    yield "torso upside down", head_up < -level


def print_recall(store: Store, error: np.ndarray) -> None:
    """How often people are seen, and how well, under each condition; errors (N, 17, 2) as of `read_pairs`."""
    rows: dict[str, list[np.ndarray]] = {}
    offset = 0
    for clip in store.clips:
        for person in range(clip.people):
            for name, frames in conditions(store, clip, person):
                rows.setdefault(name, []).append(np.flatnonzero(frames) + offset)
            offset += clip.frames
    state = np.asarray(store.detections["state"])
    place = np.cumsum(state == SEEN) - 1  # row of `error`
    mean = np.linalg.norm(error, axis=-1).mean(1)
    print(f"\nRecall: person-frames, share seen, filled in by the tracker; of the seen: more than {WRONG:.0%} off on")
    print("average, median over frames of the mean error (% of the height)")
    for name in sorted(rows, key=lambda name: (name != "all", name)):
        chosen = np.concatenate(rows[name])
        if not len(chosen):
            continue
        here = mean[place[chosen[state[chosen] == SEEN]]]
        shares = [(state[chosen] == SEEN).mean(), (state[chosen] == FILLED).mean()]
        wrong, middle = ((here > WRONG).mean(), np.median(here)) if len(here) else (np.nan, np.nan)
        print(f"{name:42}{len(chosen):8}  {shares[0]:6.1%}  {shares[1]:5.1%}  {wrong:6.1%}  {100 * middle:6.2f}")


def print_calibration(error: np.ndarray, score: np.ndarray) -> None:
    """Print the error of joints by their converted score."""
    length, sure = np.linalg.norm(error, axis=-1).ravel(), score.ravel()
    print(f"\nConfidence of the converted joints: share, mean error, median error, share within {CLOSE:.0%}")
    for low, high in pairwise((0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.001)):
        inside = length[(sure >= low) & (sure < high)]
        if len(inside):
            share, right = len(inside) / len(length), (inside < CLOSE).mean()
            numbers = f"{100 * inside.mean():6.2f}  {100 * np.median(inside):6.2f}"
            print(f"{low:4.2f} to {min(high, 1):4.2f}  {share:6.1%}  {numbers}  {right:6.1%}")


def print_noise(store: Store, pairs: Pairs, error: np.ndarray, score: np.ndarray) -> None:
    """The errors as `NoiseRange` sees them, beside those that it simulates now, measured alike."""
    half = np.ptp(pairs.truth, axis=1).max(-1) / 2
    right = right_ones(error)
    runs = pairs.take(right).runs(RUN)
    real = (error * (pairs.height / half)[:, None, None])[right][runs]  # (R, RUN, 17, 2)
    sure = score[right][runs]
    # The least square that holds a window, as in training: simulated errors come in these units.
    truth = pairs.truth[right][runs]
    middle = (truth.max((1, 2)) + truth.min((1, 2)))[:, None, None] / 2
    reach = (np.ptp(truth, axis=(1, 2)).max(-1) / 2)[:, None, None, None]
    clean = torch.from_numpy((truth - middle) / reach).float()
    noise = NoiseRange(joint_mask=0, frame_mask=0)
    made = corrupt(clean, torch.arange(RUN), 243, noise, torch.Generator().manual_seed(0)).numpy()
    body = (np.ptp(truth, axis=2).max(-1).mean(1) / 2)[:, None, None, None]
    simulated = (made[..., :2] - clean.numpy()) * reach / body
    state = np.asarray(store.detections["state"])
    print(f"\nNoise on {len(runs)} runs of {RUN} frames, in half sides of the bounding square, per axis; measured as")
    print("keypoint_calibration did. Stays: spread of the runs' means. Moving: spread about them, and its 10 and 90 %")
    print("over runs and joints. Fresh: new in each frame, from second differences.")
    print(f"{'':28}  detector  simulated   NoiseRange")
    for (name, one), (_, other), values in zip(noise_figures(real), noise_figures(simulated), in_use(), strict=True):
        print(f"{name:28}  {one:8.4f}  {other:9.4f}   {values}")
    print(f"share of joints missing in a seen frame {(score <= 0).mean():.1%}: joint_mask {NoiseRange.joint_mask}")
    print(f"share of person-frames not seen {(state != SEEN).mean():.1%}: frame_mask {NoiseRange.frame_mask}")
    print_by_joint(real)
    print_sureness(real, sure, simulated, made[..., 2])


def noise_figures(series: np.ndarray) -> Iterator[tuple[str, float]]:
    """Figures of errors (R, T, 17, 2)."""
    mean = series.mean(1, keepdims=True)
    moving = series - mean
    by_run = 1.4826 * np.median(np.abs(moving), axis=(1, 3))  # (R, 17)
    length = np.linalg.norm(series, axis=-1)
    far = length > FAR_OFF
    yield "stays", float(np.median(1.4826 * np.median(np.abs(mean - np.median(mean, 0)), axis=(0, 1, 3))))
    yield "moving", float(np.median(by_run))
    yield "moving, 10 %", float(np.percentile(by_run, 10))
    yield "moving, 90 %", float(np.percentile(by_run, 90))
    yield "fresh", float(np.median(fresh(series)))
    yield f"share beyond {FAR_OFF}", float(far.mean())
    yield f"median beyond {FAR_OFF}", float(np.median(length[far]))
    power = (moving**2).sum((1, 3))
    for lag in LAGS:
        ahead = (moving[:, lag:] * moving[:, :-lag]).sum((1, 3)) / power * RUN / (RUN - lag)
        yield f"autocorrelation {lag} apart", float(np.median(ahead))


def in_use() -> Iterator[str]:
    """The values of `NoiseRange` that go with `noise_figures`."""
    noise = NoiseRange()
    yield f"bias {noise.bias}"
    yield f"sigma {noise.sigma[0]} to {noise.sigma[1]}, at {noise.keyframes} key frames in 243"
    yield ""
    yield ""
    yield f"jitter {noise.jitter}"
    yield f"uniform {noise.uniform}, besides how sure each joint is"
    yield from [""] * (1 + len(LAGS))


def fresh(series: np.ndarray) -> np.ndarray:
    """(17,) spread per axis of what is new in each frame of errors (R, T, 17, 2)."""
    jolt = series[:, 2:] - 2 * series[:, 1:-1] + series[:, :-2]
    spread: np.ndarray = 1.4826 * np.median(np.abs(jolt), axis=(0, 1, 3)) / np.sqrt(6)
    return spread


def print_by_joint(series: np.ndarray) -> None:
    mean = series.mean(1, keepdims=True)
    new, size = fresh(series), np.linalg.norm(series, axis=-1)
    print(f"{'':15}   stays  moving   fresh    50 %    90 %    99 %")
    for joint, name in enumerate(H36M17.joints):
        stays = robust(mean[:, :, joint] - np.median(mean[:, :, joint], 0))
        numbers = [stays, robust((series - mean)[:, :, joint]), new[joint]]
        numbers += [np.percentile(size[:, :, joint], share) for share in (50, 90, 99)]
        print(f"{name:15}" + "".join(f"{number:8.4f}" for number in numbers))


def print_sureness(real: np.ndarray, sure: np.ndarray, simulated: np.ndarray, simulated_sure: np.ndarray) -> None:
    """Confidence by the size of the error, where `NoiseRange` has trust and doubt."""
    noise = NoiseRange()
    print(f"Confidence by error: mean and spread, detector and simulated (trust {noise.trust}, doubt {noise.doubt})")
    for low, high in pairwise((0, 0.01, 0.02, 0.04, 0.06, 0.09, 0.15, 0.25, 9)):
        columns = []
        for error, score in ((real, sure), (simulated, simulated_sure)):
            length = np.linalg.norm(error, axis=-1)
            inside = score[(length >= low) & (length < high)]
            columns.append(f"{inside.mean():.3f} {inside.std():.3f}" if len(inside) else f"{'':11}")
        print(f"{low:4.2f} to {high:4.2f}   {columns[0]}   {columns[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="what `vidmotion data render` wrote")
    store = read_store(parser.parse_args().store)
    pairs = read_pairs(store)
    xy, score = pairs.converted(store.settings.skeleton)
    error = (xy - pairs.truth) / pairs.height[:, None, None]
    frames = sum(clip.frames for clip in store.clips)
    print(
        f"{store.settings.detector}, {store.settings.split}, seed {store.settings.seed}: {len(store.clips)} clips,",
        end=" ",
    )
    print(f"{frames} frames, {len(store)} person-frames")
    print_joints(pairs, xy, error)
    print_recall(store, error)
    print_calibration(error, score)
    print_noise(store, pairs, error, score)


if __name__ == "__main__":
    main()
