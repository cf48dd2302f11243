"""What a network calls held-out motions, and whether one example is enough to find others like it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import NoiseRange
from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.data.mocap import Mocap, read_mocap
from vidmotion.data.packed_keypoints import Points2D, is_flat, read_points
from vidmotion.data.store import is_store, read_store
from vidmotion.evaluate.bootstrap import Estimate, mean_estimate
from vidmotion.evaluate.pose3d import simulate
from vidmotion.model.network import MotionNetwork
from vidmotion.model.normalization import frame, mirror

WINDOW = 81
"""Frames that are judged at once: 2.7 seconds."""
WAYS, EPISODES = 5, 500


@dataclass(frozen=True, eq=False)
class Heard:
    """What a network says of one window."""

    clip: str
    subject: str
    label: str
    """Its true class, or ""."""
    chances: Tensor | None
    """(classes,) that sum to 1; None without such a head."""
    place: Tensor | None
    """(C,) of length 1; None without such a head."""


@dataclass(frozen=True)
class ActionReport:
    """How often the most likely class is the true one, and what it is taken for."""

    windows: Estimate
    """Share of the windows that are right."""
    clips: Estimate
    """Share of the clips, by the mean over their windows."""
    classes: dict[str, float]
    """Share of each class' windows."""
    confusion: dict[str, dict[str, int]]
    """Windows of a true class, by the class that they are taken for."""
    left_out: int
    """Windows of classes that the network does not know."""


def hear(network: MotionNetwork, folder: Path, split: str, flip: bool = True) -> list[Heard]:
    """What a network says of the people in a folder.

    Of a store that is everybody, whatever its split; 2D points are heard as they are, motion capture before random
    cameras and with simulated noise.

    Raises:
        InputError: the folder holds none of these, is damaged, or has no clip of that split.
    """
    if is_store(folder):
        return hear_footage(network, FootageSampler(read_store(folder), torch.device("cpu")), flip)
    if is_flat(folder):
        return hear_points(network, read_points(folder, split), flip)
    return hear_mocap(network, read_mocap(folder, split), NoiseRange(), flip)


def hear_footage(network: MotionNetwork, footage: FootageSampler, flip: bool = True, batch: int = 8) -> list[Heard]:
    """What a network says of the people of a store, from what the detector said of them."""
    heard = []
    for people in footage.batches(batch):
        windows = footage.whole(people, slice(0, WINDOW))
        framed, _ = observe_footage(windows.rays, windows.score, windows.joints)
        for person, said in zip(people, _hear(network, framed.x, flip), strict=True):
            heard.append(Heard(str(footage.clips[person]), footage.subjects[person], footage.labels[person], *said))
    return heard


def hear_mocap(
    network: MotionNetwork, mocap: Mocap, noise: NoiseRange | None, flip: bool = True, seed: int = 7
) -> list[Heard]:
    """What a network says of the whole windows of each clip, each seen by a random camera, with simulated noise."""
    rng, heard = Generator().manual_seed(seed), []
    for index, clip in enumerate(mocap.clips):
        for piece in _pieces(mocap.clip(index)):
            x, _ = simulate(piece, 1, noise, rng)
            (said,) = _hear(network, x, flip)
            heard.append(Heard(clip.name, clip.subject, clip.label, *said))
    return heard


def hear_points(network: MotionNetwork, points: Points2D, flip: bool = True) -> list[Heard]:
    """What a network says of the whole windows of each clip of 2D points."""
    heard = []
    for index, clip in enumerate(points.clips):
        for rays, score in zip(*(_pieces(values) for values in points.clip(index)), strict=True):
            (said,) = _hear(network, frame(rays[None], score[None]).x, flip)
            heard.append(Heard(clip.name, clip.subject, clip.label, *said))
    return heard


def _pieces(values: Tensor) -> tuple[Tensor, ...]:
    """Whole windows of a clip (T, ...); a short one is one."""
    pieces = torch.split(values, WINDOW)
    return pieces[:-1] if len(pieces) > 1 else pieces


