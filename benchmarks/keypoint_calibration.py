"""Measure and fit the conversion from BlazePose's 33 points to Human3.6M's 17 joints on rendered people.

    python -m benchmarks.keypoint_calibration --body body.npz --mocap mocap \\
        --person pose_detection.tflite --landmarks pose_landmark_full.tflite --frames 5000 --runs 16

Detector and motion capture mean different points by the same names. Here both are known exactly: a free body
is posed by training clips, drawn, detected, and each joint is fitted as an affine mixture of a few points,
alike for left and right. A fifth of the clips is held out. Prints the fit's held-out error, the bias before and
after, the weights, and the noise that is left over (for `vidmotion.data.augment.NoiseRange`).

All errors are in per cent of the stature at the root's depth, unless said otherwise.
"""

from __future__ import annotations

import argparse
import zlib
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from benchmarks.keypoint_pairs import Pairs, Sources, collect, load_pairs
from vidmotion.detectors.blazepose import BlazePose
from vidmotion.skeletons import BLAZEPOSE33, H36M17, convert
from vidmotion.types import Keypoints2D
from vidmotion.weights import DetectorFiles

_POINT = {name: i for i, name in enumerate(BLAZEPOSE33.joints)}
_WRONG = 0.15
"""Mean error, in statures, from which on a detection shows something else than the pose."""
_BETTER = 0.04
"""Share of the held-out error that a fit must save to be used."""
_RIDGE = 0.02
"""Pull towards the hand-made weights, as a share of the frames."""

_HAND = {
    "root": {"left_hip": 0.5, "right_hip": 0.5},
    "spine": {"left_hip": 0.25, "right_hip": 0.25, "left_shoulder": 0.25, "right_shoulder": 0.25},
    "thorax": {"left_shoulder": 0.5, "right_shoulder": 0.5},
    "neck": {"nose": 1.0},
    "head": {
        "left_ear": 0.5, "right_ear": 0.5, "left_eye": 0.9, "right_eye": 0.9,
        "mouth_left": -0.9, "mouth_right": -0.9,
    },
    **{joint: {joint: 1.0} for joint in H36M17.joints if joint.startswith("left_")},
}  # fmt: skip
"""The plain conversion that fits start from; right joints mirror left ones."""

# A joint moves along differences of points, so that its weights always sum to 1. "hip" stands for the middle
# of both hips, "left_hip" for one.
_MOVES = {
    "root": (("shoulder", "hip"),),
    "spine": (("shoulder", "hip"), ("nose", "shoulder")),
    "thorax": (("ear", "shoulder"), ("nose", "ear")),
    "neck": (("ear", "nose"), ("shoulder", "nose")),
    "head": (("nose", "ear"), ("eye", "mouth")),
    "left_hip": (("right_hip", "left_hip"), ("shoulder", "hip")),
    "left_knee": (("left_hip", "left_knee"),),
    "left_ankle": (("left_heel", "left_ankle"), ("left_foot_index", "left_ankle")),
    "left_shoulder": (("right_shoulder", "left_shoulder"),),
    "left_elbow": (("left_shoulder", "left_elbow"), ("left_wrist", "left_elbow")),
    "left_wrist": (("left_elbow", "left_wrist"), ("left_index", "left_wrist")),
}
"""What was tried and left out: knees help the spine by 0.4 % of the stature, but are often out of the picture;
more moves for hips, knees, ankles and shoulders gain less than 0.03 %."""


def swap(name: str) -> str:
    """The name on the other side of the body."""
    for one, other in (("left", "right"), ("right", "left")):
        if one in name:
            return name.replace(one, other)
    return name


def point(name: str) -> np.ndarray:
    """(33,) weights of a BlazePose point, or of the middle of both sides."""
    names = [name] if name in _POINT else [n for n in _POINT if n in (f"left_{name}", f"right_{name}")]
    names = names or [f"{name}_left", f"{name}_right"]
    row = np.zeros(len(_POINT))
    row[[_POINT[n] for n in names]] = 1 / len(names)
    return row


def matrix(rows: dict[str, np.ndarray]) -> np.ndarray:
    """(17, 33) weights from those of the middle and left joints."""
    mirror = list(BLAZEPOSE33.mirror)
    return np.stack([rows[n] if n in rows else rows[swap(n)][mirror] for n in H36M17.joints])


