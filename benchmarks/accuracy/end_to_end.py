"""How far off is 3D from video to result on footage of held-out subjects, beside BlazePose's own 3D landmarks?

    python -m benchmarks.accuracy.end_to_end STORE --mocap MOCAP [--clips N] [--weights FILE] [--keep DIR]
        [--detector NAME]

The clips are rendered again from their recipes, encoded, decoded and given to BlazePose and to the detector; --keep
keeps their output for the next run. All methods are compared on the same frames, those in which both saw the person,
in camera axes with the roots aligned:

    BlazePose   its 3D landmarks, converted to 17 joints with the weights used for 2D; the baseline of the ratios
    smoothed    the same through MediaPipe's One Euro filter
    refitted    the same with weights fitted to the truth of four fifths of the clips, measured on the last fifth
    lifter      our network on the detector's points; scale and depth of the root from the truth, as in footage_error.py
    lift        all that `vidmotion lift` does, with its default height and field of view
    lift given  the same with the true height and field of view
    exact 2D    our network on exact points, scaled as for "lifter"
    both        mean of "BlazePose" and "lifter", after the best scale of each

MPJPE compares metres as they are, N-MPJPE after the best scale and P-MPJPE after the best similarity transform of each
frame; velocity is between neighbouring frames. Millimetres; in brackets the 95 % interval of a bootstrap over clips.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy.sample_error import body_height, in_camera
from benchmarks.lib.blazepose_world import Projection, Watched, one_euro, watched
from vidmotion.choices import Smoothing
from vidmotion.data.footage_windows import observe_footage
from vidmotion.data.store import SEEN, Store, StoredClip, read_store
from vidmotion.detectors import resolve_detector_name
from vidmotion.evaluate.metrics import mpjpe, n_mpjpe, p_mpjpe, velocity_error
from vidmotion.evaluate.pose3d import Lifter, network_lifter
from vidmotion.geometry.camera import field_of_view
from vidmotion.geometry.filters import unbroken_runs
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.geometry.vectors import unit
from vidmotion.lifting.lift import lift_tracks
from vidmotion.lifting.physics import make_plausible
from vidmotion.model.checkpoint import load_network
from vidmotion.model.head_set import HeadSet
from vidmotion.model.network import MotionNetwork
from vidmotion.model.normalization import rotate
from vidmotion.settings import LiftSettings
from vidmotion.skeletons import H36M17, convert
from vidmotion.types import Floats, Keypoints2D, Track
from vidmotion.weights import find_weights

BASELINE = "BlazePose"
METRICS = ("MPJPE", "N-MPJPE", "P-MPJPE", "velocity")
FOLDS = 5
RIDGE = 1e-3
"""Square metres a frame; strength of the pull of fitted weights towards those in use."""
WILD = 0.3
"""Metres; frames with a larger mean error are left out of the fit."""
DRAWS = 2000
"""Number of resamples of the bootstrap."""


@dataclass(frozen=True, eq=False)
class Person:
    """One person of a clip over T frames: the truth and the results of all methods, in camera axes."""

    clip: StoredClip
    group: str
    """Class of the motion."""
    truth: Floats
    """(T, 17, 3) metres."""
    seen: np.ndarray
    """(T,) bool."""
    track: np.ndarray
    """(T,) number of the track."""
    down: Floats
    """(T, 3) the direction of gravity."""
    world: Floats
    """(T, 33, 3) metres, BlazePose's; nan where nobody was seen."""
    joints: dict[str, Floats]
    """(T, 17, 3) metres by each method; nan where it gives nothing."""
    conditions: dict[str, Floats]
    """(T,) numbers to sort frames by."""


