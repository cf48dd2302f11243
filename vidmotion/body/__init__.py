"""SMPL-format body models: reading, shaping, posing, and fitting them to a lifted skeleton.

`model.py`, `joints.py`, `kinematics.py` and `fitting` need numpy only; `skinning.py` is torch.
Knows nothing about videos, files of scenes or pictures.
"""
