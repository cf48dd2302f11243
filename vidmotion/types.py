"""The values that pass through vidmotion: frozen dataclasses that hold numpy arrays and check them when created.

    video -> Keypoints2D -> Track -> Motion -> BodyMotion, Actions -> Person -> Scene -> export | render

Points and joints come with the name of their skeleton, which is never guessed from their number. Imports only numpy,
and what shows a value in a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidmotion.short_repr import ShortRepr

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]


def check_shape(owner: str, name: str, array: np.ndarray[Any, Any], wanted: tuple[int | str, ...]) -> None:
    """Check the shape of an array; a letter in `wanted` stands for any size.

    Raises:
        ValueError: the shape is another one; the message gives both.
    """
    fits = array.ndim == len(wanted) and all(
        isinstance(want, str) or size == want for size, want in zip(array.shape, wanted, strict=True)
    )
    if not fits:
        shape = ", ".join(str(size) for size in wanted)
        raise ValueError(f"{owner}.{name}: wanted shape ({shape}), received {array.shape}")


@dataclass(frozen=True, eq=False, repr=False)
class Keypoints2D(ShortRepr):
    """The 2D points of one person over T frames."""

    xy: Floats
    """(T, J, 2) pixels of the upright picture, x right, y down; (0, 0) is the corner of the first pixel."""
    score: Floats
    """(T, J) in 0..1; 0 means that the point is missing."""
    skeleton: str
    """Name of a skeleton of `vidmotion.skeletons`."""

    def __post_init__(self) -> None:
        check_shape("Keypoints2D", "xy", self.xy, ("T", "J", 2))
        check_shape("Keypoints2D", "score", self.score, self.xy.shape[:2])

    def __len__(self) -> int:
        return len(self.xy)


@dataclass(frozen=True, eq=False, repr=False)
class Track(ShortRepr):
    """One person in a video. Short gaps are interpolated; in long gaps the frames are absent."""

    id: int
    frames: Ints
    """(T,) video frame numbers from 0, rising; a jump is a gap in which the person was not visible."""
    times: Floats
    """(T,) seconds from the first frame of the video, as in the file."""
    boxes: Floats
    """(T, 4) x0, y0, x1, y1 in pixels."""
    keypoints: Keypoints2D
    observed: Bools
    """(T,) False where the frame was interpolated across a short gap."""

    def __post_init__(self) -> None:
        count = len(self.frames)
        check_shape("Track", "frames", self.frames, ("T",))
        check_shape("Track", "times", self.times, (count,))
        check_shape("Track", "boxes", self.boxes, (count, 4))
        check_shape("Track", "observed", self.observed, (count,))
        check_shape("Track", "keypoints.xy", self.keypoints.xy, (count, "J", 2))
        for name in ("frames", "times"):
            if count > 1 and not (np.diff(getattr(self, name)) > 0).all():
                raise ValueError(f"Track.{name}: wanted rising values")

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, eq=False, repr=False)
class Camera(ShortRepr):
    """A pinhole camera in a Y-up world. It stands still, or it moves and has a value for each of T frames.

    A world point X (metres) has camera coordinates C = rotation @ X + translation (x right, y down,
    z forward) and falls on the pixel focal * C[:2] / C[2] + center.

    The points that its methods take are (..., 3) if it stands still, and (T, ..., 3) if it moves.
    """

    focal: float | Floats
    """Pixels; (T,) if the camera moves, which it may also do by zooming alone."""
    center: tuple[float, float]
    """Principal point in pixels."""
    rotation: Floats
    """(3, 3) world to camera, or (T, 3, 3)."""
    translation: Floats
    """(3,) metres, world to camera, or (T, 3)."""

    def __post_init__(self) -> None:
        frames: tuple[int | str, ...] = self.rotation.shape[:1] if self.moves else ()
        check_shape("Camera", "focal", np.asarray(self.focal), frames)
        check_shape("Camera", "rotation", self.rotation, (*frames, 3, 3))
        check_shape("Camera", "translation", self.translation, (*frames, 3))

    @classmethod
    def at_origin(cls, focal: float, size: tuple[int, int]) -> Camera:
        """A still camera whose axes are those of the world.

        Args:
            focal: pixels.
            size: width and height of the picture in pixels; the principal point is its center.
        """
        return cls(focal, (size[0] / 2, size[1] / 2), np.eye(3), np.zeros(3))

    @property
    def moves(self) -> bool:
        """Whether there is a value for each frame."""
        return self.rotation.ndim == 3

    def at(self, row: int) -> Camera:
        """The camera in one frame, as one that stands still."""
        if not self.moves:
            return self
        focal = float(np.asarray(self.focal)[row])
        return Camera(focal, self.center, self.rotation[row], self.translation[row])

    def part(self, rows: slice | Ints) -> Camera:
        """The camera in some of the frames."""
        if not self.moves:
            return self
        return Camera(np.asarray(self.focal)[rows], self.center, self.rotation[rows], self.translation[rows])

    @property
    def position(self) -> Floats:
        """(3,) or (T, 3) metres, where the camera stands in the world."""
        return -self.turn_to_world(self.translation)

    def to_camera_axes(self, points: Floats) -> Floats:
        """World points (..., 3) in camera axes (..., 3): metres, x right, y down, z forward."""
        return self.turn_to_camera_axes(points) + self._each_frame(self.translation, points)

    def to_world(self, points: Floats) -> Floats:
        """Points (..., 3) in camera axes in the world (..., 3), metres; the inverse of `to_camera_axes`."""
        return self.turn_to_world(points - self._each_frame(self.translation, points))

    def turn_to_camera_axes(self, vectors: Floats) -> Floats:
        """Directions (..., 3) of the world in camera axes."""
        if not self.moves:
            return vectors @ self.rotation.T
        turned: Floats = np.einsum("tij,t...j->t...i", self.rotation, vectors)
        return turned

    def turn_to_world(self, vectors: Floats) -> Floats:
        """Directions (..., 3) of camera axes in the world."""
        if not self.moves:
            return vectors @ self.rotation
        turned: Floats = np.einsum("tji,t...j->t...i", self.rotation, vectors)
        return turned

    def to_pixels(self, points: Floats, least_depth: float | None = None) -> Floats:
        """Pixels (..., 2) of points (..., 3) in camera axes, in metres.

        Args:
            least_depth: metres; smaller depths are raised to this. None divides by every depth as it is.
        """
        depth = points[..., 2:] if least_depth is None else np.maximum(points[..., 2:], least_depth)
        return self._focal_of(points) * points[..., :2] / depth + self.center

    def to_rays(self, xy: Floats) -> Floats:
        """Points (..., 2) on the plane z = 1 in camera axes that fall on pixels (..., 2)."""
        return (xy - np.asarray(self.center)) / self._focal_of(xy)

    def project(self, points: Floats) -> Floats:
        """Pixels (..., 2) of world points (..., 3), in metres. Points behind the camera give pixels, too."""
        return self.to_pixels(self.to_camera_axes(points))

    def unproject(self, xy: Floats, depth: Floats) -> Floats:
        """World points (..., 3), in metres, that fall on pixels (..., 2).

        Args:
            depth: (...) metres in front of the camera, along its z axis.
        """
        along = np.asarray(depth)[..., None]
        return self.to_world(np.concatenate([self.to_rays(xy) * along, along], axis=-1))

    def _focal_of(self, points: Floats) -> float | Floats:
        return self._each_frame(np.asarray(self.focal)[..., None], points) if self.moves else self.focal

    def _each_frame(self, values: Floats, points: Floats) -> Floats:
        """Values (T, C) of a moving camera, with axes of length 1 so that they fit points (T, ..., C)."""
        if not self.moves:
            return values
        return values.reshape(len(values), *(1 for _ in points.shape[1:-1]), values.shape[1])


STILL, TURNS, UNSURE, KNOWN = "still", "turns", "unsure", "known"
"""Kinds of camera motion: none, rotation and zoom, unknown and therefore taken for none, or given by a file."""


@dataclass(frozen=True, eq=False, repr=False)
class CameraMotion(ShortRepr):
    """How the camera of a video turns and zooms, estimated from the background, for N frames from the first on.

    The axes are those of the camera in the first frame of each shot. Translation is not part of it. A known camera is
    in every person's `Motion`, and the world of its file is that of all people.
    """

    kinds: tuple[str, ...]
    """Of each shot: `STILL`, `TURNS` or `UNSURE`, or `KNOWN` of all. If it turns in none, N is 0."""
    rotation: Floats
    """(N, 3, 3) from the axes of the shot's first frame to those of the camera."""
    zoom: Floats
    """(N,) focal length, divided by that of the shot's first frame."""
    certain: Bools
    """(N,) False where too little of the background is seen, and the camera is taken to stay as it was."""
    focal: float
    """Pixels; the focal length that the rotation was estimated for."""

    def __post_init__(self) -> None:
        count = len(self.rotation)
        check_shape("CameraMotion", "rotation", self.rotation, ("N", 3, 3))
        check_shape("CameraMotion", "zoom", self.zoom, (count,))
        check_shape("CameraMotion", "certain", self.certain, (count,))
        if self.moves and not count:
            raise ValueError("CameraMotion.rotation: wanted a rotation for each frame of a camera that turns")

    def __len__(self) -> int:
        return len(self.rotation)

    @property
    def moves(self) -> bool:
        """Whether the camera moves in any shot."""
        return TURNS in self.kinds

    @property
    def is_known(self) -> bool:
        """Whether a file gave the camera."""
        return KNOWN in self.kinds

    def camera(self, frames: Ints, center: tuple[float, float]) -> Camera:
        """The moving camera of some frames (T,), in the axes of their shot. After the last frame it stands still."""
        rows = np.minimum(frames, len(self) - 1)
        return Camera(self.focal * self.zoom[rows], center, self.rotation[rows], np.zeros((len(rows), 3)))


