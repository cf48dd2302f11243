"""Values check their shapes when made and say what they wanted."""

from fractions import Fraction

import numpy as np
import pytest

from vidmotion.types import Keypoints2D, Person, Scene, Track


def test_a_wrong_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"Keypoints2D.score: wanted shape \(4, 17\), received \(4, 16\)"):
        Keypoints2D(np.zeros((4, 17, 2)), np.zeros((4, 16)), "h36m17")


def test_frames_must_rise() -> None:
    points = Keypoints2D(np.zeros((2, 17, 2)), np.zeros((2, 17)), "h36m17")
    for frames, times in (([3, 3], [0.0, 0.1]), ([3, 4], [0.1, 0.1])):
        with pytest.raises(ValueError, match="wanted rising values"):
            Track(0, np.array(frames), np.array(times), np.zeros((2, 4)), points, np.ones(2, bool))


def test_cuts_must_rise() -> None:
    assert Scene("a.mp4", Fraction(30), (8, 8), 9, (), cuts=(1, 5)).cuts == (1, 5)
    for cuts in ((0,), (5, 5)):
        with pytest.raises(ValueError, match=r"Scene.cuts: wanted rising frame numbers"):
            Scene("a.mp4", Fraction(30), (8, 8), 9, (), cuts=cuts)


def test_a_scene_is_shown_in_a_few_words_whatever_its_length() -> None:
    points = Keypoints2D(np.zeros((900, 17, 2)), np.zeros((900, 17)), "h36m17")
    track = Track(3, np.arange(900), np.arange(900) / 30, np.zeros((900, 4)), points, np.ones(900, bool))
    scene = Scene("a.mp4", Fraction(30), (8, 8), 900, (Person(track),), {"program": "x"}, cuts=tuple(range(1, 50)))
    assert repr(scene) == (
        "Scene(source='a.mp4', fps=Fraction(30, 1), size=(8, 8), frame_count=900, people=(<Person 3>), "
        "provenance=<program>, cuts=<49 items>, offset=0.0, camera_motion=None)"
    )
    assert repr(track) == (
        "Track(id=3, frames=<int64 (900,)>, times=<float64 (900,)>, boxes=<float64 (900, 4)>, "
        "keypoints=<Keypoints2D of 900 frames>, observed=<bool (900,)>)"
    )
