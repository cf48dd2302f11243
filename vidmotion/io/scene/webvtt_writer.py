"""WebVTT: the action tags of all people as subtitles of the video. Does not depend on paths.

Source: https://www.w3.org/TR/webvtt1/
"""

from __future__ import annotations

from typing import BinaryIO

from vidmotion.io.plain_text import visible
from vidmotion.io.scene.action_segments import all_segments
from vidmotion.types import Scene


def write_vtt(scene: Scene, file: BinaryIO) -> None:
    """Write a cue for each segment of each person, by start; at the same start, by person and then by end.

    Raises:
        InputError: nobody has action tags.
    """
    cues = sorted(all_segments(scene), key=lambda cue: (cue[1].start, cue[0].id, cue[1].end))
    lines = ["WEBVTT", ""]
    for number, (person, segment) in enumerate(cues, start=1):
        lines += [
            str(number),
            f"{_timestamp(segment.start)} --> {_timestamp(segment.end)}",
            f"person {person.id}: {_escape(segment.label)} ({100 * segment.score:.0f} %)",
            "",
        ]
    file.write("\n".join(lines).encode())


def _timestamp(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escape(text: str) -> str:
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