def hand_made() -> dict[str, np.ndarray]:
    """(33,) plain weights of each middle and left joint."""
    return {joint: sum(w * point(n) for n, w in weights.items()) for joint, weights in _HAND.items()}


def in_use() -> np.ndarray:
    """(17, 33) weights that `vidmotion.skeletons.convert` applies now."""
    rows = Keypoints2D(np.eye(33)[:, :, None].repeat(2, 2), np.ones((33, 33)), "blazepose33")
    return convert(rows, "h36m17").xy[..., 0].T


def errors(pairs: Pairs, weights: np.ndarray) -> np.ndarray:
    """(N, 17, 2) detected less exact, in statures."""
    return (np.einsum("jk,nkc->njc", weights, pairs.xy) - pairs.truth) / pairs.stature[:, None, None]


def fit(pairs: Pairs) -> dict[str, np.ndarray]:
    """(33,) weights of each middle and left joint: robust least squares along `_MOVES`."""
    mirror = list(BLAZEPOSE33.mirror)
    rows = {}
    for joint, start in hand_made().items():
        moves = np.stack([point(to) - point(origin) for to, origin in _MOVES[joint]])
        sides = [(joint, start, moves)]
        if joint != swap(joint):
            sides.append((swap(joint), start[mirror], moves[:, mirror]))
        blocks = [_system(pairs, *side) for side in sides]
        along = np.concatenate([block[0] for block in blocks])  # (N, 2, M)
        wanted = np.concatenate([block[1] for block in blocks])  # (N, 2)
        rows[joint] = start + _robust(along, wanted) @ moves
    return rows


