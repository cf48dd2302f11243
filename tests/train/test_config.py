"""Settings come from files and pairs, and wrong ones are named."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from vidmotion.choices import Recipe
from vidmotion.errors import InputError
from vidmotion.train.config import Pose3DConfig, RunConfig, read_config
from vidmotion.train.recipes import RECIPES

RECIPE_FILES = Path(__file__).parents[2] / "weights" / "recipes"


@dataclass(frozen=True)
class TaskConfig(RunConfig):
    classes: tuple[str, ...] = ()
    flip: bool = True


def test_settings_come_from_file_and_pairs(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("steps = 5\nlr = 1\n[noise]\nbias = 0.5\nsigma = [0.1, 0.2]\n")
    settings = read_config(Pose3DConfig, file, ["steps=7", "camera.roll=2", "preset=lite"])
    assert (settings.steps, settings.lr, settings.preset) == (7, 1.0, "lite")
    assert (settings.noise.bias, settings.noise.sigma, settings.camera.roll) == (0.5, (0.1, 0.2), 2.0)


def test_a_task_adds_its_own() -> None:
    settings = read_config(TaskConfig, None, ["classes=['walk', 'run']", "flip=false", "optimizer=adamw"])
    assert (settings.classes, settings.flip, settings.optimizer) == (("walk", "run"), False, "adamw")


@pytest.mark.parametrize("file", sorted(RECIPE_FILES.glob("paper-*.toml")), ids=lambda path: path.stem)
def test_recipe_files_fit_their_recipes(file: Path) -> None:
    """`paper-pose3d-scratch.toml` is for `train pose3d`; each runs for whole epochs."""
    named = "action" if "oneshot" in file.stem else file.stem.split("-")[1]
    settings = read_config(RECIPES[Recipe(named)].config, file, [])
    assert (settings.optimizer, settings.schedule) == ("adamw", "exponential")
    assert settings.steps % settings.epoch_steps == 0


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("stepz=3", "unknown setting stepz; known: preset"),
        ("noise.bas=3", "unknown setting noise.bas"),
        ("borrow=0.5", "unknown setting borrow; it is now detector_noise_share"),
        ("steps=many", "setting steps: 'many' does not fit"),
        ("steps=true", "setting steps: True does not fit"),
        ("compile=1", "setting compile: 1 does not fit"),
        ("steps", "wanted KEY=VALUE"),
        ("steps.x=1", "does not fit"),
        ("speed=[1]", "setting speed: wanted 2 values, received [1]"),
        ("speed=[1, 'x']", "setting speed: 'x' does not fit"),
        ("optimizer=sgd", "unknown optimizer 'sgd'; known: muon, adamw"),
        ("schedule=[1]", "unknown schedule [1]; known: linear, cosine, exponential"),
        ("precision=fp16", "unknown precision 'fp16'; known: fp32, bf16"),
        ("accumulate=0", "setting accumulate: wanted at least 1, received 0"),
    ],
)
def test_wrong_settings_are_named(pair: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        read_config(Pose3DConfig, None, [pair])


def test_a_file_that_is_not_toml(tmp_path: Path) -> None:
    for content in (b"steps = ", b"\xff"):
        (tmp_path / "c.toml").write_bytes(content)
        with pytest.raises(InputError, match=r"cannot read the settings in .*c\.toml"):
            read_config(RunConfig, tmp_path / "c.toml", [])
