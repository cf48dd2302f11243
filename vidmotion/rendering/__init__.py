"""Draws a scene as a video: people as skeletons or meshes over the picture, and in 3D on a stage.

OpenCV and numpy, and numba where it is there. Reads values and videos; knows nothing about detectors, networks,
body models or torch.
"""

from vidmotion.rendering.film import Look, render
from vidmotion.rendering.mesh_shading import Mesh

__all__ = ["Look", "Mesh", "render"]
