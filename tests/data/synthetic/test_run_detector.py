"""Tracks are matched with the nearest people."""

import numpy as np

from vidmotion.data.store import FILLED, NOBODY, SEEN
from vidmotion.data.synthetic.run_detector import match_tracks
from vidmotion.types import Keypoints2D, Track

FRAMES = 10
HEIGHT = np.full((2, FRAMES), 100.0)


def people() -> np.ndarray:
    """(2, T, 17, 2) two people 200 pixels apart."""
    one = np.random.default_rng(0).uniform(0, 100, (17, 2))
    return np.stack([np.tile(one, (FRAMES, 1, 1)), np.tile(one + np.array([200, 0]), (FRAMES, 1, 1))])


def track(number: int, frames: range, xy: np.ndarray, filled: tuple[int, ...] = ()) -> Track:
    """A track of points (T, 17, 2) in some of the frames."""
    rows = np.array(frames)
    points = Keypoints2D(xy[rows], np.full((len(rows), 17), 0.9), "h36m17")
    return Track(number, rows, rows / 30, np.zeros((len(rows), 4)), points, ~np.isin(rows, filled))


def test_each_person_gets_the_nearest_track() -> None:
    exact = people()
    tracks = [track(0, range(10), exact[1] + 3), track(1, range(2, 8), exact[0] - 2, filled=(4,))]
    output = match_tracks(tracks, exact, HEIGHT, 17)
    np.testing.assert_array_equal(output.state[1], SEEN)
    assert output.state[0].tolist() == [NOBODY] * 2 + [SEEN] * 2 + [FILLED] + [SEEN] * 3 + [NOBODY] * 2
    np.testing.assert_allclose(output.xy[1], exact[1] + 3)
    assert (output.score[0, [0, 1, 8, 9]] == 0).all()
    np.testing.assert_allclose(output.score[1], 0.9)


def test_a_track_far_from_everybody_is_left_out() -> None:
    exact = people()
    output = match_tracks([track(0, range(10), exact[0] + [80, 0])], exact, HEIGHT, 17)
    assert (output.state == NOBODY).all()


def test_the_longer_of_two_tracks_is_used() -> None:
    exact = people()
    output = match_tracks([track(0, range(4), exact[0]), track(1, range(2, 10), exact[0] + 1)], exact, HEIGHT, 17)
    np.testing.assert_array_equal(output.xy[0, :2], exact[0, :2])
    np.testing.assert_allclose(output.xy[0, 2:], exact[0, 2:] + 1)
