"""RTMPose and other models of mmpose, with a detector of mmdet that finds people: `--detector mmpose`.

`choice` reads what the user named, `zoo` knows the published models, `compat` makes mmpose importable, `networks` runs
its models, `points` tells the skeleton by the names of the points, `topdown` puts them together. Nothing else imports
mmpose, mmdet, mmengine or mmcv, and this only once a detector is made: they are the extra `mmpose`.
"""

from __future__ import annotations

from vidmotion.choices import Device
from vidmotion.detectors.base import Detector
from vidmotion.detectors.mmpose.model_names import NAME, Choice, fingerprint, is_meant, locate, parse

__all__ = ["NAME", "Choice", "fingerprint", "is_meant", "load", "parse"]


def load(choice: Choice, device: Device = Device.auto) -> Detector:
    """The detector of two models.

    Raises:
        MissingExtraError: mmpose is not installed or cannot be imported.
        InputError: a config cannot be used; the device is not there.
        WeightsError: a checkpoint is missing, cannot be read, or does not fit.
    """
    found = locate(choice)

    from vidmotion.detectors.mmpose.networks import PersonNetwork, PoseNetwork, WholePicture
    from vidmotion.detectors.mmpose.topdown import TopDown
    from vidmotion.devices import available, torch_device

    # Apple's GPUs are untried, so they are taken only if they are asked for.
    where = torch_device(Device.cpu if device is Device.auto and not available()["cuda"] else device)
    pose = PoseNetwork(found[0], where)
    people = PersonNetwork(found[1], where) if choice.person is not None else WholePicture()
    return TopDown(choice.name, choice.licence, people, pose)
