"""Errors of clips, collected frame by frame, and their summary: means, intervals, joints, classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vidmotion.evaluate.bootstrap import Estimate, mean_estimate
from vidmotion.evaluate.breakdown import Breakdown

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
    breakdown: Breakdown = field(default_factory=dict)


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
    breakdown: Mapping[str, Mapping[str, Estimate]]
    """Means of the parts of `ClipErrors.breakdown` that have frames."""


def reduce(errors: Sequence[ClipErrors], joints: Sequence[str]) -> Report:
    """The summary of errors whose J joints have these names."""
    by_joint = torch.cat([one.joints for one in errors]).double().mean(0).tolist()
    labels = sorted({one.label for one in errors}, key=lambda label: (not label, label))
    return Report(
        _group(errors),
        dict(zip(joints, by_joint, strict=True)),
        {label or UNNAMED: _group([one for one in errors if one.label == label]) for label in labels},
        {
            measure: {part: found for part in parts if (found := _part(errors, measure, part)) is not None}
            for measure, parts in errors[0].breakdown.items()
        },
    )


def _group(errors: Sequence[ClipErrors]) -> Group:
    figures = {name: _mean([(one.clip, one.frames[name]) for one in errors]) for name in errors[0].frames}
    return Group(len({one.clip for one in errors}), sum(len(one.joints) for one in errors), figures)


def _part(errors: Sequence[ClipErrors], measure: str, part: str) -> Estimate | None:
    values = [(one.clip, found) for one in errors if (found := one.breakdown[measure][part]).numel()]
    return _mean(values) if values else None


def _mean(values: Sequence[tuple[int, Tensor]]) -> Estimate:
    """The mean of values (n,) of clips with these numbers, and its interval over clips."""
    numbers = sorted({clip for clip, _ in values})
    row = {clip: index for index, clip in enumerate(numbers)}
    sums, counts = torch.zeros(2, len(numbers), dtype=torch.float64)
    for clip, found in values:
        sums[row[clip]] += found.double().sum()
        counts[row[clip]] += found.numel()
    return mean_estimate(sums, counts)
