"""BlazePose on videos, and its rules for several people on made-up poses."""

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vidmotion.detectors.base import Detection
from vidmotion.detectors.blazepose import BlazePose, distinct, windows
from vidmotion.detectors.blazepose_networks import Pose, Region, Tile

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
        ((600, 300), [Tile(0, -150, 600), Tile(0, 0, 300), Tile(300, 0, 300)]),
        ((900, 300), [Tile(0, -300, 900), *(Tile(x, 0, 300) for x in (0, 200, 400, 600))]),
        ((200, 500), [Tile(-150, 0, 500), *(Tile(0, y, 200) for y in (0, 100, 200, 300))]),
        ((100, 900), [Tile(-400, 0, 900), Tile(0, 0, 100), Tile(0, 800, 100)]),
    ],
)
def test_windows_from_afar(size: tuple[int, int], tiles: list[Tile]) -> None:
    assert windows(*size)[0] == tiles


@pytest.mark.parametrize(
    ("size", "counts"),
    [((300, 300), []), ((390, 244), []), ((576, 576), [9]), ((1920, 1080), [15, 66])],
)
def test_windows_close_up_cover_the_picture(size: tuple[int, int], counts: list[int]) -> None:
    _, *close = windows(*size)
    assert [len(tiles) for tiles in close] == counts
    for tiles in close:
        seen = np.zeros(size, int)
        for tile in tiles:
            assert min(tile.x, tile.y) >= 0
            (left, top), side = (math.floor(tile.x), math.floor(tile.y)), math.ceil(tile.side)
            seen[left : left + side + 1, top : top + side + 1] += 1
        assert seen.shape == size
        assert (seen > 0).all()


def test_the_better_of_two_poses_of_one_person_stays() -> None:
    weak, strong, other = pose(100, 100, 0.7), pose(104, 100, 0.9), pose(400, 100, 0.6)
    assert distinct([weak, strong, other]) == [strong, other]


class FakeNetworks:
    """Replaces both networks: people at given places, found where a window shows them."""

    def __init__(self) -> None:
        self.people: list[Pose] = []
        self.searches: list[list[Tile]] = []

    def find(self, rgb: np.ndarray, tiles: list[Tile]) -> list[Region]:
        self.searches.append(tiles)
        return [person.region for person in self.people] if tiles else []

    def read(self, rgb: np.ndarray, region: Region) -> Pose:
        def distance(person: Pose) -> float:
            return float(np.hypot(person.region.x - region.x, person.region.y - region.y))

        nearest = min(self.people, key=distance, default=None)
        return nearest if nearest is not None and distance(nearest) < 60 else pose(region.x, region.y, 0.01)


@pytest.fixture
def networks() -> FakeNetworks:
    return FakeNetworks()


@pytest.fixture
def fake(networks: FakeNetworks) -> BlazePose:
    """A detector with these networks."""
    detector = BlazePose.__new__(BlazePose)
    detector.name, detector.licence = "blazepose", "free"
    detector._people, detector._landmarks, detector._max_people = networks, networks, 3  # type: ignore[assignment]
    detector.reset(30.0)
    return detector


BLACK = np.zeros((500, 900, 3), np.uint8)


def searches(detector: BlazePose, networks: FakeNetworks, index: int) -> list[list[Tile]]:
    """The windows in which people are searched for in a frame."""
    networks.searches.clear()
    detector.detect(BLACK, index)
    return list(networks.searches)


def test_searches_everywhere_then_in_turn(fake: BlazePose, networks: FakeNetworks) -> None:
    networks.people = [pose(200, 200)]
    far, close = windows(900, 500)
    assert searches(fake, networks, 0) == [far, close]
    later = [searches(fake, networks, index) for index in range(1, 1 + 4 * len(close))]
    assert all(tiles == [] for tiles in later[::2])
    in_turn = [tile for [[tile]] in later[1::2]]
    assert all((one in far) != (other in far) for one, other in pairwise(in_turn))
    assert {str(tile) for tile in in_turn} == {str(tile) for tile in far + close}


def test_searches_in_every_frame_while_nobody_is_there(fake: BlazePose, networks: FakeNetworks) -> None:
    fake.detect(BLACK, 0)
    assert [[len(tiles) for tiles in searches(fake, networks, index)] for index in (1, 2, 3)] == [[1]] * 3


def test_searches_at_once_and_nearby_for_the_lost(fake: BlazePose, networks: FakeNetworks) -> None:
    networks.people = [pose(200, 200), pose(600, 200)]
    fake.detect(BLACK, 0)
    lost = networks.people.pop()
    far, _ = windows(900, 500)
    assert searches(fake, networks, 1) == [far, [Tile(475, 75, 250)]]
    ((near,),) = searches(fake, networks, 3)
    assert near == Tile(473, 73, 254)
    networks.people.append(lost)
    assert len(fake.detect(BLACK, 5)) == 2
    assert searches(fake, networks, 7) == []


