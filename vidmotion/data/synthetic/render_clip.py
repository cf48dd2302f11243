"""Renders a clip: draws the posed bodies frame by frame, adds blur, exposure and noise, and encodes to H.264.

The resulting pictures are the decoded frames, as a detector gets them from a file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numba
import numpy as np
import torch
from numpy.typing import NDArray

from vidmotion.body.kinematics import local_rotations
from vidmotion.body.model import BodyModel
from vidmotion.body.posed_mesh import CHUNK
from vidmotion.body.skinning import Skinning
from vidmotion.data.synthetic.labels import CameraPath, ClipLabels
from vidmotion.data.synthetic.people import ClothedBody, draw_people
from vidmotion.data.synthetic.recipe import Film
from vidmotion.data.synthetic.room import RoomPicture, draw_room, draw_soft_room
from vidmotion.data.synthetic.scenery import Scenery
from vidmotion.types import Floats

RATE = 30
"""Frames per second."""
SUB_FRAMES = 3
"""Pictures that are averaged for a frame with motion blur."""
_GRAIN_SIDE = 640
"""Side in pixels of a square of noise; each frame uses another part of it."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class RenderedClip:
    """An encoded clip of P people in T frames."""

    video: bytes
    """H.264 in MP4."""
    visible: Floats
    """(P, T) share of the part of each body within the picture that nothing hides; 0 outside of the picture."""

    def pictures(self) -> Iterator[Picture]:
        """The decoded frames, (H, W, 3) RGB."""
        with av.open(io.BytesIO(self.video), "r") as container:
            container.streams.video[0].codec_context.thread_count = 1
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


class ClipRenderer:
    """Renders clips with one body model."""

    def __init__(self, body: BodyModel) -> None:
        self._body, self._skinning = body, Skinning(body)

    def render(self, labels: ClipLabels, scenery: Scenery, film: Film, rng: np.random.Generator) -> RenderedClip:
        """Draw and encode a clip."""
        bodies = [ClothedBody.of(self._body, clothes) for clothes in scenery.clothes]
        posed = [self._pose(labels, person) for person in range(len(bodies))]
        frames = len(labels.camera.rotation)
        visible = np.zeros((len(bodies), frames))
        empty_rooms = _empty_rooms(scenery, labels.camera)
        grain = rng.normal(0, film.grain, (_GRAIN_SIDE, _GRAIN_SIDE)).astype(np.float32)
        gain = (scenery.tint * film.gain).astype(np.float32)
        encoder = _Encoder(labels.camera.size, film)
        for t, empty in enumerate(empty_rooms):
            drawn = []
            for time in _shutter_times(t, film.shutter, frames):
                people = [(body, _vertices_at(vertices, time)) for body, vertices in zip(bodies, posed, strict=True)]
                picture, visible[:, t] = draw_people(
                    empty, people, labels.camera.frame_camera(t), scenery.light, samples=1
                )
                drawn.append(picture)
            picture = drawn[0] if len(drawn) == 1 else np.mean(drawn, axis=0, dtype=np.float32)
            soft = cv2.GaussianBlur(picture, (0, 0), film.softness)
            encoder.add(_expose(soft, gain, grain, *rng.integers(_GRAIN_SIDE, size=2)))
        return RenderedClip(encoder.finish(), visible)

    @torch.no_grad()
    def _pose(self, labels: ClipLabels, person: int) -> Floats:
        """(T, V, 3) float32, a person's vertices, metres in the world."""
        rotations = torch.tensor(local_rotations(labels.pose[person], len(self._body.parents)), dtype=torch.float32)
        betas = torch.tensor(labels.betas[person][None], dtype=torch.float32)
        translation = torch.tensor(labels.translation[person], dtype=torch.float32)
        parts = [
            self._skinning(rotations[start : start + CHUNK], betas, translation[start : start + CHUNK])[0]
            for start in range(0, len(rotations), CHUNK)
        ]
        return torch.cat(parts).numpy()


def _empty_rooms(scenery: Scenery, camera: CameraPath) -> Iterator[RoomPicture]:
    """The room without people in each frame; drawn only once if the camera does not move."""
    frames = len(camera.rotation)
    if np.ptp(camera.rotation, axis=0).max() + np.ptp(camera.translation, axis=0).max() < 1e-9:
        empty = draw_room(scenery.room, camera.frame_camera(0), samples=1)
        yield from (empty for _ in range(frames))
    else:
        for t in range(frames):
            yield draw_soft_room(scenery.room, camera.frame_camera(t))


def _shutter_times(frame: int, shutter: float, frames: int) -> Floats:
    """Times in frames at which a frame is drawn: spread over the open shutter, within the clip."""
    if not shutter:
        return np.array([float(frame)])
    return np.clip(frame + shutter * np.linspace(-0.5, 0.5, SUB_FRAMES), 0, frames - 1)


def _vertices_at(vertices: Floats, time: float) -> Floats:
    """(V, 3) vertices (T, V, 3) at a fractional frame, by linear interpolation."""
    before = min(int(time), len(vertices) - 1)
    share = np.float32(time - before)
    if not share:
        return vertices[before]
    return (1 - share) * vertices[before] + share * vertices[before + 1]


class _Encoder:
    """Encodes H.264 in memory, in one thread so that the same pictures give the same bytes."""

    def __init__(self, size: tuple[int, int], film: Film) -> None:
        self._file = io.BytesIO()
        self._container = av.open(self._file, "w", format="mp4")
        self._stream = self._container.add_stream("libx264", rate=Fraction(RATE))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": str(film.quality), "preset": film.preset, "threads": "1"}

    def add(self, picture: Picture) -> None:
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))

    def finish(self) -> bytes:
        self._container.mux(self._stream.encode())
        self._container.close()
        return self._file.getvalue()


@numba.njit(cache=True, fastmath=True)
def _expose(picture, gain, grain, top, left):  # type: ignore[no-untyped-def]
    """Apply exposure and noise: (H, W, 3) float32 to uint8."""
    height, width = picture.shape[:2]
    out = np.empty((height, width, 3), np.uint8)
    rows, columns = grain.shape
    for y in range(height):
        for x in range(width):
            noise = grain[(y + top) % rows, (x + left) % columns]
            for k in range(3):
                value = picture[y, x, k] * gain[k] + noise + np.float32(0.5)
                out[y, x, k] = np.uint8(min(max(value, np.float32(0)), np.float32(255)))
    return out
