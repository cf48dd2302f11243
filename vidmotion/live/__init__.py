"""Motion while it happens: a camera or a playing file in, people in 2D and 3D out, frame by frame."""

from vidmotion.live.display import LiveView
from vidmotion.live.page import Page
from vidmotion.live.session import Moment, Session
from vidmotion.live.sources import Shot, Shots, camera_shots, file_shots

__all__ = ["LiveView", "Moment", "Page", "Session", "Shot", "Shots", "camera_shots", "file_shots"]
