"""Body models in SMPL's format: reads, shapes and poses them, and fits them to a lifted skeleton.

Numpy only, except `skinning.py`, `posed_mesh.py` and `smplx_skinning.py`, which use torch. Does not depend on videos,
scene files or pictures.
"""