def people_of(store: Store, clip: StoredClip, detected: Watched, network: MotionNetwork) -> Iterator[Person]:
    lifter = network_lifter(network.encoder)
    lifted = lift_all(network, clip, detected, store.settings.rate, LiftSettings())
    rotation = store.truth["camera"][clip.frame : clip.frame + clip.frames, :, :3]
    for person in range(clip.people):
        stored = store.person(clip, person)
        truth = stored.joints.astype(np.float32)
        seen = (detected.state[person] == SEEN) & np.isfinite(detected.world[person]).all((1, 2))
        points = joints17(detected.xy[person], detected.score[person])
        fov = field_of_view(clip.focal, clip.size)
        given = LiftSettings(height=body_height(truth.astype(float)), fov=fov)
        blaze = world17(detected.world[person])
        ours = lifter_alone(lifter, clip, points.xy, points.score, truth)
        yield Person(
            clip,
            clip.recipe["actors"][person]["group"] or "unknown",
            truth,
            seen,
            detected.track[person],
            -rotation[:, :, 1],
            detected.world[person],
            {
                BASELINE: blaze,
                "smoothed": smoothed(blaze, detected.track[person], seen, store.settings.rate),
                "lifter": ours,
                "lift": lifted[person],
                "lift given": lift_all(network, clip, detected, store.settings.rate, given)[person],
                "exact 2D": lifter_alone(lifter, clip, stored.exact, np.ones(truth.shape[:2]), truth),
                "both": (best_scale(blaze, truth) + best_scale(ours, truth)) / 2,
            },
            conditions(store, clip, person, points, rotation),
        )


def joints17(xy: Floats, score: Floats) -> Keypoints2D:
    return convert(Keypoints2D(xy, score, "blazepose33"), H36M17.name)


def world17(world: Floats) -> Floats:
    """(T, 33, 3) to (T, 17, 3), with the weights of the 2D points."""
    sure = np.ones(world.shape[:2])
    flat, deep = joints17(world[..., :2], sure).xy, joints17(world[..., 1:], sure).xy
    return rooted(np.concatenate([flat, deep[..., 1:]], -1))


def rooted(joints: Floats) -> Floats:
    return joints - joints[:, :1]


def best_scale(joints: Floats, truth: Floats) -> Floats:
    """Root-relative joints (T, 17, 3) in the size that lies nearest to the truth in each frame."""
    joints, truth = rooted(joints), rooted(truth)
    return joints * ((joints * truth).sum((1, 2)) / (joints**2).sum((1, 2)).clip(1e-9))[:, None, None]


def smoothed(joints: Floats, track: np.ndarray, seen: np.ndarray, rate: float) -> Floats:
    """MediaPipe's filter over each unbroken stretch of a track."""
    out = joints.copy()
    for number in set(track[seen]):
        frames = np.flatnonzero(seen & (track == number))
        for run in unbroken_runs(frames):
            out[frames[run]] = one_euro(joints[frames[run]], rate)
    return out


def lifter_alone(lifter: Lifter, clip: StoredClip, xy: Floats, score: Floats, truth: Floats) -> Floats:
    """(T, 17, 3) metres, of points (T, 17, 2), by the protocol of `measure_footage`."""
    rays = clip.camera.to_rays(xy)
    normalized, view = observe_footage(
        *(torch.from_numpy(part.astype(np.float32))[None] for part in (rays, score, truth))
    )
    return rooted(rotate(normalized.rotation.mT, lifter(normalized.x) * view.metres)[0].numpy())


def lift_all(
    network: MotionNetwork, clip: StoredClip, detected: Watched, rate: int, settings: LiftSettings
) -> list[Floats]:
    """(T, 17, 3) of each person, nan where there is no track."""
    out = [np.full((clip.frames, 17, 3), np.nan, np.float32) for _ in range(clip.people)]
    owners: list[int] = []
    tracks: list[Track] = []
    for person in range(clip.people):
        for number in sorted(set(detected.track[person]) - {-1}):
            frames = np.flatnonzero(detected.track[person] == number)
            points = Keypoints2D(detected.xy[person, frames], detected.score[person, frames], "blazepose33")
            boxes, observed = np.zeros((len(frames), 4)), detected.state[person, frames] == SEEN
            owners.append(person)
            tracks.append(Track(len(tracks), frames, frames / rate, boxes, points, observed))
    if not tracks:
        return out
    for person, track, one in zip(
        owners, tracks, lift_tracks(HeadSet([network]), tracks, clip.size, settings), strict=True
    ):
        motion, _ = make_plausible(one.motion, track, Smoothing.light)
        out[person][track.frames] = in_camera(motion)
    return out