@torch.inference_mode()
def _hear(network: MotionNetwork, x: Tensor, flip: bool) -> Iterator[tuple[Tensor | None, Tensor | None]]:
    """Chances and place of each of the windows (B, T, J, 3), on average over the mirrored input."""
    wanted = tuple(kind for kind in ("action", "embedding") if kind in network.heads)
    x = x.to(next(network.parameters()).device)
    outs = [network(each, None, wanted) for each in ((x, mirror(x)) if flip else (x,))]
    chances = None if outs[0].action is None else torch.stack([out.action.softmax(-1) for out in outs]).mean(0).cpu()
    places = None if outs[0].embedding is None else torch.stack([out.embedding for out in outs]).mean(0).cpu()
    for row in range(len(x)):
        yield (
            None if chances is None else chances[row],
            None if places is None else torch.nn.functional.normalize(places[row], dim=0),
        )


def judge(heard: Sequence[Heard], classes: tuple[str, ...]) -> ActionReport:
    """Accuracy over windows and clips of the classes that the network knows."""
    known = [one for one in heard if one.label in classes]
    by_clip: dict[tuple[str, str], list[Heard]] = {}
    confusion: dict[str, dict[str, int]] = {}
    for one in known:
        by_clip.setdefault((one.clip, one.label), []).append(one)
        row = confusion.setdefault(one.label, {})
        said = _said([one], classes)
        row[said] = row.get(said, 0) + 1
    groups = list(by_clip.values())
    right = torch.tensor([sum(_said([one], classes) == one.label for one in group) for group in groups])
    whole = torch.tensor([_said(group, classes) == group[0].label for group in groups])
    return ActionReport(
        mean_estimate(right, torch.tensor([len(group) for group in groups])),
        mean_estimate(whole, torch.ones(len(groups))),
        {label: row.get(label, 0) / sum(row.values()) for label, row in sorted(confusion.items())},
        confusion,
        len(heard) - len(known),
    )


def _said(group: Sequence[Heard], classes: tuple[str, ...]) -> str:
    chances = [one.chances for one in group if one.chances is not None]
    return classes[int(torch.stack(chances).mean(0).argmax())]


def one_shot(
    heard: Sequence[Heard],
    classes: Sequence[str],
    ways: int = WAYS,
    episodes: int = EPISODES,
    seed: int = 0,
    shots: int = 1,
) -> Estimate:
    """Share of the windows that lie nearest to an example of their class, among `shots` of each of `ways` classes.

    Examples are never of the clip that is asked about, and of another subject where the class has one. The interval is
    over episodes.

    Raises:
        ValueError: fewer classes with two clips than `ways`.
    """
    rng = Generator().manual_seed(seed)
    pools = {label: [one for one in heard if one.label == label] for label in classes}
    able = [label for label, pool in pools.items() if len({one.clip for one in pool}) > 1]
    if len(able) < ways:
        raise ValueError(f"wanted {ways} classes with two clips, received {len(able)}")
    right = torch.zeros(episodes)
    for episode in range(episodes):
        chosen = [able[index] for index in torch.randperm(len(able), generator=rng)[:ways]]
        query = _pick(pools[chosen[0]], rng)
        sides = [_others(pools[chosen[0]], query), *(pools[label] for label in chosen[1:])]
        shown = [_pick(side, rng) for side in sides for _ in range(shots)]
        right[episode] = float(int(_likeness(shown, query).argmax()) < shots)
    return mean_estimate(right, torch.ones(episodes))


def precision(heard: Sequence[Heard], classes: Sequence[str], count: int = 10) -> Estimate:
    """Share of the `count` windows nearest to a window that are of its class; every window is asked about in turn.

    Windows of the same clip are not looked at. The interval is over windows; classes with fewer than `count` windows
    of other clips are left out.
    """
    shares = []
    for query in heard:
        others = [one for one in heard if one.clip != query.clip]
        if query.label in classes and sum(one.label == query.label for one in others) >= count:
            nearest = _likeness(others, query).topk(count).indices.tolist()
            shares.append(sum(others[index].label == query.label for index in nearest) / count)
    return mean_estimate(torch.tensor(shares), torch.ones(len(shares)))


def _likeness(shown: Sequence[Heard], query: Heard) -> Tensor:
    """(N,) cosines."""
    assert query.place is not None  # who asks has an embedding head
    return torch.stack([one.place for one in shown if one.place is not None]) @ query.place


def _others(pool: Sequence[Heard], query: Heard) -> Sequence[Heard]:
    strangers = [one for one in pool if one.subject != query.subject]
    return strangers or [one for one in pool if one.clip != query.clip]


def _pick(pool: Sequence[Heard], rng: Generator) -> Heard:
    return pool[int(torch.randint(len(pool), (), generator=rng))]