def _system(pairs: Pairs, joint: str, start: np.ndarray, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scale = pairs.stature[:, None, None]
    along = np.einsum("mk,nkc->ncm", moves, pairs.xy) / scale
    reached = np.einsum("k,nkc->nc", start, pairs.xy)
    return along, (pairs.truth[:, H36M17.joints.index(joint)] - reached) / scale[..., 0]


def _robust(along: np.ndarray, wanted: np.ndarray, rounds: int = 15) -> np.ndarray:
    """(M,) shares: Huber's loss, so that a wrong detection does not pull the fit."""
    ridge = _RIDGE * np.eye(along.shape[2]) * len(along) * np.mean(along**2)
    trust = np.ones(len(along))
    for _ in range(rounds):
        weighted = along * trust[:, None, None]
        shares = np.linalg.solve(
            np.einsum("ncm,ncl->ml", weighted, along) + ridge, np.einsum("ncm,nc->m", weighted, wanted)
        )
        left = np.linalg.norm(wanted - along @ shares, axis=1)
        trust = np.minimum(1, 1.5 * np.median(left) / np.maximum(left, 1e-9))
    return shares


def bias(pairs: Pairs, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The offset in the torso's axes that explains the errors.

    Returns:
        (17, 3) up (root to thorax), left (right to left hip), forward, and (17,) the spread per axis that
        is left, in statures.
    """
    camera = pairs.camera
    up = _unit(camera[:, 8] - camera[:, 0])
    left = camera[:, 4] - camera[:, 1]
    left = _unit(left - (left * up).sum(-1, keepdims=True) * up)
    axes = np.stack([up, left, np.cross(left, up)], -1)  # (N, 3, 3), columns in camera axes
    # A camera with y down and z forward is right-handed: left x up points forward.
    seen = axes[:, :2] - camera[:, :1, :2].swapaxes(1, 2) / camera[:, 0, 2, None, None] * axes[:, 2:]
    offsets, spreads = np.empty((17, 3)), np.empty(17)
    for joint in range(17):
        offsets[joint] = _robust(seen, error[:, joint])
        rest = error[:, joint] - seen @ offsets[joint]
        spreads[joint] = 1.4826 * np.median(np.abs(rest))
    return offsets, spreads


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def sample_pairs(folder: Path, sources: Sources) -> Pairs:
    """The shipped clip, detected as a video."""
    with np.load(folder / "walk_wave.npz", allow_pickle=False) as file:
        truth, camera = file["joints_2d"], file["joints_camera"]
        focal, height = float(file["focal"]), float(file["height"])
    detector = BlazePose("blazepose", DetectorFiles(sources.person, sources.landmarks, ""), 1)
    xy, scores, seen = [], [], []
    with av.open(str(folder / "walk_wave.mp4")) as container:
        for index, frame in enumerate(container.decode(video=0)):
            for found in detector.detect(frame.to_ndarray(format="rgb24"), index)[:1]:
                xy.append(found.xy)
                scores.append(found.score)
                seen.append(index)
    count = len(seen)
    return Pairs(
        np.stack(xy),
        np.stack(scores),
        truth[seen],
        camera[seen],
        np.full(count, focal),
        np.full(count, height),
        np.full(count, "walk_wave"),
        np.zeros(count, int),
    )


def usable(pairs: Pairs) -> Pairs:
    """Without frames where the detector saw something else."""
    wrong = np.linalg.norm(errors(pairs, matrix(hand_made())), axis=-1).mean(1) > _WRONG
    print(f"{len(wrong)} frames detected, {wrong.sum()} ({wrong.mean():.1%}) left out as wrong")
    return pairs.take(~wrong)


def held_out(pairs: Pairs) -> np.ndarray:
    """(N,) bool: a fifth of the clips, by name."""
    return np.array([zlib.crc32(name.encode()) % 5 == 0 for name in pairs.clip])


def print_bias(title: str, pairs: Pairs, weights: np.ndarray) -> None:
    error = errors(pairs, weights)
    offsets, spreads = bias(pairs, error)
    image = np.median(error, 0)
    print(f"\n{title}: offset in the torso's axes, spread left per axis, median offset in the image (x, y)")
    for joint, name in enumerate(H36M17.joints):
        numbers = 100 * np.concatenate([offsets[joint], spreads[joint : joint + 1], image[joint]])
        print(f"  {name:15s} up {numbers[0]:+5.2f}  left {numbers[1]:+5.2f}  forward {numbers[2]:+5.2f}", end="")
        print(f"  spread {numbers[3]:4.2f}  image {numbers[4]:+5.2f} {numbers[5]:+5.2f}")


def choose(train: Pairs, test: Pairs, sample: Pairs) -> dict[str, np.ndarray]:
    """Fit, print before and after, and keep the fit where it is clearly better on held-out clips."""
    hand, fitted = hand_made(), fit(train)
    before, after, now = matrix(hand), matrix(fitted), in_use()
    means = [
        100 * np.linalg.norm(errors(pairs, weights), axis=-1).mean(0)
        for pairs in (test, sample)
        for weights in (before, after, now)
    ]
    print("\nmean error: hand-made, fitted, in use")
    print(f"  {'':15s} {'held-out clips':^22s}  {'sample clip':^22s}")
    kept = dict(hand)
    for joint, name in enumerate(H36M17.joints):
        row = [mean[joint] for mean in means]
        pair = [joint, H36M17.mirror[joint]]
        better = means[1][pair].sum() < (1 - _BETTER) * means[0][pair].sum()
        if better and name in fitted:
            kept[name] = rounded(fitted[name])
        print(f"  {name:15s} " + "  ".join(f"{value:6.2f}" for value in row) + ("  better" if better else ""))
    print(f"  {'mean':15s} " + "  ".join(f"{mean.mean():6.2f}" for mean in means))
    return kept


def rounded(row: np.ndarray) -> np.ndarray:
    """(33,) weights of two decimals; the largest take what is missing to a sum of 1."""
    short = row.round(2)
    largest = np.isclose(row, row.max())
    short[largest] = (1 - short[~largest].sum()) / largest.sum()
    return short


def print_weights(rows: dict[str, np.ndarray]) -> None:
    print("\nweights (right joints mirror left ones)")
    for joint, row in rows.items():
        weights = {name: round(float(row[i]), 3) for name, i in _POINT.items() if row[i]}
        print(f'  "{joint}": {weights},')


def print_noise(pairs: Pairs, runs: Pairs, weights: np.ndarray) -> None:
    """What is left, per axis, in the units of training: half the side of the person's bounding square."""
    left = _normalised(pairs, weights)
    size = np.linalg.norm(left, axis=-1)
    print("\nnoise left, in half bounding squares: per axis sigma (robust), and the error's 50, 90, 99 %")
    for joint, name in enumerate(H36M17.joints):
        sigma = 1.4826 * np.median(np.abs(left[:, joint]))
        print(
            f"  {name:15s} {sigma:.4f}   " + "  ".join(f"{np.percentile(size[:, joint], q):.4f}" for q in (50, 90, 99))
        )
    _print_time(runs, weights)
    _print_visibility(pairs, size)


def _normalised(pairs: Pairs, weights: np.ndarray) -> np.ndarray:
    half = np.ptp(pairs.truth, axis=1).max(-1) / 2
    return (errors(pairs, weights) * (pairs.stature / half)[:, None, None]).astype(float)


def _print_time(runs: Pairs, weights: np.ndarray) -> None:
    whole = [np.flatnonzero(runs.run == run) for run in np.unique(runs.run)]
    whole = [run for run in whole if len(run) == 60]
    left = _normalised(runs, weights)
    series = np.stack([left[run] for run in whole])  # (R, 60, 17, 2)
    mean = series.mean(1, keepdims=True)
    moving = series - mean
    jolt = series[:, 2:] - 2 * series[:, 1:-1] + series[:, :-2]
    print(f"\n{len(whole)} runs of 60 frames, per axis: what stays, what moves, what is new in each frame")
    for joint, name in enumerate(H36M17.joints):
        kept, move = mean[:, 0, joint].std(), moving[:, :, joint].std()
        fresh = 1.4826 * np.median(np.abs(jolt[:, :, joint])) / np.sqrt(6)
        print(f"  {name:15s} stays {kept:.4f}  moving {move:.4f}  fresh {fresh:.4f}")
    lags = (1, 2, 4, 8, 15, 30)
    power = (moving**2).sum((1, 3))  # (R, 17)
    shares = [(moving[:, lag:] * moving[:, :-lag]).sum((1, 3)) / power * 60 / (60 - lag) for lag in lags]
    values = "  ".join(f"{lag}: {np.median(share):+.2f}" for lag, share in zip(lags, shares, strict=True))
    print(f"  autocorrelation of what moves, by frames apart (median): {values}")


def _print_visibility(pairs: Pairs, size: np.ndarray) -> None:
    shown = [j for j, name in enumerate(H36M17.joints) if name in _POINT]
    sure = pairs.visibility[:, [_POINT[H36M17.joints[j]] for j in shown]].ravel()
    error = size[:, shown].ravel()
    print("\nvisibility of a limb's own point, its share, and the error's 50, 90 % and mean")
    edges = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 1.001]
    for low, high in pairwise(edges):
        inside = error[(sure >= low) & (sure < high)]
        if len(inside) > 20:
            middle, most = np.percentile(inside, [50, 90])
            share = len(inside) / len(error)
            print(f"  {low:4.2f}-{high:4.2f}  {share:6.1%}  {middle:.4f} {most:.4f} {inside.mean():.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--body", type=Path, required=True, help="SMPL-format body, .npz")
    parser.add_argument("--mocap", type=Path, required=True, help="folder of packed motion capture")
    parser.add_argument("--person", type=Path, required=True, help="person network, .tflite")
    parser.add_argument("--landmarks", type=Path, required=True, help="landmark network, .tflite")
    parser.add_argument("--sample", type=Path, default=Path("samples"), help="folder of walk_wave")
    parser.add_argument("--frames", type=int, default=5000, help="frames to fit and test on")
    parser.add_argument("--runs", type=int, default=16, help="runs of 60 consecutive frames")
    parser.add_argument("--pairs", type=Path, help="folder to keep the detections in, and to take them from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    sources = Sources(arguments.body, arguments.mocap, arguments.person, arguments.landmarks)

    def pairs_of(name: str, shots: int, frames: int, step: int) -> Pairs:
        path = arguments.pairs / f"{name}.npz" if arguments.pairs else None
        if path and path.is_file():
            return load_pairs(path)
        pairs = collect(sources, shots, frames, step, arguments.seed, arguments.jobs)
        if path:
            pairs.save(path)
        return pairs

    single = usable(pairs_of("single", arguments.frames // 4, 4, 8))
    runs = usable(pairs_of("runs", arguments.runs, 60, 1))
    apart = held_out(single)
    train, test = single.take(~apart), single.take(apart)
    print(f"{len(train.xy)} frames to fit on, {len(test.xy)} of other clips to test on")
    kept = choose(train, test, sample_pairs(arguments.sample, sources))
    print_bias("hand-made", single, matrix(hand_made()))
    print_bias("chosen", test, matrix(kept))
    print_weights(kept)
    print_noise(test, runs, matrix(kept))


if __name__ == "__main__":
    main()
