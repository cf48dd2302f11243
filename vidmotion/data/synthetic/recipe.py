"""The recipe of one synthetic clip: people, camera and picture quality, as numbers that JSON can hold.

The exact labels follow from the recipe (`labels`). Colors, rooms and noise are not in it: they are drawn from random
numbers that follow from the clip's seed and number (`scenery`, `render_clip`). The names of the fields are the keys of
the JSON. Standard library only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

Numbers = tuple[float, ...]

ADJUSTED_JOINTS = (7, 8, 10, 11, 12, 15, 20, 21, 1, 2, 4, 5, 3, 6, 9, 16, 17, 18, 19)
"""SMPL joints that get a rotation besides that of the motion capture: ankles, toes, neck, head, wrists; then hips,
knees, spine, shoulders, elbows, which older recipes leave alone."""


@dataclass(frozen=True)
class Actor:
    """One person of a clip: body, motion and position. Angles in radians, lengths in metres."""

    clip: str
    """Name in the motion capture's index."""
    group: str
    """Class of the motion, such as "walk"; "" where the index gives none."""
    subject: str
    start: float
    """First frame that is used of the motion capture's clip."""
    speed: float
    """Frames of the motion capture in one frame of the synthetic clip; beyond either end the capture is reversed."""
    mirrored: bool
    betas: Numbers
    height: float
    """Body height."""
    scale: float
    """Length of the legs divided by that of the captured person's legs."""
    turns: tuple[Numbers, ...]
    """Rotation, axis-angle, of the first or all of `ADJUSTED_JOINTS`, applied after the joint's captured rotation."""
    heading: float
    """Rotation about the vertical axis."""
    place: Numbers
    """x and z of the mean root position."""
    lift: float
    """Height added to the scaled root, so that the body stands on the floor."""
    tilt: Numbers = ()
    """Axis-angle of a rotation of the whole person in the world, before that by `heading`; () for upright people as
    captured, and in older recipes."""
    t_pose: bool = False
    """Whether the captured rotations count from the T-pose (`body.rest_pose`) and not from the body's rest pose. They
    do in new recipes; the people of older footage bend knees and elbows 6 degrees more than the captured ones."""


@dataclass(frozen=True)
class CameraPlan:
    """Position and motion of the camera. Lengths in metres, angles in radians."""

    kind: str
    """fixed, pan, handheld or walk."""
    focal: float
    """Pixels."""
    position: Numbers
    target: Numbers
    roll: float
    follow: float
    """Share of the people's movement by which the camera's target moves."""
    walk: float
    """Share of the people's movement by which the camera itself moves."""
    travel: Numbers
    """(3,) further movement of the camera from the first frame to the last."""
    shake: float
    """Strength of a hand-held camera's shake; 1 moves the target by about 0.3 degrees."""
    shake_seed: int


@dataclass(frozen=True)
class Film:
    """Background, things in front of people, and what lens, sensor and encoder do to the picture."""

    background: str
    """room, field, clutter, noise or picture."""
    occluders: int
    """Number of things between the camera and people."""
    shutter: float
    """Share of a frame's time for which the shutter is open; 0 draws no motion blur."""
    softness: float
    """Pixels, standard deviation of the lens's blur."""
    gain: float
    """Factor of the brightness."""
    grain: float
    """Grey levels, standard deviation of the sensor's noise."""
    quality: int
    """x264's crf."""
    preset: str


@dataclass(frozen=True)
class ClipRecipe:
    """One synthetic clip."""

    seed: int
    number: int
    frames: int
    size: tuple[int, int]
    """Width and height in pixels, multiples of 4."""
    actors: tuple[Actor, ...]
    camera: CameraPlan
    film: Film

    def to_json(self) -> dict[str, Any]:
        """A record that JSON can hold."""
        return asdict(self)

    @staticmethod
    def from_json(record: dict[str, Any]) -> ClipRecipe:
        """The recipe of a record that `to_json` made, also after it was written to JSON and read again.

        Raises:
            KeyError, TypeError, ValueError: the record is not a recipe.
        """
        values = {field.name: record[field.name] for field in fields(ClipRecipe)}
        return ClipRecipe(
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
