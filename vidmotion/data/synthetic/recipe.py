"""What happens in one clip of footage, in numbers that JSON can hold: enough to rebuild all that is true of it.

Colours, rooms and noise are not in it: they come from the clip's own random numbers (`scenery`, `film`). Standard
library only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

Numbers = tuple[float, ...]

TURNED = (7, 8, 10, 11, 12, 15, 20, 21)
"""SMPL joints that an actor holds differently from the motion capture: ankles, toes, neck, head, wrists."""


@dataclass(frozen=True)
class Actor:
    """Who moves, and how. Angles in radians, lengths in metres."""

    clip: str
    """Name in the motion capture's index."""
    group: str
    """Class of the motion, such as "walk"; "" where the index knows none."""
    subject: str
    start: float
    """Frame of the clip."""
    speed: float
    """Frames of the clip in a frame of footage; beyond either end the clip runs backwards."""
    mirrored: bool
    betas: Numbers
    height: float
    """Stature."""
    scale: float
    """Length of the legs against those of the motion capture."""
    turns: tuple[Numbers, ...]
    """Axis times angle for each of `TURNED`, after the joint's own rotation."""
    heading: float
    """Turn about the vertical axis."""
    place: Numbers
    """x and z of the root's middle."""
    lift: float
    """Added to the scaled height of the root, so that the body stands on the floor."""


@dataclass(frozen=True)
class CameraPlan:
    """How the clip is filmed. Lengths in metres, angles in radians."""

    kind: str
    """fixed, pan, handheld or walk."""
    focal: float
    """Pixels."""
    position: Numbers
    target: Numbers
    roll: float
    follow: float
    """Share of the people's way that the camera turns after."""
    walk: float
    """Share of the people's way that the camera itself goes."""
    travel: Numbers
    """(3,) way of the camera from the first frame to the last, besides."""
    shake: float
    """Strength of the hands' tremor; 1 moves the aim by some 0.3 degrees."""
    shake_seed: int


@dataclass(frozen=True)
class Film:
    """What the picture suffers between scene and detector."""

    background: str
    """room, field, clutter or picture."""
    occluders: int
    """Things in front of people."""
    shutter: float
    """Share of a frame's time for which light falls in; 0 freezes motion."""
    softness: float
    """Pixels, spread of the lens's blur."""
    gain: float
    grain: float
    """Grey levels, spread of the sensor's noise."""
    quality: int
    """x264's crf."""
    preset: str


@dataclass(frozen=True)
class Recipe:
    """One clip of footage."""

    seed: int
    number: int
    frames: int
    size: tuple[int, int]
    """Width and height in pixels, multiples of 4."""
    actors: tuple[Actor, ...]
    camera: CameraPlan
    film: Film

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(record: dict[str, Any]) -> Recipe:
        """What `to_json` gave, after a way through JSON.

        Raises:
            KeyError, TypeError, ValueError: the record is no recipe.
        """
        values = {field.name: record[field.name] for field in fields(Recipe)}
        return Recipe(
            **{
                **values,
                "size": tuple(values["size"]),
                "actors": tuple(_actor(actor) for actor in values["actors"]),
                "camera": CameraPlan(**{name: _frozen(value) for name, value in values["camera"].items()}),
                "film": Film(**values["film"]),
            }
        )


def _actor(record: dict[str, Any]) -> Actor:
    return Actor(**{name: _frozen(value) for name, value in record.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
