"""Markers of hands in TRC and C3D: where they are, and that they are missing while a hand is not seen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.io.scene.scenes import scene_of
from vidmotion.body.load import free_body
from vidmotion.choices import Markers
from vidmotion.io.scene.formats import export
from vidmotion.io.scene.markers import markers_of
from vidmotion.skeletons import H36M17, HAND21
from vidmotion.types import Hands, Person

UNSEEN = 100
"""The left hand is seen before this frame."""


@pytest.fixture
def person(walker: Person) -> Person:
    count = len(walker.track)
    score = np.zeros((count, 2))
    score[:UNSEEN, 0] = 0.9
    points = np.random.default_rng(0).normal(0, 0.05, (count, 2, 21, 3)) * (score > 0)[..., None, None]
    return replace(walker, hands=Hands(np.zeros((count, 2, 21, 2)), points, score))


@pytest.mark.parametrize(
    ("markers", "wrist", "tip"),
    [(Markers.h36m17, "left_wrist", "left_index_tip"), (Markers.halpe26, "LWrist", "LIndexTip")],
)
def test_places(person: Person, markers: Markers, wrist: str, tip: str) -> None:
    assert person.hands is not None
    assert person.motion is not None
    names, places = markers_of(person, markers, free_body())
    from_wrist = places[:UNSEEN, names.index(tip)] - places[:UNSEEN, names.index(wrist)]
    points = person.hands.points[:UNSEEN, 0]
    wanted = points[:, HAND21.joints.index("index_tip")] - points[:, 0]
    assert np.linalg.norm(from_wrist, axis=-1) == pytest.approx(np.linalg.norm(wanted, axis=-1))
    # The third coordinate is along the line from the camera to the wrist.
    sight = places[:UNSEEN, names.index(wrist)] - person.motion.camera.position
    along = (from_wrist * sight).sum(-1) / np.linalg.norm(sight, axis=-1)
    assert along == pytest.approx(wanted[:, 2])
    assert np.isnan(places[UNSEEN:, names.index(tip)]).all()
    assert not any(name.startswith(("right_index", "RIndex")) for name in names)


def test_trc_is_blank_while_a_hand_is_not_seen(person: Person, tmp_path: Path) -> None:
    (path,) = export(scene_of(person), tmp_path / "a.trc")
    rows = [line.split("\t") for line in path.read_text().splitlines()[6:]]
    first = 2 + 3 * len(H36M17.joints)
    for number, row in enumerate(rows):
        assert len(row[2:first]) == len([field for field in row[2:first] if field])
        filled = [bool(field) for field in row[first : first + 60]]
        assert len(filled) == 60
        assert all(filled) == any(filled) == (number < UNSEEN)
    assert "nan" not in path.read_text()


def test_c3d_marks_them_as_missing(person: Person, tmp_path: Path) -> None:
    ezc3d = pytest.importorskip("ezc3d")
    (path,) = export(scene_of(person), tmp_path / "a.c3d")
    read = ezc3d.c3d(str(path))
    residuals = read["data"]["meta_points"]["residuals"][0]
    tip = read["parameters"]["POINT"]["LABELS"]["value"].index("left_index_tip")
    assert (residuals[tip, : UNSEEN - 1] >= 0).all()
    assert (residuals[tip, UNSEEN:] < 0).all()
    assert (residuals[0] >= 0).all()
