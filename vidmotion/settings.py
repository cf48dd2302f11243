"""What a user may choose between a video and a scene; every value is checked when it is set.

What a person naturally writes in Python is taken: a string for an enum, a string for a path, a list for a tuple, one
name without a list. Standard library only.
"""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from vidmotion.choices import FRAME_RATES, ROTATIONS, CameraMode, Device, Head, Smoothing
from vidmotion.errors import InputError

HEIGHTS = (0.3, 3.0)
"""Metres; shortest and tallest person that can be lifted."""
FIELDS_OF_VIEW = (5.0, 150.0)
"""Degrees; narrowest and widest view of a pinhole camera."""

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class LiftSettings:
    """How 2D becomes 3D.

    Raises:
        InputError: a value is of the wrong kind or out of range; the message names it and says what is wanted.
    """

    flip: bool = True
    """Average with the mirrored input."""
    height: float = 1.70
    """Metres; everybody's height, which sets the scale. One picture cannot tell a near child from a far adult."""
    heights: Mapping[int, float] = field(default_factory=dict)
    """Metres; the heights of single people, by id, instead of `height`."""
    fov: float = 55.0
    """Degrees; field of view along the picture's longer side."""

    def __post_init__(self) -> None:
        _set(self, "flip", as_bool("flip", self.flip))
        _set(self, "height", as_number("height", self.height, *HEIGHTS, "metres"))
        _set(self, "heights", as_heights("heights", self.heights))
        _set(self, "fov", as_number("fov", self.fov, *FIELDS_OF_VIEW, "degrees"))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All choices between a video and a scene.

    Raises:
        InputError: a value is of the wrong kind or out of range; the message names it and says what is wanted.
    """

    detector: str = "auto"
    """Name of a 2D detector; "auto" takes the best one that this machine runs fast enough."""
    weights: tuple[str, ...] | None = None
    """Names or paths of networks; None takes the default. Of several, each head comes from the first that has it."""
    device: Device = Device.auto
    start: float | None = None
    """Seconds; frames before are not read."""
    end: float | None = None
    """Seconds; frames after are not read."""
    fps: float | None = None
    """True frame rate of the video, to which all times are rescaled; None takes the file's, or 30 for numbered
    pictures."""
    rotate: int = 0
    """Degrees clockwise by which the pictures are turned: 0, 90, 180 or 270."""
    person: int | None = None
    """Lift only the person with this id; None lifts everybody."""
    max_people: int | None = None
    """Keep only this many people: those seen longest and largest. The detector also follows at least so many at a
    time."""
    keep_uncertain: bool = False
    """Keep tracks that seem to show nobody too: static clutter, parts and doubles of people, poor scores."""
    camera: CameraMode = CameraMode.auto
    """Whether the camera's rotation and zoom are found from the video's background where it moves (`auto`) or in any
    case (`pan`), or the camera stands still."""
    camera_file: Path | None = None
    """A known camera: a folder with COLMAP's text files, the JSON of our Blender script, or CSV."""
    every_frame: bool = False
    """Detect people in every frame, also where a video has 50 frames a second and more."""
    hands: bool = True
    """Read hands and faces of a video, and turn heads and hands of bodies as they are seen."""
    heads: tuple[Head, ...] = (Head.pose3d,)
    """What the network is asked for; 3D joints are always included."""
    refine: bool = True
    """Pull the body of the mesh head to the lifted joints."""
    height: float = 1.70
    """Metres; the height of every person, which sets the scale."""
    heights: Mapping[int, float] = field(default_factory=dict)
    """Metres; the heights of single people, by id, instead of `height`."""
    fov: float = 55.0
    """Degrees; field of view along the picture's longer side."""
    flip: bool = True
    """Average with the mirrored input."""
    smooth: Smoothing = Smoothing.light
    """How strongly the 3D joints are smoothed over time."""
    body_model: Path | None = None
    """File of a body model in SMPL's format; None takes the free body."""

    def __post_init__(self) -> None:
        if not isinstance(self.detector, str):
            raise InputError(f"`detector` {self.detector!r}: wanted a name, such as blazepose")
        _set(self, "weights", as_weights("weights", self.weights))
        _set(self, "device", as_choice("device", self.device, Device))
        for name in ("start", "end"):
            value = getattr(self, name)
            _set(self, name, None if value is None else as_number(name, value, 0.0, math.inf, "seconds"))
        if self.end is not None and self.end <= (self.start or 0.0):
            raise InputError(f"`end` {self.end:g} is not after `start` {self.start or 0.0:g}")
        _set(self, "fps", None if self.fps is None else as_number("fps", self.fps, *FRAME_RATES, "frames/s"))
        if self.rotate not in ROTATIONS:
            raise InputError(f"`rotate` {self.rotate!r}: wanted {one_of(map(str, ROTATIONS[1:]))} degrees")
        _set(self, "rotate", int(self.rotate))
        _set(self, "person", None if self.person is None else as_count("person", self.person, 0))
        _set(self, "max_people", None if self.max_people is None else as_count("max_people", self.max_people, 1))
        _set(self, "keep_uncertain", as_bool("keep_uncertain", self.keep_uncertain))
        _set(self, "camera", as_choice("camera", self.camera, CameraMode))
        _set(self, "camera_file", None if self.camera_file is None else as_path("camera_file", self.camera_file))
        if self.camera_file is not None and self.camera is not CameraMode.auto:
            raise InputError("`camera_file` says how the camera moves: leave `camera` out")
        _set(self, "every_frame", as_bool("every_frame", self.every_frame))
        _set(self, "hands", as_bool("hands", self.hands))
        _set(self, "heads", as_choices("heads", self.heads, Head))
        _set(self, "refine", as_bool("refine", self.refine))
        _set(self, "smooth", as_choice("smooth", self.smooth, Smoothing))
        _set(self, "body_model", None if self.body_model is None else as_path("body_model", self.body_model))
        for name in ("flip", "height", "heights", "fov"):
            _set(self, name, getattr(self.lift, name))
        if not self.refine and Head.mesh not in self.heads:
            raise InputError("`refine=False` leaves bodies as the mesh head predicts them: pass `heads=mesh` too")

    @property
    def lift(self) -> LiftSettings:
        """The choices that lifting depends on."""
        return LiftSettings(flip=self.flip, height=self.height, heights=self.heights, fov=self.fov)


