"""Draws a scene as a video: people as skeletons or meshes over the picture, and beside it in a 3D view.

Needs OpenCV and numpy; uses numba if it is installed. Reads values and videos. Does not depend on detectors, networks,
body models or torch.
"""

from vidmotion.rendering.film import FilmOptions, render
from vidmotion.rendering.mesh_shading import Mesh

__all__ = ["FilmOptions", "Mesh", "render"]
