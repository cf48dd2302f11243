"""MoveNet with BlazePose beside it: its rules on made-up people, and the real networks on real and bad pictures."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vidmotion import weights
from vidmotion.detectors import movenet
from vidmotion.detectors.base import Detection
from vidmotion.detectors.blazepose_networks import Pose, Region, Tile
from vidmotion.detectors.movenet import (
    COCO,
    MoveNet,
    body_size,
    combined,
    distinct,
    kept_apart,
    landmark_region,
    moved_along,
    nearest_candidates,
    unique,
)
from vidmotion.detectors.movenet_networks import Crop, Found
from vidmotion.skeletons import convert
from vidmotion.types import Keypoints2D

BODY = np.array([
    (0, -60), (2, -63), (3, -63), (4, -63), (-2, -63), (-3, -63), (-4, -63), (7, -60), (-7, -60), (2, -56), (-2, -56),
    (15, -40), (-15, -40), (20, -15), (-20, -15), (22, 10), (-22, 10), (24, 15), (-24, 15), (22, 16), (-22, 16),
    (20, 14), (-20, 14), (10, 10), (-10, 10), (10, 50), (-10, 50), (10, 90), (-10, 90), (8, 95), (-8, 95), (14, 96),
    (-14, 96),
], float)  # fmt: skip
"""BlazePose's points of somebody who stands, 159 pixels tall, around the place (0, 0)."""


def at(x: float, y: float) -> np.ndarray:
    """The body at another place."""
    return BODY + np.array([x, y])


MIRROR = movenet._MIRROR
ARMS, LEGS = list(range(11, 23)), list(range(23, 33))
SIZE = 153.0
"""Of this body: COCO's points reach from the eyes to the ankles."""


def found(x: float, y: float, confidence: float = 0.8, scale: float = 1.0, score: float = 0.9) -> Found:
    return Found(BODY[COCO] * scale + (x, y), np.full(17, score), confidence)


def pose(xy: np.ndarray, presence: float = 0.95, visibility: float = 0.9) -> Pose:
    return Pose(xy, np.full(33, visibility), presence, Region(0, 0, 1, 0))


def person(x: float, y: float, score: float = 0.9, scale: float = 1.0) -> movenet._Person:
    one = found(x, y, scale=scale, score=score)
    return combined(one, pose(BODY * scale + (x, y)))


# --- two opinions ---


def test_size_of_a_body() -> None:
    assert body_size(BODY[COCO], np.full(17, 0.9)) == SIZE
    legs_unseen = np.where(np.isin(COCO, LEGS), 0.1, 0.9)
    assert body_size(BODY[COCO], legs_unseen) == 2.2 * 50
    assert body_size(np.zeros((17, 2)), np.zeros(17)) > 0


def test_limbs_are_averaged_where_both_agree() -> None:
    thunder, landmarks = found(100, 100), at(102, 100)
    landmarks[15] += (0, 60)  # a wrist that BlazePose sees elsewhere
    one = combined(thunder, pose(landmarks))
    wanted = at(101, 100)
    np.testing.assert_allclose(one.xy[COCO][[0, 5, 7, 11, 16]], wanted[COCO][[0, 5, 7, 11, 16]])
    np.testing.assert_allclose(one.xy[15], BODY[15] + (100, 100))
    assert one.body.score[9] == pytest.approx(0.8 * 0.9)
    assert one.body.score[[0, 5, 10]].tolist() == pytest.approx([0.9] * 3)
    # Fingers move with the wrist, toes with the ankle, the face with the nose.
    np.testing.assert_allclose(one.xy[[17, 19, 21]], landmarks[[17, 19, 21]] - (2, 60))
    np.testing.assert_allclose(one.xy[[18, 31, 32, 1, 10]], wanted[[18, 31, 32, 1, 10]])
    np.testing.assert_allclose(one.xy - one.offset, landmarks)


@pytest.mark.parametrize("groups", [ARMS, LEGS, ARMS + LEGS])
def test_exchanged_sides_of_blazepose_are_put_right(groups: list[int]) -> None:
    landmarks, visibility = at(100, 100), np.linspace(0.5, 0.9, 33)
    exchanged, exchanged_visibility = landmarks.copy(), visibility.copy()
    exchanged[groups], exchanged_visibility[groups] = landmarks[MIRROR][groups], visibility[MIRROR][groups]
    xy, seen = movenet._sides_as(found(100, 100), replace(pose(exchanged), visibility=exchanged_visibility))
    np.testing.assert_array_equal(xy, landmarks)
    np.testing.assert_array_equal(seen, visibility)
    one = combined(found(100, 100), pose(exchanged))
    np.testing.assert_allclose(one.xy, landmarks)


