"""The arithmetic around BlazePose's networks, and the networks themselves on drawn pictures."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from vidmotion import weights
from vidmotion.detectors.blazepose_networks import (
    LandmarkNetwork,
    PersonNetwork,
    Region,
    Tile,
    anchors,
    merge,
    refine,
)
from vidmotion.errors import WeightsError


def test_anchors() -> None:
    centers = anchors()
    assert centers.shape == (2254, 2)
    assert centers[0].tolist() == centers[1].tolist() == pytest.approx([0.5 / 28] * 2)
    assert centers[2].tolist() == pytest.approx([1.5 / 28, 0.5 / 28])
    assert centers[2 * 28 * 28].tolist() == pytest.approx([0.5 / 14] * 2)
    assert centers[-6:].tolist() == pytest.approx(np.full((6, 2), 6.5 / 7))


@pytest.mark.parametrize(
    ("reach", "angle"), [((100, 20), 0), ((180, 100), np.pi / 2), ((100, 180), np.pi), ((20, 100), -np.pi / 2)]
)
def test_region_around_a_person(reach: tuple[float, float], angle: float) -> None:
    region = Region.around(np.array([100.0, 100.0]), np.array(reach, float))
    assert (region.x, region.y, region.side) == (100, 100, 200)
    assert region.angle == pytest.approx(angle)


def test_region_turns_the_head_up() -> None:
    """The point above the head lies straight above the middle of the crop, whatever the posture."""
    for turn in np.linspace(-3, 3, 7):
        hips = np.array([50.0, 70.0])
        reach = hips + 30 * np.array([np.sin(turn), -np.cos(turn)])
        to_picture = Region.around(hips, reach).to_picture(256)
        above = 128 - 256 / 2.5
        np.testing.assert_allclose(to_picture[:, :2] @ (128, 128) + to_picture[:, 2], hips, atol=1e-3)
        np.testing.assert_allclose(to_picture[:, :2] @ (128, above) + to_picture[:, 2], reach, atol=1e-3)


def test_merge_averages_what_overlaps() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [50, 50, 60, 60], [0, 0, 10, 8]], float)
    points = np.array([[[0.0, 0.0]], [[4.0, 4.0]], [[9.0, 9.0]], [[8.0, 0.0]]])
    people = merge(boxes, points, np.array([0.6, 0.8, 0.9, 0.6]))
    assert [person.tolist() for person in people] == [[[9, 9]], [[pytest.approx(4), pytest.approx(1.6)]]]


def test_merge_of_nothing() -> None:
    assert merge(np.zeros((0, 4)), np.zeros((0, 4, 2)), np.zeros(0)) == []


def test_refine_moves_to_the_mass_of_a_sure_heatmap() -> None:
    heatmaps = np.full((64, 64, 3), -80.0)
    heatmaps[20, 30, 0] = heatmaps[20, 32, 0] = 5.0
    heatmaps[20, 30, 1] = -1.0
    xy = np.array([[29 * 4, 21 * 4], [29 * 4, 21 * 4], [-8.0, 400.0]])
    refined = refine(xy, heatmaps)
    np.testing.assert_allclose(refined, [[31 * 4, 20 * 4], [29 * 4, 21 * 4], [-8, 400]], atol=1e-3)


def test_refine_at_the_edge() -> None:
    heatmaps = np.full((64, 64, 1), -80.0)
    heatmaps[0, 0, 0] = 5.0
    np.testing.assert_allclose(refine(np.array([[5.0, 5.0]]), heatmaps), [[0, 0]], atol=1e-3)


def test_file_that_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "bad.tflite").write_bytes(b"nothing of the kind")
    with pytest.raises(WeightsError, match="cannot be run"):
        PersonNetwork(tmp_path / "bad.tflite", threads=1)


def test_empty_picture_holds_nobody(files: weights.DetectorFiles) -> None:
    grey = np.full((120, 200, 3), 128, np.uint8)
    network = PersonNetwork(files.person, threads=2)
    assert network.find(grey, []) == []
    for x, y in itertools.product((-40, 0, 60), repeat=2):
        assert network.find(grey, [Tile(x, y, 120)]) == []
    pose = LandmarkNetwork(files.landmarks, threads=2).read(grey, Region(100, 60, 120, 0))
    assert pose.presence < 0.5
    assert pose.xy.shape == (33, 2)
