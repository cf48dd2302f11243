"""Heads: one or two layers on the encoder's motion representation: action classes, embeddings, meshes, expected errors.

Source: MotionBERT (arXiv 2210.06551, section 3.4); sizes as in its public recipes. The head for expected errors is
ours. The head for 3D joints is a part of `DSTformer` itself. Letters: B samples, P people, T frames, J joints, C
channels of the representation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidmotion.geometry.rotations_torch import matrix_to_rotation_6d
from vidmotion.model.dstformer import LARGEST, DSTformerConfig
from vidmotion.model.kinematics import FEATURES, kinematics
from vidmotion.skeletons import SMPL24

BETAS = 10
KINEMATICS = "kinematics"
"""The pooling of action and embedding heads that read the lifted pose beside the representation."""
TEMPORAL = "temporal"
"""The pooling of action heads that also read how the lifted pose changes within a second."""
POOLINGS = ("mean", "mean_std", KINEMATICS, TEMPORAL)
POSE_CHANNELS = 3
EMBEDDING = 128
"""Numbers of the learned part of an embedding that reads kinematics too."""
MOVEMENT_SHARE = 0.8
"""Length of the part of such an embedding that is the kinematics themselves, beside 1 for the learned part."""
FARTHEST = 4.0
"""Standard deviations from the mean of the training data beyond which kinematics are shortened."""
CHANNELS, KERNEL, DILATION = 192, 9, 3
"""Of the temporal convolutions: the second one skips frames, and a feature sees 33 frames, 1.1 s."""
GROUPS = 8
"""Groups of channels; a convolution mixes those of one group."""
FEATURE_DROPOUT = 0.3
"""Share of the kinematic features that are left out of the temporal convolutions in training."""
LEAST_VARIANCE = 1e-4
"""Added to the variance of features, so that the standard deviation of still ones has a gradient."""
SMPL_BODY = "smpl"
"""`HeadConfig.body` of heads that pose SMPL itself, whose file the user provides."""


@dataclass(frozen=True)
class HeadConfig:
    """What a head is for and how large it is."""

    kind: str
    """One of `HEADS`."""
    hidden: int
    classes: tuple[str, ...] = ()
    """Names of the classes of an action head."""
    body: str = ""
    """Name of the body model that a mesh head poses, or `SMPL_BODY`."""
    dropout: float = 0.0
    pooling: str = "mean"
    """What an action or embedding head reads of a window, one of `POOLINGS`: the mean of the frames' features, or
    their standard deviation as well, which tells how much they move (statistics pooling: Snyder et al. 2018,
    X-vectors; of action heads only), or both, and those of the kinematic features of the lifted pose
    (`vidmotion.model.kinematics`), or all these and temporal convolutions of the kinematics (of action heads only)."""
    temperature: float = 1.0
    """For `apply_temperature`, so that an action head's probabilities are calibrated."""
    prior: tuple[float, ...] = ()
    """What was added to the scores of each class at the end of an action head's training, because some are more common;
    empty if nothing was, or in files of earlier versions."""

    def __post_init__(self) -> None:
        if self.kind not in HEADS:
            raise ValueError(f"unknown head {str(self.kind)[:40]!r}")
        if type(self.hidden) is not int or not 1 <= self.hidden <= LARGEST["dim"]:
            raise ValueError(f"hidden: wanted a number from 1 to {LARGEST['dim']}, received {str(self.hidden)[:40]}")
        if self.pooling not in POOLINGS:
            raise ValueError(f"unknown pooling {str(self.pooling)[:40]!r}")
        if not all(isinstance(text, str) for text in (self.body, *self.classes)):
            raise ValueError("wanted the names of classes and of a body")
        if len(self.prior) not in (0, len(self.classes)) or not all(-1e3 < float(value) < 1e3 for value in self.prior):
            raise ValueError("prior: wanted a number for each class")
        for name, fits in (("dropout", 0 <= self.dropout < 1), ("temperature", 0 < self.temperature < math.inf)):
            if not fits:
                raise ValueError(f"{name} cannot be {getattr(self, name)}")


class _Norm(nn.BatchNorm1d):
    """Batch normalisation that treats a batch of one as at inference, because one sample has no statistics."""

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > 1:
            return super().forward(x)
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)


