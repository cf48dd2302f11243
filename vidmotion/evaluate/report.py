"""Errors of clips, collected frame by frame, and their summary: means, intervals, joints, classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vidmotion.evaluate.bootstrap import Estimate, mean_estimate

UNNAMED = "unknown"
"""The class of motions without a label."""


@dataclass(frozen=True, eq=False)
class ClipErrors:
    """Errors of one person in an unbroken run of F frames."""

    clip: int
    """The clip that the run is from. Intervals resample clips."""
    label: str
    """Class of the motion, or ""."""
    frames: Mapping[str, Tensor]
    """(F,) of each metric, or fewer where it needs neighbouring frames."""
    joints: Tensor
    """(F, J) of each joint."""


@dataclass(frozen=True)
class Group:
    """Figures of some clips, by metric."""

    clips: int
    frames: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class Report:
    """Figures of all clips, of each joint and of each class of motion."""

    total: Group
    joints: Mapping[str, float]
    classes: Mapping[str, Group]


def reduce(errors: Sequence[ClipErrors], joints: Sequence[str]) -> Report:
    """The summary of errors whose J joints have these names."""
    by_joint = torch.cat([one.joints for one in errors]).double().mean(0).tolist()
    labels = sorted({one.label for one in errors}, key=lambda label: (not label, label))
    return Report(
        _group(errors),
        dict(zip(joints, by_joint, strict=True)),
        {label or UNNAMED: _group([one for one in errors if one.label == label]) for label in labels},
    )


def _group(errors: Sequence[ClipErrors]) -> Group:
    numbers = sorted({one.clip for one in errors})
    row = {clip: index for index, clip in enumerate(numbers)}
    figures = {}
    for name in errors[0].frames:
        sums, counts = torch.zeros(2, len(numbers), dtype=torch.float64)
        for one in errors:
            sums[row[one.clip]] += one.frames[name].double().sum()
            counts[row[one.clip]] += one.frames[name].numel()
        figures[name] = mean_estimate(sums, counts)
    return Group(len(numbers), sum(len(one.joints) for one in errors), figures)
