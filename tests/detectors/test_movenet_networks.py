"""The arithmetic around MoveNet's networks, on outputs made by hand."""

from pathlib import Path

import numpy as np
import pytest

from vidmotion import weights
from vidmotion.detectors import movenet_networks
from vidmotion.detectors.litert import Network
from vidmotion.detectors.movenet_networks import (
    Crop,
    MultiPoseNetwork,
    ThunderNetwork,
    decode_people,
    decode_points,
    input_size,
)
from vidmotion.errors import WeightsError

UPRIGHT = np.array([
    (100, 40), (103, 37), (97, 37), (107, 40), (93, 40), (115, 60), (85, 60), (120, 85), (80, 85), (120, 110),
    (80, 110), (110, 110), (90, 110), (110, 150), (90, 150), (110, 190), (90, 190),
], float)  # fmt: skip
"""COCO's points of somebody who stands, 153 pixels from eyes to ankles."""
SURE = np.ones(17)


def turned(xy: np.ndarray, angle: float) -> np.ndarray:
    """Points turned clockwise in the picture around (100, 100)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return (xy - 100) @ np.array([[cosine, sine], [-sine, cosine]]) + 100


def apply(to_picture: np.ndarray, xy: np.ndarray) -> np.ndarray:
    return np.asarray(xy @ to_picture[:, :2].T + to_picture[:, 2])


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (1280, 720, (288, 512)),
        (7680, 4320, (288, 512)),
        (720, 1280, (512, 288)),
        (640, 480, (320, 448)),
        (500, 500, (384, 384)),
        (1, 1, (384, 384)),
        (4000, 1000, (192, 768)),
        (9999, 1, (192, 768)),
        (1, 9999, (768, 192)),
    ],
)
def test_input_size(width: int, height: int, size: tuple[int, int]) -> None:
    assert input_size(width, height) == size


def test_crop_around_somebody_upright() -> None:
    crop = Crop.around(UPRIGHT, SURE)
    assert (crop.x, crop.y, crop.angle) == pytest.approx((100, 113.5, 0))
    assert crop.side == pytest.approx(1.33 * 153)


@pytest.mark.parametrize("angle", np.linspace(-3, 3, 7))
def test_crop_turns_with_the_person(angle: float) -> None:
    """The same crop, turned: the points lie at the same places in it."""
    upright, other = Crop.around(UPRIGHT, SURE), Crop.around(turned(UPRIGHT, angle), SURE)
    assert (other.side, other.angle) == pytest.approx((upright.side, angle))
    inside = (UPRIGHT - (upright.x, upright.y)) * 256 / upright.side + 128
    np.testing.assert_allclose(apply(other.to_picture(), inside), turned(UPRIGHT, angle), atol=1e-3)


@pytest.mark.parametrize("angle", [0.0, 1.0, np.pi])
def test_crop_is_a_square_around_its_center(angle: float) -> None:
    to_picture = Crop(50, 70, 80, angle).to_picture()
    top_left, top_right, center = apply(to_picture, np.array([(0, 0), (256, 0), (128, 128)]))
    np.testing.assert_allclose(center, (50, 70), atol=1e-4)
    np.testing.assert_allclose(top_right - top_left, 80 * np.array([np.cos(angle), np.sin(angle)]), atol=1e-4)


def test_crop_ignores_uncertain_points_if_enough_are_left() -> None:
    score = SURE.copy()
    score[15:] = 0.1
    crop = Crop.around(UPRIGHT, score)
    assert (crop.y, crop.side) == pytest.approx((93.5, 1.33 * 113))
    assert Crop.around(UPRIGHT, np.where(np.arange(17) < 3, 1.0, 0.1)) == Crop.around(UPRIGHT, SURE)


def test_crop_of_one_place() -> None:
    assert Crop.around(np.full((17, 2), 30.0), SURE) == Crop(30, 30, 8, 0)


class Outputs:
    """MultiPose's outputs, to which people are added."""

    def __init__(self, height: int = 24, width: int = 32) -> None:
        self.center, self.heatmaps = np.full((height, width, 1), -30.0), np.full((height, width, 17), -30.0)
        self.regression, self.offsets = np.zeros((height, width, 34)), np.zeros((height, width, 34))
        self.size, self.shift = np.zeros((height, width, 2)), np.zeros((height, width, 2))

    def add(self, x: int, y: int, points: np.ndarray, logit: float = 2.0) -> None:
        """Somebody whose center is in the cell (x, y); points (17, 2) are cells, x and y."""
        self.center[y, x] = logit
        cells = np.floor(points).astype(int)
        self.regression[y, x] = (cells - (x, y))[:, ::-1].ravel()
        self.size[y, x] = 2 * np.abs(cells[:, ::-1] - (y, x)).max(0) + 2
        for point, (column, row) in enumerate(cells):
            self.heatmaps[row, column, point] = 3.0
            self.offsets[row, column, 2 * point : 2 * point + 2] = (points[point] - cells[point])[::-1]

    def all(self) -> list[np.ndarray]:
        return [self.center, self.heatmaps, self.regression, self.offsets, self.size, self.shift]


