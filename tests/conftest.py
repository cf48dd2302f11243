"""Fixtures for all tests: the optional folder of footage and fixtures, and the sample clip."""

from pathlib import Path

import pytest

try:
    import torch
except ModuleNotFoundError:  # some folders of tests need no torch; .ci/run runs those on a second Python, too
    pass
else:
    torch.set_num_threads(1)  # tests run beside each other, and their networks are tiny

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Footage, fixtures and motion capture beside the checkout; tests that need them skip without."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder `shared` beside the checkout")
    return folder


@pytest.fixture(scope="session")
def sample() -> Path:
    """The clip that the repository ships."""
    return ROOT / "samples" / "walk_wave.mp4"
