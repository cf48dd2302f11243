"""Films of made-up scenes: size, timing, codec, and what is drawn where."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.rendering.films import FPS, GREY, footage, person, read, scene
from tests.video.test_sound import sounds, with_sound
from vidmotion.errors import InputError, OutputError, VideoError
from vidmotion.rendering import render
from vidmotion.video import open_video


def is_near(color: np.ndarray, wanted: tuple[int, int, int], slack: int = 60) -> bool:
    return bool(np.abs(color - wanted).max() <= slack)


def test_the_3d_view_is_beside_the_video(tmp_path: Path) -> None:
    size = (960, 720)
    made = scene(size, (person(1, [0, 1, 2], size),))
    calls: list[tuple[int, int | None]] = []
    out = tmp_path / "out.mp4"
    render(made, out, footage(tmp_path / "film.mp4", size), lambda done, total: calls.append((done, total)))

    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.codec.name, stream.frames, stream.average_rate) == ("h264", 4, FPS)
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    frames = read(out)
    assert frames[0].shape == (720, 960 + 648, 3)

    xy = made.people[0].track.keypoints.xy[0]
    for a, b, color in ((12, 13, (86, 180, 233)), (15, 16, (240, 150, 30)), (0, 7, (236, 238, 242))):
        x, y = ((xy[a] + xy[b]) / 2).astype(int)
        assert is_near(frames[0][y, x], color), (a, b)
        assert is_near(frames[3][y, x], (GREY,) * 3, 5), "nobody is there in the last frame"
    assert is_near(frames[0][600, 100], (GREY,) * 3, 5)
    assert is_near(frames[0][400, 700], (GREY,) * 3, 5)


def test_3d_view_begins_where_the_camera_stood(tmp_path: Path) -> None:
    """The left arm, on the picture's right, is on the right of the panel, too; blue right of orange."""
    size = (960, 720)
    render(scene(size, (person(1, [0], size),), frames=1), tmp_path / "out.mp4")
    (frame,) = read(tmp_path / "out.mp4")
    assert frame.shape == (720, 720, 3)
    figure = frame[: 720 - 60]
    blue = np.argwhere((figure[..., 2] - figure[..., 0]) > 80)
    orange = np.argwhere((figure[..., 0] - figure[..., 2]) > 80)
    assert len(blue) > 500
    assert len(orange) > 500
    assert blue[:, 1].min() > 360 > orange[:, 1].max()


def test_the_view_turns_and_stays_framed(tmp_path: Path) -> None:
    size, frames = (960, 720), 30
    render(scene(size, (person(1, list(range(frames)), size),), frames), tmp_path / "out.mp4")
    film = read(tmp_path / "out.mp4")
    assert np.abs(film[0] - film[-1]).max() > 150
    for frame in film[::10]:
        bright = np.argwhere(frame[: 720 - 60].max(-1) > 150)
        assert bright.min() >= 20
        assert bright.max() <= 700


def test_only_2d_before_lifting(tmp_path: Path) -> None:
    size = (320, 240)
    lifted = person(1, [0, 1], size)
    made = scene(size, (dataclasses.replace(lifted, motion=None),), frames=2)
    render(made, tmp_path / "out.mp4", footage(tmp_path / "film.mp4", size, 2))
    film = read(tmp_path / "out.mp4")
    assert film[0].shape == (240, 320, 3)  # the picture alone, without an empty 3D view beside it
    x, y = lifted.track.keypoints.xy[0][[12, 13]].mean(0).astype(int)
    assert is_near(film[0][y, x], (86, 180, 233))


def test_doubtful_joints_fade_and_vanish(tmp_path: Path) -> None:
    size = (960, 720)
    one = person(1, [0, 1, 2], size)
    score = np.ones((3, 17))
    score[1, 13], score[2, 13] = 0.4, 0.1
    points = dataclasses.replace(one.track.keypoints, score=score)
    made = scene(size, (dataclasses.replace(one, track=dataclasses.replace(one.track, keypoints=points)),), 3)
    render(made, tmp_path / "out.mp4", footage(tmp_path / "film.mp4", size, 3))
    x, y = points.xy[0][[12, 13]].mean(0).astype(int)
    sure, faint, gone = (frame[y, x, 2] - GREY for frame in read(tmp_path / "out.mp4"))
    assert sure > 100
    assert 40 < faint < 0.7 * sure
    assert abs(gone) <= 5


