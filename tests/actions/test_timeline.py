"""Features over time become probabilities and segments."""

import itertools

import numpy as np
import torch

from vidmotion.actions.timeline import HOP, WINDOW, best_path, timeline, window_means
from vidmotion.model.dstformer import DSTformerConfig
from vidmotion.model.heads import ActionHead, HeadConfig
from vidmotion.types import UNKNOWN, Keypoints2D, Track

ENCODER = DSTformerConfig(8, 4, 1, 2, 2.0, 17, 243)


def head(temperature: float = 1.0) -> ActionHead:
    """Feature 0 is the logit of "sit" and feature 1 that of "walk"."""
    config = HeadConfig("action", 2, classes=("sit", "walk"), temperature=temperature)
    made = ActionHead(ENCODER, config).eval()
    with torch.no_grad():
        made.fc2.weight.copy_(torch.eye(2))
        made.fc2.bias.zero_()
    return made


def track(frames: np.ndarray, rate: float = 30.0) -> Track:
    count = len(frames)
    points = Keypoints2D(np.zeros((count, 17, 2)), np.ones((count, 17)), "h36m17")
    return Track(0, frames, frames / rate, np.zeros((count, 4)), points, np.ones(count, bool))


def doing(*parts: tuple[int, float, float]) -> np.ndarray:
    """(T, 2, 2) features, the same in both passes, of (frames, feature 0, feature 1)."""
    rows = [[[sit, walk]] * 2 for frames, sit, walk in parts for _ in range(frames)]
    return np.array(rows, np.float32)


def test_windows_are_means_of_the_frames_in_them() -> None:
    times = np.sort(np.random.default_rng(0).uniform(0, 10, 300))
    values = np.random.default_rng(1).normal(size=(300, 2, 5)).astype(np.float32)
    centers, means = window_means(values, times)
    assert np.diff(centers).max() <= HOP + 1e-9
    for center, mean in zip(centers, means, strict=True):
        inside = np.abs(times - center) <= WINDOW / 2 + 1e-9
        np.testing.assert_allclose(mean, values[inside].mean(0), atol=1e-5)
    assert centers[0] - WINDOW / 2 == times[0]
    np.testing.assert_allclose(centers[-1] + WINDOW / 2, times[-1])


def test_a_pause_in_the_video_is_in_no_window() -> None:
    """Frame numbers run on, times jump by eight seconds."""
    times = np.r_[np.arange(90) / 30, 11 + np.arange(90) / 30]
    centers, means = window_means(np.ones((180, 2, 3)), times)
    assert np.isfinite(means).all()
    assert len(centers) == len(means)
    assert not ((centers > 3 + WINDOW / 2) & (centers < 11 - WINDOW / 2)).any()


def test_a_short_run_is_one_window() -> None:
    centers, means = window_means(np.ones((10, 2, 3)), np.arange(10) / 30)
    assert (centers.shape, means.shape) == ((1,), (1, 2, 3))
    assert window_means(np.ones((1, 2, 3)), np.array([4.0]))[0] == [4.0]


def test_the_best_path_is_that_of_all_paths() -> None:
    rng = np.random.default_rng(2)
    for switch in (0.0, 0.5, 3.0):
        evidence = rng.normal(size=(6, 3))
        worth = {
            path: sum(evidence[i, s] for i, s in enumerate(path))
            - switch * sum(a != b for a, b in itertools.pairwise(path))
            for path in itertools.product(range(3), repeat=6)
        }
        assert tuple(best_path(evidence, switch)) == max(worth, key=lambda path: worth[path])


def test_segments_follow_what_is_done() -> None:
    features = doing((300, 8, 0), (300, 0, 8))
    found = timeline(head(), features, track(np.arange(600)))
    assert [one.label for one in found.segments] == ["sit", "walk"]
    first, second = found.segments
    assert (first.start, second.end) == (0.0, 599 / 30)
    assert first.end == second.start
    assert abs(first.end - 10) < 2 * HOP
    assert min(first.score, second.score) > 0.9
    np.testing.assert_allclose(found.probabilities.sum(1), 1, atol=1e-6)


def test_a_blink_is_no_segment() -> None:
    """A third of a second in ten."""
    found = timeline(head(), doing((150, 4, 0), (10, 0, 4), (150, 4, 0)), track(np.arange(310)))
    assert [one.label for one in found.segments] == ["sit"]


def test_what_fits_nothing_is_unknown() -> None:
    """Three classes of which the third never occurs; the highest probability is 0.96, then 0.39."""
    config = HeadConfig("action", 3, classes=("sit", "walk", "run"))
    three = ActionHead(ENCODER, config).eval()
    with torch.no_grad():
        three.fc2.weight.copy_(torch.eye(3))
        three.fc2.bias.zero_()
    features = np.concatenate([doing((300, 4, 0), (300, 0.3, 0.1)), np.zeros((600, 2, 1), np.float32)], -1)
    found = timeline(three, features, track(np.arange(600))).segments
    assert [one.label for one in found] == ["sit", UNKNOWN]
    assert 0.55 < found[1].score < 0.7


def test_gaps_are_in_no_segment() -> None:
    frames = np.r_[0:90, 300:390]
    found = timeline(head(), doing((180, 8, 0)), track(frames))
    spans = [(round(one.start, 3), round(one.end, 3)) for one in found.segments]
    assert spans == [(0.0, round(89 / 30, 3)), (10.0, round(389 / 30, 3))]


def test_the_temperature_divides_logits() -> None:
    cold, warm = (
        timeline(head(value), doing((90, 3, 1)), track(np.arange(90))).probabilities[0] for value in (1.0, 2.0)
    )
    np.testing.assert_allclose(np.log(cold[0] / cold[1]), 2 * np.log(warm[0] / warm[1]), rtol=1e-4)
