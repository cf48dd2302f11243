"""Hands, heads and fingers in JSON and NPZ; scenes without them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.io.scene.scenes import embodied, scene_of, wander
from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export, load
from vidmotion.types import Hands, Head, Scene


def make_scene() -> Scene:
    return scene_of(embodied(wander(6)), embodied(wander(4, number=1), number=1))


def with_hands(scene: Scene) -> Scene:
    rng = np.random.default_rng(0)
    people = []
    for person in scene.people:
        count = len(person.track)
        hands = Hands(
            rng.uniform(0, 500, (count, 2, 21, 2)).round(2), rng.normal(0, 0.1, (count, 2, 21, 3)).round(4),
            rng.uniform(0, 1, (count, 2)).round(4),
        )  # fmt: skip
        head = Head(rng.normal(0, 1, (count, 3)).round(6), rng.uniform(0, 1, count).round(4))
        assert person.body is not None
        body = replace(person.body, fingers=rng.normal(0, 1, (count, 2, 15, 3)).round(4))
        people.append(replace(person, hands=hands, head=head, body=body))
    return replace(scene, people=tuple(people))


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_hands_come_back(tmp_path: Path, suffix: str) -> None:
    scene = with_hands(make_scene())
    export(scene, tmp_path / f"scene.{suffix}")
    for before, after in zip(scene.people, load(tmp_path / f"scene.{suffix}").people, strict=True):
        assert before.hands is not None
        assert after.hands is not None
        assert before.head is not None
        assert after.head is not None
        assert before.body is not None
        assert after.body is not None
        for name in ("xy", "points", "score"):
            np.testing.assert_allclose(getattr(after.hands, name), getattr(before.hands, name), atol=1e-9)
        for name in ("rotation", "confidence"):
            np.testing.assert_allclose(getattr(after.head, name), getattr(before.head, name), atol=1e-9)
        assert before.body.fingers is not None
        assert after.body.fingers is not None
        np.testing.assert_allclose(after.body.fingers, before.body.fingers, atol=1e-9)


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_without_hands_there_are_none(tmp_path: Path, suffix: str) -> None:
    export(make_scene(), tmp_path / f"scene.{suffix}")
    person = load(tmp_path / f"scene.{suffix}").people[0]
    assert person.hands is None
    assert person.head is None
    assert person.body is not None
    assert person.body.fingers is None


def test_hands_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "scene.json"
    export(with_hands(make_scene()), path)
    path.write_text(path.read_text().replace('"pinky_tip"', '"sixth_tip"'))
    with pytest.raises(InputError, match="joints"):
        load(path)
