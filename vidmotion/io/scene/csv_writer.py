"""CSV for tables and statistics: the 3D joints of all people, a row for each frame of each person.

    person, frame, time        id, number of the video's frame from 0, seconds
    observed                   1, or 0 where the frame was interpolated across a short gap
    JOINT_x, JOINT_y, JOINT_z  metres: right-handed, Y up, floor at y = 0, for each of the 17 joints
    JOINT_confidence           0..1
    action, action_score       what the person does and how sure that is; empty outside of all segments; these two stand
                               only where somebody has action tags

All people are in the world of the first one. Frames in which a person was not seen have no row. Knows nothing
about paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from vidmotion.errors import InputError
from vidmotion.geometry.alignment import align_worlds
from vidmotion.io.scene.requirements import lifted
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats, Person, Scene


def write_csv(scene: Scene, file: BinaryIO) -> None:
    """Write the joints of all people in `scene`.

    Raises:
        InputError: there is nobody, somebody has no motion, or a number is not finite.
    """
    if not scene.people:
        raise InputError(f"there is nobody in {scene.source} to write")
    motions = [lifted(person) for person in scene.people]
    columns = [f"{joint}_{what}" for joint in H36M17.joints for what in ("x", "y", "z", "confidence")]
    tags = any(person.actions is not None for person in scene.people)
    columns += ["action", "action_score"] if tags else []
    file.write((",".join(["person", "frame", "time", "observed", *columns]) + "\n").encode())
    for person, motion, placement in zip(scene.people, motions, align_worlds([*motions]), strict=True):
        assert placement is not None  # everybody has a motion
        lines = _lines(person, placement.apply(motion.joints), motion.confidence)
        for line, tag in zip(lines, _tags(person), strict=True):
            file.write((line + (f",{tag}" if tags else "") + "\n").encode())


def _lines(person: Person, joints: Floats, confidence: Floats) -> Iterator[str]:
    track = person.track
    # Adding 0 makes -0.0 a plain 0.0.
    values = np.concatenate([joints + 0.0, confidence[..., None]], -1).reshape(len(joints), -1)
    pattern = ",%.4f" * values.shape[1]
    for frame, time, observed, row in zip(track.frames, track.times, track.observed, values, strict=True):
        yield f"{person.id},{frame},{time:.6f},{observed:d}" + pattern % tuple(row)


def _tags(person: Person) -> Iterator[str]:
    """The last two fields of each frame."""
    segments = person.actions.segments if person.actions else ()
    for time in person.track.times:
        here = next((one for one in segments if one.start <= time <= one.end), None)
        yield "," if here is None else f"{_quoted(here.label)},{here.score:.4f}"


def _quoted(text: str) -> str:
    """A field, in quotation marks where it needs them (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
