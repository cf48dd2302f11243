"""Geometry on arrays: focal lengths, rotations (numpy and torch), filters along time, alignment of worlds, meshes."""
