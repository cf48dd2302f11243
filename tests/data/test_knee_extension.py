"""Knees that never straighten, because the capture placed their joints wrong, are found per subject."""

import numpy as np

from vidmotion.data.knee_extension import STRAIGHT, missing_extension


def _clip(left: float, right: float, swing: float) -> np.ndarray:
    """(100, 22, 3) axis-angles of knees that bend from their straightest, in radians, by up to `swing` more."""
    angles = np.zeros((100, 22, 3))
    share = np.maximum(np.sin(np.arange(100) / 3), 0)
    angles[:, 4, 0], angles[:, 5, 0] = left + swing * share, right + swing * share
    return angles


def test_subjects_lack_what_their_straightest_frames_lack() -> None:
    clips = [_clip(0.3, 0.2, 1.0), _clip(0.9, 0.9, 0.5), _clip(0.01, 0.8, 0.6)]
    spans = [slice(0, 100), slice(100, 200), slice(200, 300)]
    missing = missing_extension(np.concatenate(clips), spans, ["a", "a", "b"])
    np.testing.assert_allclose(missing[0], np.array([0.3, 0.2]) - STRAIGHT, atol=1e-6)
    np.testing.assert_array_equal(missing[0], missing[1])  # a clip that is bent throughout has its subject's knees
    assert missing[2, 0] < 0.05
    assert missing[2, 1] == np.radians(25.0)
