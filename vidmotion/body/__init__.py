"""SMPL-format body models: reading, shaping, posing, and fitting them to a lifted skeleton.

Numpy only, but for `skinning.py`, `posed.py` and `licensed.py`, which are torch. Knows nothing about videos, files
of scenes or pictures.
"""
