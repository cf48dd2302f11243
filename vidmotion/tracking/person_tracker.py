"""Finds the people of one video and follows them through time: the one loop body of `lift`, `live` and synthetic data.

Nobody is followed from one shot to the next. Does not depend on where the frames come from.
"""

from __future__ import annotations

from fractions import Fraction

from vidmotion.detectors.base import Detector, Picture
from vidmotion.tracking.appearance import with_appearance
from vidmotion.tracking.tracker import Tracker
from vidmotion.types import Track
from vidmotion.video.cuts import Change, CutFinder


class PersonTracker:
    """A detector, the appearance of the people that it finds, and their identities, for the frames of one video."""

    def __init__(self, detector: Detector, fps: Fraction) -> None:
        """Reset the detector and start with no people.

        Args:
            detector: must not process another video at the same time.
            fps: nominal frame rate of the video.

        Raises:
            InputError: the skeleton of the detector is unknown.
        """
        self._rate = float(fps)
        detector.reset(self._rate)
        self._detector = detector
        self._tracker = Tracker(fps, detector.skeleton)
        self._cut_finder = CutFinder(self._rate)
        self._cuts: list[int] = []

    @property
    def cuts(self) -> tuple[int, ...]:
        """Numbers of the frames at which a new shot begins."""
        return tuple(self._cuts)

    def update(self, rgb: Picture, index: int, time: float) -> None:
        """Detect the people of the next frame and add them to their tracks.

        Args:
            rgb: (H, W, 3), upright.
            index: number of the frame, higher than that of the frame before.
            time: seconds from the first frame of the video.
        """
        self._divide(self._cut_finder.update(rgb), index)
        found = self._detector.detect(rgb, index)
        self._tracker.update(index, time, with_appearance(rgb, found, self._detector.skeleton))

    def _divide(self, change: Change, index: int) -> None:
        """Begin a new shot with a frame, or take back that the last one began."""
        if change is Change.none:
            return
        if change is Change.cut:
            self._cuts.append(index)
            self._tracker.cut()
        else:
            self._cuts.pop()
            self._tracker.undo_cut()
        self._detector.reset(self._rate)

    def finish(self) -> list[Track]:
        """The people of all frames, as `Tracker.finish`."""
        return self._tracker.finish()

    def in_view(self) -> list[Track]:
        """The people of the last frame, as `Tracker.in_view`."""
        return self._tracker.in_view()

    def forget(self, before: float) -> None:
        """Drop what is older than a time in seconds, as `Tracker.forget`."""
        self._tracker.forget(before)
