"""Packed motion capture is read as it was written; windows stay inside their clips."""

from pathlib import Path

import numpy as np
import pytest
import torch

from vidmotion.data.mocap import read_mocap
from vidmotion.data.mocap_windows import WindowSampler, WindowShape
from vidmotion.errors import InputError


def test_splits_hold_their_clips(mocap_folder: Path) -> None:
    train, test = read_mocap(mocap_folder, "train"), read_mocap(mocap_folder, "test")
    assert [clip.name for clip in train.clips] == ["a", "b"]
    assert train.clip(1).shape == (300, 17, 3)
    packed = np.load(mocap_folder / "tiny_pos.npy")[340:] * 1e-4 + [0, 1, 0]
    np.testing.assert_allclose(test.clip(0), packed, atol=1e-6)


def test_bad_folders_are_named(mocap_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no packed motion capture"):
        read_mocap(tmp_path, "train")
    with pytest.raises(InputError, match="no clip of split 'val'"):
        read_mocap(mocap_folder, "val")
    index = mocap_folder / "index.csv"
    index.write_text(index.read_text().replace(",340,30,", ",340,99,"))
    with pytest.raises(InputError, match="clip c lies outside the arrays"):
        read_mocap(mocap_folder, "test")


def test_damaged_arrays_are_named(mocap_folder: Path) -> None:
    roots = mocap_folder / "tiny_root.npy"

    def message() -> str:
        with pytest.raises(InputError) as caught:
            read_mocap(mocap_folder, "train")
        text = str(caught.value)
        assert text.startswith(f"{mocap_folder}: ")
        return text

    np.save(roots, np.zeros((9, 3), np.float32))
    assert "received (370, 17, 3) and (9, 3)" in message()
    np.save(roots, np.zeros((370, 2), np.float32))
    assert "received (370, 17, 3) and (370, 2)" in message()
    np.save(roots, np.array(["a"]))
    assert "tiny_root.npy holds no array of numbers" in message()
    whole = (mocap_folder / "tiny_pos.npy").read_bytes()
    for content in (b"", b"not an array", whole[:10] + b"{" * 118 + whole[128:]):
        roots.write_bytes(content)
        assert "tiny_root.npy cannot be read" in message()
    roots.unlink()
    assert "tiny_root.npy is missing" in message()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("n_frames", "length", "index.csv lacks the column n_frames"),
        (",40,30", ",forty,30", "index.csv, clip a: invalid literal"),
        (",40,30", "", "index.csv, clip 1: the row is too short"),
        ("0,40,30", "-9,40,30", "clip a lies outside the arrays"),
        (",40,30", ",40,60", "clip a has 60 frames/s; resample to 30 frames/s"),
    ],
)
def test_damaged_index_is_named(mocap_folder: Path, old: str, new: str, message: str) -> None:
    index = mocap_folder / "index.csv"
    index.write_text(index.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        read_mocap(mocap_folder, "train")
    assert str(mocap_folder) in str(caught.value)


def test_empty_index_is_named(mocap_folder: Path) -> None:
    (mocap_folder / "index.csv").write_text("")
    with pytest.raises(InputError, match=r"index\.csv lacks the column clip"):
        read_mocap(mocap_folder, "train")


def test_windows_are_deterministic_and_stay_inside_a_clip(mocap_folder: Path) -> None:
    mocap = read_mocap(mocap_folder, "train")
    sampler = WindowSampler(mocap, torch.device("cpu"))
    shape = WindowShape(27, 9, 50)
    one, two = (sampler.draw(shape, (0.6, 1.5), torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, two)
    # The 40-frame clip is too short for 27 frames 9 apart: its last frame is held, never the next clip's first.
    ends = {tuple(end.tolist()) for end in one[:, -1, 1]}
    assert tuple(mocap.clip(0)[-1, 1].tolist()) in ends


def test_windows_follow_time(mocap_folder: Path) -> None:
    mocap = read_mocap(mocap_folder, "train")
    sampler = WindowSampler(mocap, torch.device("cpu"))
    window = sampler.draw(WindowShape(9, 1, 64), (1.0, 1.0), torch.Generator().manual_seed(0))
    steps = (window[:, 1:] - window[:, :-1]).norm(dim=-1).mean((1, 2))
    truth = mocap.clip(1).diff(dim=0).norm(dim=-1).mean()
    torch.testing.assert_close(steps.median(), truth, rtol=0.1, atol=0)


def test_positions_rise_and_fit_the_window() -> None:
    rng = torch.Generator().manual_seed(0)
    for frames, stride in ((27, 9), (243, 1), (27, 1)):
        positions = WindowShape(frames, stride, 1).positions(243, rng)
        assert len(positions) == frames
        assert (positions.diff() == stride).all()
        assert positions[0] >= 0
        assert positions[-1] < 243


def test_speed_that_swings_stays_within_the_window(mocap_folder: Path) -> None:
    sampler = WindowSampler(read_mocap(mocap_folder, "train"), torch.device("cpu"))
    shape, rng = WindowShape(60, 2, 32), torch.Generator().manual_seed(0)
    times = sampler.times(torch.ones(32, dtype=torch.long), shape, (1.0, 1.0), rng, swing=0.6)
    at = times.before + times.share[..., 0, 0]
    steps = at.diff(dim=1)
    assert steps.min() >= 0
    assert steps.min() < 1.4
    assert 2.6 < steps.max() < 3.3
    assert (at[:, -1] - at[:, 0]).max() < 118.01
