"""The people of a video in 2D: a first reading finds and follows them, a second one reads hands, heads and camera."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import vidmotion
from vidmotion.choices import CameraMode
from vidmotion.detectors import Detector
from vidmotion.detectors.hand_face_networks import FaceNetwork, HandNetwork, load_networks
from vidmotion.errors import MissingExtraError, NobodyFoundError
from vidmotion.lifting.lift import lift_focal
from vidmotion.progress import Progress, Task
from vidmotion.settings import Settings
from vidmotion.tracking import most_prominent
from vidmotion.tracking.camera_motion import camera_motion
from vidmotion.tracking.corners import CameraStep, CornerReader
from vidmotion.tracking.hands import HandReader, ReadHands, hands_and_heads
from vidmotion.tracking.part_files import SecondReading
from vidmotion.tracking.parts import Part, PartReader, read_in_parts
from vidmotion.tracking.person_finder import FoundPeople, PartFinder
from vidmotion.tracking.person_tracker import PersonFollower
from vidmotion.tracking.plausibility import Dropped, split_plausible
from vidmotion.types import Person, Scene, Track
from vidmotion.video.frame_index import FrameIndex
from vidmotion.video.reader import Frame, Video, open_video


@dataclass(frozen=True, eq=False)
class VideoDetection:
    """The steps from one video to its people in 2D."""

    video: Path
    settings: Settings
    detector: Detector
    progress: Progress
    threads: int | None
    """Of the networks for hands and faces."""
    hands: bool
    """Whether hands and faces are read."""

    def run(self) -> Scene:
        """The people of the video, which is read in one go.

        Raises:
            VideoError: the file cannot be read as a video.
            NobodyFoundError: nobody is in view for long enough.
        """
        with self.open() as frames, self.progress.task("detect", frames.frame_count) as task:
            self.tell_description(frames)
            scene = self.follow(frames, read_in_parts(_counted(frames, task), self.finder_of(frames)))
        reader_of = self.second_reader_of(scene)
        if reader_of is None:
            return scene
        with self.open() as frames, self.progress.task(self.second_name, scene.frame_count) as task:
            return self.complete(scene, read_in_parts(_counted(frames, task), reader_of))

    def open(self, index: FrameIndex | None = None, section: tuple[float | None, float | None] | None = None) -> Video:
        """Open the video.

        Args:
            section: seconds at which to begin and to end, instead of those of the settings.

        Raises:
            VideoError: the file cannot be read as a video.
        """
        settings = self.settings
        start, end = section or (settings.start, settings.end)
        return open_video(self.video, start, end, fps=settings.fps, rotate=settings.rotate, index=index)

    def tell_description(self, frames: Video) -> None:
        """Tell the user what should be known before the work."""
        if frames.description:
            self.progress.message(f"{frames.name}: {frames.description}")

    def finder_of(self, frames: Video) -> Callable[[Part], PartReader[FoundPeople]]:
        """What finds the people of a part."""
        return lambda part: PartFinder(part, self.detector, frames.fps, self.settings.every_frame)

    def follow(self, frames: Video, found: Iterable[FoundPeople]) -> Scene:
        """The people of the whole video, without what the second reading gives.

        Args:
            frames: the open video, of which name, rate, size and damage are read.
            found: in all frames, in their order.

        Raises:
            NobodyFoundError: nobody is in view for long enough.
        """
        follower, last, skipped = PersonFollower(frames.fps, self.detector.skeleton), -1, list[int]()
        for one in found:
            follower.add(one)
            last = one.index
            if one.people is None:
                skipped.append(one.index)
        damaged = frames.damaged
        if damaged:
            self.progress.message(f"{frames.name}: {damaged}")
        tracks, dropped = self._plausible(follower.finish(), frames.size, skipped)
        tracks = most_prominent(tracks, self.settings.max_people)
        self._check_somebody(tracks, dropped)
        provenance = self._provenance(frames)
        if dropped:
            provenance["dropped"] = [str(one) for one in dropped]
        if damaged:
            provenance["damaged"] = damaged
        people = tuple(map(Person, tracks))
        return Scene(frames.name, frames.fps, frames.size, last + 1, people, provenance, follower.cuts, frames.offset)

    @property
    def finds_camera(self) -> bool:
        """Whether the camera's motion is found from the pictures."""
        return self.settings.camera is not CameraMode.still and self.settings.camera_file is None

    @property
    def second_name(self) -> str:
        """What the second reading is for."""
        wanted = {"camera": self.finds_camera, "hands": self.hand_networks is not None}
        return ", ".join(name for name, is_wanted in wanted.items() if is_wanted)

    @cached_property
    def hand_networks(self) -> tuple[HandNetwork, FaceNetwork] | None:
        """What reads hands and faces; None if they are not wanted, or, with a message, where they do not run."""
        if not self.hands:
            return None
        try:
            return load_networks(self.threads)
        except MissingExtraError as error:
            self.progress.message(f"hands and faces are not read: {error}")
            return None

    def second_reader_of(self, scene: Scene) -> Callable[[Part], PartReader[SecondReading]] | None:
        """What reads a part again when its people are known; the video is read again, as people are not background.

        None if there is nothing to read.
        """
        networks, tracks = self.hand_networks, [person.track for person in scene.people]
        if networks is None and not self.finds_camera:
            return None
        focal = lift_focal(scene.size, self.settings.lift)

        def reader(part: Part) -> PartReader[SecondReading]:
            hands = [] if networks is None else [HandReader(part, *networks, tracks)]
            corners = [CornerReader(part, tracks, scene.cuts, focal)] if self.finds_camera else []
            return _Together(*hands, *corners)

        return reader

    def complete(self, scene: Scene, read: Iterable[SecondReading]) -> Scene:
        """The scene with what the second reading gives.

        Args:
            read: of all parts, in their order.
        """
        both = list(read)
        tracks = [person.track for person in scene.people]
        if self.finds_camera:
            steps = (one for one in both if isinstance(one, CameraStep))
            focal, turns = lift_focal(scene.size, self.settings.lift), self.settings.camera is CameraMode.pan
            motion = camera_motion(steps, scene.frame_count, scene.size, scene.cuts, focal, turns=turns)
            scene = dataclasses.replace(scene, camera_motion=motion)
        if self.hand_networks is None:
            return scene
        found = hands_and_heads(tracks, (one for one in both if isinstance(one, ReadHands)))
        people = tuple(
            dataclasses.replace(person, hands=hands, head=head)
            for person, (hands, head) in zip(scene.people, found, strict=True)
        )
        return dataclasses.replace(scene, people=people)

    def _plausible(
        self, tracks: list[Track], size: tuple[int, int], skipped: list[int]
    ) -> tuple[list[Track], list[Dropped]]:
        """The tracks that show people, and the others, which are listed."""
        if self.settings.keep_uncertain:
            return tracks, []
        kept, dropped = split_plausible(tracks, size, skipped=skipped)
        for one in dropped:
            self.progress.detail(f"dropped: {one}")
        return kept, dropped

    def _check_somebody(self, tracks: list[Track], dropped: list[Dropped]) -> None:
        if dropped and not tracks:
            raise NobodyFoundError(
                f"{self.video}: nobody who is certain is in view; dropped: {dropped[0]}; keep such tracks with "
                "`keep_uncertain=True`"
            )
        if not tracks:
            raise NobodyFoundError(
                f"{self.video}: nobody is in view for half a second; try a closer view, or `detector=best`"
            )

    def _provenance(self, frames: Video) -> dict[str, Any]:
        settings, detector = self.settings, self.detector
        return {
            "program": f"vidmotion {vidmotion.__version__}",
            "detector": {"name": detector.name, "licence": detector.licence},
            "settings": {
                "start": settings.start,
                "end": settings.end,
                "fps": settings.fps,
                **({} if settings.fps is None else {"file_fps": float(frames.file_fps)}),
                "rotate": settings.rotate,
                "max_people": settings.max_people,
                "keep_uncertain": settings.keep_uncertain,
                "camera": str(settings.camera),
                "every_frame": settings.every_frame,
                "hands": settings.hands,
            },
        }


class _Together:
    """Several readers of one part."""

    def __init__(self, *readers: PartReader[SecondReading]) -> None:
        self._readers = readers

    def update(self, frame: Frame) -> Iterator[SecondReading]:
        for reader in self._readers:
            yield from reader.update(frame)

    def finish(self) -> Iterator[SecondReading]:
        for reader in self._readers:
            yield from reader.finish()


def _counted(frames: Iterable[Frame], task: Task) -> Iterator[Frame]:
    """The frames, each of which is reported when it is done."""
    for done, frame in enumerate(frames, start=1):
        yield frame
        task.advance(done)
