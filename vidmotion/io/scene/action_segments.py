"""The action segments of a scene, for annotation formats. Does not depend on files."""

from __future__ import annotations

from vidmotion.errors import InputError
from vidmotion.types import Person, Scene, Segment

SHORTEST = 0.001
"""Seconds; the formats count in milliseconds."""


def all_segments(scene: Scene) -> list[tuple[Person, Segment]]:
    """All segments of all people, person by person. Segments that are too short for the formats are left out.

    Raises:
        InputError: nobody has action tags.
    """
    people = [(person, person.actions) for person in scene.people if person.actions is not None]
    if not people:
        raise InputError(f"nobody in {scene.source} has action tags; lift it again with `heads=action`")
    return [
        (person, segment)
        for person, actions in people
        for segment in actions.segments
        if segment.end - segment.start >= SHORTEST
    ]
