"""`vidmotion live` on a file that is played: what is shown, in time and out of it, without a window."""

import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run, beginning, write_video
from vidmotion.errors import InputError
from vidmotion.geometry.filters import unbroken_runs
from vidmotion.live import LiveFrame, LiveView, Session, TimedFrame, file_frames
from vidmotion.live.session import LOOKAHEAD
from vidmotion.model.head_set import HeadSet
from vidmotion.pipeline import Pipeline
from vidmotion.settings import LiftSettings, Settings
from vidmotion.video.reader import open_video

pytestmark = pytest.mark.usefixtures("detector")


@pytest.fixture(scope="module")
def clip(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of the sample."""
    return write_video(tmp_path_factory.mktemp("live") / "clip.mp4", beginning(sample, 60))


def test_every_frame_is_saved_with_the_people_in_3d(clip: Path, tmp_path: Path, vidmotion: Run) -> None:
    film = tmp_path / "film.mp4"
    code, said = vidmotion("live", clip, "--every-frame", "--no-page", "--save", film, "--view", "side")
    assert code == 0
    assert "60 frames" in said
    assert "3D" in said
    with open_video(film) as video, open_video(clip) as source:
        frames = [frame.rgb for frame in video]
        panel = slice(source.size[0], None)
    assert len(frames) == 60
    empty, last = (frames[index][:, panel].astype(int) for index in (0, -1))
    assert (np.abs(last - empty).max(-1) > 60).sum() > 500
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("every", [1, 3])
def test_what_is_lifted_live_is_near_what_lift_says(clip: Path, every: int) -> None:
    """Also where two of three frames come too late."""
    pipeline = Pipeline(Settings())
    (person,) = pipeline.lift(clip).people
    assert person.motion
    settings = LiftSettings(flip=False)
    with (
        file_frames(clip, real_time=False) as shots,
        Session(pipeline.detector, HeadSet([pipeline.lifter]), shots, settings, wait_for_3d=True) as session,
    ):
        moments = [session.process(shot) for shot in islice(shots.frames, 0, None, every)]
        assert [len(unbroken_runs(track.frames)) for track in session._tracker.in_view()] == [1]
    assert [one.id for one in moments[-1].people] == [person.id]
    (found_person,) = moments[-1].people_3d
    row = int(np.searchsorted(person.track.times, moments[-1].frame.time - LOOKAHEAD - 1e-6))
    found, wanted = (joints - joints[0] for joints in (found_person.joints, person.motion.joints[row]))
    assert np.linalg.norm(found - wanted, axis=-1).mean() < 0.08
    assert abs(found_person.joints[[3, 6], 1].min() - 0.07) < 0.1
    assert moments[-1].delay_3d is not None
    assert moments[-1].delay_3d > LOOKAHEAD


def test_late_frames_are_left_out(clip: Path) -> None:
    with file_frames(clip) as shots:
        started, seen = time.monotonic(), []
        for shot in shots.frames:
            seen.append(shot.frame.index)
            time.sleep(0.25)
        took = time.monotonic() - started
    assert len(seen) < 15
    assert took < 2 + 0.25 * 4
    assert seen == sorted(set(seen))


def test_people_who_walk_off_are_followed_by_the_view(clip: Path) -> None:
    with file_frames(clip, real_time=False) as shots:
        pipeline = Pipeline(Settings())
        with Session(pipeline.detector, HeadSet([pipeline.lifter]), shots, LiftSettings(flip=False), True) as session:
            moment = [session.process(shot) for shot in shots.frames][-1]
        view = LiveView(shots)
        moment.people_3d[0].joints[:, 0] += 50
        shown = view.draw(moment)
    panel = shown[:, view.layout.tile :].astype(int)
    assert (panel.max(-1) - panel.min(-1) > 60).sum() > 300  # coloured limbs


def test_what_was_filmed_until_an_error_is_kept(
    clip: Path, tmp_path: Path, vidmotion: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, processed = Session.process, []

    def unplugged(self: Session, shot: TimedFrame) -> LiveFrame:
        processed.append(shot)
        if len(processed) > 20:
            raise InputError("the camera has delivered no picture for 5 s")
        return process(self, shot)

    monkeypatch.setattr(Session, "process", unplugged)
    code, said = vidmotion("live", clip, "--every-frame", "--no-page", "--save", tmp_path / "film.mp4")
    assert (code, said.splitlines()[-1]) == (1, "error: the camera has delivered no picture for 5 s")
    with open_video(tmp_path / "film.mp4") as video:
        assert len(list(video)) == 20


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nowhere.mp4",), 1, "nowhere.mp4: no such file"),
        (("--camera", 63), 1, "camera 63 cannot be opened"),
        (("x.mp4", "--camera", 1), 2, "VIDEO is played instead"),
        (("--every-frame",), 2, "a camera does not wait"),
        (("x.mp4", "--save", "film.avi"), 2, "ends in .mp4"),
        (("x.mp4", "--view", "camera"), 2, "wanted turn or side"),
    ],
)
def test_bad_use_is_one_line(arguments: tuple[object, ...], code: int, message: str, vidmotion: Run) -> None:
    found, said = vidmotion("live", "--no-page", *arguments)
    assert found == code
    assert message in " ".join(said.replace("│", " ").split())
