"""Videos in sub-folders become 2D points with classes."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.lifting.test_lift import SIZE, track
from vidmotion.data.labelled_videos import is_labelled, pack_labelled
from vidmotion.data.packed_keypoints import read_points
from vidmotion.errors import InputError, NobodyFoundError
from vidmotion.types import Person, Scene


def folder(tmp_path: Path) -> Path:
    for name in ("walk/a.mp4", "walk/b.MOV", "wave/c.mp4", "wave/notes.txt", ".hidden/d.mp4"):
        (tmp_path / "videos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "videos" / name).touch()
    return tmp_path / "videos"


def seen(video: Path) -> Scene:
    """Two seconds at 15 frames/s with a gap of half a second; in one video nobody."""
    if video.stem == "b":
        raise NobodyFoundError(f"{video}: nobody")
    frames = np.r_[0:12, 20:30]
    return Scene(video.name, Fraction(15), SIZE, 30, (Person(track(frames / 15, frames)),))


def test_people_are_packed_with_their_class(tmp_path: Path) -> None:
    failed: list[str] = []
    assert is_labelled(folder(tmp_path))
    assert pack_labelled(tmp_path / "videos", tmp_path / "out", seen, fail=failed.append) == 2
    assert failed == [f"{tmp_path}/videos/walk/b.MOV: nobody"]
    points = read_points(tmp_path / "out", "train")
    assert [(clip.name, clip.subject, clip.label) for clip in points.clips] == [
        ("walk/a#0", "a", "walk"),
        ("wave/c#0", "c", "wave"),
    ]
    rays, score = points.clip(0)
    assert len(rays) == 59  # 29 / 15 seconds at 30 frames/s
    assert (score[23:39] == 0).all()
    given = seen(Path("a")).people[0].track.keypoints
    np.testing.assert_allclose(score[:23], 0.9, atol=1 / 255)
    # Every second frame is one of the video; rays are pixels from the center over one focal length.
    offsets = given.xy[:12] - np.array(SIZE) / 2
    shown = rays[0:23:2].numpy()
    focal = (offsets * shown).sum() / (shown**2).sum()
    np.testing.assert_allclose(focal * shown, offsets, atol=0.01)


def test_the_last_videos_are_held_out(tmp_path: Path) -> None:
    videos = folder(tmp_path)
    pack_labelled(videos, tmp_path / "out", lambda video: replace(seen(Path("a")), source=video.name), held_out=0.5)
    names = {split: [clip.name for clip in read_points(tmp_path / "out", split).clips] for split in ("train", "test")}
    assert names == {"train": ["walk/a#0"], "test": ["walk/b#0", "wave/c#0"]}


def test_folders_without_people_are_errors(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert not is_labelled(tmp_path / "empty")
    with pytest.raises(InputError, match="has no videos in sub-folders; wanted"):
        pack_labelled(tmp_path / "empty", tmp_path / "out", seen)

    def nobody(video: Path) -> Scene:
        raise NobodyFoundError("nobody")

    with pytest.raises(InputError, match="no people were found in the videos"):
        pack_labelled(folder(tmp_path), tmp_path / "out", nobody)
    assert not (tmp_path / "out").exists()
