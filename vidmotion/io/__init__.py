"""Files in and out: scenes in all export formats, other programs' 2D keypoints, atomic writes, safe pickles."""
