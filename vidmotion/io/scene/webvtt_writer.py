"""WebVTT: the action tags of all people as subtitles over the video. Knows nothing about paths.

Source: https://www.w3.org/TR/webvtt1/
"""

from __future__ import annotations

from typing import BinaryIO

from vidmotion.io.scene.action_segments import tagged
from vidmotion.types import Scene


def write_vtt(scene: Scene, file: BinaryIO) -> None:
    """Write a cue for each segment of each person, in the order of time.

    Raises:
        InputError: nobody has action tags.
    """
    cues = sorted((segment.start, person.id, segment) for person, segment in tagged(scene))
    lines = ["WEBVTT", ""]
    for number, (_, identity, segment) in enumerate(cues, start=1):
        lines += [
            str(number),
            f"{_clock(segment.start)} --> {_clock(segment.end)}",
            f"person {identity}: {_plain(segment.label)} ({100 * segment.score:.0f} %)",
            "",
        ]
    file.write("\n".join(lines).encode())


def _clock(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