def conditions(store: Store, clip: StoredClip, person: int, points: Keypoints2D, rotation: Floats) -> dict[str, Floats]:
    stored, actor = store.person(clip, person), clip.recipe["actors"][person]
    size = clip.focal * actor["height"] / stored.joints[:, 0, 2]
    error = np.linalg.norm(points.xy - stored.exact, axis=-1).mean(1) / size
    other = np.linalg.norm(points.xy - stored.exact[:, list(H36M17.mirror)], axis=-1).mean(1) / size
    torso = rooted(stored.joints)[:, 8]
    up = np.einsum("tk,tk->t", torso, rotation[:, :, 1])  # the world's up in camera axes
    return {
        "visible": store.detections["visible"][clip.rows(person)] / 255,
        "2D error, % of the height": 100 * error,
        "left and right exchanged (1)": (other < error).astype(float),
        "camera looks down by, degrees": np.degrees(np.arcsin(-rotation[:, 2, 1])),
        "distance, m": stored.joints[:, 0, 2],
        "height / longer side of the picture": size / max(clip.size),
        "torso points up by": up / np.linalg.norm(torso, axis=-1),
        "people": np.full(clip.frames, float(clip.people)),
    }


def refit(people: list[Person]) -> None:
    """Add the method "refitted" to all people."""
    numbers = sorted({person.clip.number for person in people})
    sides = [(person.world[person.seen], rooted(person.truth)[person.seen]) for person in people]
    fold = [numbers.index(person.clip.number) % FOLDS for person in people]
    for part in range(FOLDS):
        others = [side for side, own in zip(sides, fold, strict=True) if own != part]
        weights = fitted(*(np.concatenate(side) for side in zip(*others, strict=True)))
        for person, own in zip(people, fold, strict=True):
            if own == part:
                person.joints["refitted"] = rooted(np.einsum("jk,tkc->tjc", weights, person.world))


def fitted(world: Floats, truth: Floats) -> Floats:
    """(17, 33) weights between points (N, 33, 3) and root-relative joints (N, 17, 3), near those in use."""
    now = world17(np.eye(33)[:, :, None].repeat(3, 2))[..., 0].T  # (17, 33), less the root's
    start = np.einsum("jk,tkc->tjc", now, world)
    tame = np.linalg.norm(start - truth, axis=-1).mean(1) < WILD
    points = world[tame].transpose(0, 2, 1).reshape(-1, 33)
    left = (truth - start)[tame].transpose(0, 2, 1).reshape(-1, 17)
    grip = RIDGE * tame.sum() * np.eye(33)
    return now + np.linalg.solve(points.T @ points + grip, points.T @ left).T


@dataclass(frozen=True, eq=False)
class Frames:
    """N person-frames that the detector saw."""

    clip: np.ndarray
    """(N,) numbers from 0."""
    group: np.ndarray
    """(N,) class of motion."""
    conditions: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]
    """(N, 4) mm of each method, by `METRICS`; the velocity is nan where the frame before was not seen."""
    joints: dict[str, np.ndarray]
    """(N, 17, 2) mm of each method, across and along the camera's axis."""


