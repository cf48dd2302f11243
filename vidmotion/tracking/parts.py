"""Divides a video at fixed marks, so that its parts can be read independently of each other, in any order.

Whatever is followed through a video (the detector's people, hands) begins anew in each part. It is followed from
shortly before the mark on, and what it gives there is not used: so no part begins with nobody in view. The marks depend
on the times of the frames alone. A video that is read in one go is divided as well: two parts are followed at a time
before each mark. So both ways to read a video give the same result, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from vidmotion.video.reader import Frame

LENGTH = 60.0
"""Seconds of video from one mark to the next."""
WARM_UP = 2.0
"""Seconds before a mark from which its part is followed."""


@dataclass(frozen=True)
class Part:
    """The part of a video from a mark to the next one."""

    number: int
    """Of the mark at which it begins; from 0."""

    @property
    def start(self) -> float:
        """Seconds; frames before it belong to other parts."""
        return self.number * LENGTH

    @property
    def end(self) -> float:
        """Seconds; frames from here on belong to other parts."""
        return (self.number + 1) * LENGTH

    @property
    def warm_up(self) -> float:
        """Seconds; reading begins with the first frame from here on."""
        return max(self.start - WARM_UP, 0.0)

    def has(self, time: float) -> bool:
        """Whether a frame at this time in seconds belongs to this part."""
        return self.start <= time < self.end

    @classmethod
    def at(cls, time: float) -> Part:
        """The part that a frame at this time in seconds belongs to."""
        return cls(int(time // LENGTH))


Found = TypeVar("Found", covariant=True)


class PartReader(Protocol[Found]):
    """Reads the frames of one part, from `Part.warm_up` to `Part.end`; gives only what belongs to the part."""

    def update(self, frame: Frame) -> Iterable[Found]:
        """Read the next frame; what is now known of it and of earlier ones."""

    def finish(self) -> Iterable[Found]:
        """What was not known before the end of the part."""


def read_in_parts(frames: Iterable[Frame], reader_of: Callable[[Part], PartReader[Found]]) -> Iterator[Found]:
    """What the readers of all parts give for the frames of a video, one part after the other.

    Args:
        reader_of: makes the reader of a part; two of them read at a time.
    """
    readers: dict[Part, PartReader[Found]] = {}
    for frame in frames:
        now = Part.at(frame.time)
        for part in [part for part in readers if part.number < now.number]:
            yield from readers.pop(part).finish()
        following = Part(now.number + 1)
        for part in (now, following) if frame.time >= following.warm_up else (now,):
            if part not in readers:
                readers[part] = reader_of(part)
            yield from readers[part].update(frame)
    for reader in readers.values():
        yield from reader.finish()
