"""Which tracks show people: a walker, somebody who stands still, clutter, posters, doubles, parts and poor scores."""

from pathlib import Path

import numpy as np
import pytest

from vidmotion.skeletons import H36M17
from vidmotion.tracking.imported_keypoints import read_keypoints
from vidmotion.tracking.plausibility import split_plausible
from vidmotion.types import Floats, Keypoints2D, Track

SIZE = (960, 540)
UPRIGHT = {
    "root": (0, 0), "right_hip": (-12, 0), "right_knee": (-13, 45), "right_ankle": (-13, 88), "left_hip": (12, 0),
    "left_knee": (13, 45), "left_ankle": (13, 88), "spine": (0, -25), "thorax": (0, -50), "neck": (0, -60),
    "head": (0, -78), "left_shoulder": (18, -50), "left_elbow": (26, -22), "left_wrist": (30, 4),
    "right_shoulder": (-18, -50), "right_elbow": (-26, -22), "right_wrist": (-30, 4),
}  # fmt: skip
BODY = np.array([UPRIGHT[name] for name in H36M17.joints], dtype=float)
SWINGING = [H36M17.joints.index(name) for name in ("left_wrist", "right_ankle", "left_elbow", "right_knee")]


def noise(seed: int, frames: int = 90, pixels: float = 0.5) -> Floats:
    return np.random.default_rng(seed).normal(0, pixels, (frames, 17, 2))


def track(xy: Floats, score: float = 0.9, number: int = 0, fps: float = 30, start: int = 0) -> Track:
    frames = np.arange(start, start + len(xy))
    boxes = np.concatenate([xy.min(1), xy.max(1)], 1)
    points = Keypoints2D(xy, np.full(xy.shape[:2], score), "h36m17")
    return Track(number, frames, frames / fps, boxes, points, np.ones(len(xy), bool))


def standing(x: float, frames: int) -> Floats:
    return np.tile(BODY + np.array([x, 300.0]), (frames, 1, 1))


def walker(seed: int = 0, frames: int = 90, fps: float = 30) -> Floats:
    time = np.arange(frames) / fps
    xy = standing(400, frames) + noise(seed, frames)
    xy[..., 0] += 40 * time[:, None]
    xy[:, SWINGING, 0] += 20 * np.sin(2 * np.pi * 0.9 * time)[:, None]
    return xy


def swaying(seed: int = 1, frames: int = 90) -> Floats:
    """Somebody who stands still: breath lifts the shoulders and arms by half a percent of the height."""
    time = np.arange(frames) / 30
    xy = standing(700, frames) + noise(seed, frames)
    xy[:, 11:, 1] += 1.2 * np.sin(2 * np.pi * 0.35 * time)[:, None]
    return xy


def still(seed: int = 2, frames: int = 90, scale: float = 1.0, pixels: float = 0.5) -> Floats:
    return np.tile(BODY * scale + (700, 300), (frames, 1, 1)) + noise(seed, frames, pixels)


def reasons(*tracks: Track) -> list[str]:
    return [one.reason for one in split_plausible(tracks, SIZE)[1]]


@pytest.mark.parametrize("fps", [1, 5, 30, 60])
def test_people_who_move_are_kept(fps: float) -> None:
    kept, dropped = split_plausible([track(walker(fps=fps), fps=fps)], SIZE)
    assert (len(kept), dropped) == (1, [])


def test_somebody_who_stands_still_is_kept_beside_a_walker() -> None:
    assert reasons(track(walker()), track(swaying())) == []


def test_fast_movements_that_smoothing_cancels_are_movements() -> None:
    xy = still()
    xy[:, SWINGING, 1] += 25 * np.sin(2 * np.pi * 2 * np.arange(90) / 30)[:, None]
    assert reasons(track(walker()), track(xy)) == []


@pytest.mark.parametrize("pixels", [0.0, 0.3, 2.0, 8.0])
@pytest.mark.parametrize("score", [0.4, 0.95])
def test_points_that_only_jitter_are_static_clutter(pixels: float, score: float) -> None:
    assert reasons(track(walker()), track(still(pixels=pixels), score)) == ["static clutter"]


