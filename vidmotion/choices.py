"""The closed sets and the ranges of values that the command line shows. Standard library only."""

from enum import StrEnum

FRAME_RATES = (0.1, 10_000.0)
"""Frames per second; slowest and fastest video."""
ROTATIONS = (0, 90, 180, 270)
"""Degrees by which pictures can be turned."""


class Device(StrEnum):
    """Where the networks run."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Format(StrEnum):
    """Export formats; each is a file name suffix."""

    json = "json"
    json_gz = "json.gz"
    npz = "npz"
    bvh = "bvh"
    amass = "amass.npz"
    glb = "glb"
    trc = "trc"
    c3d = "c3d"
    csv = "csv"
    angles = "angles.csv"
    mot = "mot"
    vtt = "vtt"
    eaf = "eaf"


class Markers(StrEnum):
    """The markers of TRC and C3D: our joints, or those of AlphaPose's Halpe-26 that Pose2Sim's OpenSim models have."""

    h36m17 = "h36m17"
    halpe26 = "halpe26"


class BoneNames(StrEnum):
    """Whose names the bones of BVH and GLB have."""

    humanik = "humanik"
    mixamo = "mixamo"
    rigify = "rigify"
    unity = "unity"
    unreal = "unreal"
    smpl = "smpl"


class CameraMode(StrEnum):
    """What is found of the camera's motion: rotation and zoom if it moves (auto) or always (pan), or nothing."""

    auto = "auto"
    pan = "pan"
    still = "still"


class Smoothing(StrEnum):
    """How strongly the 3D joints are smoothed over time."""

    none = "none"
    light = "light"
    strong = "strong"


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
    error = "error"


class Head(StrEnum):
    """What a network can tell of a motion."""

    pose3d = "pose3d"
    action = "action"
    mesh = "mesh"


class Split(StrEnum):
    """Parts of the training data, by subject."""

    train = "train"
    val = "val"
    test = "test"


class ImportFormat(StrEnum):
    """Other people's formats of motion."""

    bvh = "bvh"
    amc = "amc"
    amass = "amass"
    h36m = "h36m"
    ntu = "ntu"
    coco2d = "coco2d"


class SplitRule(StrEnum):
    """NTU RGB+D's ways to part training from test: by people, cameras, setups."""

    xsub = "xsub"
    xview = "xview"
    xset = "xset"


class Unit(StrEnum):
    """Of lengths in motion capture files; `cmu` is 1 / 0.45 inches."""

    auto = "auto"
    m = "m"
    cm = "cm"
    mm = "mm"
    inch = "inch"
    cmu = "cmu"


class Up(StrEnum):
    """The vertical axis of a file."""

    auto = "auto"
    y = "y"
    z = "z"
