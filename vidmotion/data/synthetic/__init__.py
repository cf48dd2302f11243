"""Labelled footage: drawn people whose motion is known exactly, and what the real detector says of them.

`capture`, `recipe`, `acting`, `truth` and `rebuild` need numpy only and say what is true; `script` draws recipes by
chance; `lens`, `room`, `backdrop`, `clothing_color`, `figures`, `scenery` and `film` make pictures (numba, OpenCV, PyAV);
`witness` runs the detector; `studio` does all of it for many clips in many processes.
"""