def test_the_id_is_above_the_head_and_hides_no_raised_hand(tmp_path: Path) -> None:
    size = (960, 720)
    one = person(0, [0], size)
    xy = one.track.keypoints.xy.copy()
    xy[0, 16] = xy[0, 10] + [-90, -70]
    points = dataclasses.replace(one.track.keypoints, xy=xy)
    made = scene(size, (dataclasses.replace(one, track=dataclasses.replace(one.track, keypoints=points)),), 1)
    render(made, tmp_path / "out.mp4", footage(tmp_path / "film.mp4", size, 1))
    (frame,) = read(tmp_path / "out.mp4")
    green = np.argwhere((frame[:, :960, 1] - frame[:, :960, 0] > 60) & (frame[:, :960, 1] - frame[:, :960, 2] > 10))
    row, column = green.mean(0)
    assert column == pytest.approx(xy[0, 10, 0], abs=6)
    assert row < xy[0, 16, 1]


def test_filled_gaps_are_dashed(tmp_path: Path) -> None:
    size = (960, 720)
    one = person(1, [0, 1], size)
    track = dataclasses.replace(one.track, observed=np.array([True, False]))
    made = scene(size, (dataclasses.replace(one, track=track),), 2)
    render(made, tmp_path / "out.mp4", footage(tmp_path / "film.mp4", size, 2))
    a, b = track.keypoints.xy[0][[12, 13]]
    along = (a + (b - a) * np.linspace(0.1, 0.9, 60)[:, None]).astype(int)
    seen, filled = (frame[along[:, 1], along[:, 0], 2] for frame in read(tmp_path / "out.mp4"))
    assert (seen > GREY + 60).all()
    assert (filled > GREY + 30).any()
    assert (filled < GREY + 25).any()


def test_people_of_one_camera_share_a_floor(tmp_path: Path) -> None:
    """Each motion has a world of its own; in the film the people stand apart as the camera saw them."""
    size = (960, 720)
    first, second = person(1, [0], size, -1.0), person(2, [0], size, 1.0)
    assert second.motion is not None
    turn = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    old, move = second.motion.camera, np.array([3.0, 0.0, 5.0])
    elsewhere = dataclasses.replace(
        second.motion,
        joints=second.motion.joints @ turn.T + move,
        camera=dataclasses.replace(
            old,
            rotation=old.rotation @ turn.T,
            translation=old.translation - old.rotation @ turn.T @ move,
        ),
    )
    render(scene(size, (first, second), 1), tmp_path / "same.mp4")
    render(scene(size, (first, dataclasses.replace(second, motion=elsewhere)), 1), tmp_path / "other.mp4")
    (same,), (other,) = read(tmp_path / "same.mp4"), read(tmp_path / "other.mp4")
    assert np.abs(same - other).max() <= 12


@pytest.mark.parametrize(
    ("size", "film"),
    [((4, 4), (480 + 432, 480)), ((4, 400), (216 + 432, 480)), ((3000, 300), (854 + 432, 480))],
)
def test_odd_shapes(tmp_path: Path, size: tuple[int, int], film: tuple[int, int]) -> None:
    made = scene(size, (person(1, [0], size),), frames=1)
    render(made, tmp_path / "out.mp4", footage(tmp_path / "film.mp4", size, 1))
    with open_video(tmp_path / "out.mp4") as video:
        assert video.size == film


def test_a_scene_without_people(tmp_path: Path) -> None:
    render(scene((320, 240), (), 2), tmp_path / "out.mp4", footage(tmp_path / "film.mp4", (320, 240), 2))
    assert len(read(tmp_path / "out.mp4")) == 2