def one_of(names: Iterable[str]) -> str:
    """Join names for a message: "a, b or c"."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def as_choice(name: str, value: Any, kind: type[Choice]) -> Choice:
    """A member of an enum, from itself or its name.

    Raises:
        InputError: there is no such member.
    """
    try:
        return kind(value)
    except ValueError:
        raise InputError(f"`{name}` {value!r}: wanted {one_of(kind)}") from None


def as_choices(name: str, value: Any, kind: type[Choice]) -> tuple[Choice, ...]:
    """Members of an enum, from one name or from several; each once.

    Raises:
        InputError: one is no member, or there is none.
    """
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, Iterable):
        raise InputError(f"`{name}` {value!r}: wanted {one_of(kind)}, or a list of them")
    found = tuple(dict.fromkeys(as_choice(name, one, kind) for one in value))
    if not found:
        raise InputError(f"`{name}`: wanted {one_of(kind)}")
    return found


def as_path(name: str, value: Any) -> Path:
    """A path, from itself or a string.

    Raises:
        InputError: the value is neither, or empty.
    """
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise InputError(f"`{name}` {value!r}: wanted the path of a file")
    return Path(value)


def as_number(name: str, value: Any, least: float, most: float, unit: str) -> float:
    """A finite number between two bounds, which are allowed too.

    Raises:
        InputError: the value is no number, or lies outside.
    """
    bounds = f"{least:g} or more" if math.isinf(most) else f"{least:g} to {most:g}"
    number = float(value) if isinstance(value, numbers.Real) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and least <= number <= most):
        raise InputError(f"`{name}` {value!r}: wanted {bounds} {unit}")
    return number


def as_count(name: str, value: Any, least: int) -> int:
    """A whole number that is not below `least`.

    Raises:
        InputError: it is none, or below.
    """
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < least:
        raise InputError(f"`{name}` {value!r}: wanted a whole number, {least} or more")
    return int(value)


def as_heights(name: str, value: Any) -> dict[int, float]:
    """Heights in metres by the ids of people.

    Raises:
        InputError: the value is no mapping, an id is no whole number, or a height is out of range.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"`{name}` {value!r}: wanted heights by the ids of people, such as {{1: 1.20}}")
    return {as_count(name, one, 0): as_number(name, height, *HEIGHTS, "metres") for one, height in value.items()}


def as_bool(name: str, value: Any) -> bool:
    """True or False.

    Raises:
        InputError: the value is something else.
    """
    if value not in (True, False) or isinstance(value, str):
        raise InputError(f"`{name}` {value!r}: wanted True or False")
    return bool(value)


def as_weights(name: str, value: Any) -> tuple[str, ...] | None:
    """Names or files of networks, from one or from several; None stays None.

    Raises:
        InputError: one is neither a string nor a path, or there is none.
    """
    if value is None:
        return None
    if isinstance(value, str | os.PathLike):
        value = (value,)
    if not isinstance(value, Iterable):
        raise InputError(f"`{name}` {value!r}: wanted the name or file of a network, or a list of them")
    found = tuple(str(as_path(name, one)) for one in value)
    if not found:
        raise InputError(f"`{name}`: wanted the name or file of a network, or a list of them")
    return found


def _set(owner: Any, name: str, value: Any) -> None:
    """Set a field of a frozen dataclass while it is being made."""
    object.__setattr__(owner, name, value)