def test_clutter_is_found_where_only_every_second_frame_was_detected() -> None:
    """The points of the frames in between are interpolated, so that they do not jitter."""
    person, poster = walker(frames=240, fps=60), still(frames=240, pixels=2.0)
    for xy in (person, poster):
        xy[1:-1:2] = (xy[:-2:2] + xy[2::2]) / 2
    tracks = [track(person, fps=60), track(poster, fps=60, number=1)]
    kept, dropped = split_plausible(tracks, SIZE, skipped=range(1, 239, 2))
    assert [one.id for one in kept] == [0]
    assert dropped[0].reason == "static clutter"


def test_a_camera_that_moves_gives_a_poster_no_movement_of_its_own() -> None:
    time = np.arange(90)[:, None, None] / 30
    turn = 0.1 * np.sin(time[..., 0])
    poster = still() * (1 + 0.1 * time) + (60, -20) * time
    rotated = np.stack([
        poster[..., 0] * np.cos(turn) - poster[..., 1] * np.sin(turn),
        poster[..., 0] * np.sin(turn) + poster[..., 1] * np.cos(turn),
    ], -1)  # fmt: skip
    assert reasons(track(walker()), track(rotated)) == ["static clutter"]


def test_the_only_person_may_be_a_photo_unless_small_or_poor() -> None:
    assert reasons(track(still())) == []
    assert reasons(track(still(scale=0.3))) == ["static clutter"]
    assert reasons(track(still(), score=0.5)) == ["static clutter"]


def test_a_change_of_the_light_is_no_movement_of_a_long_track() -> None:
    xy = still(frames=3600)
    xy[1800:, SWINGING] += 6
    assert reasons(track(walker()), track(xy)) == ["static clutter"]


def test_short_tracks_are_judged_by_their_score() -> None:
    assert reasons(track(still(frames=20))) == []
    assert reasons(track(walker(frames=20), score=0.2)) == ["too uncertain"]
    assert reasons(track(walker(), score=0.2)) == []
    assert reasons(track(walker(), score=0.1)) == ["too uncertain"]


def test_doubles_and_parts_name_the_person_by_the_new_id() -> None:
    person = walker()
    trunk = person[:, H36M17.joints.index("spine")][:, None]
    part = trunk + 0.35 * (person - trunk)
    tracks = [
        track(still(), number=0),
        track(person + noise(5, pixels=2), 0.7, 1),
        track(part, 0.4, 2),
        track(person, 0.9, 3),
    ]
    kept, dropped = split_plausible(tracks, SIZE)
    assert [(one.id, one.keypoints.score[0, 0]) for one in kept] == [(0, 0.9)]
    assert [(one.track.id, one.reason) for one in dropped] == [
        (0, "static clutter"), (1, "double of person 0"), (2, "part of person 0"),
    ]  # fmt: skip
    assert [one.id for one in split_plausible(tracks, SIZE, renumber=False)[0]] == [3]
    assert split_plausible(tracks, SIZE, renumber=False)[1][1].reason == "double of person 3"


def test_a_child_in_front_of_somebody_is_no_part() -> None:
    person = walker()
    child = 0.45 * (walker(7) - (400, 300)) + (400, 340)
    assert reasons(track(person), track(child)) == []


def test_people_who_pass_each_other_are_no_doubles() -> None:
    other = walker(3)
    other[..., 0] = 900 - other[..., 0]
    assert reasons(track(walker()), track(other)) == []


def test_dropped_tracks_are_described() -> None:
    _, (one,) = split_plausible([track(walker()), track(still(), start=30)], SIZE)
    assert str(one) == "a track of 90 frames from frame 30 (static clutter)"


def test_nobody() -> None:
    assert split_plausible([], SIZE) == ([], [])


def test_clutter_in_a_keypoint_file(shared: Path) -> None:
    path = shared / "bugs" / "ghost_clutter" / "ghost.json"
    scene = read_keypoints(path, fps=30, size=SIZE)
    (person,) = scene.people
    assert np.ptp(person.track.boxes[0, 1::2]) > 200
    assert scene.provenance["dropped"] == ["a track of 90 frames from frame 0 (static clutter)"]
    assert len(read_keypoints(path, fps=30, size=SIZE, keep_uncertain=True).people) == 2
