"""The closed sets of values that the command line shows. Standard library only."""

from enum import StrEnum


class Device(StrEnum):
    """Where the networks run."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Format(StrEnum):
    """Export formats; each is a file name suffix."""

    json = "json"
    npz = "npz"
    bvh = "bvh"
    glb = "glb"
    trc = "trc"
    csv = "csv"


class Style(StrEnum):
    """How people are drawn."""

    skeleton = "skeleton"
    mesh = "mesh"
    both = "both"


class View(StrEnum):
    """From where people are seen beside the video's picture; `camera` is the picture alone."""

    turn = "turn"
    side = "side"
    camera = "camera"


class Recipe(StrEnum):
    """What can be trained."""

    pretrain = "pretrain"
    pose3d = "pose3d"
    action = "action"
    mesh = "mesh"