def test_correct_sides_are_left_alone() -> None:
    landmarks = BODY + np.array([100.0, 100.0]) + np.random.default_rng(0).normal(0, 2, (33, 2))
    xy, seen = movenet._sides_as(found(100, 100), pose(landmarks))
    np.testing.assert_array_equal(xy, landmarks)
    assert (seen == 0.9).all()


@pytest.mark.parametrize(("away", "presence"), [(400.0, 0.95), (0.0, 0.2)])
def test_landmarks_of_somebody_else_do_not_count(away: float, presence: float) -> None:
    one = combined(found(100, 100), pose(at(100 + away, 100), presence))
    np.testing.assert_allclose(one.xy[COCO], BODY[COCO] + (100, 100))
    np.testing.assert_allclose(one.body.score, np.full(17, 0.8 * 0.9))
    others = np.setdiff1d(np.arange(33), COCO)
    assert (one.score[others] == 0).all()


def test_a_point_that_only_blazepose_sees() -> None:
    thunder = found(100, 100)
    thunder.score[9] = 0.05
    landmarks = at(100, 100)
    landmarks[15] += (0, 30)
    one = combined(thunder, pose(landmarks))
    np.testing.assert_allclose(one.xy[15], landmarks[15])
    assert one.body.score[9] == pytest.approx(0.45)


def test_points_move_along_with_the_landmarks() -> None:
    before = combined(found(100, 100), pose(at(104, 100)))
    after = moved_along(before, pose(at(114, 107)))
    assert after is not None
    np.testing.assert_allclose(after.xy, before.xy + np.array([10, 7]))
    np.testing.assert_allclose(after.body.xy, before.body.xy + np.array([10, 7]))
    np.testing.assert_array_equal(after.score, before.score)
    assert (after.since_thunder, before.since_thunder) == (1, 0)


@pytest.mark.parametrize("kind", ["a limb moves", "absent", "invisible", "unsure before"])
def test_thunder_is_asked_unless_everything_moves_as_one(kind: str) -> None:
    before = person(100, 100, score=0.1 if kind == "unsure before" else 0.9)
    if kind == "unsure before":
        before = replace(before, body=replace(before.body, score=np.full(17, 0.1)))
    landmarks = at(100, 100)
    if kind == "a limb moves":
        landmarks[16] += (0, 0.1 * SIZE)
    after = pose(landmarks, 0.3 if kind == "absent" else 0.95, 0.4 if kind == "invisible" else 0.9)
    assert moved_along(before, after) is None


def test_landmark_region_of_somebody_upright_and_turned() -> None:
    xy = BODY[COCO] + (100, 100)
    region = landmark_region(xy, np.full(17, 0.9))
    reach = float(np.hypot(10, 80))  # from the hips to an ankle
    assert (region.x, region.y, region.side, region.angle) == pytest.approx((100, 110, 2.625 * reach, 0))
    turned = landmark_region(200 - xy, np.full(17, 0.9))
    assert (turned.x, turned.y, turned.side, abs(turned.angle)) == pytest.approx((100, 90, 2.625 * reach, np.pi))
    nothing = landmark_region(np.zeros((17, 2)), np.zeros(17))
    assert np.isfinite([nothing.x, nothing.y, nothing.side, nothing.angle]).all()
    assert nothing.side > 0


# --- doubles ---


def test_the_more_confident_of_two_finds_of_one_person_stays() -> None:
    weak, strong, other = found(100, 100, 0.4), found(110, 100, 0.7), found(300, 100, 0.5)
    assert unique([weak, strong, other]) == [strong, other]
    assert unique(iter([])) == []


def test_people_are_distinct_in_their_order() -> None:
    first, double, other = person(100, 100, 0.5), person(104, 100, 0.9), person(300, 100, 0.7)
    assert distinct([other, first, double]) == [other, double]


def test_people_of_different_sizes_at_one_place_are_two() -> None:
    near, far = found(100, 100), found(100, 100, scale=0.4)
    assert unique([near, far]) == [near, far]
    assert movenet._known(far, [person(100, 100)], 0.6)  # but a part of a person is nobody new
    assert not movenet._known(far, [person(300, 100)], 0.6)


