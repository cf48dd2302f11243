"""Rare classes are drawn more often than by their length."""

import numpy as np

from vidmotion.data.clip_probabilities import clip_probabilities


def test_by_the_root_of_the_length_of_the_class() -> None:
    """A class of four times the length is drawn twice as often; people on the ground twice as often again."""
    found = clip_probabilities(["walk", "dance", "ground"], [400, 100, 100])
    np.testing.assert_allclose(found, np.array([2.0, 1.0, 2.0]) / 5)


def test_within_a_class_longer_clips_are_drawn_more_often_but_not_in_proportion() -> None:
    short, long = clip_probabilities(["walk", "walk"], [100, 1600])
    np.testing.assert_allclose(long / short, 8.0)
