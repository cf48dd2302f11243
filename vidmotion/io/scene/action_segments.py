"""Action tags of a scene, as the formats for annotations take them."""

from __future__ import annotations

from vidmotion.errors import InputError
from vidmotion.types import Person, Scene, Segment

SHORTEST = 0.001
"""Seconds: the formats count milliseconds."""


def tagged(scene: Scene) -> list[tuple[Person, Segment]]:
    """All segments of all people; those too short to be written are left out.

    Raises:
        InputError: nobody has action tags.
    """
    people = [(person, person.actions) for person in scene.people if person.actions is not None]
    if not people:
        raise InputError(f"nobody in {scene.source} has action tags; lift it with --head action")
    return [
        (person, segment)
        for person, actions in people
        for segment in actions.segments
        if segment.end - segment.start >= SHORTEST
    ]
