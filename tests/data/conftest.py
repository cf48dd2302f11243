"""A tiny packed motion capture folder."""

from pathlib import Path

import pytest

from tests.tiny_mocap import write


@pytest.fixture
def mocap_folder(tmp_path: Path) -> Path:
    return write(tmp_path / "mocap")
