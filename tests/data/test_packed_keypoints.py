"""2D points of packed folders: rays from a known or a default focal length, and errors for damaged files."""

from pathlib import Path

import numpy as np
import pytest

from vidmotion.data.mocap import DEFAULT_FOCAL
from vidmotion.data.packed_keypoints import has_points, read_points
from vidmotion.data.packed_writer import NewClip, PackedWriter
from vidmotion.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    xy, score = rng.uniform(-300, 300, (9, 17, 2)), rng.uniform(0.1, 1, (9, 17))
    score[2, 5] = 0
    with PackedWriter(tmp_path / "people", False) as writer:
        writer.append(NewClip("a", "x", "train", None, None, xy[:4], score[:4], size=(640, 480), focal=500.0))
        writer.append(NewClip("b", "y", "test", None, None, xy[4:5], score[4:5], size=(640, 480)))
        writer.append(NewClip("c", "x", "train", None, None, xy[5:], score[5:], "run", "s", "2", (480, 800)))
    return tmp_path / "people"


def test_rays_follow_from_the_focal_length(folder: Path) -> None:
    rng = np.random.default_rng(0)
    xy, score = rng.uniform(-300, 300, (9, 17, 2)), rng.uniform(0.1, 1, (9, 17))
    xy[2, 5], score[2, 5] = 0, 0
    assert has_points(folder)
    read = read_points(folder, "train")
    assert [(c.name, c.label, c.scene, c.person, c.offset, c.frames) for c in read.clips] == [
        ("a", "", "", "", 0, 4), ("c", "run", "s", "2", 4, 4),
    ]  # fmt: skip
    np.testing.assert_allclose(read.clip(0)[0], xy[:4] / 500, atol=1e-6)
    np.testing.assert_allclose(read.clip(1)[0], xy[5:] / (DEFAULT_FOCAL * 800), atol=1e-6)
    np.testing.assert_allclose(read.score, score[[0, 1, 2, 3, 5, 6, 7, 8]], atol=0.002)
    assert read.score[2, 5] == 0


def test_damage_is_named(folder: Path, mocap_folder: Path) -> None:
    assert not has_points(mocap_folder)
    with pytest.raises(InputError, match="holds no 2D points"):
        read_points(mocap_folder, "train")
    with pytest.raises(InputError, match="no clip of split 'val'"):
        read_points(folder, "val")
    index = folder / "index.csv"
    text = index.read_text()
    for old, new, message in ((",480,800", ",,", "wanted a focal length"), (",480,800", ",a,b", "clip c: could not")):
        index.write_text(text.replace(old, new))
        with pytest.raises(InputError, match=message):
            read_points(folder, "train")
    np.save(folder / "people_score.npy", np.zeros((3, 17), np.uint8))
    with pytest.raises(InputError, match=r"received \(9, 17, 2\) and \(3, 17\)"):
        read_points(folder, "train")
