"""Reads and writes videos with PyAV. Does not depend on people."""

from vidmotion.video.reader import Frame, Video, open_video
from vidmotion.video.recording import Recording
from vidmotion.video.sound import Sound
from vidmotion.video.writer import VideoWriter

__all__ = ["Frame", "Recording", "Sound", "Video", "VideoWriter", "open_video"]
