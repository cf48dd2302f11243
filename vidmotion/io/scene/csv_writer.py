"""CSV for tables and statistics: the 3D joints of all people, a row for each frame of each person.

    person, frame, time        id, number of the video's frame from 0, seconds
    observed                   1, or 0 where the frame was interpolated across a short gap
    JOINT_x, JOINT_y, JOINT_z  metres: right-handed, Y up, floor at y = 0, for each of the 17 joints
    JOINT_confidence           0..1
    JOINT_error                metres, expected distance from the truth, relative to the root; these columns exist only
                               if the weights have a head for it
    PART_contact               1 where a foot, hand, knee or the pelvis touches the floor or a seat, else 0; these
                               columns exist only if everybody has contacts
    action, action_score       label and score of the person's segment at that time, or empty; these two columns exist
                               only if somebody has action tags

All people are in the world of the first one. A person has no row for frames where it was not visible. Does not depend
on paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from vidmotion.errors import InputError
from vidmotion.geometry.alignment import align_worlds
from vidmotion.io.plain_text import inert_cell
from vidmotion.io.scene.requirements import require_motion
from vidmotion.skeletons import H36M17
from vidmotion.types import CONTACT_PARTS, Floats, Person, Scene


def write_csv(scene: Scene, file: BinaryIO) -> None:
    """Write the joints of all people in `scene`.

    Raises:
        InputError: there is nobody, somebody has no motion, or a number is not finite.
    """
    if not scene.people:
        raise InputError(f"nobody is in {scene.source}, so there is nothing to write")
    motions = [require_motion(person) for person in scene.people]
    with_errors = all(motion.expected_error is not None for motion in motions)
    values = ("x", "y", "z", "confidence", *(("error",) if with_errors else ()))
    columns = [f"{joint}_{value}" for joint in H36M17.joints for value in values]
    with_contacts = all(person.contacts is not None for person in scene.people)
    columns += [f"{part}_contact" for part in CONTACT_PARTS] if with_contacts else []
    with_tags = any(person.actions is not None for person in scene.people)
    columns += ["action", "action_score"] if with_tags else []
    file.write((",".join(["person", "frame", "time", "observed", *columns]) + "\n").encode())
    for person, motion, placement in zip(
        scene.people, motions, align_worlds(scene.people, scene.camera_motion), strict=True
    ):
        assert placement is not None  # every person has a motion
        parts = [placement.apply(motion.joints) + 0.0, motion.confidence[..., None]]  # adding 0 makes -0.0 a plain 0.0
        if with_errors and motion.expected_error is not None:
            parts.append(motion.expected_error[..., None])
        lines = _lines(person, np.concatenate(parts, -1).reshape(len(motion), -1))
        contacts = _contacts(person) if with_contacts else [""] * len(motion)
        tags = (f",{tag}" if with_tags else "" for tag in _tags(person))
        file.writelines("".join(row).encode() for row in zip(lines, contacts, tags, ["\n"] * len(motion), strict=True))


def _lines(person: Person, values: Floats) -> Iterator[str]:
    track = person.track
    pattern = ",%.4f" * values.shape[1]
    for frame, time, observed, row in zip(track.frames, track.times, track.observed, values, strict=True):
        yield f"{person.id},{frame},{time:.6f},{observed:d}" + pattern % tuple(row)


def _contacts(person: Person) -> Iterator[str]:
    """The columns of contacts of each frame."""
    assert person.contacts is not None
    for row in person.contacts.touching:
        yield "".join(f",{touches:d}" for touches in row)


def _tags(person: Person) -> Iterator[str]:
    """The last two columns of each frame."""
    segments = person.actions.segments if person.actions else ()
    for time in person.track.times:
        current = next((one for one in segments if one.start <= time <= one.end), None)
        yield "," if current is None else f"{_quoted(inert_cell(current.label))},{current.score:.4f}"


def _quoted(text: str) -> str:
    """A field of CSV, in quotation marks if it needs them (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"') else text
