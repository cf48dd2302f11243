"""Recipe: what a motion is called, by classes and by likeness, from the encoder's representation.

Source: MotionBERT (arXiv 2210.06551, section 3.4): cross entropy of an action head; for one-shot recognition the
supervised contrastive loss of an embedding head, on two views of each clip (Khosla et al. 2020).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from vidmotion.choices import Split
from vidmotion.data.mocap import splits
from vidmotion.data.mocap_windows import WindowShape
from vidmotion.data.store import is_store
from vidmotion.errors import InputError
from vidmotion.evaluate.action import hear
from vidmotion.evaluate.calibration import best_temperature
from vidmotion.model.heads import HeadConfig
from vidmotion.model.network import MotionNetwork
from vidmotion.train.batches import Source
from vidmotion.train.config import ActionConfig
from vidmotion.train.encodings import Encodings
from vidmotion.train.losses import contrastive_loss
from vidmotion.train.open_sources import capture_or_points
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import Job, begin, run_recipe, sources, window_shape

NAMELESS = ("", "other")
"""Labels that say nothing."""


def train_action(job: Job, config: ActionConfig) -> Path:
    """Train heads for actions and write `weights.safetensors` into the run's folder.

    Where motion capture has validation subjects, an action head's chances are calibrated on them.

    Raises:
        InputError: the data has fewer than two classes.
        VidmotionError: as `run_recipe` and `begin`.
    """
    data = sources(job, config, job.device, capture_or_points)
    classes = _classes(data, config)
    if len(classes) < 2:
        raise InputError(f"training on actions needs two classes at least, the data has {', '.join(classes) or 'none'}")
    kinds = {
        "action": HeadConfig("action", config.hidden, classes=classes, dropout=0.5),
        "embedding": HeadConfig("embedding", config.hidden, dropout=0.1),
    }
    network = begin(job, config, tuple(kinds[kind] for kind in config.heads))

    def lessons(device: torch.device) -> _Lessons:
        # What told the classes serves again, unless it lies on another device.
        found = data if device == job.device else sources(job, config, device, capture_or_points)
        taught = [_Labelled(source, classes, device) for source in found]
        return _Lessons([one for one in taught if one.teaches], config, network.encoder.config.max_frames, device)

    return run_recipe(
        job, config, "action", network, config.heads, lessons, lambda trained: _calibrated(trained, job.data)
    )


def _classes(data: list[Source], config: ActionConfig) -> tuple[str, ...]:
    """What there is to learn, in the alphabet's order."""
    who: dict[str, set[str]] = {}
    for source in data:
        for label, subject in zip(source.labels, source.subjects, strict=True):
            who.setdefault(label, set()).add(subject)
    able = {label for label, subjects in who.items() if len(subjects) >= config.subjects}
    able -= {*NAMELESS, *config.hold_out}
    return tuple(sorted(able & set(config.classes) if config.classes else able))


def _calibrated(network: MotionNetwork, folders: list[Path]) -> MotionNetwork:
    """The network with the temperature in the action head's config; as it is where it has none, or nothing to go by."""
    heads = {head.kind: head for head in network.head_configs}
    if "action" not in heads:
        return network
    heard = []
    for folder in dict.fromkeys(folders):
        if not is_store(folder) and "val" in splits(folder):
            heard += hear(network, folder, Split.val)
    found = best_temperature(heard, heads["action"].classes)
    if found is None:
        return network
    heads["action"] = replace(heads["action"], temperature=found)
    calibrated = MotionNetwork(network.encoder, heads.values(), network.lifts)
    calibrated.load_state_dict(network.state_dict())
    return calibrated.eval()


class _Labelled:
    """A source whose classes are drawn equally often."""

    def __init__(self, source: Source, classes: tuple[str, ...], device: torch.device) -> None:
        self.source = source
        number = {label: index for index, label in enumerate(classes)}
        self.label = torch.tensor([number.get(label, -1) for label in source.labels], device=device)
        known = self.label >= 0
        counts = torch.bincount(self.label[known], minlength=len(classes)).clamp_min(1)
        self.weights = torch.where(known, 1 / counts[self.label.clamp_min(0)].float(), 0.0)
        self.teaches = bool(known.any())


class _Lessons:
    """The loss of a step: the sources take turns; where likeness is taught, each clip is seen twice."""

    def __init__(self, data: list[_Labelled], config: ActionConfig, window: int, device: torch.device) -> None:
        self.data, self.config, self.window, self.device = data, config, window, device
        self.encodings = Encodings(config)

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        draw = self.encodings.draw(draw)
        config, taught = self.config, self.data[draw.step % len(self.data)]
        shape = window_shape(
            taught.source.fitting, config, draw, (config.window,), (config.window,), self.window, self.device
        )
        rng = draw.own(config.seed, self.device)
        positions = shape.positions(self.window, rng)
        x, label = self._views(taught, shape, positions, rng)
        out = self.encodings.read(network, draw, x, positions, config.heads)
        values: dict[str, Tensor] = {}
        total = torch.zeros((), device=self.device)
        if out.action is not None:
            total = total + F.cross_entropy(out.action, label)
            values["accuracy"] = (out.action.argmax(1) == label).float().mean()
        if out.embedding is not None:
            likeness = contrastive_loss(out.embedding, label, config.temperature)
            total = total + likeness
            values["contrastive"] = likeness.detach()
        return total, values

    def _views(self, taught: _Labelled, shape: WindowShape, positions: Tensor, rng: Generator) -> tuple[Tensor, Tensor]:
        """Input (B, T, J, 3) and labels (B,) of one or two views of random clips."""
        views = 2 if "embedding" in self.config.heads else 1
        items = taught.source.choose(max(2, shape.batch // views), rng, taught.weights)
        seen = [taught.source.see(items, replace(shape, batch=len(items)), positions, rng) for _ in range(views)]
        return torch.cat([batch.x for batch in seen]), taught.label[torch.cat([batch.items for batch in seen])]
