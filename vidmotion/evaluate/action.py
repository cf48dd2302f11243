"""How well a network classifies held-out motions, and whether a few examples are enough to find similar motions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from vidmotion.actions.search import similarity
from vidmotion.data.augment import NoiseRange
from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.data.mocap import Mocap, read_mocap
from vidmotion.data.packed_keypoints import Points2D, is_2d_only, read_points
from vidmotion.data.store import is_store, read_store
from vidmotion.evaluate.bootstrap import Estimate, mean_estimate
from vidmotion.evaluate.pose3d import simulate
from vidmotion.model.head_set import HeadSet
from vidmotion.model.network import MotionNetwork
from vidmotion.model.normalization import normalize

WINDOW = 81
"""Frames in one window: 2.7 seconds."""
WAYS, EPISODES = 5, 500
"""Classes to choose from in one-shot recognition, and how often that is tried."""


@dataclass(frozen=True, eq=False)
class WindowPrediction:
    """A network's outputs for one window, beside the truth."""

    clip: str
    subject: str
    label: str
    """The true class, or ""."""
    probabilities: Tensor | None
    """(classes,) that sum to 1; None without an action head."""
    embedding: Tensor | None
    """(C,) of length 1; None without an embedding head."""


@dataclass(frozen=True)
class ActionReport:
    """How often the most likely class is the true one, and with what it is confused."""

    windows: Estimate
    """Share of the windows that are right."""
    clips: Estimate
    """Share of the clips that are right, by the mean over their windows."""
    classes: dict[str, float]
    """Share of each class' windows that are right."""
    confusion: dict[str, dict[str, int]]
    """Number of windows by true class, then by predicted class."""
    left_out: int
    """Number of windows of classes that the network does not have."""


def predict(network: MotionNetwork, folder: Path, split: str, flip: bool = True) -> list[WindowPrediction]:
    """A network's predictions for the people in a folder.

    Of a store all people are taken, whatever its split. 2D points are taken as they are; motion capture is seen by
    random cameras, with simulated noise.

    Raises:
        InputError: the folder holds none of these, is damaged, or has no clip of that split.
    """
    if is_store(folder):
        return predict_footage(network, FootageSampler(read_store(folder), torch.device("cpu")), flip)
    if is_2d_only(folder):
        return predict_points(network, read_points(folder, split), flip)
    return predict_mocap(network, read_mocap(folder, split), NoiseRange(), flip)


def predict_footage(
    network: MotionNetwork, footage: FootageSampler, flip: bool = True, batch: int = 8
) -> list[WindowPrediction]:
    """Predictions for the people of a store, from the detector's output for them."""
    found = []
    for people in footage.batches(batch):
        windows = footage.all_frames(people, slice(0, WINDOW))
        normalized, _ = observe_footage(windows.rays, windows.score, windows.joints)
        for person, outputs in zip(people, _predict(network, normalized.x, flip), strict=True):
            clip = str(footage.clips[person])
            found.append(WindowPrediction(clip, footage.subjects[person], footage.labels[person], *outputs))
    return found


def predict_mocap(
    network: MotionNetwork, mocap: Mocap, noise: NoiseRange | None, flip: bool = True, seed: int = 7
) -> list[WindowPrediction]:
    """Predictions for the whole windows of each clip, each seen by a random camera, with simulated noise."""
    rng, found = Generator().manual_seed(seed), []
    for index, clip in enumerate(mocap.clips):
        for window in _whole_windows(mocap.clip(index)):
            x, _ = simulate(window, 1, noise, rng)
            (outputs,) = _predict(network, x, flip)
            found.append(WindowPrediction(clip.name, clip.subject, clip.label, *outputs))
    return found


def predict_points(network: MotionNetwork, points: Points2D, flip: bool = True) -> list[WindowPrediction]:
    """Predictions for the whole windows of each clip of 2D points."""
    found = []
    for index, clip in enumerate(points.clips):
        for rays, score in zip(*(_whole_windows(values) for values in points.clip(index)), strict=True):
            (outputs,) = _predict(network, normalize(rays[None], score[None]).x, flip)
            found.append(WindowPrediction(clip.name, clip.subject, clip.label, *outputs))
    return found


def _whole_windows(values: Tensor) -> tuple[Tensor, ...]:
    """The whole windows of a clip (T, ...); a short clip is one window."""
    windows = torch.split(values, WINDOW)
    return tuple(window for window in windows if len(window) == WINDOW) or windows


