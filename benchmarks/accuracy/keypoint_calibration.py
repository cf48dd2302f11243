"""Which mixture of BlazePose's 33 points gives Human3.6M's 17 joints? Fits the conversion on labelled footage.

    python -m benchmarks.accuracy.keypoint_calibration TRAIN_STORE [--test STORE] [--sample samples]

Detector and motion capture mean different points by the same names. In footage both are known exactly, so that each
joint can be fitted as an affine mixture of a few points, the same for left and right. A fifth of the motion capture's
clips is held out; with --test another store, of other subjects, is the test set. Prints the held-out errors of the
hand-made, the current and the fitted weights, the biases of the last two, and the weights. detector_table.py measures
the errors that remain.

All errors are in per cent of the person's height in the picture, at the root's depth.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import av
import numpy as np

from benchmarks.lib.footage_pairs import Pairs, read_pairs, right_ones
from vidmotion.data.store import read_store
from vidmotion.detectors import create_detector
from vidmotion.skeletons import BLAZEPOSE33, H36M17, convert
from vidmotion.types import Keypoints2D

_POINT = {name: i for i, name in enumerate(BLAZEPOSE33.joints)}
_BETTER = 0.04
"""Share of the present weights' held-out error that a fit must save to be worth using."""
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
"""What was tried and left out: knees help the spine by 0.4 % of the height, but are often out of the picture;
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
    return {joint: np.sum([w * point(n) for n, w in weights.items()], axis=0) for joint, weights in _HAND.items()}


def in_use() -> np.ndarray:
    """(17, 33) weights that `vidmotion.skeletons.convert` applies now."""
    rows = Keypoints2D(np.eye(33)[:, :, None].repeat(2, 2), np.ones((33, 33)), "blazepose33")
    return convert(rows, "h36m17").xy[..., 0].T


def errors(pairs: Pairs, weights: np.ndarray) -> np.ndarray:
    """(N, 17, 2) detected less exact, in body heights."""
    return (np.einsum("jk,nkc->njc", weights, pairs.xy, optimize=True) - pairs.truth) / pairs.height[:, None, None]


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
    scale = pairs.height[:, None, None]
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
        is left, in body heights.
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


def sample_pairs(folder: Path) -> Pairs:
    """The shipped clip, detected as a video."""
    with np.load(folder / "walk_wave.npz", allow_pickle=False) as file:
        truth, camera = file["joints_2d"], file["joints_camera"]
        height = file["focal"] * file["height"] / camera[:, 0, 2]
    detector = create_detector("blazepose", threads=1)
    xy, scores, seen = [], [], []
    with av.open(str(folder / "walk_wave.mp4")) as container:
        for index, frame in enumerate(container.decode(video=0)):
            for found in detector.detect(frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False), index)[:1]:
                xy.append(found.xy)
                scores.append(found.score)
                seen.append(index)
    names = np.full(len(seen), "walk_wave")
    frames = np.array(seen)
    return Pairs(
        np.stack(xy), np.stack(scores), truth[seen], camera[seen], height[seen], names, np.zeros_like(frames), frames
    )


def usable(pairs: Pairs) -> Pairs:
    """Without frames where the detector saw something else."""
    right = right_ones(errors(pairs, in_use()))
    print(f"{len(right)} person-frames seen, {(~right).sum()} ({1 - right.mean():.1%}) left out as wrong")
    return pairs.take(right)


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


def print_errors(test: Pairs, sample: Pairs, candidates: dict[str, np.ndarray]) -> None:
    """Mean and median errors of weights (17, 33) by name; the last is held against the one before it."""
    columns = []
    for pairs, measure in ((test, np.mean), (test, np.median), (sample, np.mean)):
        lengths = [np.linalg.norm(errors(pairs, weights), axis=-1) for weights in candidates.values()]
        columns += [100 * measure(length, axis=0) for length in lengths]
    print(f"\nerror of the weights: {', '.join(candidates)}")
    print(f"  {'':15s} {'held-out clips, mean':^24s}{'median':^24s}{'sample clip, mean':^24s}")
    _, before, after = columns[:3]
    for joint, name in enumerate(H36M17.joints):
        pair = [joint, H36M17.mirror[joint]]
        better = after[pair].sum() < (1 - _BETTER) * before[pair].sum()
        print(f"  {name:15s} " + _row([column[joint] for column in columns]) + (" better" if better else ""))
    print(f"  {'mean':15s} " + _row([column.mean() for column in columns]))


def _row(values: list[float]) -> str:
    groups = [values[start : start + 3] for start in range(0, len(values), 3)]
    return "   ".join("".join(f"{value:7.2f}" for value in group) for group in groups)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="what `vidmotion data render` wrote with BlazePose")
    parser.add_argument("--test", type=Path, help="another store to test on; all of the first is fitted then")
    parser.add_argument("--sample", type=Path, default=Path("samples"), help="folder of walk_wave")
    arguments = parser.parse_args()
    train = usable(read_pairs(read_store(arguments.store)))
    if arguments.test:
        test = usable(read_pairs(read_store(arguments.test)))
    else:
        apart = held_out(train)
        train, test = train.take(~apart), train.take(apart)
    print(f"{len(train.xy)} frames to fit on, {len(test.xy)} of other clips to test on")
    rows = {joint: rounded(row) for joint, row in (hand_made() | fit(train)).items()}
    candidates = {"hand-made": matrix(hand_made()), "in use": in_use(), "fitted": matrix(rows)}
    print_errors(test, sample_pairs(arguments.sample), candidates)
    for name in ("in use", "fitted"):
        print_bias(name, test, candidates[name])
    print_weights(rows)


if __name__ == "__main__":
    main()
