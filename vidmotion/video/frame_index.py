"""Which frames a file has and from where they can be decoded, told by its packets: nothing is decoded for it.

With it, a part of a video is read without the frames before it, with the numbers, times and pictures that reading from
the beginning gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, dropwhile
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vidmotion.errors import VideoError
from vidmotion.types import Ints
from vidmotion.video.completeness import is_cut_short
from vidmotion.video.container import open_container, picture_stream

LONGEST_PAUSE = 24 * 3600
"""Seconds; a longer pause is a clock that was set while recording, and is left out."""


class InexactIndexError(VideoError):
    """What a file holds differs from what its packets tell; it must be read from the beginning."""


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """The frames of a file."""

    stamps: Ints
    """(N,) when each frame is shown, by the file's own clock in units of `time_base`; rising."""
    keys: Ints
    """(K,) those of frames that are decoded without earlier ones; rising."""
    time_base: Fraction
    """Seconds."""

    def seconds(self, number: int) -> Fraction:
        """The time of a frame from the first one on."""
        return int(self.stamps[number] - self.stamps[0]) * self.time_base

    def keys_before(self, number: int) -> list[int]:
        """Some stamps from which decoding reaches a frame, the nearest one first; without the beginning of the file."""
        found = self.keys[1 : np.searchsorted(self.keys, self.stamps[number], "right")].tolist()
        return [found[-(1 << power)] for power in range(len(found).bit_length())]


def read_frame_index(path: Path) -> FrameIndex | None:
    """The frames of a file, which can be opened as a video; None if its packets do not tell for certain.

    That is so for damaged files, for those with packets without times or with two of one time, and for pictures in a
    folder.

    Raises:
        VideoError: it holds no pictures.
    """
    stamps, keys = [], []
    try:
        if not path.is_file() or is_cut_short(path):
            return None
        with open_container(path) as container:
            stream = picture_stream(path, container)
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                if packet.pts is None or packet.is_corrupt or packet.is_discard:
                    return None
                stamps.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(packet.pts)
            base = stream.time_base
    except (av.FFmpegError, OSError):  # reading the video tells what is wrong
        return None
    if base is None or not keys or len(set(stamps)) < len(stamps) or min(keys) != min(stamps):
        return None
    index = FrameIndex(np.sort(stamps), np.sort(keys), base)
    return index if np.diff(index.stamps).max(initial=0) * base <= LONGEST_PAUSE else None


def decode_from(path: Path, index: FrameIndex, number: int) -> Iterator[VideoFrame]:
    """The pictures of a file from a frame on.

    Args:
        index: of the file.
        number: of the first frame.

    Raises:
        InexactIndexError: the file holds other frames than its index says, or parts of it cannot be decoded.
    """
    first = int(index.stamps[number])
    try:
        for key in (*index.keys_before(number), None):
            with open_container(path) as container:
                packets = _packets_from(container, picture_stream(path, container), key)
                begin = next(packets, None)
                # Some formats find only about the right place.
                if key is None or (begin is not None and begin.pts is not None and begin.pts <= first):
                    packets = chain([begin] if begin is not None else [], packets)
                    pictures = (picture for packet in packets for picture in packet.decode())
                    yield from _checked(path, pictures, index, number)
                    return
    except av.FFmpegError as error:
        raise InexactIndexError(f"{path}: parts of the file cannot be decoded ({error.strerror})") from None


def _packets_from(container: InputContainer, stream: VideoStream, key: int | None) -> Iterator[Packet[VideoStream]]:
    """The packets from about a key frame on, or from the beginning; the first one is that of a key frame."""
    stream.thread_type = "AUTO"
    if key is not None:
        container.seek(key, stream=stream)
    return dropwhile(lambda packet: not packet.is_keyframe, container.demux(stream))


def _checked(path: Path, pictures: Iterator[VideoFrame], index: FrameIndex, number: int) -> Iterator[VideoFrame]:
    """The pictures from a frame on, if they are exactly those of the index."""
    first, count = int(index.stamps[number]), len(index.stamps)
    for picture in pictures:
        if picture.pts is not None and picture.pts < first:
            continue
        if number == count or (picture.pts, picture.time_base) != (int(index.stamps[number]), index.time_base):
            raise InexactIndexError(f"{path}: holds other frames than its packets tell")
        yield picture
        number += 1
    if number < count:
        raise InexactIndexError(f"{path}: holds fewer frames than its packets tell")
