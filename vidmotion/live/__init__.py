"""Live motion capture: frames of a camera or of a playing file in, people in 2D and 3D out, frame by frame."""

from vidmotion.live.display import LiveView
from vidmotion.live.page import Page
from vidmotion.live.session import LiveFrame, Session
from vidmotion.live.sources import FrameSource, TimedFrame, camera_frames, file_frames

__all__ = ["FrameSource", "LiveFrame", "LiveView", "Page", "Session", "TimedFrame", "camera_frames", "file_frames"]
