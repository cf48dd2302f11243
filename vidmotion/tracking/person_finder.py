"""Finds the people of single frames, one frame after the other; they have no identity yet.

The detector begins anew in each shot. Of videos with a high frame rate, it may see only some frames. Does not depend
on where the frames come from.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from fractions import Fraction

from vidmotion.detectors.base import Detection, Detector, Picture
from vidmotion.tracking.appearance import with_appearance
from vidmotion.tracking.parts import Part
from vidmotion.video.cuts import Change, CutFinder
from vidmotion.video.reader import Frame

ENOUGH = 25.0
"""Detections a second that are enough to follow people by. The lifting network learned from 30 frames a second."""


@dataclass(frozen=True, eq=False)
class FoundPeople:
    """What was found in one frame."""

    index: int
    """Number of the frame in its video."""
    time: float
    """Seconds from the first frame of the video."""
    people: list[Detection] | None
    """With their appearance; None if nobody was searched for."""
    is_cut: bool = False
    """Whether a new shot begins with this frame."""
    withdrawn: int | None = None
    """Number of the earlier frame that was reported as a cut and is none; None if nothing is withdrawn."""


class PersonFinder:
    """A detector and the appearance of the people that it finds, for the frames of one video."""

    def __init__(self, detector: Detector, fps: Fraction, every_frame: bool = True) -> None:
        """Reset the detector.

        Args:
            detector: must not process other frames at the same time.
            fps: nominal frame rate of the video.
            every_frame: detect in every frame; otherwise in so many that at least `ENOUGH` are left of a second, and
                in the first and the last frame of each shot.
        """
        self._step = 1 if every_frame else max(int(float(fps) / ENOUGH), 1)
        self._rate = float(fps) / self._step
        detector.reset(self._rate)
        self._detector = detector
        self._cut_finder = CutFinder(float(fps))
        self._last_cut: int | None = None
        self._passed = self._step
        """Frames since the last one in which people were detected."""
        self._waiting: Frame | None = None
        """The frame before, if nobody was detected in it yet."""

    def update(self, rgb: Picture, index: int, time: float) -> list[FoundPeople]:
        """Detect the people of the next frame, or leave it until the frame after it is known.

        Args:
            rgb: (H, W, 3), upright.
            index: number of the frame, higher than that of the frame before.
            time: seconds from the first frame of the video.

        Returns:
            what is now known of the frame before and of this one: none, one or two of them.
        """
        change = self._cut_finder.update(rgb)
        before = self._leave_waiting() if change is Change.none else self._detect_waiting()
        cut, withdrawn = self._divide(change, index)
        frame = Frame(index, time, rgb)
        self._passed += 1
        if self._passed >= self._step:
            return [*before, self._detect(frame, cut, withdrawn)]
        self._waiting = frame
        return before

    def finish(self) -> list[FoundPeople]:
        """What is found in the last frame, if that is not known yet."""
        return self._detect_waiting()

    def _divide(self, change: Change, index: int) -> tuple[bool, int | None]:
        """Begin a new shot with a frame, or take back that the last one began: `is_cut` and `withdrawn`."""
        if change is Change.none:
            return False, None
        self._passed = self._step
        self._detector.reset(self._rate)
        withdrawn = self._last_cut if change is Change.withdrawn else None
        self._last_cut = index if change is Change.cut else None
        return change is Change.cut, withdrawn

    def _detect_waiting(self) -> list[FoundPeople]:
        frame, self._waiting = self._waiting, None
        return [] if frame is None else [self._detect(frame)]

    def _leave_waiting(self) -> list[FoundPeople]:
        frame, self._waiting = self._waiting, None
        return [] if frame is None else [FoundPeople(frame.index, frame.time, None)]

    def _detect(self, frame: Frame, is_cut: bool = False, withdrawn: int | None = None) -> FoundPeople:
        self._passed = 0
        found = self._detector.detect(frame.rgb, frame.index)
        people = with_appearance(frame.rgb, found, self._detector.skeleton)
        return FoundPeople(frame.index, frame.time, people, is_cut, withdrawn)


class PartFinder:
    """A `PartReader` that finds the people of one part of a video."""

    def __init__(self, part: Part, detector: Detector, fps: Fraction, every_frame: bool) -> None:
        """Begin a part.

        Args:
            detector: may process other parts at the same time.
            fps: as for `PersonFinder`, and `every_frame`.
        """
        self._part = part
        # The copy shares the networks; `reset`, which follows, gives it a state of its own.
        self._finder = PersonFinder(copy.copy(detector), fps, every_frame)

    def update(self, frame: Frame) -> list[FoundPeople]:
        """Find the people of the next frame, as `PersonFinder.update`."""
        return self._own(self._finder.update(frame.rgb, frame.index, frame.time))

    def finish(self) -> list[FoundPeople]:
        """What is found in the last frame, if that is not known yet."""
        return self._own(self._finder.finish())

    def _own(self, found: list[FoundPeople]) -> list[FoundPeople]:
        return [one for one in found if self._part.has(one.time)]
