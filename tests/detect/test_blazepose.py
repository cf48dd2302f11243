"""BlazePose on footage, and its rules for several people on made-up poses."""

import json
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from vidmotion.detect.base import Detection
from vidmotion.detect.blazepose import BlazePose, distinct, windows
from vidmotion.detect.blazepose_networks import Pose, Region, Tile

SHAPE = np.random.default_rng(0).uniform(-50, 50, (33, 2))


def pictures(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def pose(x: float, y: float, presence: float = 0.9, visibility: float = 0.9) -> Pose:
    return Pose(SHAPE + np.array([x, y]), np.full(33, visibility), presence, Region(x, y, 200, 0))


def test_detection_checks_its_shapes() -> None:
    with pytest.raises(ValueError, match=r"Detection.xy: wanted shape \(33, 2\), received \(32, 2\)"):
        Detection(np.zeros((32, 2)), np.zeros(33), np.zeros(4))


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        ((500, 500), [Tile(0, 0, 500)]),
        ((550, 500), [Tile(0, -25, 550)]),
        ((1920, 1080), [Tile(0, -420, 1920), Tile(0, 0, 1080), Tile(840, 0, 1080)]),
        ((720, 1280), [Tile(-280, 0, 1280), Tile(0, 0, 720), Tile(0, 560, 720)]),
    ],
)
def test_windows(size: tuple[int, int], tiles: list[Tile]) -> None:
    assert windows(*size) == tiles


def test_the_surer_of_two_poses_of_one_person_stays() -> None:
    weak, strong, other = pose(100, 100, 0.7), pose(104, 100, 0.9), pose(400, 100, 0.6)
    assert distinct([weak, strong, other]) == [strong, other]


class Stage:
    """Stands in for both networks: people at given places, found only where a window shows them."""

    def __init__(self) -> None:
        self.people: list[Pose] = []
        self.looks: list[list[Tile]] = []

    def find(self, rgb: np.ndarray, tiles: list[Tile]) -> list[Region]:
        self.looks.append(tiles)
        return [person.region for person in self.people] if tiles else []

    def read(self, rgb: np.ndarray, region: Region) -> Pose:
        def distance(person: Pose) -> float:
            return float(np.hypot(person.region.x - region.x, person.region.y - region.y))

        nearest = min(self.people, key=distance, default=None)
        return nearest if nearest is not None and distance(nearest) < 60 else pose(region.x, region.y, 0.01)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def acted(stage: Stage) -> BlazePose:
    """A detector that sees the stage."""
    detector = BlazePose.__new__(BlazePose)
    detector.name, detector.licence = "blazepose", "free"
    detector._people, detector._landmarks, detector._max_people = stage, stage, 3  # type: ignore[assignment]
    detector.reset()
    return detector


BLACK = np.zeros((500, 900, 3), np.uint8)


def test_looks_rarely_while_nobody_is_missing(acted: BlazePose, stage: Stage) -> None:
    stage.people = [pose(200, 200)]
    for index in range(11):
        assert len(acted.detect(BLACK, index)) == 1
    assert [len(tiles) for tiles in stage.looks] == [3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    assert stage.looks[5] != stage.looks[10]


def test_looks_at_once_and_nearby_for_the_lost(acted: BlazePose, stage: Stage) -> None:
    stage.people = [pose(200, 200), pose(600, 200)]
    acted.detect(BLACK, 0)
    stage.people = stage.people[:1]
    assert len(acted.detect(BLACK, 1)) == 1
    assert [len(tiles) for tiles in stage.looks] == [3, 4]
    acted.detect(BLACK, 2)
    (near,) = stage.looks[2]
    assert near.x < 500 < near.x + near.side < 900
    stage.people.append(pose(620, 200))
    assert len(acted.detect(BLACK, 3)) == 2
    acted.detect(BLACK, 4)
    assert stage.looks[4] == []


def test_gives_up_the_lost(acted: BlazePose, stage: Stage) -> None:
    stage.people = [pose(200, 200), pose(600, 200)]
    acted.detect(BLACK, 0)
    stage.people = stage.people[:1]
    for index in range(1, 60):
        acted.detect(BLACK, index)
    assert stage.looks[-1] == []


def test_no_more_people_than_wanted(acted: BlazePose, stage: Stage) -> None:
    stage.people = [pose(150 * place, 200) for place in range(1, 6)]
    assert [len(acted.detect(BLACK, index)) for index in range(3)] == [3, 3, 3]
    assert stage.looks[1:] == [[], []]


def test_doubtful_newcomers_are_not_believed_in(acted: BlazePose, stage: Stage) -> None:
    stage.people = [pose(200, 200, visibility=0.4), pose(600, 200, presence=0.4)]
    assert acted.detect(BLACK, 0) == []


def test_a_drifted_region_is_put_right(acted: BlazePose, stage: Stage) -> None:
    """The person network sees the same place turned upside down, and the landmarks there are surer."""
    stage.people = [pose(200, 200, 0.6)]
    acted.detect(BLACK, 0)
    upright = pose(200, 200, 0.95)
    turned = Region(200, 200, 200, np.pi)
    stage.find = lambda rgb, tiles: [turned] if tiles else []  # type: ignore[method-assign]
    followed = stage.read
    stage.read = lambda rgb, region: upright if region == turned else followed(rgb, region)  # type: ignore
    (detection,) = acted.detect(BLACK, 5)
    assert detection.score[0] == pytest.approx(0.95 * 0.9)


def test_scores_and_boxes(acted: BlazePose, stage: Stage) -> None:
    stage.people = [pose(20, 200)]
    (detection,) = acted.detect(BLACK, 0)
    assert detection.score.tolist() == pytest.approx([0.81] * 33)
    xy = SHAPE + np.array([20, 200])
    assert detection.box.tolist() == pytest.approx([0, xy[:, 1].min(), xy[:, 0].max(), xy[:, 1].max()])


def test_reset_forgets(acted: BlazePose, stage: Stage) -> None:
    stage.people = [pose(200, 200)]
    acted.detect(BLACK, 3)
    acted.reset()
    acted.detect(BLACK, 3)
    assert [len(tiles) for tiles in stage.looks] == [3, 3]


def test_like_the_reference_on_squats(detector: BlazePose, shared: Path) -> None:
    """Mean 7.1 pixels from the reference in a picture of 720x1280; its own authors allow 31."""
    wanted = np.array(json.loads((shared / "videos/tfjs_pose_squats.full.json").read_text()))[:, :, :2]
    found = []
    for index, rgb in enumerate(pictures(shared / "videos/tfjs_pose_squats.mp4")):
        (detection,) = detector.detect(rgb, index)
        found.append(detection.xy)
    error = np.linalg.norm(np.array(found) - wanted, axis=-1)
    assert error.shape == (65, 33)
    assert error.mean() < 8
    assert np.percentile(error, 95) < 19


def test_small_people_in_a_wide_picture(detector: BlazePose, shared: Path) -> None:
    """The walker enters behind a tree, a tenth of the picture wide: seen in a window, not in the whole."""
    for index, rgb in enumerate(pictures(shared / "videos/sports2d_demo.mp4")):
        people = detector.detect(rgb, index) if index >= 45 else []
        if index == 50:
            break
    assert len(people) == 2


def test_nobody_in_an_empty_room(detector: BlazePose) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    assert [detector.detect(noise, index) for index in range(6)] == [[]] * 6
