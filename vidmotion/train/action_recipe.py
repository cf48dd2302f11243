"""Recipe: classification of motions, and embeddings in which similar motions lie near each other.

Source: MotionBERT (arXiv 2210.06551, section 3.4): cross entropy of an action head; for one-shot recognition the
supervised contrastive loss of an embedding head, on two views of each clip (Khosla et al. 2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidmotion.choices import Split
from vidmotion.data.mocap import splits
from vidmotion.data.store import is_store
from vidmotion.errors import InputError
from vidmotion.evaluate.action import predict
from vidmotion.evaluate.calibration import best_temperature
from vidmotion.model.heads import KINEMATICS, TEMPORAL, ActionHead, HeadConfig
from vidmotion.model.network import MotionNetwork
from vidmotion.train.batches import BatchSource
from vidmotion.train.config import ActionConfig
from vidmotion.train.encodings import LabelledEncodings
from vidmotion.train.losses import contrastive_loss
from vidmotion.train.open_sources import capture_or_points
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import TrainingJob, initial_network, job_sources, run_recipe, window_shape

NAMELESS = ("", "other")
"""Labels that name no class."""


def train_action(job: TrainingJob, config: ActionConfig) -> Path:
    """Train heads for actions and write `weights.safetensors` into the run's folder.

    Where motion capture has validation subjects, the action head's probabilities are calibrated on them.

    Raises:
        InputError: the data has fewer than two classes.
        VidmotionError: as `run_recipe` and `initial_network`.
    """
    data = job_sources(job, config, job.device, capture_or_points)
    classes = _classes(data, config)
    if len(classes) < 2:
        raise InputError(f"training on actions needs two classes at least, the data has {', '.join(classes) or 'none'}")
    kinds = {
        "action": HeadConfig("action", config.hidden, classes=classes, dropout=0.5, pooling=config.pooling),
        "embedding": _embedding(config),
    }
    network = initial_network(job, config, tuple(kinds[kind] for kind in config.heads))

    def make_loss(device: torch.device) -> _ActionLoss:
        # The sources that gave the classes are used again, unless training runs on another device.
        found = data if device == job.device else job_sources(job, config, device, capture_or_points)
        labelled = [_LabelledSource(source, classes, device) for source in found]
        useful = [source for source in labelled if source.classes]
        return _ActionLoss(useful, config, network.encoder.config.max_frames, device)

    def finish(trained: MotionNetwork) -> MotionNetwork:
        if "action" in config.heads:
            trained = _with_prior(trained, data, config.prior)
        return _calibrated(trained, job.data)

    return run_recipe(job, config, "action", network, config.heads, make_loss, finish)


def _embedding(config: ActionConfig) -> HeadConfig:
    """The embedding head reads kinematics where the action head does."""
    if config.pooling in (KINEMATICS, TEMPORAL):
        return HeadConfig("embedding", config.hidden, dropout=0.5, pooling=KINEMATICS)
    return HeadConfig("embedding", config.hidden, dropout=0.1)


def _classes(data: list[BatchSource], config: ActionConfig) -> tuple[str, ...]:
    """The classes to learn, in alphabetical order.

    Raises:
        InputError: a class that the settings name is not in the data.
    """
    subjects_of: dict[str, set[str]] = {}
    for source in data:
        for label, subject in zip(source.labels, source.subjects, strict=True):
            subjects_of.setdefault(label, set()).add(subject)
    if unknown := sorted({*config.classes, *config.hold_out} - subjects_of.keys()):
        raise InputError(
            f"no clip is of {', '.join(unknown)}; the data has {', '.join(sorted(subjects_of.keys() - {*NAMELESS}))}"
        )
    able = {label for label, subjects in subjects_of.items() if len(subjects) >= config.subjects}
    able -= {*NAMELESS, *config.hold_out}
    return tuple(sorted(able & set(config.classes) if config.classes else able))


def _with_prior(network: MotionNetwork, data: list[BatchSource], exponent: float) -> MotionNetwork:
    """The network with the logarithm of (a class's share of the clips) ** exponent added to the action head's scores.

    Training draws all classes equally often, so that without this a rare class is named as readily as a common one
    (logit adjustment, Menon et al. 2021).
    """
    head = network.heads["action"]
    assert isinstance(head, ActionHead)
    counts = clips_of(head.config.classes, (source.labels for source in dict.fromkeys(data)))
    prior = exponent * (counts / counts.mean()).log()
    with torch.no_grad():
        for layer in head.last_layers:
            layer.bias.add_(prior.to(layer.bias))
    return _with_action_head(network, prior=tuple(prior.tolist()))


def clips_of(classes: tuple[str, ...], folders: Iterable[Sequence[str]]) -> Tensor:
    """(classes,) clips of each class, by which it is common or rare.

    A folder of one class, such as exercises that vidmotion makes, does not tell how common the class is, but that it is
    wanted. A class with such a folder counts as often as the most common of the others, if there are others.

    Args:
        folders: the labels of each folder's clips.
    """
    counts, alone = torch.zeros(len(classes)), set[str]()
    for labels in folders:
        counts += torch.tensor([float(labels.count(label)) for label in classes])
        named = {*labels} - {*NAMELESS}
        alone |= named if len(named) == 1 else set()
    wanted = torch.tensor([label in alone for label in classes])
    return counts if wanted.all() else torch.where(wanted, counts[~wanted].max(), counts)


def _calibrated(network: MotionNetwork, folders: list[Path]) -> MotionNetwork:
    """The network with a calibrated temperature in the action head's config.

    Without an action head, or without validation subjects, the network comes back unchanged.
    """
    heads = {head.kind: head for head in network.head_configs}
    if "action" not in heads:
        return network
    predictions = []
    for folder in dict.fromkeys(folders):
        if not is_store(folder) and "val" in splits(folder):
            predictions += predict(network, folder, Split.val)
    temperature = best_temperature(predictions, heads["action"].classes)
    if temperature is None:
        return network
    return _with_action_head(network, temperature=temperature)


def _with_action_head(network: MotionNetwork, **changes: Any) -> MotionNetwork:
    """The network with other values in its action head's config."""
    heads = [replace(head, **changes) if head.kind == "action" else head for head in network.head_configs]
    changed = MotionNetwork(network.encoder, heads, network.lifts)
    changed.load_state_dict(network.state_dict())
    return changed.eval()


class _LabelledSource:
    """A source with weights by which all classes are drawn equally often."""

    def __init__(self, source: BatchSource, classes: tuple[str, ...], device: torch.device) -> None:
        self.source = source
        number = {label: index for index, label in enumerate(classes)}
        self.label = torch.tensor([number.get(label, -1) for label in source.labels], device=device)
        known = self.label >= 0
        counts = torch.bincount(self.label[known], minlength=len(classes))
        self.weights = torch.where(known, 1 / counts.clamp_min(1)[self.label.clamp_min(0)].float(), 0.0)
        self.shown = counts > 0
        """(classes,) whether the source shows each."""
        self.classes = int(self.shown.sum())


def turns(classes: list[int]) -> list[int]:
    """The order in which sources give batches, from the number of classes that each shows.

    Each has as many turns as classes, spread evenly: with equal turns, the class of a source that shows a single one
    would be seen most of the time.
    """
    places = [((turn + 0.5) / count, source) for source, count in enumerate(classes) for turn in range(count)]
    return [source for _, source in sorted(places)]


def class_weights(data: list[_LabelledSource]) -> Tensor:
    """(classes,) weights by which all classes count the same in a cycle of the sources' turns; 1 on average.

    A folder that is named several times, for the variety of a class, does not make that class likelier.
    """
    drawn = torch.stack([source.shown.float() for source in data]).sum(0)  # each source draws its classes equally often
    weights = torch.where(drawn > 0, 1 / drawn.clamp_min(1), 0.0)
    return weights / weights[drawn > 0].mean()


class _ActionLoss:
    """The loss of a step. The sources take turns; for an embedding head each clip is seen twice."""

    def __init__(self, data: list[_LabelledSource], config: ActionConfig, window: int, device: torch.device) -> None:
        self.data, self.config, self.window, self.device = data, config, window, device
        self.turns = turns([source.classes for source in data])
        self.weights = class_weights(data)
        self.views = 2 if "embedding" in config.heads else 1
        self.encodings = LabelledEncodings(config.encodings, self._encoded)

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        config = self.config
        if config.encodings:
            rng = draw.own(config.seed + 1, self.device)  # the batch itself is drawn by the seed
            rep, label = self.encodings.mixed(network, draw, self.views, rng)
            out = network(None, None, config.heads, rep)
        else:
            x, positions, label = self._windows(draw)
            out = network(x, positions, config.heads)
        values: dict[str, Tensor] = {}
        total = torch.zeros((), device=self.device)
        if out.action is not None:
            parts = out.action.view(-1, *out.action.shape[-2:])  # (parts, B, classes)
            labels = label.expand(len(parts), -1)
            each = F.cross_entropy(parts.transpose(1, 2), labels, reduction="none")
            total = total + (each * self.weights[labels]).mean()
            values["accuracy"] = (parts.argmax(-1) == labels).float().mean()
        if out.embedding is not None:
            contrastive = contrastive_loss(out.embedding, label, config.temperature)
            total = total + contrastive * (label != label[0]).any()  # a single class has nothing to be told from
            values["contrastive"] = contrastive.detach()
        return total, values

    def _encoded(self, network: nn.Module, draw: Draw) -> tuple[Tensor, Tensor]:
        """Representation (B, T, J, C) and labels (B,) of a batch."""
        x, positions, label = self._windows(draw)
        with torch.no_grad():
            return network(x, positions, ()).rep, label

    def _windows(self, draw: Draw) -> tuple[Tensor, Tensor, Tensor]:
        """Input (B, T, J, 3), positions (T,) and labels (B,) of one or two augmented views of random clips."""
        config, labelled = self.config, self.data[self.turns[draw.step % len(self.turns)]]
        source = labelled.source
        shape = window_shape(source.fitting, config, draw, (config.window,), (config.window,), self.window, self.device)
        rng = draw.own(config.seed, self.device)
        positions = shape.positions(self.window, rng)
        items = source.choose(max(2, shape.batch // self.views), rng, labelled.weights)
        batches = [source.sample(items, replace(shape, batch=len(items)), positions, rng) for _ in range(self.views)]
        x, seen = torch.cat([batch.x for batch in batches]), torch.cat([batch.items for batch in batches])
        return x, positions, labelled.label[seen]