@pytest.mark.parametrize("groups", [ARMS, LEGS, ARMS + LEGS])
def test_exchanged_sides_do_not_make_two_people(groups: list[int]) -> None:
    exchanged = BODY.copy()
    exchanged[groups] = BODY[MIRROR][groups]
    one, other = found(0, 0), Found(exchanged[COCO], np.full(17, 0.9), 0.5)
    assert movenet.distance(one.xy, other.xy) == 0
    assert unique([one, other]) == [one]


def test_one_limb_elsewhere_is_a_small_disagreement_and_a_side_a_large_one() -> None:
    body = BODY[COCO].copy()
    body[9] += (40, 0)
    assert movenet.disagreement(Found(body, np.full(17, 0.9)), person(0, 0)) == 0
    body[[5, 7, 9, 11, 13, 15]] = BODY[COCO][[5, 7, 9, 11, 13, 15]] + (40, 0)
    assert movenet.disagreement(Found(body, np.full(17, 0.9)), person(0, 0)) > 0.1


def test_a_candidate_belongs_to_one_person() -> None:
    people, near, far = [person(100, 100), person(112, 100)], found(110, 100), found(500, 100)
    assert nearest_candidates(people, [far, near]) == [None, near]
    other = found(95, 100)
    assert nearest_candidates(people, [other, near]) == [other, near]
    assert nearest_candidates(people, []) == [None, None]


def test_of_two_people_whom_thunder_sees_as_one_the_worse_gets_points_of_multipose() -> None:
    people, near, far = [person(101, 100), person(102, 100)], found(100, 100), found(114, 100)
    first, second = kept_apart(people, [near, far])
    assert first is people[0]
    np.testing.assert_array_equal(second.body.xy, far.xy)
    assert kept_apart(people, [near, None]) == people


# --- following people, with networks that see people at given places ---


class Scene:
    """Stands in for all four networks."""

    def __init__(self) -> None:
        self.people: list[tuple[float, float]] = []
        self.multipose_looks = self.thunder_looks = 0
        self.hidden_from_multipose = False

    def find(self, rgb: np.ndarray, tiles: list[Tile] | None = None) -> list[Found] | list[Region]:
        if tiles is not None:  # BlazePose's finder
            return [landmark_region(found(x, y).xy, np.full(17, 0.9)) for x, y in self.people]
        self.multipose_looks += 1
        if self.hidden_from_multipose or rgb[0, 0, 0]:  # the mark is in another corner of a turned picture
            return [found(x, y) for x, y in self.people if not self.hidden_from_multipose]
        return []

    def nearest(self, x: float, y: float) -> tuple[float, float] | None:
        near = [one for one in self.people if np.hypot(one[0] - x, one[1] - y) < 60]
        return min(near, key=lambda one: np.hypot(one[0] - x, one[1] - y), default=None)

    def read(self, rgb: np.ndarray, where: Crop | Region, expected: np.ndarray | None = None) -> Found | Pose:
        place = self.nearest(where.x, where.y)
        x, y = place or (where.x, where.y)
        if expected is None:
            return pose(at(x, y), 0.95 if place else 0.01)
        self.thunder_looks += 1
        return found(x, y, score=0.9 if place else 0.02)


MARKED = np.zeros((500, 900, 3), np.uint8)
MARKED[0, 0] = 255


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def fake(scene: Scene) -> MoveNet:
    """A detector with these networks."""
    detector = MoveNet.__new__(MoveNet)
    detector.name, detector.licence, detector._max_people, detector._without_thunder = "movenet", "free", 4, 2
    for network in ("_multipose", "_thunder", "_people_network", "_landmarks"):
        setattr(detector, network, scene)
    detector.reset(30.0)
    return detector


def places(detections: list[Detection]) -> list[tuple[float, float]]:
    return sorted((round(float(one.xy[0, 0]), 2), round(float(one.xy[0, 1] + 60), 2)) for one in detections)


def test_people_are_found_and_followed(fake: MoveNet, scene: Scene) -> None:
    for index in range(20):
        scene.people = [(200.0 + 2 * index, 200.0), (600.0, 250.0 + index)]
        assert places(fake.detect(MARKED, index)) == scene.people


