"""Pieces of one person's track are joined, those of different people and shots are not."""

from fractions import Fraction

import numpy as np

from tests.tracking.test_tracker import BODY
from vidmotion.detectors.base import Detection
from vidmotion.tracking import Tracker
from vidmotion.tracking.joining import join_pieces
from vidmotion.tracking.tracklet import AssociationCues, Tracklet
from vidmotion.types import Floats, Track

HEIGHT = 200.0
RED, BLUE = np.zeros((2, 8)), np.zeros((2, 8))
RED[:, 0] = BLUE[:, 5] = 1.0


def seen(x: float, y: float, scale: float = 1.0, score: float = 0.8, colors: Floats = RED) -> Detection:
    xy = (BODY * scale + (x, y)).astype(np.float32)
    return Detection(xy, np.full(17, score, np.float32), np.concatenate([xy.min(0), xy.max(0)]), colors)


def jump(colors: Floats = RED, cut: bool = False, gap: int = 4, away: float = 0.0) -> list[Track]:
    """Somebody who leaps, whose last three poses are crumpled, and who is found again after a gap."""
    tracker = Tracker(Fraction(30), "h36m17")
    for index in range(90):
        time = index / 30
        place = (300 + 120 * time, 300 - 60 * time)
        if index < 40:
            found = [seen(*place)]
        elif index < 43:
            found = [seen(*place, scale=(0.6, 0.36, 0.36)[index - 40], score=0.2)]
        elif index < 43 + gap:
            found = []
        else:
            found = [seen(place[0] + away, place[1] + 20, colors=colors)]
        if cut and index == 45:
            tracker.cut()
        tracker.update(index, time, found)
    return tracker.finish()


def test_a_leap_is_one_track() -> None:
    (track,) = jump()
    assert track.frames.tolist() == list(range(90))
    assert np.flatnonzero(~track.observed).tolist() == [43, 44, 45, 46]


def test_other_colors_and_places_and_long_gaps_are_somebody_else() -> None:
    assert len(jump(colors=BLUE)) == 2
    assert len(jump(away=250)) == 2
    assert len(jump(gap=20)) == 2


def test_nothing_is_joined_across_a_cut() -> None:
    assert [track.frames[0] for track in jump(cut=True)] == [0, 47]


def test_a_flash_does_not_prevent_joining() -> None:
    tracker = Tracker(Fraction(30), "h36m17")
    for index in range(60):
        if index == 20:
            tracker.cut()
        if index == 22:
            tracker.undo_cut()
        tracker.update(index, index / 30, [] if 20 <= index < 24 else [seen(300, 300, 1.0 if index < 17 else 0.9)])
    assert len(tracker.finish()) == 1


def piece(frames: range, x: float) -> Tracklet:
    person = Tracklet(AssociationCues())
    for frame in frames:
        person.add(frame, frame / 30, seen(x, 300), clear=True)
    return person


def test_pieces_that_overlap_for_a_moment_are_joined_where_the_second_begins() -> None:
    first = piece(range(40), 300)
    (joined,) = join_pieces([first, piece(range(36, 80), 320)], [])
    assert joined.frames == list(range(80))
    assert joined.detections[36].box[0] - joined.detections[35].box[0] == 20
    assert first.frames == list(range(40))


def test_people_who_are_seen_together_for_longer_are_two() -> None:
    assert len(join_pieces([piece(range(40), 300), piece(range(30, 80), 320)], [])) == 2
