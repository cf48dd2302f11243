"""Finds the people of one video and follows them through time: the one loop body of `lift`, `live` and synthetic data.

Nobody is followed from one shot to the next. Does not depend on where the frames come from.
"""

from __future__ import annotations

from fractions import Fraction

from vidmotion.detectors.base import Detector, Picture
from vidmotion.tracking.person_finder import FoundPeople, PersonFinder
from vidmotion.tracking.tracker import Tracker
from vidmotion.types import Track


class PersonFollower:
    """The identities of the people who were found in the frames of one video, and its cuts."""

    def __init__(self, fps: Fraction, skeleton: str) -> None:
        """Start with no people.

        Args:
            fps: nominal frame rate of the video.
            skeleton: name of the detector's skeleton.

        Raises:
            InputError: unknown skeleton.
        """
        self._tracker = Tracker(fps, skeleton)
        self._cuts: list[int] = []

    @property
    def cuts(self) -> tuple[int, ...]:
        """Numbers of the frames at which a new shot begins."""
        return tuple(self._cuts)

    def add(self, found: FoundPeople) -> None:
        """Add the people of the next frame to their tracks; those of a frame in which nobody was searched follow."""
        if found.is_cut:
            self._cuts.append(found.index)
            self._tracker.cut()
        elif found.withdrawn is not None and self._cuts and self._cuts[-1] == found.withdrawn:
            self._cuts.pop()
            self._tracker.undo_cut()
        if found.people is None:
            self._tracker.skip(found.index, found.time)
        else:
            self._tracker.update(found.index, found.time, found.people)

    def finish(self) -> list[Track]:
        """The people of all frames, as `Tracker.finish`."""
        return self._tracker.finish()

    def in_view(self) -> list[Track]:
        """The people of the last frame, as `Tracker.in_view`."""
        return self._tracker.in_view()

    def forget(self, before: float) -> None:
        """Drop what is older than a time in seconds, as `Tracker.forget`."""
        self._tracker.forget(before)


class PersonTracker:
    """A detector, the appearance of the people that it finds, and their identities, for the frames of one video."""

    def __init__(self, detector: Detector, fps: Fraction, every_frame: bool = True) -> None:
        """Reset the detector and start with no people.

        Args:
            detector: must not process another video at the same time.
            fps: nominal frame rate of the video.
            every_frame: as for `PersonFinder`. Positions in frames in between are interpolated.

        Raises:
            InputError: the skeleton of the detector is unknown.
        """
        self._finder = PersonFinder(detector, fps, every_frame)
        self._follower = PersonFollower(fps, detector.skeleton)

    @property
    def cuts(self) -> tuple[int, ...]:
        """Numbers of the frames at which a new shot begins."""
        return self._follower.cuts

    def update(self, rgb: Picture, index: int, time: float) -> None:
        """Detect the people of the next frame and add them to their tracks; or leave it to the frames around it.

        Args:
            rgb: (H, W, 3), upright.
            index: number of the frame, higher than that of the frame before.
            time: seconds from the first frame of the video.
        """
        for found in self._finder.update(rgb, index, time):
            self._follower.add(found)

    def finish(self) -> list[Track]:
        """The people of all frames, as `Tracker.finish`."""
        for found in self._finder.finish():
            self._follower.add(found)
        return self._follower.finish()

    def in_view(self) -> list[Track]:
        """The people of the last frame, as `Tracker.in_view`."""
        return self._follower.in_view()

    def forget(self, before: float) -> None:
        """Drop what is older than a time in seconds, as `Tracker.forget`."""
        self._follower.forget(before)
