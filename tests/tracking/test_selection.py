"""Who is kept where only some are wanted."""

import numpy as np

from vidmotion.tracking import most_prominent
from vidmotion.types import Keypoints2D, Track


def track(number: int, frames: int, size: float, filled: int = 0) -> Track:
    boxes = np.tile(np.array([0, 0, 3 * size, 4 * size], np.float32), (frames, 1))
    points = Keypoints2D(np.zeros((frames, 17, 2)), np.ones((frames, 17)), "h36m17")
    observed = np.arange(frames) >= filled
    return Track(number, np.arange(frames), np.arange(frames) / 30, boxes, points, observed)


def test_the_longest_and_largest_stay_with_their_ids() -> None:
    people = [track(0, 30, 10), track(1, 100, 10), track(2, 60, 30), track(3, 99, 9)]
    assert [person.id for person in most_prominent(people, 2)] == [1, 2]
    assert [person.id for person in most_prominent(people, 1)] == [2]
    assert most_prominent(people, None) == most_prominent(people, 4) == people


def test_frames_that_were_filled_in_do_not_count() -> None:
    assert [person.id for person in most_prominent([track(0, 50, 10, filled=20), track(1, 40, 10)], 1)] == [1]
