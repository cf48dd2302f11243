"""Geometry on arrays: rotations (numpy and torch), filters along time, alignment of worlds. Knows nothing about people."""
