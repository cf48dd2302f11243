"""What BlazePose says of rendered people, beside the truth. Used by keypoint_calibration.py.

Every shot is drawn from its own seed, so the pairs do not depend on how many processes make them.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from benchmarks.rendered import SIDE, Shot, read_capture, shoot
from samples.figure import read_body
from vidmotion.detectors.blazepose_networks import LandmarkNetwork, PersonNetwork, Pose, Tile


@dataclass(frozen=True, eq=False)
class Sources:
    """Files that the pairs are made from."""

    body: Path
    mocap: Path
    person: Path
    landmarks: Path


@dataclass(frozen=True, eq=False)
class Pairs:
    """N frames: detected points and exact joints."""

    xy: np.ndarray
    """(N, 33, 2) pixels, detected."""
    visibility: np.ndarray
    """(N, 33) in 0..1."""
    truth: np.ndarray
    """(N, 17, 2) pixels, exact."""
    camera: np.ndarray
    """(N, 17, 3) metres, camera axes, exact."""
    focal: np.ndarray
    """(N,) pixels."""
    height: np.ndarray
    """(N,) stature, metres."""
    clip: np.ndarray
    """(N,) name of the clip."""
    run: np.ndarray
    """(N,) number of the shot."""

    def take(self, which: np.ndarray) -> Pairs:
        """The frames chosen by a mask or by numbers."""
        return Pairs(*(getattr(self, field.name)[which] for field in fields(self)))

    @property
    def stature(self) -> np.ndarray:
        """(N,) stature in pixels, at the root's depth."""
        return self.focal * self.height / self.camera[:, 0, 2]

    def save(self, path: Path) -> None:
        np.savez_compressed(path, **{field.name: getattr(self, field.name) for field in fields(self)})


def load_pairs(path: Path) -> Pairs:
    """Read what `Pairs.save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        return Pairs(*(file[field.name] for field in fields(Pairs)))


def collect(sources: Sources, shots: int, frames: int, step: int, seed: int, jobs: int) -> Pairs:
    """Make `shots` shots of `frames` frames each, `step` apart, and detect the person in them.

    With a step of 1 the person is followed from frame to frame as in a video, else found anew in each.
    Frames without a detection are absent.
    """
    tasks = [(frames, step, seed, number) for number in range(shots)]
    with multiprocessing.get_context("spawn").Pool(jobs, _prepare, (sources,)) as pool:
        parts = [part for part in pool.imap(_pairs_of, tasks, chunksize=8) if part is not None]
    return Pairs(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Pairs)))


_ready: dict[str, object] = {}


def _prepare(sources: Sources) -> None:
    _ready["body"] = read_body(sources.body)
    _ready["capture"] = read_capture(sources.mocap, "train")
    _ready["person"] = PersonNetwork(sources.person, 1)
    _ready["landmarks"] = LandmarkNetwork(sources.landmarks, 1)


def _pairs_of(task: tuple[int, int, int, int]) -> Pairs | None:
    frames, step, seed, number = task
    rng = np.random.default_rng([seed, step, number])
    shot = shoot(_ready["body"], _ready["capture"], frames, step, rng)
    poses = _detect(shot, _ready["person"], _ready["landmarks"], anew=step > 1)
    seen = [index for index, pose in enumerate(poses) if pose is not None]
    if not seen:
        return None
    return Pairs(
        np.stack([poses[index].xy for index in seen]),
        np.stack([poses[index].visibility for index in seen]),
        shot.xy[seen],
        shot.camera[seen],
        np.full(len(seen), shot.focal),
        np.full(len(seen), shot.height),
        np.full(len(seen), shot.clip),
        np.full(len(seen), number),
    )


def _detect(shot: Shot, person: PersonNetwork, landmarks: LandmarkNetwork, anew: bool) -> list[Pose | None]:
    """The pose in each picture; a region of the person network settles in a second look."""
    poses: list[Pose | None] = []
    pose: Pose | None = None
    for picture in shot.pictures:
        if pose is None or anew:
            found = person.find(picture, [Tile(0, 0, SIDE)])
            pose = landmarks.read(picture, found[0]) if found else None
        if pose is not None:
            pose = landmarks.read(picture, pose.region)
            pose = pose if pose.presence >= 0.5 else None
        poses.append(pose)
    return poses
