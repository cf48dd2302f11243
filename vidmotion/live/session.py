"""One live session: every frame is detected and tracked at once; lifting runs in the background as often as it can.

A short window that ends at the newest frame is lifted. The frame that is shown in 3D is a little older than the newest
one, because its pose is more accurate (benchmarks/accuracy/live_lookahead.py). Does not depend on cameras, files or
pages.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from vidmotion.detectors import Detector
from vidmotion.lifting.lift import lift_to_camera_space
from vidmotion.live.sources import FrameSource, TimedFrame
from vidmotion.live.steady_ground import SteadyGround
from vidmotion.model.head_set import HeadSet
from vidmotion.rendering.people import PersonFrame
from vidmotion.rendering.skeleton3d import Person3D
from vidmotion.settings import LiftSettings
from vidmotion.skeletons import H36M17, convert
from vidmotion.tracking import PersonTracker
from vidmotion.types import Track
from vidmotion.video import Frame

WINDOW = 1.8
"""Seconds that are lifted at once."""
LOOKAHEAD = 0.1
"""Seconds between the frame that is shown in 3D and the newest frame."""


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """A processed frame."""

    frame: Frame
    people: list[PersonFrame]
    """The people in this frame, in 2D."""
    people_3d: list[Person3D]
    """The people of the last frame that was lifted."""
    delay: float
    """Seconds since the frame was taken."""
    delay_3d: float | None
    """Seconds since the frame of `people_3d` was taken; None if there are no people."""


@dataclass(frozen=True, eq=False)
class _Lifted:
    people: list[Person3D]
    taken: float
    """`time.monotonic` at which their frame was taken."""


class Session:
    """Processes frames one after the other. Use it as a context manager, because it lifts in a thread."""

    def __init__(
        self,
        detector: Detector,
        head_set: HeadSet,
        source: FrameSource,
        settings: LiftSettings,
        wait_for_3d: bool = False,
    ) -> None:
        """Prepare a session.

        Args:
            wait_for_3d: lift every frame before the next one is processed, however long it takes.
        """
        self._head_set, self._settings, self._wait_for_3d = head_set, settings, wait_for_3d
        self._size = source.size
        self._tracker = PersonTracker(detector, source.fps)
        self._processed = 0
        self._ground = SteadyGround(settings.height)
        self._thread = ThreadPoolExecutor(1)
        self._pending: Future[_Lifted] | None = None
        self._lifted = _Lifted([], 0.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def process(self, timed: TimedFrame) -> LiveFrame:
        """Detect, track and, if the thread is free, lift the people of the next frame.

        Raises:
            VidmotionError: an earlier frame could not be lifted.
        """
        # Frames that were dropped are not gaps in a track: processed frames are numbered without jumps, and their
        # times say how far apart they are.
        frame, number = timed.frame, self._processed
        self._processed += 1
        cuts = self._tracker.cuts
        self._tracker.update(frame.rgb, number, frame.time)
        if self._tracker.cuts != cuts:
            self._ground = SteadyGround(self._settings.height)  # the camera stands elsewhere
        self._tracker.forget(frame.time - WINDOW)
        tracks = self._tracker.in_view()
        self._lift(tracks, timed.taken)
        now = time.monotonic()
        people_3d = self._lifted.people if tracks else []
        delay_3d = now - self._lifted.taken if people_3d else None
        return LiveFrame(frame, [_last_frame(track) for track in tracks], people_3d, now - timed.taken, delay_3d)

    def _lift(self, tracks: list[Track], taken: float) -> None:
        if self._pending is not None and self._pending.done():
            self._lifted, self._pending = self._pending.result(), None
        if tracks and self._pending is None:
            self._pending = self._thread.submit(self._lift_now, tracks, taken)
            if self._wait_for_3d:
                self._lifted, self._pending = self._pending.result(), None

    def _lift_now(self, tracks: list[Track], taken: float) -> _Lifted:
        motions = lift_to_camera_space(self._head_set, tracks, self._size, self._settings)
        times = [motion.times for motion in motions]
        in_camera = {track.id: motion.joints for track, motion in zip(tracks, motions, strict=True)}
        in_world = self._ground.to_world(in_camera, times)
        people = []
        for motion, (number, joints) in zip(motions, in_world.items(), strict=True):
            row = int(np.searchsorted(motion.times, motion.times[-1] - LOOKAHEAD - 1e-6))
            people.append(Person3D(number, joints[row], motion.confidence[row], H36M17))
        return _Lifted(people, taken - LOOKAHEAD)


def _last_frame(track: Track) -> PersonFrame:
    points = convert(track.keypoints, H36M17.name)
    return PersonFrame(track.id, points.xy[-1], points.score[-1], bool(track.observed[-1]))
