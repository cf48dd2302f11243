"""The published models that can be selected by name: config, address of the checkpoint, training data.

Sources: mmpose 1.3.2's `rtmpose_body8-halpe26.yml`, `default_det_models.py` and `projects/rtmpose/README.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

_HOST = "https://download.openmmlab.com"
_POSE_FILES = f"{_HOST}/mmpose/v1/projects/rtmposev1"
_TERMS = "OpenMMLab (Apache-2.0 code, no terms of the weights' own), trained on"
_BODY8 = f"{_TERMS} AI Challenger, COCO, CrowdPose, MPII, sub-JHMDB, Halpe and PoseTrack18, some for research only"
_OBJECTS365 = f"{_TERMS} COCO and Objects365, which is for academic purposes only"
_COCO = f"{_TERMS} COCO"


@dataclass(frozen=True)
class PublishedModel:
    """A model whose config comes with mmpose."""

    name: str
    config: str
    """Path inside mmpose's folder `.mim`."""
    address: str
    """URL of the checkpoint; its last part is the name of the file."""
    licence: str

    @property
    def checkpoint(self) -> str:
        """Name of the file of the checkpoint."""
        return self.address.rpartition("/")[2]


def _pose(size: str, config: str, checkpoint: str) -> PublishedModel:
    folder = "configs/body_2d_keypoint/rtmpose/body8"
    return PublishedModel(f"rtmpose-{size}", f"{folder}/{config}.py", f"{_POSE_FILES}/{checkpoint}.pth", _BODY8)


def _person(name: str, config: str, address: str, licence: str) -> PublishedModel:
    return PublishedModel(name, f"demo/mmdetection_cfg/{config}.py", f"{_HOST}/{address}.pth", licence)


POSE_MODELS = {
    model.name: model
    for model in (
        _pose(
            "m",
            "rtmpose-m_8xb512-700e_body8-halpe26-256x192",
            "rtmpose-m_simcc-body7_pt-body7-halpe26_700e-256x192-4d3e73dd_20230605",
        ),
        _pose(
            "t",
            "rtmpose-t_8xb1024-700e_body8-halpe26-256x192",
            "rtmpose-t_simcc-body7_pt-body7-halpe26_700e-256x192-6020f8a6_20230605",
        ),
        _pose(
            "s",
            "rtmpose-s_8xb1024-700e_body8-halpe26-256x192",
            "rtmpose-s_simcc-body7_pt-body7-halpe26_700e-256x192-7f134165_20230605",
        ),
        _pose(
            "l",
            "rtmpose-l_8xb512-700e_body8-halpe26-256x192",
            "rtmpose-l_simcc-body7_pt-body7-halpe26_700e-256x192-2abb7558_20230605",
        ),
        _pose(
            "x",
            "rtmpose-x_8xb256-700e_body8-halpe26-384x288",
            "rtmpose-x_simcc-body7_pt-body7-halpe26_700e-384x288-7fb6e239_20230606",
        ),
    )
}
"""RTMPose (arXiv 2303.07399) for Halpe's 26 points; the first is the default."""

PERSON_MODELS = {
    model.name: model
    for model in (
        _person(
            "rtmdet-m",
            "rtmdet_m_640-8xb32_coco-person",
            "mmpose/v1/projects/rtmposev1/rtmdet_m_8xb32-100e_coco-obj365-person-235e8209",
            _OBJECTS365,
        ),
        _person(
            "rtmdet-nano",
            "rtmdet_nano_320-8xb32_coco-person",
            "mmpose/v1/projects/rtmpose/rtmdet_nano_8xb32-100e_coco-obj365-person-05d8511e",
            _OBJECTS365,
        ),
        _person(
            "rtmdet-m-coco",
            "rtmdet_m_8xb32-300e_coco",
            "mmdetection/v3.0/rtmdet/rtmdet_m_8xb32-300e_coco/rtmdet_m_8xb32-300e_coco_20220719_112220-229f527c",
            _COCO,
        ),
    )
}
"""RTMDet (arXiv 2212.07784); the first is the default."""
