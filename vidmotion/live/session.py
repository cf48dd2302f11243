"""One live session: each frame is detected and tracked at once, and lifted in the background as often as there is time.

What is lifted is a short window that ends now; a frame a little before its end is shown, which is known better than
the newest one (benchmarks/accuracy/live_lookahead.py). Knows nothing about cameras, files or pages.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from vidmotion.detectors import Detector
from vidmotion.lifting.lift import LiftSettings, before_camera
from vidmotion.live.sources import Shot, Shots
from vidmotion.live.steady_ground import Ground
from vidmotion.model.network import MotionNetwork
from vidmotion.rendering.people import Actor
from vidmotion.rendering.skeleton3d import Figure
from vidmotion.skeletons import H36M17, convert
from vidmotion.tracking import Tracker, with_looks
from vidmotion.types import Track
from vidmotion.video import Frame

WINDOW = 1.8
"""Seconds that are lifted at once."""
WAIT = 0.1
"""Seconds before the newest frame of the one that is shown in 3D."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What is known when a frame has been looked at."""

    frame: Frame
    actors: list[Actor]
    """The people in this frame, in 2D."""
    figures: list[Figure]
    """The people as they were lifted last."""
    late: float
    """Seconds since the frame was taken."""
    late_3d: float | None
    """The same of the frame that the figures are of; None while there are none."""


@dataclass(frozen=True, eq=False)
class _Lifted:
    figures: list[Figure]
    taken: float
    """`time.monotonic` of the moment that they show."""


class Session:
    """Takes shots one after the other; a context manager, as it lifts in a thread."""

    def __init__(
        self,
        detector: Detector,
        networks: Sequence[MotionNetwork],
        shots: Shots,
        settings: LiftSettings,
        patient: bool = False,
    ) -> None:
        """
        Args:
            patient: wait for every frame to be lifted, however long it takes.
        """
        self._detector, self._networks, self._settings, self._patient = detector, networks, settings, patient
        self._size = shots.size
        detector.reset(float(shots.fps))
        self._tracker = Tracker(shots.fps, detector.skeleton)
        self._looked_at = 0
        self._ground = Ground(settings.height)
        self._thread = ThreadPoolExecutor(1)
        self._pending: Future[_Lifted] | None = None
        self._lifted = _Lifted([], 0.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def look(self, shot: Shot) -> Moment:
        """Take the next frame.

        Raises:
            VidmotionError: the frame before could not be lifted.
        """
        # Frames that came too late are no gap: times alone say how far apart those are that were looked at.
        frame, number = shot.frame, self._looked_at
        self._looked_at += 1
        found = self._detector.detect(frame.rgb, number)
        self._tracker.update(number, frame.time, with_looks(frame.rgb, found, self._detector.skeleton))
        self._tracker.forget(frame.time - WINDOW)
        tracks = self._tracker.in_view()
        self._lift(tracks, shot.taken)
        now = time.monotonic()
        figures = self._lifted.figures if tracks else []
        late_3d = now - self._lifted.taken if figures else None
        return Moment(frame, [_actor(track) for track in tracks], figures, now - shot.taken, late_3d)

    def _lift(self, tracks: list[Track], taken: float) -> None:
        if self._pending is not None and self._pending.done():
            self._lifted, self._pending = self._pending.result(), None
        if tracks and self._pending is None:
            self._pending = self._thread.submit(self._lift_now, tracks, taken)
            if self._patient:
                self._lifted, self._pending = self._pending.result(), None

    def _lift_now(self, tracks: list[Track], taken: float) -> _Lifted:
        moved = before_camera(self._networks, tracks, self._size, self._settings)
        times = [one.times for one in moved]
        people = {track.id: one.joints for track, one in zip(tracks, moved, strict=True)}
        figures = []
        for one, (number, joints) in zip(moved, self._ground.stand(people, times).items(), strict=True):
            row = int(np.searchsorted(one.times, one.times[-1] - WAIT - 1e-6))
            figures.append(Figure(number, joints[row], one.confidence[row], H36M17))
        return _Lifted(figures, taken - WAIT)


def _actor(track: Track) -> Actor:
    points = convert(track.keypoints, H36M17.name)
    return Actor(track.id, points.xy[-1], points.score[-1], bool(track.observed[-1]), None, None, None)