def test_stops_searching_for_the_lost(fake: BlazePose, networks: FakeNetworks) -> None:
    networks.people = [pose(200, 200), pose(600, 200)]
    fake.detect(BLACK, 0)
    networks.people.pop()
    searched = [bool(searches(fake, networks, index)) for index in range(1, 99, 2)]
    assert searched == [True] * 31 + [False] * 18


@pytest.mark.parametrize(
    ("rate", "every", "search"), [(5.0, 1, 5), (29.97, 2, 30), (60.0, 4, 60), (0.2, 1, 1), (1000.0, 8, 120)]
)
def test_waits_are_in_seconds(fake: BlazePose, networks: FakeNetworks, rate: float, every: int, search: int) -> None:
    fake.reset(rate)
    networks.people = [pose(200, 200)]
    fake.detect(BLACK, 0)
    assert [bool(searches(fake, networks, index)) for index in range(1, 13)] == [i % every == 0 for i in range(1, 13)]
    networks.people = []
    fake.detect(BLACK, 13)
    assert len(fake._lost) == 1
    for index in range(14, 14 + search):
        fake.detect(BLACK, index)
    assert fake._lost == []


def test_no_more_people_than_wanted(fake: BlazePose, networks: FakeNetworks) -> None:
    networks.people = [pose(150 * place, 200) for place in range(1, 6)]
    assert len(fake.detect(BLACK, 0)) == 3
    assert searches(fake, networks, 2) == []


def test_a_part_of_a_person_is_ignored(fake: BlazePose, networks: FakeNetworks) -> None:
    whole = pose(200, 200)
    torso = Pose(SHAPE / 3 + np.array([230, 215]), np.full(33, 0.9), 0.99, Region(230, 215, 100, 0))
    networks.people = [whole]
    fake.detect(BLACK, 0)
    networks.people = [whole, torso]
    networks.people.reverse()
    assert len(fake.detect(BLACK, 2)) == 1


def test_uncertain_new_people_are_ignored(fake: BlazePose, networks: FakeNetworks) -> None:
    networks.people = [pose(200, 200, visibility=0.4), pose(600, 200, presence=0.4)]
    assert fake.detect(BLACK, 0) == []


def test_a_drifted_region_is_corrected(fake: BlazePose, networks: FakeNetworks) -> None:
    """The person network finds the same place upside down, and the landmarks there have a higher score."""
    networks.people = [pose(200, 200, 0.6)]
    fake.detect(BLACK, 0)
    upright = pose(200, 200, 0.95)
    turned = Region(200, 200, 200, np.pi)
    networks.find = lambda rgb, tiles: [turned] if tiles else []  # type: ignore[method-assign]
    followed = networks.read
    networks.read = lambda rgb, region: upright if region == turned else followed(rgb, region)  # type: ignore[method-assign]
    (detection,) = fake.detect(BLACK, 2)
    assert detection.score[0] == pytest.approx(0.95 * 0.9)


def test_scores_and_boxes(fake: BlazePose, networks: FakeNetworks) -> None:
    networks.people = [pose(20, 200)]
    (detection,) = fake.detect(BLACK, 0)
    assert detection.score.tolist() == pytest.approx([0.81] * 33)
    xy = SHAPE + np.array([20, 200])
    assert detection.box.tolist() == pytest.approx([0, xy[:, 1].min(), xy[:, 0].max(), xy[:, 1].max()])


def test_reset_forgets(fake: BlazePose, networks: FakeNetworks) -> None:
    networks.people = [pose(200, 200)]
    first = searches(fake, networks, 3)
    fake.reset(30.0)
    assert searches(fake, networks, 3) == first


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


@pytest.mark.parametrize("place", [(0, 0), (700, 400), (1750, 700)])
def test_small_people_in_a_large_picture(detector: BlazePose, shared: Path, place: tuple[int, int]) -> None:
    """Somebody 180 pixels tall in 1920x1080, whom the person network does not see in the whole picture."""
    small = cv2.resize(next(pictures(shared / "videos/tfjs_pose_squats.mp4")), (182, 324), interpolation=cv2.INTER_AREA)
    rgb = np.full((1080, 1920, 3), 120, np.uint8)
    x, y = min(place[0], 1920 - 182), place[1]
    rgb[y : y + 324, x : x + 182] = small
    (detection,) = detector.detect(rgb, 0)
    assert 140 < detection.box[3] - detection.box[1] < 230
    assert (x, y) < tuple(detection.box[:2])


def test_nobody_in_an_empty_room(detector: BlazePose) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    assert [detector.detect(noise, index) for index in range(6)] == [[]] * 6