ASSUMED, GIVEN, FLOOR = "assumed", "given", "floor"
"""Where a height comes from: assumed for everybody, given for this person, told by the floor under the feet."""


@dataclass(frozen=True, eq=False, repr=False)
class Motion(ShortRepr):
    """A 3D skeleton over time, in a right-handed world: metres, Y up, the floor at y = 0.

    Bone lengths are constant over time. Joint 0 is the center of the hips.
    """

    joints: Floats
    """(T, J, 3) metres; one entry for each frame of the person's track."""
    confidence: Floats
    """(T, J) in 0..1."""
    skeleton: str
    """Name of a skeleton of `vidmotion.skeletons`."""
    camera: Camera
    """The camera that filmed this motion, in the motion's own world."""
    height: float
    """Metres; the height of the person, which sets the scale."""
    height_source: str = ASSUMED
    """`ASSUMED`, `GIVEN` or `FLOOR`."""
    expected_error: Floats | None = None
    """(T, J) metres, expected distance of each joint from the truth if `height` is right and both have their joint 0 in
    the same place; None where the weights have no head for it."""

    def __post_init__(self) -> None:
        check_shape("Motion", "joints", self.joints, ("T", "J", 3))
        check_shape("Motion", "confidence", self.confidence, self.joints.shape[:2])
        if self.expected_error is not None:
            check_shape("Motion", "expected_error", self.expected_error, self.joints.shape[:2])
        if self.camera.moves:
            check_shape("Motion", "camera.rotation", self.camera.rotation, (len(self), 3, 3))

    def __len__(self) -> int:
        return len(self.joints)


