"""Several motions of one video on one page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import vidmotion as vm
from tests.rendering.films import person, scene
from tests.viewer.chromium import chromium
from tests.viewer.test_saved import read, run
from vidmotion.errors import InputError
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.types import Person
from vidmotion.viewer.comparison import find_differences

SIZE = (160, 120)


def with_joints(one: Person, joints: np.ndarray) -> Person:
    assert one.motion is not None
    return replace(one, motion=replace(one.motion, joints=joints))


def moved_world(one: Person) -> Person:
    """The same person and camera in a world that is turned and moved."""
    assert one.motion is not None
    turn, move = axis_angle_to_matrix(np.array([0.0, 0.7, 0.0])), np.array([1.0, 0.0, 2.0])
    old = one.motion.camera
    rotation = old.rotation @ turn.T
    turned = replace(old, rotation=rotation, translation=old.translation - rotation @ move)
    return replace(one, motion=replace(one.motion, joints=one.motion.joints @ turn.T + move, camera=turned))


def test_the_same_people_are_found_by_their_points_and_measured_from_their_hips() -> None:
    left, right = person(1, [0, 1, 2, 3], SIZE, shift=-1.0), person(2, [0, 1, 2, 3], SIZE, shift=1.0)
    assert right.motion is not None
    joints = right.motion.joints.copy()
    joints[:, 16] += [0.0, 0.17, 0.0]  # a wrist: 170 mm for one of 17 joints
    # They come in another order, with other numbers, in another world, and in fewer frames.
    other = moved_world(with_joints(person(7, [2, 3], SIZE, shift=1.0), joints[2:]))
    found = find_differences((left, right), (other, moved_world(left)))
    assert [(one.other, one.frames) for one in found if one] == [(2, 2), (1, 4)]
    np.testing.assert_allclose([one.millimeters for one in found if one], [10, 0], atol=1e-6)


def test_who_is_somewhere_else_is_nobody_of_the_first_motion() -> None:
    here, there = person(1, [0, 1], SIZE, shift=-1.0), person(1, [0, 1], SIZE, shift=1.5)
    assert find_differences((here,), (there,)) == [None]
    assert find_differences((here,), (person(1, [5, 6], SIZE, shift=-1.0),)) == [None]
    assert find_differences((), (there,)) == [None]


def test_several_motions_share_one_page(tmp_path: Path) -> None:
    first = scene(SIZE, (person(3, [0, 1], SIZE),))
    joints = np.array(first.people[0].motion.joints)  # type: ignore[union-attr]
    joints[:, 16] += [0.0, 0.17, 0.0]
    second = replace(first, people=(with_joints(person(8, [0, 1, 2], SIZE), np.concatenate([joints, joints[:1]])),))
    vm.view(first, compare=[second], save=tmp_path / "page.html")
    with chromium(tmp_path / "profile") as browser:
        browser.open((tmp_path / "page.html").as_uri())
        assert browser.run("vidmotion.page.people.map(p => p.name)") == ["3A", "8B"]
        texts = browser.run("[...document.querySelectorAll('#people small')].map(e => e.textContent)")
        assert "mm" not in texts[0]
        assert texts[1].endswith("; 10 mm from 3A on average (2 frames)")
        colors = browser.run("vidmotion.page.people.map(p => vidmotion.colors.person(p))")
        assert len(set(colors)) == 2
        assert browser.run("vidmotion.space.coloring") == "person"
        assert browser.run("document.getElementById('facts').textContent").endswith("A: motion 1, B: motion 2")
        assert browser.problems == []


def test_motions_of_different_videos_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = scene(SIZE, (person(3, [0, 1], SIZE),))
    one = vm.export(first, tmp_path / "a.json")[0]
    two = vm.export(replace(first, source="other.mp4"), tmp_path / "b.json")[0]
    page = tmp_path / "page.html"
    code, told = run(monkeypatch, capsys, one, two, "--save", page)
    assert (code, page.exists()) == (2, False)
    assert "b.json is of other.mp4 (160 x 120, 29.97 frames/s)" in told
    assert "a page compares motions of one video" in told
    code, _ = run(monkeypatch, capsys, one, one, "--save", page)
    assert (code, read(page)[0]["people"][1]["difference"]["millimeters"]) == (0, 0)
    with pytest.raises(InputError, match="up to 6 motions, and these are 8"):
        vm.view(first, compare=[first] * 7, save=page)
