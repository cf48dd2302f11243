"""Figures, their intervals, and what is measured, against cases worked out by hand."""

import math

import pytest
import torch

from vidmotion.evaluate.action import WindowPrediction, measure_accuracy, one_shot, precision
from vidmotion.evaluate.bootstrap import mean_estimate
from vidmotion.evaluate.metrics import acceleration_error, auc, joint_errors, pck, rotation_errors
from vidmotion.evaluate.report import ClipErrors, reduce
from vidmotion.geometry.rotations_torch import axis_angle_to_matrix


def test_means_count_frames_and_intervals_count_clips() -> None:
    found = mean_estimate(torch.tensor([10.0, 0.0]), torch.tensor([1.0, 9.0]))
    assert (found.value, found.low, found.high) == (1.0, 0.0, 10.0)
    rng = torch.Generator().manual_seed(1)
    values = torch.randn(400, generator=rng) + 5
    found = mean_estimate(values, torch.ones(400))
    half = 1.96 * float(values.std()) / math.sqrt(400)  # the normal approximation
    assert found.low == pytest.approx(float(values.mean()) - half, abs=0.02)
    assert found.high == pytest.approx(float(values.mean()) + half, abs=0.02)


def test_reports_name_joints_and_classes() -> None:
    def errors(clip: int, label: str, size: float, frames: int) -> ClipErrors:
        return ClipErrors(clip, label, {"mpjpe": torch.full((frames,), size)}, torch.tensor([[size, 0.0]] * frames))

    report = reduce([errors(0, "walk", 10, 3), errors(0, "walk", 20, 1), errors(1, "", 40, 4)], ("a", "b"))
    assert (report.total.clips, report.total.frames) == (2, 8)
    assert report.total.figures["mpjpe"].value == pytest.approx((30 + 20 + 160) / 8)
    assert report.joints == {"a": pytest.approx(26.25), "b": 0.0}
    assert report.classes["walk"].figures["mpjpe"].value == pytest.approx(12.5)
    assert report.classes["unknown"].clips == 1


def test_accelerations_are_second_differences() -> None:
    truth = torch.zeros(6, 17, 3)
    predicted = truth.clone()
    predicted[:, 1:, 0] = 0.5 * 0.02 * torch.arange(6)[:, None] ** 2
    assert acceleration_error(predicted, truth).tolist() == pytest.approx([0.02 * 16 / 17] * 4, rel=1e-4)


def test_share_within_reach() -> None:
    predicted = torch.zeros(1, 4, 3)
    predicted[0, :, 0] = torch.tensor([0.0, 0.1, 0.149, 0.151])
    errors = joint_errors(predicted, torch.zeros(1, 4, 3))
    assert pck(errors).item() == 0.75
    # Of 31 reaches, 30 are above 0, 10 above 0.1, 1 above 0.149 and none above 0.151.
    assert auc(errors).item() == pytest.approx((30 + 10 + 1) / 31 / 4, abs=0.01)


def test_angles_between_rotations() -> None:
    angles = torch.tensor([0.0, 1e-4, 0.5, 3.0, math.pi])
    rotations = axis_angle_to_matrix(angles[:, None] * torch.tensor([0.0, 0.6, 0.8]))
    start = axis_angle_to_matrix(torch.tensor([0.3, -1.0, 2.0]))
    torch.testing.assert_close(rotation_errors(start @ rotations, start.expand(5, 3, 3)), angles, atol=1e-3, rtol=0)


def prediction(
    clip: str, subject: str, label: str, probabilities: list[float], embedding: list[float]
) -> WindowPrediction:
    return WindowPrediction(clip, subject, label, torch.tensor(probabilities), torch.tensor(embedding))


def test_accuracy_is_by_window_and_by_clip() -> None:
    predictions = [
        prediction("a", "1", "run", [0.9, 0.1], [1, 0]),
        prediction("a", "1", "run", [0.4, 0.6], [1, 0]),
        prediction("b", "1", "walk", [0.3, 0.7], [0, 1]),
        prediction("c", "1", "swim", [0.3, 0.7], [0, 1]),
    ]
    report = measure_accuracy(predictions, ("run", "walk"))
    assert report.windows.value == pytest.approx(2 / 3)
    assert report.clips.value == 1.0  # the two windows of clip a are run on average
    assert report.classes == {"run": 0.5, "walk": 1.0}
    assert report.confusion == {"run": {"run": 1, "walk": 1}, "walk": {"walk": 1}}
    assert report.left_out == 1


def test_one_example_finds_its_class_in_other_subjects() -> None:
    """Of run, the other subject's clip points away from the query, and its own subject's clip lies right beside it."""
    predictions = [
        prediction("a", "1", "run", [1], [1, 0]),
        prediction("b", "1", "run", [1], [1, 0]),
        prediction("c", "2", "run", [1], [-1, 0]),
        prediction("d", "1", "walk", [1], [0, 1]),
        prediction("e", "2", "walk", [1], [0, 1]),
    ]
    found = one_shot(predictions, ("run", "walk"), ways=2, episodes=400)
    # walk is always found; run never, as its example is of another subject.
    assert found.value == pytest.approx(0.5, abs=0.08)
    with pytest.raises(ValueError, match="wanted 5 classes with two clips, received 2"):
        one_shot(predictions, ("run", "walk"))


def test_precision_counts_the_nearest_of_other_clips() -> None:
    """Walks lie on one axis and runs on the other, but one run is taken for a walk."""

    def prediction(clip: int, label: str, embedding: list[float]) -> WindowPrediction:
        return WindowPrediction(str(clip), str(clip), label, None, torch.tensor(embedding))

    walks = [prediction(number, "walk", [1.0, 0.0]) for number in range(3)]
    runs = [prediction(number, "run", [0.0, 1.0]) for number in range(3, 6)] + [prediction(9, "run", [0.9, 0.436])]
    assert precision(walks + runs, ("walk", "run"), 2).value == pytest.approx((3 * 1.0 + 3 * 1.0 + 0.0) / 7)
    assert precision(walks, ("walk",), 2).value == 1.0
    assert math.isnan(precision(walks, ("walk",), 3).value)  # no class has three others


def test_more_examples_find_more() -> None:
    """Each class has two forms: with one example, the other form lies as near to another class."""

    def prediction(clip: int, label: str, embedding: list[float]) -> WindowPrediction:
        return WindowPrediction(str(clip), str(clip), label, None, torch.tensor(embedding))

    forms = {"walk": ([1.0, 0, 0, 0], [0, 1.0, 0, 0]), "run": ([0.1, 0.1, 1.0, 0], [0.1, 0.1, 0, 1.0])}
    predictions = [
        prediction(10 * number + clip, label, forms[label][clip % 2])
        for number, label in enumerate(forms)
        for clip in range(8)
    ]
    one, many = (one_shot(predictions, ("walk", "run"), 2, shots=shots).value for shots in (1, 5))
    assert one < 0.9
    assert many > 0.95
