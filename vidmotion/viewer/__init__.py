"""The page that shows a motion beside its video: written as one file, or served on this machine.

Reads values and videos. Does not depend on detectors, networks or torch.
"""

from vidmotion.viewer.comparison import check_one_video
from vidmotion.viewer.footage import Footage
from vidmotion.viewer.pages import PageOptions, save_page
from vidmotion.viewer.served import ServedPage

__all__ = ["Footage", "PageOptions", "ServedPage", "check_one_video", "save_page"]
