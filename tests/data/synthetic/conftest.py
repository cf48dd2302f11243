"""A tiny motion capture with rotations, and recipes for it."""

from pathlib import Path

import pytest

from tests.tiny_mocap import write_acting
from vidmotion.body.load import free_body
from vidmotion.body.model import BodyModel
from vidmotion.data.synthetic.mocap_rotations import Capture, read_capture
from vidmotion.data.synthetic.random_recipe import Settings, Writer


@pytest.fixture(scope="session")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of packed motion capture."""
    return write_acting(tmp_path_factory.mktemp("acting") / "mocap")


@pytest.fixture(scope="session")
def capture(acting: Path) -> Capture:
    return read_capture(acting, "train")


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return free_body()


@pytest.fixture(scope="session")
def writer(capture: Capture, body: BodyModel) -> Writer:
    return Writer(capture, body, Settings(seed=0, frames=12, pictures=False))
