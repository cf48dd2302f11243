"""Parts that are read one by one, in any order, give what reading the whole video gives."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vidmotion.detectors.base import Detection, Picture
from vidmotion.tracking.corners import CameraStep, CornerReader
from vidmotion.tracking.hands import HandRows, ReadHands
from vidmotion.tracking.part_files import PartFiles
from vidmotion.tracking.parts import Part, read_in_parts
from vidmotion.tracking.person_finder import FoundPeople, PartFinder
from vidmotion.tracking.person_tracker import PersonFollower
from vidmotion.video.reader import Frame

RATE = Fraction(4)
RNG = np.random.default_rng(0)
ROOMS = RNG.integers(0, 255, (3, 12, 16, 3)).astype(np.uint8).repeat(4, 1).repeat(4, 2)
BODY = RNG.uniform((10, 5), (40, 40), (17, 2)).astype(np.float32)


class Follower:
    """A detector whose people are where they were before, and a pixel further."""

    name, skeleton, licence = "follower", "h36m17", "none"

    def reset(self, rate: float) -> None:
        self.seen = 0

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        self.seen += 1
        xy = BODY + np.float32(self.seen)
        return [Detection(xy, np.full(17, 0.8, np.float32), np.concatenate([xy.min(0), xy.max(0)]))]


def video(cuts: Sequence[int] = (), pause: float = 0.0, count: int = 600) -> list[Frame]:
    """Frames of 150 s: a room for each shot, some noise, and a pause in the middle."""
    noise = np.random.default_rng(1).integers(0, 6, (count, *ROOMS[0].shape)).astype(np.uint8)
    shots = np.searchsorted(cuts, np.arange(count), "right") % len(ROOMS)
    times = np.arange(count) / float(RATE) + pause * (np.arange(count) >= count // 2)
    return [Frame(index, float(times[index]), np.maximum(ROOMS[shots[index]], noise[index])) for index in range(count)]


def of_part(frames: list[Frame], part: Part) -> list[Frame]:
    return [frame for frame in frames if part.warm_up <= frame.time < part.end]


def finder(part: Part, every_frame: bool = True, rate: Fraction = RATE) -> PartFinder:
    return PartFinder(part, Follower(), rate, every_frame)


def values(found: FoundPeople) -> tuple[object, ...]:
    people = None if found.people is None else [one.xy.tobytes() for one in found.people]
    return found.index, found.time, found.is_cut, found.withdrawn, people


VIDEOS = {
    "one shot": video(),
    "cuts at and before a mark": video(cuts=(239, 240, 300, 480)),
    "a pause across a mark": video(pause=100.0),
}


@pytest.mark.parametrize("frames", VIDEOS.values(), ids=VIDEOS)
@pytest.mark.parametrize("every_frame", [True, False])
def test_people_of_single_parts_are_those_of_the_whole(frames: list[Frame], every_frame: bool) -> None:
    rate = RATE if every_frame else Fraction(60)  # as if three of four frames may be left out
    whole = [values(one) for one in read_in_parts(frames, lambda part: finder(part, every_frame, rate))]
    assert [one[0] for one in whole] == [frame.index for frame in frames]
    numbers = sorted({Part.at(frame.time) for frame in frames}, key=lambda part: part.number)
    single = [
        values(one)
        for part in numbers
        for one in read_in_parts(of_part(frames, part), lambda part: finder(part, every_frame, rate))
        if part.has(one.time)
    ]
    assert single == whole


def test_the_detector_begins_anew_before_each_mark() -> None:
    found = [one.people for one in read_in_parts(VIDEOS["one shot"], finder)]
    moved = [float(people[0].xy[0, 0] - BODY[0, 0]) for people in found if people]
    np.testing.assert_allclose([moved[239], moved[240], moved[480]], [240, 9, 9], atol=1e-4)  # 2 s are 8 frames


def test_nobody_is_lost_at_a_mark() -> None:
    class Still(Follower):
        def detect(self, rgb: Picture, index: int) -> list[Detection]:
            self.seen = -1
            return super().detect(rgb, index)

    follower = PersonFollower(RATE, "h36m17")
    for one in read_in_parts(VIDEOS["one shot"], lambda part: PartFinder(part, Still(), RATE, True)):
        follower.add(one)
    (track,) = follower.finish()
    assert (len(track), track.observed.all()) == (600, True)


def test_steps_of_the_camera_of_single_parts_are_those_of_the_whole() -> None:
    frames, cuts = VIDEOS["cuts at and before a mark"], (239, 240, 300, 480)

    def steps(frames: list[Frame]) -> list[CameraStep]:
        return list(read_in_parts(frames, lambda part: CornerReader(part, [], cuts, 100.0)))

    whole, by_part = steps(frames), {}
    for part in (Part(2), Part(0), Part(1)):
        by_part[part.number] = [one for one in steps(of_part(frames, part)) if part.has(frames[one.index].time)]
    single = [one for number in range(3) for one in by_part[number]]
    assert [one.index for one in whole] == list(range(600))
    for one, other in zip(single, whole, strict=True):
        assert (one.index, one.turn.tobytes(), one.log_zoom) == (other.index, other.turn.tobytes(), other.log_zoom)
        assert (one.is_known, one.after_key, one.is_key) == (other.is_known, other.after_key, other.is_key)


def test_files_of_parts_hold_every_bit(tmp_path: Path) -> None:
    files, part = PartFiles(tmp_path / "parts", {"video": 1}), Part(3)
    assert (files.has_found(part), files.read_found(part), files.read_second(part)) == (False, None, None)
    found = list(read_in_parts(VIDEOS["cuts at and before a mark"], lambda part: finder(part, False, Fraction(60))))
    files.write_found(part, found)
    again = files.read_found(part)
    assert again is not None
    assert [values(one) for one in again] == [values(one) for one in found]
    assert {one.people is None for one in again} == {True, False}
    assert all(person.appearance is not None for one in again for person in one.people or ())
    rows = HandRows(*(RNG.random(array.shape) for array in HandRows.empty(5).arrays()))
    step = CameraStep(7, RNG.random((3, 3)), 0.1, True, False, True)
    hands = ReadHands(1, 40, rows), ReadHands(4, 0, rows.part(slice(2)))
    readings: list[list[ReadHands | CameraStep]] = [[], [step], [*hands, step]]
    for read in readings:
        files.write_second(part, read)
        second = files.read_second(part)
        assert second is not None
        assert list(map(content, second)) == list(map(content, read))


def content(read: ReadHands | CameraStep) -> tuple[object, ...]:
    if isinstance(read, CameraStep):
        return read.index, read.turn.tobytes(), read.log_zoom, read.is_known, read.after_key, read.is_key
    return read.person, read.first, *(array.tobytes() for array in read.rows.arrays())


def test_files_of_another_video_do_not_count(tmp_path: Path) -> None:
    files = PartFiles(tmp_path / "parts", {"video": 1})
    files.write_found(Part(0), [])
    files.mark_as_whole()
    again = PartFiles(tmp_path / "parts", {"video": 1})
    assert (again.has_found(Part(0)), again.is_whole) == (True, True)
    other = PartFiles(tmp_path / "parts", {"video": 2})
    assert (other.has_found(Part(0)), other.is_whole) == (False, False)