def logistic(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def around(x: float, y: float) -> np.ndarray:
    """Seventeen points in different cells around a cell."""
    return np.stack([x + np.arange(17) % 5 - 2, y + np.arange(17) // 5 - 2], 1) + np.array([0.25, 0.5])


def test_people_are_decoded() -> None:
    outputs = Outputs()
    outputs.add(8, 10, around(8, 10), 1.0)
    outputs.add(22, 12, around(22, 12), 2.0)
    first, second = decode_people(outputs.all())
    np.testing.assert_allclose(first.xy, around(22, 12))
    np.testing.assert_allclose(second.xy, around(8, 10))
    np.testing.assert_allclose(first.score, np.full(17, logistic(3)))
    assert first.confidence == pytest.approx(logistic(2) * logistic(3))
    assert second.confidence == pytest.approx(logistic(1) * logistic(3))


def test_only_peaks_of_the_center_are_people() -> None:
    outputs = Outputs()
    outputs.add(8, 10, around(8, 10))
    for x, y in ((7, 10), (9, 11), (8, 9)):
        outputs.center[y, x] = 1.9
        outputs.size[y, x] = 4
    (only,) = decode_people(outputs.all())
    np.testing.assert_allclose(only.xy, around(8, 10))


def test_a_heatmap_counts_inside_the_box_and_near_the_expected_place() -> None:
    outputs = Outputs()
    outputs.add(8, 10, around(8, 10))
    outputs.heatmaps[10, 25] = 9.0  # of somebody else
    outputs.heatmaps[8, 9, 0] = 3.1  # somewhat higher than the point's own, but three cells away
    (only,) = decode_people(outputs.all())
    np.testing.assert_allclose(only.xy, around(8, 10))


def test_unsure_centers_and_boxes_without_area_are_nobody() -> None:
    outputs = Outputs()
    outputs.add(8, 10, around(8, 10), logit=-2.1)  # 0.109
    outputs.add(22, 12, around(22, 12))
    outputs.size[12, 22] = -5
    assert decode_people(outputs.all()) == []
    assert decode_people(Outputs(1, 1).all()) == []


def test_no_more_people_than_the_network_finds() -> None:
    outputs = Outputs(40, 40)
    for x in range(4, 40, 6):
        for y in range(4, 40, 6):
            outputs.add(x, y, around(x, y), logit=x / 10 + y / 100)
    people = decode_people(outputs.all())
    assert len(people) == 20
    np.testing.assert_allclose(people[0].xy, around(34, 34))


def test_points_are_decoded_near_where_they_are_expected() -> None:
    heatmaps, offsets = np.zeros((16, 16, 17)), np.zeros((16, 16, 34))
    heatmaps[3, 5], heatmaps[12, 10] = 0.6, 0.9
    offsets[3, 5, 0::2], offsets[3, 5, 1::2] = 0.25, -0.5  # y, x
    offsets[12, 10] = 0.125
    expected = np.tile((5.0, 3.0), (17, 1))
    expected[7] = (10, 12)
    xy, score = decode_points(heatmaps, offsets, expected)
    wanted, scores = np.tile((4.5, 3.25), (17, 1)), np.full(17, 0.6)
    wanted[7], scores[7] = (10.125, 12.125), 0.9
    np.testing.assert_allclose(xy, wanted)
    np.testing.assert_allclose(score, scores)


class FakeNetwork:
    """Returns given outputs and keeps the picture."""

    def __init__(self, outputs: list[np.ndarray]) -> None:
        self.outputs = outputs
        self.picture = np.zeros(0)

    def run(self, picture: np.ndarray) -> list[np.ndarray]:
        self.picture = picture
        return [output[None] for output in self.outputs]


def multipose(outputs: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> tuple[MultiPoseNetwork, FakeNetwork]:
    """MultiPose with these outputs, whatever the picture's shape."""
    monkeypatch.setattr(movenet_networks, "resized_model", lambda path, height, width: b"")
    network, fake = MultiPoseNetwork(Path("multipose"), 1), FakeNetwork(outputs)
    monkeypatch.setattr(network, "_network", lambda height, width: fake)
    return network, fake


@pytest.mark.parametrize(("size", "scale"), [((1024, 576), 2.0), ((512, 288), 1.0), ((256, 144), 0.5)])
def test_people_are_in_pixels_of_the_picture(
    size: tuple[int, int], scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = Outputs(72, 128)
    outputs.add(60, 30, around(60, 30))
    network, _ = multipose(outputs.all(), monkeypatch)
    (only,) = network.find(np.zeros((size[1], size[0], 3), np.uint8))
    np.testing.assert_allclose(only.xy, around(60, 30) * 4 * scale)


@pytest.mark.parametrize(
    ("size", "covered"), [((1000, 100), (77, 768)), ((100, 1000), (768, 77)), ((1, 1), (384, 384))]
)
def test_a_narrow_picture_gets_black_bars(
    size: tuple[int, int], covered: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, fake = multipose(Outputs(8, 8).all(), monkeypatch)
    assert network.find(np.full((size[1], size[0], 3), 200, np.uint8)) == []
    wanted = np.zeros((*input_size(*size), 3))
    wanted[: covered[0], : covered[1]] = 200
    np.testing.assert_array_equal(fake.picture, wanted)


def test_only_the_network_of_the_last_shape_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[bytes] = []

    def load(path: Path, threads: int, content: bytes) -> FakeNetwork:
        loaded.append(content)
        return FakeNetwork(Outputs(8, 8).all())

    monkeypatch.setattr(movenet_networks, "resized_model", lambda path, height, width: b"%d %d" % (height, width))
    monkeypatch.setattr(movenet_networks, "Network", load)
    network = MultiPoseNetwork(Path("multipose"), 1)
    for width in (512, 1024, 288, 288):
        network.find(np.zeros((288, width, 3), np.uint8))
    assert loaded == [b"288 512", b"192 736", b"384 384"]
    assert len(network._networks) == 1


def thunder(heatmaps: np.ndarray) -> ThunderNetwork:
    network = ThunderNetwork.__new__(ThunderNetwork)
    empty = np.zeros((64, 64, 1))
    network._network = FakeNetwork([empty, heatmaps, empty, np.zeros((64, 64, 34))])  # type: ignore[assignment]
    return network


@pytest.mark.parametrize("angle", [0.0, 2.0])
def test_thunder_reads_points_in_pixels_of_the_picture(angle: float) -> None:
    xy = turned(UPRIGHT, angle)
    crop = Crop.around(xy, SURE)
    to_picture = crop.to_picture()
    cells = np.rint((xy - to_picture[:, 2]) @ np.linalg.inv(to_picture[:, :2]).T / 4).astype(int)
    heatmaps = np.full((64, 64, 17), -30.0)
    for point, (column, row) in enumerate(cells):
        heatmaps[row, column, point] = 2.0
    found = thunder(heatmaps).read(np.zeros((200, 200, 3), np.uint8), crop, xy)
    np.testing.assert_allclose(found.xy, apply(to_picture, cells * 4), atol=1e-9)
    np.testing.assert_allclose(found.score, np.full(17, logistic(2)))


@pytest.mark.parametrize("crop", [Crop(900, 500, 1400, 0.4), Crop(1500, 60, 800, 3.0), Crop(1000, 500, 300, 0)])
def test_thunder_sees_the_crop_turned(crop: Crop) -> None:
    """Of a picture whose colors are places, large crops are smoothed, small ones are not: places stay right."""
    x, y = np.meshgrid(np.linspace(0, 250, 1600), np.linspace(0, 250, 1000))
    picture = np.stack([x, y, np.full_like(x, 100)], -1).astype(np.uint8)
    network = thunder(np.zeros((64, 64, 17)))
    network.read(picture, crop, np.zeros((17, 2)))
    seen = network._network.picture  # type: ignore[attr-defined]
    rows, columns = np.mgrid[8:256:16, 8:256:16]
    places = apply(crop.to_picture(), np.stack([columns.ravel(), rows.ravel()], 1))
    inside = ((places > 10) & (places < (1589, 989))).all(1)
    assert inside.sum() > 50
    wanted = places * (250 / 1599, 250 / 999)
    np.testing.assert_allclose(seen[rows.ravel(), columns.ravel(), :2][inside], wanted[inside], atol=2)


@pytest.mark.parametrize("size", [(1, 1), (300, 1), (1, 300)])
def test_thunder_beside_a_tiny_picture(size: tuple[int, int]) -> None:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    found = thunder(np.zeros((64, 64, 17))).read(picture, Crop(5000, 5000, 900, 1.0), np.full((17, 2), 5000.0))
    assert found.xy.shape == (17, 2)


def test_damaged_networks(movenet_files: weights.DetectorFiles, tmp_path: Path) -> None:
    """A file of MultiPose that is damaged is refused before the first frame."""
    bad = tmp_path / "bad.tflite"
    for content in (b"", movenet_files.multipose.read_bytes()[:100_000]):
        bad.write_bytes(content)
        for network in (MultiPoseNetwork, ThunderNetwork):
            with pytest.raises(WeightsError, match=r"bad\.tflite"):
                network(bad, 1)
    bad.unlink()
    with pytest.raises(WeightsError, match=r"bad\.tflite"):
        MultiPoseNetwork(bad, 1)


def test_nobody_in_a_constant_picture(movenet_files: weights.DetectorFiles) -> None:
    grey = np.full((120, 200, 3), 128, np.uint8)
    assert MultiPoseNetwork(movenet_files.multipose, 2).find(grey) == []
    found = ThunderNetwork(movenet_files.thunder, 2).read(grey, Crop(100, 60, 120, 0), np.full((17, 2), 60.0))
    assert found.xy.shape == (17, 2)
    assert found.score.max() < 0.3


def test_own_size_and_file_agree(movenet_files: weights.DetectorFiles) -> None:
    """The network that is prepared for a shape is the file's own where the shape is the file's."""
    picture = np.random.default_rng(0).uniform(0, 255, (256, 256, 3)).astype(np.float32)
    prepared = MultiPoseNetwork(movenet_files.multipose, 1)._network(256, 256)
    for one, other in zip(prepared.run(picture), Network(movenet_files.multipose, 1).run(picture), strict=True):
        np.testing.assert_array_equal(one, other)
