"""vidmotion: video in, human motion out."""

__version__ = "0.1.0.dev0"