def frames_of(people: list[Person]) -> Frames:
    numbers = {number: row for row, number in enumerate(sorted({person.clip.number for person in people}))}

    def joined(parts: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([part[person.seen] for part, person in zip(parts, people, strict=True)])

    clips = [np.full(len(person.seen), numbers[person.clip.number]) for person in people]
    groups = [np.full(len(person.seen), person.group) for person in people]
    methods = list(people[0].joints)
    return Frames(
        joined(clips),
        joined(groups),
        {name: joined([person.conditions[name] for person in people]) for name in people[0].conditions},
        {name: joined([errors(person, person.joints[name]) for person in people]) for name in methods},
        {name: joined([apart(person, person.joints[name]) for person in people]) for name in methods},
    )


def errors(person: Person, joints: Floats) -> np.ndarray:
    """(T, 4) mm; nan where the person was not seen."""
    out = np.full((len(joints), 4), np.nan)
    rows = np.flatnonzero(person.seen)
    found, truth = (torch.from_numpy(part[rows]).double() for part in (joints, person.truth))
    if len(rows):
        out[rows, :3] = torch.stack([metric(found, truth) for metric in (mpjpe, n_mpjpe, p_mpjpe)], -1).numpy()
        next_to = (np.diff(rows) == 1) & (np.diff(person.track[rows]) == 0)
        out[rows[1:], 3] = np.where(next_to, velocity_error(found, truth).numpy(), np.nan)
    return 1000 * out


def apart(person: Person, joints: Floats) -> np.ndarray:
    off = 1000 * (rooted(joints) - rooted(person.truth))
    return np.stack([np.linalg.norm(off[..., :2], axis=-1), np.abs(off[..., 2])], -1)


class Bootstrap:
    """Means and ratios of errors, with intervals over clips."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._clips = int(frames.clip.max()) + 1
        rng = np.random.default_rng(0)
        self._times = rng.multinomial(self._clips, np.full(self._clips, 1 / self._clips), DRAWS)
        """(DRAWS, C) how often each clip was drawn."""

    def mean(self, method: str, metric: int, which: np.ndarray) -> np.ndarray:
        """The mean, then that of each draw (1 + DRAWS,)."""
        values = self._frames.errors[method][:, metric]
        good = which & ~np.isnan(values)
        total, count = (
            np.bincount(self._frames.clip[good], part, self._clips) for part in (values[good], np.ones(good.sum()))
        )
        with np.errstate(invalid="ignore"):  # a draw may have no such frame
            return np.append(total.sum(), self._times @ total) / np.append(count.sum(), self._times @ count)


def text(values: np.ndarray, digits: int) -> str:
    low, high = np.nanpercentile(values[1:], (2.5, 97.5))
    return f"{values[0]:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})".rjust(22)


def print_errors(frames: Frames) -> None:
    bootstrap, visible = Bootstrap(frames), frames.conditions["visible"]
    alone = frames.conditions["people"] == 1
    splits = {
        "all frames": np.ones(len(visible), bool),
        "one person": alone,
        "several people": ~alone,
        "more than 95 % visible": visible > 0.95,
        "partly hidden": visible <= 0.95,
    }
    for name, which in splits.items():
        print(f"\n{name}: {which.sum()} person-frames of {len(set(frames.clip[which]))} clips")
        print(f"{'':12}" + "".join(f"{metric:>22}" for metric in METRICS))
        means = {method: [bootstrap.mean(method, m, which) for m in range(len(METRICS))] for method in frames.errors}
        for method, values in means.items():
            print(f"{method:12}" + "".join(text(value, 1) for value in values))
        for method, values in means.items():
            if method != BASELINE:
                ratios = (value / base for value, base in zip(values, means[BASELINE], strict=True))
                print(f"{'x ' + method:12}" + "".join(text(ratio, 3) for ratio in ratios))


BINS = {
    "2D error, % of the height": (0, 1.5, 2, 3, 5, 10, 1000),
    "left and right exchanged (1)": (0, 0.5, 1.5),
    "camera looks down by, degrees": (-90, 0, 10, 20, 90),
    "distance, m": (0, 3, 4, 5.5, 20),
    "height / longer side of the picture": (0, 0.3, 0.45, 0.6, 9),
    "torso points up by": (-1, -0.5, 0.5, 0.87, 1.01),
    "visible": (0, 0.5, 0.8, 0.95, 1.01),
}


def print_reasons(frames: Frames) -> None:
    shown = (BASELINE, "lifter", "lift", "exact 2D")
    print("\nBy condition: MPJPE / P-MPJPE")
    print(f"{'':44}{'frames':>7} {'clips':>5}" + "".join(f"{method:>16}" for method in shown) + "   lifter ratio")
    rows = [(f"class {group}", frames.group == group) for group in sorted(set(frames.group))]
    for name, edges in BINS.items():
        value = frames.conditions[name]
        rows += [(f"{name} {low:g} to {high:g}", (value >= low) & (value < high)) for low, high in pairwise(edges)]
    for name, which in rows:
        if not which.any():
            continue
        means = [frames.errors[method][which].mean(0) for method in shown]
        cells = "".join(f"{mean[0]:9.1f} /{mean[2]:5.1f}" for mean in means)
        clips = len(set(frames.clip[which]))
        ratio = means[1] / means[0]
        print(f"{name:44}{which.sum():7} {clips:5}{cells}   {ratio[0]:.2f} / {ratio[2]:.2f}")
    print("\nBy joint, mm: across / along the camera's axis")
    print(f"{'':15}" + "".join(f"{method:>16}" for method in shown))
    for joint, name in enumerate(H36M17.joints[1:], 1):
        means = [frames.joints[method][:, joint].mean(0) for method in shown]
        print(f"{name:15}" + "".join(f"{flat:9.1f} /{deep:5.1f}" for flat, deep in means))
    print(f"{'all':15}" + "".join("{:9.1f} /{:5.1f}".format(*frames.joints[m].mean((0, 1))) for m in shown))


def print_axes(people: list[Person]) -> None:
    """Print errors for other meanings of BlazePose's axes, all of which should be worse."""
    print("BlazePose's axes: MPJPE in mm if they are read")
    variants = {"as they are": (1, 1, 1), "x mirrored": (-1, 1, 1), "y mirrored": (1, -1, 1), "z mirrored": (1, 1, -1)}
    for name, signs in variants.items():
        print(f"  {name:44} {_mean(people, [person.joints[BASELINE] * signs for person in people]):6.1f}")
    along, down = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    rays = [unit(person.truth[:, 0]) for person in people]
    halves = [unit(person.down + down) for person in people]
    for name, start, ends in (
        ("with z along the ray to the person", along, rays),
        ("with y straight down", down, [person.down for person in people]),
        ("with y halfway to straight down", down, halves),
    ):
        rotated = [aimed(person.joints[BASELINE], start, end) for person, end in zip(people, ends, strict=True)]
        print(f"  {name:44} {_mean(people, rotated):6.1f}")


def aimed(joints: Floats, start: Floats, end: Floats) -> Floats:
    """Joints (T, J, 3) rotated by the smallest angle that brings `start` (3,) onto `end` (T, 3), both of length 1."""
    axis = np.cross(start, end)
    length = np.linalg.norm(axis, axis=-1)
    angle = np.arctan2(length, end @ start)
    rotations = axis_angle_to_matrix(axis * (angle / np.maximum(length, 1e-12))[:, None])
    return np.einsum("tij,tkj->tki", rotations, joints)


def _mean(people: list[Person], joints: list[Floats]) -> float:
    return float(np.nanmean(np.concatenate([errors(p, part)[:, 0] for p, part in zip(people, joints, strict=True)])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="footage of the split test, with its truth")
    parser.add_argument("--mocap", type=Path, required=True, help="the motion capture that it was made from")
    parser.add_argument("--clips", type=int, help="how many, from the first; all if not given")
    parser.add_argument("--weights", help="network: name or file; default: the one that lift uses")
    parser.add_argument("--detector", default="auto", help="whose points are lifted")
    parser.add_argument("--keep", type=Path, help="folder for the detector's output for each clip")
    args = parser.parse_args()

    store = read_store(args.store)
    path = find_weights(args.weights)
    network, _ = load_network(path)
    detector = resolve_detector_name(args.detector)
    projection = Projection(store.settings, args.mocap, detector)
    people: list[Person] = []
    with ExitStack() as opened:
        keep = args.keep or Path(opened.enter_context(tempfile.TemporaryDirectory()))
        keep.mkdir(parents=True, exist_ok=True)
        for clip in store.clips[: args.clips]:
            detected = watched(keep / f"{detector}_{clip.number:06d}.npz", projection, clip.recipe)
            people += [person for person in people_of(store, clip, detected, network) if person.seen.any()]
    refit(people)
    frames = frames_of(people)
    clips = len(set(frames.clip))
    print(f"{path.name}, {detector}; {len(people)} people in {clips} clips, {len(frames.clip)} person-frames seen")
    print_axes(people)
    print_errors(frames)
    print_reasons(frames)


if __name__ == "__main__":
    main()
