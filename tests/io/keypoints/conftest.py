"""The detections of our own detector in the sample, as two people with gaps."""

from pathlib import Path

import pytest

import vidmotion as vm
from tests.io.keypoints.writers import Figure, People
from vidmotion import weights
from vidmotion.errors import WeightsError

ABSENT = {14, 15, 16}


@pytest.fixture(scope="session")
def people(sample: Path) -> People:
    """One person detected in 1.2 seconds of the sample, and a second one: the first, moved, without some frames."""
    try:
        weights.fetch("blazepose")
    except WeightsError as error:
        pytest.skip(f"the detector cannot be fetched: {error}")
    (found,) = vm.detect(sample, detector="blazepose", end=1.2).people
    track = found.track
    xy, score = track.keypoints.xy.astype(float), track.keypoints.score.astype(float)
    first = Figure(3, tuple(track.frames.tolist()), xy, score)
    rows = [row for row, frame in enumerate(first.frames) if frame not in ABSENT]
    frames = tuple(first.frames[row] for row in rows)
    return [first, Figure(5, frames, first.xy[rows] + (260, 0), first.score[rows])]
