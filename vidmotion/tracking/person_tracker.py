"""Finds the people of one video and follows them through time: the one loop body of `lift`, `live` and synthetic data.

Nobody is followed from one shot to the next. Of videos with a high frame rate, the detector may see only some frames.
Does not depend on where the frames come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vidmotion.detectors.base import Detector, Picture
from vidmotion.tracking.appearance import with_appearance
from vidmotion.tracking.tracker import Tracker
from vidmotion.types import Track
from vidmotion.video.cuts import Change, CutFinder

ENOUGH = 25.0
"""Detections a second that are enough to follow people by. The lifting network learned from 30 frames a second."""


@dataclass(frozen=True, eq=False)
class _Frame:
    rgb: Picture
    index: int
    time: float


class PersonTracker:
    """A detector, the appearance of the people that it finds, and their identities, for the frames of one video."""

    def __init__(self, detector: Detector, fps: Fraction, every_frame: bool = True) -> None:
        """Reset the detector and start with no people.

        Args:
            detector: must not process another video at the same time.
            fps: nominal frame rate of the video.
            every_frame: detect in every frame; otherwise in so many that at least `ENOUGH` are left of a second, and
                in the first and the last frame of each shot. Positions in between are interpolated.

        Raises:
            InputError: the skeleton of the detector is unknown.
        """
        self._step = 1 if every_frame else max(int(float(fps) / ENOUGH), 1)
        self._rate = float(fps) / self._step
        detector.reset(self._rate)
        self._detector = detector
        self._tracker = Tracker(fps, detector.skeleton)
        self._cut_finder = CutFinder(float(fps))
        self._cuts: list[int] = []
        self._passed = self._step
        """Frames since the last one in which people were detected, this one included."""
        self._waiting: _Frame | None = None
        """The frame before, if nobody was detected in it yet."""

    @property
    def cuts(self) -> tuple[int, ...]:
        """Numbers of the frames at which a new shot begins."""
        return tuple(self._cuts)

    def update(self, rgb: Picture, index: int, time: float) -> None:
        """Detect the people of the next frame and add them to their tracks; or leave it to the frames around it.

        Args:
            rgb: (H, W, 3), upright.
            index: number of the frame, higher than that of the frame before.
            time: seconds from the first frame of the video.
        """
        self._divide(self._cut_finder.update(rgb), index)
        if self._waiting is not None:
            self._tracker.skip(self._waiting.index, self._waiting.time)
        self._waiting = _Frame(rgb, index, time)
        if self._passed >= self._step:
            self._detect_waiting()
        self._passed += 1

    def _detect_waiting(self) -> None:
        """Detect the people of the frame that waits, if there is one."""
        if self._waiting is None:
            return
        frame, self._waiting, self._passed = self._waiting, None, 0
        found = self._detector.detect(frame.rgb, frame.index)
        appearances = with_appearance(frame.rgb, found, self._detector.skeleton)
        self._tracker.update(frame.index, frame.time, appearances)

    def _divide(self, change: Change, index: int) -> None:
        """Begin a new shot with a frame, or take back that the last one began."""
        if change is Change.none:
            return
        self._detect_waiting()
        self._passed = self._step
        if change is Change.cut:
            self._cuts.append(index)
            self._tracker.cut()
        else:
            self._cuts.pop()
            self._tracker.undo_cut()
        self._detector.reset(self._rate)

    def finish(self) -> list[Track]:
        """The people of all frames, as `Tracker.finish`."""
        self._detect_waiting()
        return self._tracker.finish()

    def in_view(self) -> list[Track]:
        """The people of the last frame, as `Tracker.in_view`."""
        return self._tracker.in_view()

    def forget(self, before: float) -> None:
        """Drop what is older than a time in seconds, as `Tracker.forget`."""
        self._tracker.forget(before)