@dataclass(frozen=True, eq=False, repr=False)
class BodyMotion(ShortRepr):
    """A body model's shape and its pose over time, in the world of the person's `Motion`."""

    model: str
    """Name of the body model; pose and betas are valid for this model only."""
    pose: Floats
    """(T, 24, 3) radians, axis times angle, of each SMPL joint in its parent's frame; the first in the world."""
    betas: Floats
    """(S,) shape, in the model's own units."""
    translation: Floats
    """(T, 3) metres, added to the posed body (SMPL's `transl`)."""
    error: Floats
    """(T,) metres, mean distance between the 17 joints of the body and those of the motion."""
    fingers: Floats | None = None
    """(T, 2, 15, 3) radians, axis times angle, of the joints of `vidmotion.skeletons.FINGER_JOINTS` of the left and
    the right hand, from straight fingers, each in its parent's frame; a relaxed hand where `Hands.score` is 0. None if
    hands were not looked for."""

    def __post_init__(self) -> None:
        count = len(self.pose)
        check_shape("BodyMotion", "pose", self.pose, ("T", 24, 3))
        check_shape("BodyMotion", "betas", self.betas, ("S",))
        check_shape("BodyMotion", "translation", self.translation, (count, 3))
        check_shape("BodyMotion", "error", self.error, (count,))
        if self.fingers is not None:
            check_shape("BodyMotion", "fingers", self.fingers, (count, 2, 15, 3))

    def __len__(self) -> int:
        return len(self.pose)


@dataclass(frozen=True, eq=False, repr=False)
class Hands(ShortRepr):
    """The hands of one person over T frames, the left one first, as they are seen in the picture."""

    xy: Floats
    """(T, 2, 21, 2) pixels of the landmarks of `vidmotion.skeletons.HAND21`; 0 where the score is 0."""
    points: Floats
    """(T, 2, 21, 3) metres from the middle of the hand: x right, y down, z along the line of sight; 0 likewise."""
    score: Floats
    """(T, 2) in 0..1, presence of each hand; 0 where it is not seen."""

    def __post_init__(self) -> None:
        check_shape("Hands", "xy", self.xy, ("T", 2, 21, 2))
        check_shape("Hands", "points", self.points, (len(self), 2, 21, 3))
        check_shape("Hands", "score", self.score, (len(self), 2))

    def __len__(self) -> int:
        return len(self.xy)


