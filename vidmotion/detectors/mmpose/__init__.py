"""RTMPose and other pose models of mmpose, with a person model of mmdet: the detector `mmpose`.

`model_names` reads the name of the detector, `published_models` lists models with a name, `compat` makes mmpose
importable, `networks` runs its models, and `skeleton_names` finds the skeleton by the names of the points. Only this
package imports mmpose, mmdet, mmengine and mmcv (the extra `mmpose`), and only when a detector is made.
"""

from __future__ import annotations

from vidmotion.choices import Device
from vidmotion.detectors.base import Detector
from vidmotion.detectors.mmpose.model_names import NAME, ModelSelection, fingerprint, is_mmpose_name, locate, parse_name

__all__ = ["NAME", "ModelSelection", "fingerprint", "is_mmpose_name", "load", "parse_name"]


def load(selection: ModelSelection, device: Device = Device.auto) -> Detector:
    """The detector that consists of the selected models.

    Raises:
        MissingExtraError: mmpose is not installed or cannot be imported.
        InputError: a config cannot be used; the device is not available.
        WeightsError: a checkpoint is missing, cannot be read, or does not fit.
    """
    found = locate(selection)

    from vidmotion.detectors.mmpose.networks import PersonNetwork, PoseNetwork, WholePicture
    from vidmotion.detectors.topdown import TopDownDetector
    from vidmotion.devices import available, torch_device

    # Apple's GPUs are untested, so "auto" does not select them.
    where = torch_device(Device.cpu if device is Device.auto and not available()["cuda"] else device)
    pose = PoseNetwork(found[0], where)
    people = PersonNetwork(found[1], where) if selection.person is not None else WholePicture()
    return TopDownDetector(selection.name, selection.licence, people, pose)