class ActionHead(nn.Module):
    """Scores of classes of motion."""

    def __init__(self, encoder: DSTformerConfig, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.dropout = nn.Dropout(config.dropout)
        self.deviates = config.pooling != "mean"
        pooled = config.hidden * (2 if self.deviates else 1)
        self.fc1 = nn.Linear(encoder.joints * encoder.rep, config.hidden)
        self.norm = _Norm(pooled)
        self.fc2 = nn.Linear(pooled, len(config.classes))

    def forward(self, rep: Tensor) -> Tensor:
        """Logits (B, classes) of a representation (B, P, T, J, C); an absent person is all zeros."""
        if not self.deviates:
            return self.from_features(self.fc1(self.dropout(rep).mean(2).flatten(2).mean(1)))
        kept = self._thinned(rep)
        return self.from_features(self.features(kept.flatten(0, 1)).mean(1).view(*rep.shape[:2], -1).mean(1))

    @property
    def last_layers(self) -> tuple[nn.Linear, ...]:
        """The layers whose outputs are scores of classes; the mean of several counts."""
        return (self.fc2,)

    def _thinned(self, rep: Tensor) -> Tensor:
        """The representation (B, P, T, J, C) after dropout."""
        # One mask for all frames: a new mask in each frame would look like motion.
        return rep * self.dropout(torch.ones_like(rep[:, :, :1]))

    def features(self, rep: Tensor) -> Tensor:
        """(B, T, F) of a representation (B, T, J, C): their mean over any frames goes into `from_features`."""
        features = self.fc1(rep.flatten(2))
        return torch.cat([features, features.square()], -1) if self.deviates else features

    def from_features(self, features: Tensor) -> Tensor:
        """Logits (B, classes) of mean features (B, F)."""
        return self.fc2(F.relu(self.norm(_mean_and_deviation(features) if self.deviates else features)))


class KinematicHead(ActionHead):
    """Scores of classes of motion, by the representation and by the kinematics of the lifted pose.

    The kinematics are few and look alike in all people, so that they are more often right for new ones; the
    representation holds more. Each part has its own layers and learns by itself; the mean of the parts' scores counts.
    """

    def __init__(self, encoder: DSTformerConfig, config: HeadConfig) -> None:
        super().__init__(encoder, config)
        self.pose_norm = _Norm(2 * FEATURES)
        self.pose_fc1 = nn.Linear(2 * FEATURES, config.hidden)
        self.pose_fc2 = nn.Linear(config.hidden, len(config.classes))

    @property
    def last_layers(self) -> tuple[nn.Linear, ...]:
        """As `ActionHead`."""
        return self.fc2, self.pose_fc2

    def features(self, rep: Tensor) -> Tensor:
        """(B, T, F) of a representation with the pose (B, T, J, C + 3), as `ActionHead.features`."""
        return torch.cat([super().features(rep[..., :-POSE_CHANNELS]), _movement(rep)], -1)

    def from_features(self, features: Tensor) -> Tensor:
        """Logits (B, classes) of mean features (B, F); in training (parts, B, classes)."""
        parts = torch.stack(self._scores(features))
        return parts if self.training else parts.mean(0)

    def _scores(self, features: Tensor) -> list[Tensor]:
        """Logits (B, classes) of each part, of mean features (B, F)."""
        by_rep = super().from_features(features[..., : -2 * FEATURES])
        movement = features[..., -2 * FEATURES :]
        return [by_rep, self._score(movement, self.pose_norm, self.pose_fc1, self.pose_fc2)]

    def _score(self, features: Tensor, norm: nn.Module, fc1: nn.Linear, fc2: nn.Linear) -> Tensor:
        """Logits (B, classes) by the layers of one part, of the mean features (B, F) of the lifted pose."""
        pooled = self.dropout(norm(_mean_and_deviation(features)))
        logits: Tensor = fc2(self.dropout(F.relu(fc1(pooled))))
        return logits

    def _thinned(self, rep: Tensor) -> Tensor:
        return torch.cat([super()._thinned(rep[..., :-POSE_CHANNELS]), rep[..., -POSE_CHANNELS:]], -1)


class TemporalHead(KinematicHead):
    """As `KinematicHead`, with a third part: temporal convolutions of the kinematics.

    The mean and the deviation of angles and speeds do not tell in which order a person moves; these tell it within a
    second. Source: Bai et al. 2018, arXiv 1803.01271.
    """

    def __init__(self, encoder: DSTformerConfig, config: HeadConfig) -> None:
        super().__init__(encoder, config)
        self.movement_norm = nn.BatchNorm1d(FEATURES, affine=False)
        self.movement_dropout = nn.Dropout(FEATURE_DROPOUT)
        self.channels = nn.Conv1d(FEATURES, CHANNELS, 1)
        self.conv1, self.conv2 = (_temporal_convolution(dilation) for dilation in (1, DILATION))
        self.temporal_norm = _Norm(2 * CHANNELS)
        self.temporal_fc1 = nn.Linear(2 * CHANNELS, config.hidden)
        self.temporal_fc2 = nn.Linear(config.hidden, len(config.classes))

    @property
    def last_layers(self) -> tuple[nn.Linear, ...]:
        """As `ActionHead`."""
        return *super().last_layers, self.temporal_fc2

    def features(self, rep: Tensor) -> Tensor:
        """As `KinematicHead.features`; the convolutions see the frames before and after."""
        features = super().features(rep)
        movement = features[..., -2 * FEATURES : -FEATURES].transpose(1, 2)
        movement = self.movement_norm(movement).clamp(-FARTHEST, FARTHEST)
        movement = movement * self.movement_dropout(torch.ones_like(movement[..., :1]))  # the same ones in all frames
        hidden = self.conv1(F.relu(self.channels(movement)))
        temporal = self.conv2(F.relu(hidden)).transpose(1, 2)
        return torch.cat([features, temporal, temporal.square()], -1)

    def _scores(self, features: Tensor) -> list[Tensor]:
        others, order = features[..., : -2 * CHANNELS], features[..., -2 * CHANNELS :]
        by_order = self._score(order, self.temporal_norm, self.temporal_fc1, self.temporal_fc2)
        return [*super()._scores(others), by_order]


def _temporal_convolution(dilation: int) -> nn.Conv1d:
    reach = dilation * (KERNEL // 2)
    return nn.Conv1d(CHANNELS, CHANNELS, KERNEL, padding=reach, dilation=dilation, groups=GROUPS)


def _movement(rep: Tensor) -> Tensor:
    """(B, T, 2F) kinematics of the pose behind a representation (B, T, J, C + 3), and their squares."""
    movement = kinematics(rep[..., -POSE_CHANNELS:])
    return torch.cat([movement, movement.square()], -1)


def _mean_and_deviation(features: Tensor) -> Tensor:
    """(B, 2F) mean and standard deviation, of the means (B, 2F) of values and of their squares."""
    mean, square = features.chunk(2, -1)
    variance = (square - mean.square()).clamp_min(0) + LEAST_VARIANCE
    return torch.cat([mean, variance.sqrt()], -1)


def action_head(encoder: DSTformerConfig, config: HeadConfig) -> ActionHead:
    """A new head for actions, of the kind that `config.pooling` names."""
    kinds = {KINEMATICS: KinematicHead, TEMPORAL: TemporalHead}
    return kinds.get(config.pooling, ActionHead)(encoder, config)


def apply_temperature(probabilities: Tensor, temperature: float) -> Tensor:
    """Probabilities (..., classes) as if the logits had been divided by a temperature."""
    return (probabilities.clamp_min(1e-12).log() / temperature).softmax(-1)


class EmbeddingHead(nn.Module):
    """A point on the unit sphere for a motion; motions of one kind lie near each other."""

    def __init__(self, encoder: DSTformerConfig, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.dropout = nn.Dropout(config.dropout)
        self.fc1 = nn.Linear(encoder.joints * encoder.rep, config.hidden)

    def forward(self, rep: Tensor) -> Tensor:
        """(B, hidden) of length 1, of a representation (B, P, T, J, C)."""
        pooled = self.dropout(rep).mean(2).flatten(2).mean(1)
        return self.from_features(self.fc1(pooled))

    def features(self, rep: Tensor) -> Tensor:
        """As `ActionHead.features`."""
        return self.fc1(rep.flatten(2))

    def from_features(self, features: Tensor) -> Tensor:
        """Embeddings (B, hidden) of length 1 of mean features (B, hidden)."""
        return F.normalize(features, dim=-1)


class KinematicEmbeddingHead(EmbeddingHead):
    """A point on the unit sphere for a motion, by the representation and the kinematics of the lifted pose.

    A learned part tells the classes of the training data apart. The other part is the kinematics themselves, each
    counted from its mean in standard deviations, which tell apart motions that the training data does not have.
    """

    def __init__(self, encoder: DSTformerConfig, config: HeadConfig) -> None:
        super().__init__(encoder, config)
        self.norm = _Norm(2 * config.hidden)
        self.pose_norm = _Norm(2 * FEATURES, affine=False)
        self.fc2 = nn.Linear(2 * config.hidden + 2 * FEATURES, config.hidden)
        self.fc3 = nn.Linear(config.hidden, EMBEDDING)

    def forward(self, rep: Tensor) -> Tensor:
        """(B, `EMBEDDING` + 2F) of length 1, of a representation with the pose (B, P, T, J, C + 3)."""
        return self.from_features(self.features(rep.flatten(0, 1)).mean(1).view(*rep.shape[:2], -1).mean(1))

    def features(self, rep: Tensor) -> Tensor:
        """As `KinematicHead.features`."""
        features = super().features(rep[..., :-POSE_CHANNELS])
        return torch.cat([features, features.square(), _movement(rep)], -1)

    def from_features(self, features: Tensor) -> Tensor:
        """Embeddings (B, `EMBEDDING` + 2F) of length 1 of mean features (B, ...)."""
        movement = self.pose_norm(_mean_and_deviation(features[..., -2 * FEATURES :])).clamp(-FARTHEST, FARTHEST)
        learned = torch.cat([self.norm(_mean_and_deviation(features[..., : -2 * FEATURES])), movement], -1)
        learned = self.fc3(F.relu(self.fc2(self.dropout(learned))))
        parts = [F.normalize(learned, dim=-1), MOVEMENT_SHARE * F.normalize(movement, dim=-1)]
        return F.normalize(torch.cat(parts, -1), dim=-1)


def embedding_head(encoder: DSTformerConfig, config: HeadConfig) -> EmbeddingHead:
    """A new head for embeddings, of the kind that `config.pooling` names."""
    return (KinematicEmbeddingHead if config.pooling == KINEMATICS else EmbeddingHead)(encoder, config)


@dataclass(frozen=True, eq=False)
class BodyPose:
    """The output of a mesh head."""

    columns: Tensor
    """(B, T, 24, 6) first two columns of each joint's rotation in its parent's frame (`rotation_6d_to_matrix` makes
    matrices of them); the pelvis in camera axes."""
    betas: Tensor
    """(B, 10) shape."""


class MeshHead(nn.Module):
    """Rotations of SMPL's 24 joints in each frame, and one shape."""

    mean_pose: Tensor

    def __init__(self, encoder: DSTformerConfig, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        inputs = encoder.joints * encoder.rep
        self.dropout = nn.Dropout(config.dropout)
        self.fc1, self.norm1 = nn.Linear(inputs, config.hidden), _Norm(config.hidden)
        self.fc2, self.norm2 = nn.Linear(inputs, config.hidden), _Norm(config.hidden)
        self.head_pose = nn.Linear(config.hidden, len(SMPL24) * 6)
        self.head_shape = nn.Linear(config.hidden, BETAS)
        nn.init.xavier_uniform_(self.head_pose.weight, gain=0.01)
        nn.init.xavier_uniform_(self.head_shape.weight, gain=0.01)
        self.register_buffer("mean_pose", _rest_in_camera())

    def forward(self, rep: Tensor) -> BodyPose:
        """Pose and shape of a representation (B, T, J, C)."""
        b, t = rep.shape[:2]
        features = rep.flatten(2)
        # One mask for all frames: a new mask in each frame would look like motion.
        features = features * self.dropout(torch.ones_like(features[:, :1]))
        each = self.norm1(self.fc1(features).flatten(0, 1))
        pose = self.head_pose(F.relu(each)).view(b, t, len(SMPL24), 6)
        whole = self.norm2(self.fc2(features.mean(1)))
        return BodyPose(pose + self.mean_pose, self.head_shape(F.relu(whole)))


def _rest_in_camera() -> Tensor:
    """(24, 6) of a body at rest that stands upright and faces the camera (x right, y down, z forward)."""
    # Also where modules are made without memory: there, these operations would import a second of torch's code.
    with torch.device("cpu"):
        rest = torch.eye(3).repeat(len(SMPL24), 1, 1)
        rest[0] = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
        return matrix_to_rotation_6d(rest)


class ErrorHead(nn.Module):
    """How far each lifted joint is expected to be from the truth."""

    def __init__(self, encoder: DSTformerConfig, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.fc1 = nn.Linear(encoder.rep, config.hidden)
        self.fc2 = nn.Linear(config.hidden, 1)

    def forward(self, rep: Tensor) -> Tensor:
        """(B, T, J) natural logarithms of expected distances, of a representation (B, T, J, C).

        They are distances from the truth where both poses have their roots at 0, in the units of the 3D joints.
        """
        return self.fc2(F.relu(self.fc1(rep)))[..., 0]

    def scale(self, factor: float) -> None:
        """Multiply all expected distances by a factor from now on."""
        with torch.no_grad():
            self.fc2.bias.add_(math.log(factor))


HEADS: dict[str, Callable[[DSTformerConfig, HeadConfig], ActionHead | EmbeddingHead | MeshHead | ErrorHead]] = {
    "action": action_head,
    "embedding": embedding_head,
    "mesh": MeshHead,
    "error": ErrorHead,
}