def test_two_people_who_hide_each_other_stay_two(fake: MoveNet, scene: Scene) -> None:
    """They pass 3 pixels from each other. There Thunder, and MultiPose for a few frames, see one person."""
    for index in range(80):
        scene.people = [(200.0 + 3 * index, 200.0), (437.0 - 3 * index, 203.0)]
        people = fake.detect(MARKED, index)
        if abs(index - 39.5) > 4:
            assert places(people) == sorted(scene.people)


def test_blazepose_finds_whom_multipose_does_not_see(fake: MoveNet, scene: Scene) -> None:
    scene.people, scene.hidden_from_multipose = [(200.0, 200.0)], True
    assert places(fake.detect(MARKED, 0)) == scene.people


@pytest.mark.parametrize(("rate", "every"), [(5.0, 2), (30.0, 9), (60.0, 18), (1000.0, 36)])
def test_multipose_looks_every_few_frames(fake: MoveNet, scene: Scene, rate: float, every: int) -> None:
    fake.reset(rate)
    scene.people = [(200.0, 200.0)]
    looked = []
    for index in range(2 * every + 1):
        before = scene.multipose_looks
        fake.detect(MARKED, index)
        looked.append(scene.multipose_looks > before)
    assert looked == [index % every == 0 for index in range(2 * every + 1)]


def test_thunder_looks_in_every_third_frame_at_somebody_who_stands_still(fake: MoveNet, scene: Scene) -> None:
    scene.people = [(200.0, 200.0)]
    looks = []
    for index in range(7):
        before = scene.thunder_looks
        fake.detect(MARKED, index)
        looks.append(scene.thunder_looks > before)
    assert looks == [True, False, False, True, False, False, True]


def test_somebody_who_leaves_is_searched_for_and_then_forgotten(fake: MoveNet, scene: Scene) -> None:
    scene.people = [(200.0, 200.0), (600.0, 200.0)]
    fake.detect(MARKED, 0)
    scene.people = [(600.0, 200.0)]
    assert places(fake.detect(MARKED, 1)) == scene.people
    looks = []
    for index in range(2, 60):
        before = scene.multipose_looks
        fake.detect(MARKED, index)
        looks.append(scene.multipose_looks > before)
    assert sum(looks[:30]) == 15
    assert sum(looks[31:]) == 3
    scene.people.append((200.0, 200.0))
    for index in range(60, 70):
        people = fake.detect(MARKED, index)
    assert places(people) == [(200, 200), (600, 200)]


def test_no_more_people_than_wanted(fake: MoveNet, scene: Scene) -> None:
    scene.people = [(120.0 * place, 250.0) for place in range(1, 7)]
    for index in range(12):
        assert len(fake.detect(MARKED, index)) == 4


def test_state_stays_bounded(fake: MoveNet, scene: Scene) -> None:
    """People who come, go and jump for 300 frames."""
    rng = np.random.default_rng(0)
    for index in range(300):
        if index % 3 == 0:
            scene.people = [(float(x), 250.0) for x in rng.uniform(50, 850, rng.integers(0, 6))]
        fake.detect(MARKED, index)
        assert len(fake._people) <= 4
    scene.people = []
    for index in range(300, 340):
        fake.detect(MARKED, index)
    assert fake._people == []


def test_scores_and_boxes(fake: MoveNet, scene: Scene) -> None:
    scene.people = [(10.0, 200.0)]
    (detection,) = fake.detect(MARKED, 0)
    assert detection.score[COCO].tolist() == pytest.approx([0.995] * 17)  # the share of right points at 0.9
    xy = at(10, 200)
    assert detection.box.tolist() == pytest.approx([0, xy[:, 1].min(), xy[:, 0].max(), xy[:, 1].max()])


# --- the real networks ---


@pytest.fixture(scope="module")
def real(movenet_files: weights.DetectorFiles) -> MoveNet:
    return MoveNet("movenet", movenet_files, threads=2)


@pytest.fixture(scope="module")
def pictures(sample: Path) -> list[np.ndarray]:
    with av.open(str(sample)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in islice(container.decode(video=0), 8)]


def detections(detector: MoveNet, pictures: list[np.ndarray]) -> Iterator[list[Detection]]:
    detector.reset(30.0)
    for index, rgb in enumerate(pictures):
        yield detector.detect(rgb, index)


@pytest.fixture(scope="module")
def walker(real: MoveNet, pictures: list[np.ndarray]) -> list[Detection]:
    """The one person of the sample."""
    people = list(detections(real, pictures))
    assert [len(one) for one in people] == [1] * len(pictures)
    return [one[0] for one in people]


