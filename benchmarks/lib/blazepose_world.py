"""Renders the clips of a footage store again and keeps a detector's output for them, with BlazePose's 3D landmarks.

Used by accuracy/end_to_end.py. BlazePose's landmark network has a 3D output that vidmotion does not use: metres from
the middle of the hips, in the axes of the network's input crop. As in MediaPipe (graph pose_landmark), they are
rotated back by the crop's angle: x right, y down, z away from the camera. P people, T frames.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from vidmotion import weights
from vidmotion.body.load import free_body
from vidmotion.data.store import NOBODY, SEEN, StoreSettings
from vidmotion.data.synthetic.generate import FILM_STREAM, SCENERY_STREAM, height_in_pixels
from vidmotion.data.synthetic.labels import clip_labels
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations
from vidmotion.data.synthetic.recipe import ClipRecipe
from vidmotion.data.synthetic.render_clip import ClipRenderer
from vidmotion.data.synthetic.run_detector import detect_clip, match_tracks
from vidmotion.data.synthetic.scenery import draw_scenery
from vidmotion.detectors import create_detector
from vidmotion.detectors.base import Picture
from vidmotion.detectors.blazepose import BlazePose
from vidmotion.detectors.blazepose_networks import LANDMARKS, POINTS, LandmarkNetwork, Pose, Region
from vidmotion.io.atomic import atomic_file
from vidmotion.skeletons import BLAZEPOSE33
from vidmotion.tracking.left_right import exchange
from vidmotion.types import Floats, Ints, Track


@dataclass(frozen=True, eq=False)
class Watched:
    """A detector's points of the people of a clip, and BlazePose's 3D landmarks."""

    xy: np.ndarray
    """(P, T, 33, 2) pixels."""
    score: np.ndarray
    """(P, T, 33)."""
    state: np.ndarray
    """(P, T) as in a store."""
    track: np.ndarray
    """(P, T) number of the track that a frame came from, -1 where nobody was seen."""
    world: np.ndarray
    """(P, T, 33, 3) metres; nan where BlazePose did not see the person."""


class WorldNetwork(LandmarkNetwork):
    """The landmark network; it also remembers the 3D landmarks of each pose."""

    def __init__(self, path: Path, threads: int) -> None:
        super().__init__(path, threads)
        self._recorder = _Recorder(self._network)
        self._network = self._recorder  # type: ignore[assignment]
        self.worlds: dict[bytes, Floats] = {}
        """(33, 3) by the bytes of the pose's pixels in float32: the points are unchanged in tracks."""

    def read(self, rgb: Picture, region: Region) -> Pose:
        pose = super().read(rgb, region)
        world = next(out for out in self._recorder.outputs if out.shape == (1, 3 * POINTS)).reshape(POINTS, 3)
        cosine, sine = np.cos(region.angle), np.sin(region.angle)
        turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
        self.worlds[key(pose.xy)] = (world[:LANDMARKS] @ turn.T).astype(np.float32)
        return pose

    def world(self, xy: Floats) -> Floats:
        """(33, 3) of a pose that was read, by its points (33, 2), whose arms or legs a tracker may have exchanged."""
        for exchanged in np.array([[[arms, legs]] for arms in (False, True) for legs in (False, True)]):
            found = self.worlds.get(key(exchange(xy[None], exchanged, BLAZEPOSE33.name)[0]))
            if found is not None:
                return exchange(found[None], exchanged, BLAZEPOSE33.name)[0]
        raise KeyError("these points were not read")


class _Recorder:
    """A network that keeps its last outputs."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self.outputs: list[Floats] = []

    def run(self, picture: Floats) -> list[Floats]:
        self.outputs = self._network.run(picture)
        return self.outputs


def key(xy: Floats) -> bytes:
    return xy.astype(np.float32).tobytes()


class Projection:
    """Renders clips from their recipes and runs BlazePose and a detector on them."""

    def __init__(self, settings: StoreSettings, mocap: Path, detector: str) -> None:
        if settings.pictures:
            raise SystemExit("the footage was made with --backgrounds: it cannot be drawn again without them")
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        self._settings = settings
        self._capture, self._body = read_mocap_rotations(mocap, settings.split), free_body()
        self._renderer = ClipRenderer(self._body)
        blazepose = detector if detector.startswith("blazepose") else "blazepose"
        files = weights.detector_files(blazepose)
        self._blazepose = BlazePose(blazepose, files, 1)
        self._network = WorldNetwork(files.landmarks, 1)
        self._blazepose._landmarks = self._network
        self._detector = None if detector == blazepose else create_detector(detector, threads=1)

    def watch(self, record: Any) -> Watched:
        """The output for the clip of a recipe."""
        recipe = ClipRecipe.from_json(record)
        scenery_rng, film_rng = (
            np.random.default_rng([recipe.seed, recipe.number, stream]) for stream in (SCENERY_STREAM, FILM_STREAM)
        )
        truth = clip_labels(recipe, self._capture, self._body)
        scenery = draw_scenery(recipe, truth.camera, truth.joints, (), scenery_rng)
        take = self._renderer.render(truth, scenery, recipe.film, film_rng)
        self._network.worlds.clear()
        height = height_in_pixels(recipe, truth)
        tracks = detect_clip(take.pictures(), self._blazepose, self._settings.rate)
        detected = match_tracks(tracks, truth.xy, height, LANDMARKS)
        world = self._world(detected)
        if self._detector is not None:
            tracks = detect_clip(take.pictures(), self._detector, self._settings.rate)
            detected = match_tracks(tracks, truth.xy, height, LANDMARKS)
        return Watched(
            detected.xy,
            detected.score,
            detected.state,
            _track_of(tracks, detected.xy, detected.state),
            world,
        )

    def _world(self, detected: Any) -> Floats:
        world = np.full((*detected.score.shape, 3), np.nan, np.float32)
        for at in zip(*np.nonzero(detected.state == SEEN), strict=True):
            world[at] = self._network.world(detected.xy[at])
        return world


def _track_of(tracks: list[Track], xy: Floats, state: Ints) -> Ints:
    out = np.full(state.shape, -1)
    for number, track in enumerate(tracks):
        same = (xy[:, track.frames] == track.keypoints.xy).all((-1, -2)) & (state[:, track.frames] != NOBODY)
        people, rows = np.nonzero(same)
        out[people, track.frames[rows]] = number
    return out


def watched(file: Path, projection: Projection, record: Any) -> Watched:
    """The output for a clip, from `file` if it exists, else computed and written to it."""
    if file.exists():
        with np.load(file) as kept:
            return Watched(**kept)
    found = projection.watch(record)
    with atomic_file(file) as opened:
        np.savez(opened, **asdict(found))
    return found


def one_euro(values: Floats, rate: float, least: float = 0.1, beta: float = 40.0, slope: float = 1.0) -> Floats:
    """The One Euro filter (Casiez et al. 2012) over (T, ...), with the cut-offs of MediaPipe's world landmarks."""

    def share(cutoff: Any) -> Any:
        return 1 / (1 + rate / (2 * np.pi * cutoff))

    out, speed = values.copy(), np.zeros_like(values[0])
    for t in range(1, len(values)):
        speed += share(slope) * ((values[t] - values[t - 1]) * rate - speed)
        out[t] = out[t - 1] + share(least + beta * np.abs(speed)) * (values[t] - out[t - 1])
    return out
