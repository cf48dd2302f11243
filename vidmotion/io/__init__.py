"""Files: scenes in all export formats, 2D keypoints of other programs, atomic writing, safe reading of pickles.

Scenes hold bodies, so this room imports `vidmotion.body`. It imports neither detectors, tracking nor video: keypoints
are read as a file has them, and `vidmotion.tracking.imported_keypoints` makes tracks of them.
"""