@pytest.fixture(scope="module")
def exact(sample: Path, pictures: list[np.ndarray]) -> np.ndarray:
    """(T, 17, 2) pixels."""
    with np.load(sample.with_suffix(".npz"), allow_pickle=False) as file:
        return np.asarray(file["joints_2d"][: len(pictures)])


def error(xy: np.ndarray, exact: np.ndarray) -> float:
    """Mean distance from the truth, as a share of the height."""
    keypoints = Keypoints2D(xy.astype(np.float32), np.ones(xy.shape[:2], np.float32), "blazepose33")
    away = np.linalg.norm(convert(keypoints, "h36m17").xy - exact, axis=-1)
    return float((away / np.ptp(exact[..., 1], axis=1)[:, None]).mean())


def test_points_of_the_sample(walker: list[Detection], exact: np.ndarray) -> None:
    assert error(np.stack([one.xy for one in walker]), exact) < 0.015
    assert np.stack([one.score for one in walker]).mean() > 0.8


def test_the_same_again_after_a_reset(real: MoveNet, walker: list[Detection], pictures: list[np.ndarray]) -> None:
    for before, (after,) in zip(walker, detections(real, pictures), strict=True):
        np.testing.assert_array_equal(before.xy, after.xy)
        np.testing.assert_array_equal(before.score, after.score)
        np.testing.assert_array_equal(before.box, after.box)


def test_somebody_upside_down(real: MoveNet, pictures: list[np.ndarray], exact: np.ndarray) -> None:
    edge = np.array([pictures[0].shape[1], pictures[0].shape[0]]) - 1
    found = [people[0].xy for people in detections(real, [rgb[::-1, ::-1].copy() for rgb in pictures])]
    assert error(edge - np.stack(found), exact) < 0.025


def test_two_side_by_side(real: MoveNet, pictures: list[np.ndarray], exact: np.ndarray) -> None:
    width = pictures[0].shape[1]
    pairs = list(detections(real, [np.concatenate([rgb, rgb], 1) for rgb in pictures[:3]]))
    for place in (0, 1):
        side = [[one.xy for one in pair if (one.xy[:, 0].mean() > width) == place] for pair in pairs]
        assert [len(one) for one in side] == [1] * 3
        assert error(np.concatenate(side) - (place * width, 0), exact[:3]) < 0.02


def test_grey_pictures(real: MoveNet, pictures: list[np.ndarray], exact: np.ndarray) -> None:
    grey = [cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB) for rgb in pictures[:3]]
    found = [people[0].xy for people in detections(real, grey)]
    assert error(np.stack(found), exact[:3]) < 0.02


def tiled(rgb: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return np.tile(cv2.resize(rgb, (320, 180), interpolation=cv2.INTER_AREA), (rows, columns, 1))


def test_twenty_people(movenet_files: weights.DetectorFiles, pictures: list[np.ndarray]) -> None:
    """The person of the sample twenty times."""
    people = MoveNet("movenet", movenet_files, 2, max_people=20).detect(tiled(pictures[0], 4, 5), 0)
    cells = {(int(one.xy[:, 0].mean() // 320), int(one.xy[:, 1].mean() // 180)) for one in people}
    assert len(people) == len(cells) == 20


def test_ten_people_in_a_long_row(real: MoveNet, pictures: list[np.ndarray]) -> None:
    (people,) = detections(real, [tiled(pictures[0], 1, 10)])
    assert {int(one.xy[:, 0].mean() // 320) for one in people} == set(range(10))


def test_a_picture_8k_wide(real: MoveNet, pictures: list[np.ndarray], exact: np.ndarray) -> None:
    large = cv2.resize(pictures[0], (7680, 4320))
    ((only,),) = detections(real, [large])
    assert error(only.xy[None] / 8, exact[:1]) < 0.02


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (300, 1), (1, 300), (2, 5000), (320, 240)])
def test_nobody_in_tiny_narrow_and_constant_pictures(real: MoveNet, size: tuple[int, int], value: int) -> None:
    blank = np.full((size[1], size[0], 3), value, np.uint8)
    assert list(detections(real, [blank] * 3)) == [[]] * 3


def test_nobody_in_noise(real: MoveNet) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    assert list(detections(real, [noise] * 3)) == [[]] * 3
