"""`run.json`: a run is continued by its folder alone."""

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from tests import tiny_mocap
from vidmotion.cli.main import app
from vidmotion.errors import InputError
from vidmotion.model.checkpoint import load_weights

SETTINGS = ("preset=tiny", "frames=54", "decay=1.0", "noise.bias=0.02", "warmup=2")
SHORT = [part for setting in SETTINGS for part in ("--set", setting)]


def train(*arguments: str | Path) -> None:
    done = CliRunner().invoke(app, ["train", *map(str, arguments), "-q"])
    if done.exception is not None:
        raise done.exception


@pytest.fixture
def mocap(tmp_path: Path, tiny: None) -> Path:
    return tiny_mocap.write(tmp_path / "mocap")


def test_a_run_is_continued_without_its_data_and_settings(
    mocap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    train("pose3d", "--data", "mocap", "-o", "parts", *SHORT, "--set", "steps=3")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    train("pose3d", "-o", "../parts", "--resume", "--set", "steps=6")
    settings = torch.load(tmp_path / "parts/checkpoint.pt", weights_only=True)["config"]
    assert settings["noise"]["bias"] == 0.02
    assert settings["steps"] == 6
    load_weights(tmp_path / "parts/weights.safetensors")


def test_what_is_missing_or_does_not_fit_is_told(mocap: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name the data to train on with --data"):
        train("pose3d", "-o", tmp_path / "run")
    train("pose3d", "--data", mocap, "-o", tmp_path / "run", *SHORT, "--set", "steps=1")
    with pytest.raises(InputError, match="holds a run of the recipe pose3d, not mesh"):
        train("mesh", "-o", tmp_path / "run", "--resume")
    (tmp_path / "run/run.json").write_text('{"recipe": "pose3d", "data": 3}')
    with pytest.raises(InputError, match=r"run\.json is damaged; delete it and name data and settings again"):
        train("pose3d", "-o", tmp_path / "run", "--resume")


def test_a_command_that_fails_leaves_the_run_as_it_is(mocap: Path, tmp_path: Path) -> None:
    train("pose3d", "--data", mocap, "-o", tmp_path / "run", *SHORT, "--set", "steps=1")
    before = (tmp_path / "run/run.json").read_text()
    with pytest.raises(InputError):
        train("pose3d", "-o", tmp_path / "run", "--resume", "--data", tmp_path / "nowhere", "--set", "steps=2")
    assert (tmp_path / "run/run.json").read_text() == before
    with pytest.raises(InputError, match="holds no checkpoint to resume"):
        train("pose3d", "-o", tmp_path / "tun", "--resume")


def test_a_head_is_not_continued_on_other_classes(tmp_path: Path, tiny: None) -> None:
    """Their number is the same, so that the checkpoint's tensors fit."""
    mocap = tiny_mocap.write_with_rotations(tmp_path / "mocap")
    heads = ("--set", "encoder_lr=0", "--set", 'heads=["action"]', "--set", "steps=1")
    train("action", "--data", mocap, "-o", tmp_path / "run", *SHORT, *heads)
    index = mocap / "index.csv"
    index.write_text(index.read_text().replace("dance", "zumba"))
    with pytest.raises(InputError, match="was trained with the classes dance, walk, and the data has walk, zumba"):
        train("action", "-o", tmp_path / "run", "--resume")