@dataclass(frozen=True, eq=False, repr=False)
class Head(ShortRepr):
    """Where the head of one person points over T frames, as it is seen in the picture."""

    rotation: Floats
    """(T, 3) radians, axis times angle, from a head that looks at the camera, upright in the picture. Axes: x right, y
    down, z along the line of sight to the head."""
    confidence: Floats
    """(T,) in 0..1; 0 where the rotation is unknown, and then 0."""

    def __post_init__(self) -> None:
        check_shape("Head", "rotation", self.rotation, ("T", 3))
        check_shape("Head", "confidence", self.confidence, (len(self),))

    def __len__(self) -> int:
        return len(self.rotation)


CONTACT_PARTS = ("left_foot", "right_foot", "left_hand", "right_hand", "left_knee", "right_knee", "pelvis")
"""The parts of a body whose contacts are told."""


@dataclass(frozen=True, eq=False, repr=False)
class Contacts(ShortRepr):
    """Which parts of a person touch the floor, or a seat, over time."""

    touching: Bools
    """(T, 7) of each of `CONTACT_PARTS`, in each frame of the person's track."""

    def __post_init__(self) -> None:
        check_shape("Contacts", "touching", self.touching, ("T", len(CONTACT_PARTS)))

    def __len__(self) -> int:
        return len(self.touching)


UNKNOWN = "unknown"
"""Label of a segment in which no class is recognized."""


def unicode_text(text: str) -> str:
    r"""Text that every file can hold: what stands for bytes of a file name that are no UTF-8 is escaped: `\udcff`."""
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True)
class Segment:
    """A span of time in which a person does one thing."""

    start: float
    """Seconds from the first frame of the video; likewise `end`."""
    end: float
    label: str
    """A class, or `UNKNOWN`."""
    score: float
    """0..1, mean probability of the class; for `UNKNOWN`, that it is none of the classes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", unicode_text(self.label))


@dataclass(frozen=True, eq=False, repr=False)
class Actions(ShortRepr):
    """What a person does over time, classified in W overlapping windows."""

    labels: tuple[str, ...]
    """The L classes."""
    times: Floats
    """(W,) seconds, the centers of the windows."""
    probabilities: Floats
    """(W, L) in 0..1, of each class in each window; a row sums to 1."""
    segments: tuple[Segment, ...]
    """Ordered by time; there is none while the person is not visible."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(map(unicode_text, self.labels)))
        check_shape("Actions", "times", self.times, ("W",))
        check_shape("Actions", "probabilities", self.probabilities, (len(self.times), len(self.labels)))


@dataclass(frozen=True, eq=False, repr=False)
class Person(ShortRepr):
    """All results for one person. `motion` and `body` are None before lifting, `actions` if they were not requested."""

    track: Track
    motion: Motion | None = None
    body: BodyMotion | None = None
    actions: Actions | None = None
    hands: Hands | None = None
    """None if they were not looked for; likewise `head`."""
    head: Head | None = None
    contacts: Contacts | None = None
    """None before lifting, and in files that were written before they were told."""

    def __post_init__(self) -> None:
        for name in ("motion", "body", "hands", "head", "contacts"):
            part = getattr(self, name)
            if part is not None and len(part) != len(self.track):
                raise ValueError(f"Person.{name}: wanted {len(self.track)} frames, received {len(part)}")

    @property
    def id(self) -> int:
        """The number of the person in its scene."""
        return self.track.id


@dataclass(frozen=True, eq=False, repr=False)
class Scene(ShortRepr):
    """A video and the people in it: the result of `lift` and the input of exporters."""

    source: str
    """File name of the video, without its folder. Bytes that are no UTF-8 are escaped: `unicode_text`."""
    fps: Fraction
    """Usual frame rate of the file; the exact time of a frame is in `Track.times`."""
    size: tuple[int, int]
    """Width and height of the upright picture in pixels."""
    frame_count: int
    """Number of frames from the start of the video to the last one that was read, with or without people."""
    people: tuple[Person, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Program, weights, detector, settings and licences that the scene was made with."""
    cuts: tuple[int, ...] = ()
    """Numbers of the frames, rising, at which a new shot begins. Nobody is followed across them."""
    offset: float = 0.0
    """Seconds from the start of the file to the first frame, from which all other times count."""
    camera_motion: CameraMotion | None = None
    """None where it was not estimated: the camera is taken to stand still."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", unicode_text(self.source))
        if any(after <= before for before, after in pairwise((0, *self.cuts))):
            raise ValueError(f"Scene.cuts: wanted rising frame numbers above 0, received {self.cuts}")
