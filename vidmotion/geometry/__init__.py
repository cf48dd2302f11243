"""Geometry on arrays: rotations (numpy and torch), filters along time, alignment of worlds. No people here."""
