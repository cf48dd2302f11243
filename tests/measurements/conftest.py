"""What the tests of measurements share."""

from pathlib import Path

import numpy as np
import pytest

from vidmotion.types import Floats

SAMPLE = Path(__file__).parents[2] / "samples" / "walk_wave.npz"


@pytest.fixture(scope="session")
def sample_joints() -> Floats:
    """(T, 17, 3) metres, the exact joints of the sample at 30 frames a second."""
    with np.load(SAMPLE, allow_pickle=False) as file:
        return file["joints_world"]
