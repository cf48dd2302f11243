"""Hands and heads over the picture: where they are drawn, and that what is not seen is not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.rendering.films import GREY, footage, person, read, scene
from vidmotion.choices import Style, View
from vidmotion.rendering import FilmOptions, render
from vidmotion.rendering.head_and_hands import TO_FRONT, TO_LEFT, TO_TOP, head_axes
from vidmotion.types import Hands, Head, Keypoints2D, Person

SIZE = (320, 240)
NOSE = [100.0, 50.0]


def with_hand(score: float) -> Person:
    """The left hand at 20 to 60 pixels of the picture, away from the body."""
    made = person(0, [0], SIZE)
    xy = np.zeros((1, 2, 21, 2))
    xy[0, 0] = np.random.default_rng(0).uniform(20, 60, (21, 2))
    hands = Hands(xy * (score > 0), np.zeros((1, 2, 21, 3)), np.array([[score, 0.0]]))
    return replace(made, hands=hands)


def with_head(rotation: list[float], confidence: float) -> Person:
    made = person(0, [0], SIZE)
    xy = np.zeros((1, 17, 2))
    xy[0, 0], xy[0, [5, 6]], xy[0, [11, 12]] = NOSE, [[120, 80], [80, 80]], [[110, 180], [90, 180]]
    track = replace(made.track, keypoints=Keypoints2D(xy, np.ones((1, 17)), "coco17"))
    return replace(made, track=track, head=Head(np.array([rotation]), np.array([confidence])))


@pytest.mark.parametrize(("score", "is_drawn"), [(0.9, True), (0.0, False)])
def test_hands_are_drawn_where_they_are_seen(tmp_path: Path, score: float, is_drawn: bool) -> None:
    video = footage(tmp_path / "film.mp4", SIZE, 1)
    options = FilmOptions(Style.skeleton, View.camera)
    render(scene(SIZE, (with_hand(score),), 1), tmp_path / "out.mp4", video, None, options)
    part = read(tmp_path / "out.mp4")[0][15:65, 15:65].astype(int)
    assert (np.abs(part - GREY).max() > 60) is np.bool_(is_drawn)


def test_axes_of_a_head_that_looks_at_the_camera_and_of_one_that_looks_to_its_left() -> None:
    length = 0.32 * 100  # of a trunk of 100 pixels
    straight = head_axes(with_head([0, 0, 0], 0.9), 0)
    assert straight is not None
    ends = {color: end - NOSE for end, color in straight.ends}
    assert ends[TO_LEFT] == pytest.approx([length, 0])
    assert ends[TO_TOP] == pytest.approx([0, -length])
    assert ends[TO_FRONT] == pytest.approx([0, 0])
    turned = head_axes(with_head([0, -np.pi / 2, 0], 0.9), 0)
    assert turned is not None
    assert {color: end - NOSE for end, color in turned.ends}[TO_FRONT] == pytest.approx([length, 0])


def test_axes_of_an_unsure_head_are_not_drawn() -> None:
    assert head_axes(with_head([0, 0, 0], 0.2), 0) is None
