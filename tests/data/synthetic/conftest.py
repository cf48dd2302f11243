"""A tiny motion capture with rotations, and recipes for it."""

from pathlib import Path

import pytest

from tests.tiny_mocap import write_with_rotations
from vidmotion.body.load import free_body
from vidmotion.body.model import BodyModel
from vidmotion.data.synthetic.mocap_rotations import MocapRotations, read_mocap_rotations
from vidmotion.data.synthetic.random_recipe import RecipeSampler, RecipeSettings


@pytest.fixture(scope="session")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of packed motion capture."""
    return write_with_rotations(tmp_path_factory.mktemp("acting") / "mocap")


@pytest.fixture(scope="session")
def capture(acting: Path) -> MocapRotations:
    return read_mocap_rotations(acting, "train")


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return free_body()


@pytest.fixture(scope="session")
def sampler(capture: MocapRotations, body: BodyModel) -> RecipeSampler:
    return RecipeSampler(capture, body, RecipeSettings(seed=0, frames=12, pictures=False))