def test_analysed_section_only(tmp_path: Path) -> None:
    size = (320, 240)
    made = dataclasses.replace(
        scene(size, (person(1, [5, 6], size),), frames=7), provenance={"settings": {"start": 5 / float(FPS) - 0.01}}
    )
    calls: list[tuple[int, int | None]] = []
    video = footage(tmp_path / "film.mp4", size, 10)
    render(made, tmp_path / "out.mp4", video, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]
    with open_video(tmp_path / "out.mp4") as film:
        assert [frame.time for frame in film] == [0.0, float(1 / FPS)]


def test_the_sound_of_the_section_is_kept(tmp_path: Path) -> None:
    """A tone that begins 1 s after the pictures, of which the first 0.3 s were not analysed."""
    made = scene((64, 48), (person(1, [3, 4], (64, 48)),), frames=13)
    made = dataclasses.replace(made, fps=Fraction(10), provenance={"settings": {"start": 0.3}})
    render(made, tmp_path / "out.mp4", with_sound(tmp_path / "film.mp4"))
    begins, _, ends = sounds(tmp_path / "out.mp4")
    assert (begins, ends) == (pytest.approx(0.7, abs=0.03), pytest.approx(1.0, abs=0.05))
    render(made, tmp_path / "alone.mp4")
    with av.open(str(tmp_path / "alone.mp4")) as container:
        assert not container.streams.audio


def test_without_a_video_it_shows_the_tracked_frames_at_their_times(tmp_path: Path) -> None:
    size = (320, 240)
    one, two = person(1, [5, 6], size), person(2, [8], size, 1.0)
    one = dataclasses.replace(one, track=dataclasses.replace(one.track, times=np.array([0.5, 0.6])))
    two = dataclasses.replace(two, track=dataclasses.replace(two.track, times=np.array([1.0])))
    calls: list[tuple[int, int | None]] = []
    made = scene(size, (one, two), frames=20)
    render(made, tmp_path / "out.mp4", progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with open_video(tmp_path / "out.mp4") as film:
        assert [frame.time for frame in film] == pytest.approx([0.0, 0.1, 0.3, 0.5], abs=1e-3)


def test_without_a_video_and_people_all_frames_are_shown(tmp_path: Path) -> None:
    render(scene((320, 240), (), 3), tmp_path / "out.mp4")
    assert len(read(tmp_path / "out.mp4")) == 3


@pytest.mark.parametrize("start", ["5", -1.0, True, [], 10**400, float("nan")])
def test_start_that_is_no_time_is_ignored(tmp_path: Path, start: object) -> None:
    size = (320, 240)
    made = dataclasses.replace(scene(size, (), frames=2), provenance={"settings": {"start": start}})
    render(made, tmp_path / "out.mp4", footage(tmp_path / "film.mp4", size, 2))
    assert len(read(tmp_path / "out.mp4")) == 2


def test_the_input_is_not_replaced(tmp_path: Path) -> None:
    video = footage(tmp_path / "film.mp4", (320, 240), 1)
    (tmp_path / "link.mp4").symlink_to(video)
    before = video.read_bytes()
    for path in (video, tmp_path / "link.mp4"):
        with pytest.raises(OutputError, match="is the input itself; choose another name"):
            render(scene((320, 240), (), 1), path, video)
    assert video.read_bytes() == before


def test_errors_leave_no_file(tmp_path: Path) -> None:
    made = scene((320, 240), (person(1, [0], (320, 240)),), 1)
    video = footage(tmp_path / "film.mp4", (240, 320), 1)
    with pytest.raises(InputError, match=r"is 240x320, but the scene was made from film\.mp4 with 320x240"):
        render(made, tmp_path / "out.mp4", video)
    with pytest.raises(VideoError, match="no such file"):
        render(made, tmp_path / "out.mp4", tmp_path / "missing.mp4")
    with pytest.raises(OutputError, match=r"ends in \.mp4"):
        render(made, tmp_path / "out.avi")
    assert [item.name for item in tmp_path.iterdir()] == ["film.mp4"]