@torch.inference_mode()
def _predict(network: MotionNetwork, x: Tensor, flip: bool) -> Iterator[tuple[Tensor | None, Tensor | None]]:
    """Probabilities and embedding of each of the windows (B, T, J, 3), averaged with the mirrored input."""
    wanted = tuple(kind for kind in ("action", "embedding") if kind in network.heads)
    passes = HeadSet([network]).run(x, wanted, flip)
    logits = [each.action for each in passes if each.action is not None]
    vectors = [each.embedding for each in passes if each.embedding is not None]
    probabilities = torch.stack([each.softmax(-1) for each in logits]).mean(0).cpu() if logits else None
    embeddings = torch.stack(vectors).mean(0).cpu() if vectors else None
    for row in range(len(x)):
        yield (
            None if probabilities is None else probabilities[row],
            None if embeddings is None else torch.nn.functional.normalize(embeddings[row], dim=0),
        )


def measure_accuracy(predictions: Sequence[WindowPrediction], classes: tuple[str, ...]) -> ActionReport:
    """Accuracy over windows and clips of the classes that the network has."""
    known = [one for one in predictions if one.label in classes]
    by_clip: dict[tuple[str, str], list[WindowPrediction]] = {}
    confusion: dict[str, dict[str, int]] = {}
    for one in known:
        by_clip.setdefault((one.clip, one.label), []).append(one)
        row = confusion.setdefault(one.label, {})
        likeliest = _likeliest([one], classes)
        row[likeliest] = row.get(likeliest, 0) + 1
    groups = list(by_clip.values())
    right = torch.tensor([sum(_likeliest([one], classes) == one.label for one in group) for group in groups])
    whole = torch.tensor([_likeliest(group, classes) == group[0].label for group in groups])
    return ActionReport(
        mean_estimate(right, torch.tensor([len(group) for group in groups])),
        mean_estimate(whole, torch.ones(len(groups))),
        {label: row.get(label, 0) / sum(row.values()) for label, row in sorted(confusion.items())},
        confusion,
        len(predictions) - len(known),
    )


def _likeliest(group: Sequence[WindowPrediction], classes: tuple[str, ...]) -> str:
    """The most likely class of some windows together."""
    probabilities = [one.probabilities for one in group if one.probabilities is not None]
    return classes[int(torch.stack(probabilities).mean(0).argmax())]


def one_shot(
    predictions: Sequence[WindowPrediction],
    classes: Sequence[str],
    ways: int = WAYS,
    episodes: int = EPISODES,
    seed: int = 0,
    shots: int = 1,
) -> Estimate:
    """Share of the windows that are most similar to their own class, by `shots` examples of each of `ways` classes.

    Examples are never from the same clip as the window, and are from another subject where the class has one. The
    interval is over episodes.

    Raises:
        ValueError: fewer classes with two clips than `ways`.
    """
    rng = Generator().manual_seed(seed)
    pools = {label: [one for one in predictions if one.label == label] for label in classes}
    able = [label for label, pool in pools.items() if len({one.clip for one in pool}) > 1]
    if len(able) < ways:
        raise ValueError(f"wanted {ways} classes with two clips, received {len(able)}")
    right = torch.zeros(episodes)
    for episode in range(episodes):
        chosen = [able[index] for index in torch.randperm(len(able), generator=rng)[:ways]]
        query = _pick(pools[chosen[0]], rng)
        candidates = [_others(pools[chosen[0]], query), *(pools[label] for label in chosen[1:])]
        examples = [_pick(pool, rng) for pool in candidates for _ in range(shots)]
        cosines = _similarities(examples, query).view(ways, shots)
        right[episode] = float(similarity(cosines.numpy()).argmax() == 0)
    return mean_estimate(right, torch.ones(episodes))


def precision(predictions: Sequence[WindowPrediction], classes: Sequence[str], count: int = 10) -> Estimate:
    """Share of the `count` windows nearest to a window that are of its class; the mean over all windows as queries.

    Windows of the query's own clip are left out. The interval is over windows. Classes with fewer than `count` windows
    in other clips are left out.
    """
    shares = []
    for query in predictions:
        others = [one for one in predictions if one.clip != query.clip]
        if query.label in classes and sum(one.label == query.label for one in others) >= count:
            nearest = _similarities(others, query).topk(count).indices.tolist()
            shares.append(sum(others[index].label == query.label for index in nearest) / count)
    return mean_estimate(torch.tensor(shares), torch.ones(len(shares)))


def _similarities(others: Sequence[WindowPrediction], query: WindowPrediction) -> Tensor:
    """(N,) cosine similarities of embeddings."""
    assert query.embedding is not None  # callers have an embedding head
    return torch.stack([one.embedding for one in others if one.embedding is not None]) @ query.embedding


def _others(pool: Sequence[WindowPrediction], query: WindowPrediction) -> Sequence[WindowPrediction]:
    """Windows of other subjects, or else of other clips."""
    other_subjects = [one for one in pool if one.subject != query.subject]
    return other_subjects or [one for one in pool if one.clip != query.clip]


def _pick(pool: Sequence[WindowPrediction], rng: Generator) -> WindowPrediction:
    return pool[int(torch.randint(len(pool), (), generator=rng))]
