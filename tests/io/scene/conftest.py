"""What the tests of the exporters share."""

from fractions import Fraction

import pytest

from tests.io.scene.scenes import embodied, person_of, scene_of, walk, wander
from vidmotion.types import Person, Scene


@pytest.fixture(scope="session")
def walker() -> Person:
    """Four seconds of a body in motion."""
    return embodied(wander(120))


@pytest.fixture(scope="session")
def scene(walker: Person) -> Scene:
    """The walker, and a person who was only seen."""
    other = person_of(walk(5), number=3)
    return scene_of(walker, Person(other.track), fps=Fraction(30000, 1001))
