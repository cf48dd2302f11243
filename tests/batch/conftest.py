"""Short clips of real pictures."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import beginning, write_video


@pytest.fixture(scope="session")
def half_second(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of the sample."""
    return write_video(tmp_path_factory.mktemp("half") / "half.mp4", beginning(sample, 16))


@pytest.fixture
def clips(half_second: Path, tmp_path: Path) -> Path:
    """A folder of four clips, two of one name, and a file that is no video."""
    folder = tmp_path / "clips"
    for name in ("a.mp4", "b.mp4", "more/a.mp4", "more/c.mp4"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(half_second, path)
    (folder / "bad.mp4").write_text("no video")
    return folder
