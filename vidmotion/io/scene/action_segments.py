"""The action segments of a scene, for annotation formats. Does not depend on files."""

from __future__ import annotations

import math
from dataclasses import replace

from vidmotion.errors import InputError
from vidmotion.types import Person, Scene, Segment

SHORTEST = 0.001
"""Seconds; the formats count in milliseconds."""


def all_segments(scene: Scene) -> list[tuple[Person, Segment]]:
    """All segments of all people, person by person. Segments that are too short for the formats are left out.

    Times count from the start of the file, as players do: also where the pictures begin later, and where the user
    stated another frame rate than the file.

    Raises:
        InputError: nobody has action tags.
    """
    people = [(person, person.actions) for person in scene.people if person.actions is not None]
    if not people:
        raise InputError(f"nobody in {scene.source} has action tags; lift it again with `heads=action`")
    rate = _file_seconds(scene)
    found = [
        (person, replace(segment, start=rate * (scene.offset + segment.start), end=rate * (scene.offset + segment.end)))
        for person, actions in people
        for segment in actions.segments
    ]
    return [(person, segment) for person, segment in found if segment.end - segment.start >= SHORTEST]


def _file_seconds(scene: Scene) -> float:
    """Seconds of the file for each second of the scene: not 1 if the user stated the frame rate."""
    settings = scene.provenance.get("settings")
    stated = settings.get("file_fps") if isinstance(settings, dict) else None
    if isinstance(stated, int | float) and 0 < stated < math.inf:
        return float(scene.fps) / stated
    return 1.0
