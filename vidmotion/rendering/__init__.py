"""Draws a scene as a video: the picture with 2D skeletons, and the 3D skeletons in a turning view.

OpenCV and numpy only. Reads values and videos; knows nothing about detectors, networks or torch.
"""

from vidmotion.rendering.film import render

__all__ = ["render"]
