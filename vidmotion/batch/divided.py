"""A long video, whose parts are read by several processes; what each of them finds is kept in files.

The result is that of `VideoDetection.run`, to the last bit: both read the same parts, and only the order differs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

import vidmotion
from vidmotion.detection import VideoDetection
from vidmotion.progress import Task
from vidmotion.tracking.cache import REVISION
from vidmotion.tracking.part_files import PartFiles, SecondReading
from vidmotion.tracking.parts import LENGTH, Found, Part, PartReader
from vidmotion.tracking.person_finder import FoundPeople
from vidmotion.types import Scene
from vidmotion.video.frame_index import FrameIndex, InexactIndexError, read_frame_index
from vidmotion.video.reader import Frame


class Stage(StrEnum):
    """The readings of a video."""

    people = "people"
    second = "second"
    """Hands, heads and camera, when the people are known."""


@dataclass(frozen=True)
class PartWork:
    """One reading of one part."""

    stage: Stage
    number: int
    """Of the part."""

    def __str__(self) -> str:
        return f"{self.stage}-{self.number:05d}"


@dataclass(frozen=True, eq=False)
class DividedDetection:
    """The people of a long video in 2D, from its parts."""

    detection: VideoDetection
    index: FrameIndex
    parts: tuple[Part, ...]
    files: PartFiles

    @classmethod
    def open(cls, detection: VideoDetection, folder: Path) -> Self | None:
        """Prepare to read a video in parts; None if it is short, or has to be read in one go.

        Args:
            folder: for the files of the parts; it is made when they are written.

        Raises:
            VideoError: the file cannot be read as a video.
            OutputError: the folder cannot be written to.
        """
        index = read_frame_index(detection.video)
        if index is None:
            return None
        with detection.open(index) as frames:
            parts = _parts(detection.settings.start or 0.0, detection.settings.end, frames.last_time or 0.0)
        if len(parts) < 2:
            return None
        files = PartFiles(folder, _basis(detection, len(index.stamps)))
        return None if files.is_whole else cls(detection, index, parts, files)

    def to_do(self) -> list[PartWork]:
        """The work that comes next and can be done in any order; empty when the result can be put together.

        Raises:
            VidmotionError: as `VideoDetection.follow`.
        """
        first = [PartWork(Stage.people, part.number) for part in self.parts if not self.files.has_found(part)]
        if first:
            return first
        if self.detection.second_reader_of(self._tracks()) is None:
            return []
        return [PartWork(Stage.second, part.number) for part in self.parts if not self.files.has_second(part)]

    def do(self, work: PartWork) -> None:
        """Read a part. If the video turns out to be one that has to be read in one go, that is noted.

        Raises:
            VidmotionError: as `VideoDetection.run`.
        """
        part = Part(work.number)
        try:
            if work.stage is Stage.people:
                self.files.write_found(part, self._find(part))
            else:
                self.files.write_second(part, self._read_again(part))
        except InexactIndexError:
            self.files.mark_as_whole()

    def run(self) -> Scene:
        """The people of the whole video, from the files of its parts; what is missing is read.

        Raises:
            VidmotionError: as `VideoDetection.run`.
        """
        while not self.files.is_whole and (left := self.to_do()):
            self.do(left[0])
        if self.files.is_whole:
            return self.detection.run()
        scene = self._tracks()
        if self.detection.second_reader_of(scene) is None:
            return scene
        return self.detection.complete(scene, self._second(scene))

    def _find(self, part: Part) -> list[FoundPeople]:
        start, is_first = self.detection.settings.start or 0.0, part == self.parts[0]
        # The frames before `start` are decoded once, so that the index is checked from the first frame on.
        begin = None if is_first else part.warm_up
        with self.detection.open(self.index, (begin, self._end(part))) as frames:
            own = (frame for frame in frames if frame.time >= start)
            return self._read(own, self.detection.finder_of(frames)(part))

    def _read_again(self, part: Part) -> list[SecondReading]:
        reader_of = self.detection.second_reader_of(self._tracks())
        assert reader_of is not None
        begin = max(part.warm_up, self.detection.settings.start or 0.0)
        with self.detection.open(self.index, (begin, self._end(part))) as frames:
            return self._read(frames, reader_of(part))

    def _read(self, frames: Iterable[Frame], reader: PartReader[Found]) -> list[Found]:
        found: list[Found] = []
        with self.detection.progress.task("part", None) as task:
            for done, frame in enumerate(frames, start=1):
                found += reader.update(frame)
                task.advance(done)
        return [*found, *reader.finish()]

    def _end(self, part: Part) -> float:
        end = self.detection.settings.end
        return part.end if end is None else min(part.end, end)

    def _tracks(self) -> Scene:
        """The people of the whole video, without what the second reading gives."""
        if not self.files.tracks.is_file():
            with self.detection.open(self.index) as frames, self.detection.progress.task("follow", None) as task:
                self.detection.tell_description(frames)
                self.files.write_tracks(self.detection.follow(frames, self._found(task)))
        return self.files.read_tracks()

    def _found(self, task: Task) -> Iterator[FoundPeople]:
        for done, part in enumerate(self.parts, start=1):
            found = self.files.read_found(part)
            yield from self._find(part) if found is None else found
            task.advance(done)

    def _second(self, scene: Scene) -> Iterator[SecondReading]:
        for part in self.parts:
            read = self.files.read_second(part)
            yield from self._read_again(part) if read is None else read


def _parts(start: float, end: float | None, last: float) -> tuple[Part, ...]:
    """The parts of a video between two times in seconds.

    Args:
        last: time of the last frame.
    """
    until = last if end is None else min(end, last)
    return tuple(map(Part, range(Part.at(start).number, Part.at(until).number + 1)))


def _basis(detection: VideoDetection, frame_count: int) -> dict[str, object]:
    """What the files of the parts depend on."""
    status = detection.video.stat()
    return {
        "program": [vidmotion.__version__, REVISION, LENGTH],
        "video": [str(detection.video), status.st_size, status.st_mtime_ns, frame_count],
        "detector": detection.detector.name,
        "settings": dataclasses.asdict(detection.settings),
        "hands": detection.hands,
    }
