"""Corrects left and right in the 2D points of one person over time.

Detectors sometimes exchange the left and the right limbs of a person, for one frame or for seconds. In each frame the
arms and the legs are either as detected or exchanged: four states. The Viterbi algorithm finds the cheapest path
through them. The costs are:

- how far the limbs move from one frame to the next, and to the one after it. Where they move far in every state, the
  points are noisy, and differences between the states count less. Predicting the movement by velocity did not help;
- each second of an exchanged state: detectors are right most of the time, so the more frequent state is the right one;
- each change of the state, and a track that starts or ends exchanged. Arms and legs that change together pay once;
- hips and shoulders that face opposite ways, and shoulders that face another way than eyes and ears. A face that agrees
  with the shoulders is no evidence: detectors that exchange both arms and legs also exchange the face.

Distances are relative to the size of the person and times are in seconds, so that resolution, frame rate and gaps do
not matter. Points of the face stay as they are. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from vidmotion.skeletons import by_name
from vidmotion.types import Bools, Floats, Ints

CHANGE = 0.2
"""Cost of a change of the state, in body sizes; body sizes are the unit of all costs."""
END = 0.09
"""Cost of a track whose last frame is exchanged. Its first frame costs as much as a change."""
EXCHANGED = 0.14
"""Cost of each second in which arms are exchanged, and of each second in which legs are."""
SKIP = 1.0
"""Weight of the movement over two frames, relative to that over one."""
MEMORY = 0.3
"""Seconds over which the weight of a movement has halved."""
NOISE = 0.125
"""Movement of both points of a pair, at least, that halves the weight of the pair."""
FARTHEST = 0.4
"""Longer movements count as this one."""
TRUNK = 140.0
"""Cost of each second in which hips and shoulders face opposite ways, times the scalar product of their axes."""
FACE = 50.0
"""The same for shoulders and face."""
LONGEST_GAP = 1.0
"""Seconds; what comes after a longer gap does not depend on what was before."""
LONGEST_STEP = 0.15
"""Seconds for which a frame counts at most."""

_ARMS, _HANDS = ("shoulder", "elbow", "wrist"), ("pinky", "index", "thumb")
_LEGS, _FEET = ("hip", "knee", "ankle"), ("heel", "foot_index", "big_toe", "small_toe")
_STATES = np.array([(arms, legs) for arms in (0, 1) for legs in (0, 1)])
"""(4, 2) whether arms and legs are exchanged."""
_SIZE_SPAN = 15
"""Frames over which the size of the person is smoothed."""


@dataclass(frozen=True, eq=False)
class _Limbs:
    """The points of a skeleton that matter here; in each pair the left point comes first."""

    leading: tuple[Ints, Ints]
    """(P, 2) pairs of the arms and of the legs whose movement counts."""
    moving: tuple[Ints, Ints]
    """(Q, 2) pairs of the arms and of the legs that are exchanged."""
    shoulders: Ints
    """(1, 2) the shoulders, or (0, 2) if the skeleton has none."""
    hips: Ints
    """(1, 2) the hips, or (0, 2)."""
    face: Ints
    """(F, 2) ears and eyes."""


@dataclass(frozen=True, eq=False)
class Sides:
    """Which sides of a person the detector exchanged, over T frames."""

    exchanged: Bools
    """(T, 2) whether left and right are exchanged in the arms, and in the legs."""
    costs: Floats
    """(T, 4, 4) cost of the cheapest path to each pair of states of the frame before and of this frame."""


def find_exchanged_sides(xy: Floats, score: Floats, times: Floats, skeleton: str, past: Floats | None = None) -> Sides:
    """The sides that the detector exchanged.

    Args:
        xy: (T, J, 2) pixels.
        score: (T, J) in 0..1; 0 where a point is missing.
        times: (T,) seconds, rising.
        skeleton: name of the skeleton of the points.
        past: (4, 4) `Sides.costs` of the first frame from an earlier call, if earlier frames are left out now. The
            result then depends on them too.

    Raises:
        InputError: unknown skeleton.
    """
    limbs = _limbs(skeleton)
    if len(times) == 0:
        return Sides(np.zeros((0, 2), dtype=bool), np.zeros((0, 4, 4)))
    score = np.where(np.isfinite(xy).all(-1), np.clip(np.nan_to_num(score), 0, 1), 0.0)
    points = np.where(score[..., None] > 0, xy, 0.0)
    points = points / _size(points, score)[:, None, None]
    step = np.diff(times)
    lasting = np.append(step, step[-1:] if len(step) else 0.0).clip(max=LONGEST_STEP)
    own = _state_costs(points, score, limbs) * lasting[:, None]
    if past is None:  # the frame before the first one has the same state
        past = np.where(np.eye(4, dtype=bool), own[0] + CHANGE * _STATES.max(1), np.inf)
    path, costs = _cheapest_path(past, own, _movement_costs(points, score, step, limbs))
    return Sides(_STATES[path] > 0, costs)


def exchange(values: Floats, exchanged: Bools, skeleton: str) -> Floats:
    """Values (T, J, ...) of the points of a skeleton, with left and right exchanged in the frames of a mask (T, 2).

    Raises:
        InputError: unknown skeleton.
    """
    result = values.copy()
    for group, pairs in enumerate(_limbs(skeleton).moving):
        rows = np.flatnonzero(exchanged[:, group])[:, None]
        left, right = pairs.T
        result[rows, left], result[rows, right] = values[rows, right], values[rows, left]
    return result


@cache
def _limbs(skeleton: str) -> _Limbs:
    joints = by_name(skeleton).joints

    def pairs(*parts: str) -> Ints:
        names = [(f"left_{part}", f"right_{part}") for part in parts]
        known = [(joints.index(left), joints.index(right)) for left, right in names if {left, right} <= set(joints)]
        return np.array(known, dtype=int).reshape(-1, 2)

    return _Limbs(
        (pairs(*_ARMS), pairs(*_LEGS)),
        (pairs(*_ARMS, *_HANDS), pairs(*_LEGS, *_FEET)),
        pairs("shoulder"),
        pairs("hip"),
        pairs("ear", "eye"),
    )


def _size(xy: Floats, score: Floats) -> Floats:
    """(T,) size of the person in pixels: the longer side of the box around the points, smoothed by the median."""
    seen = (score > 0)[..., None]
    size = (np.where(seen, xy, -np.inf).max(1) - np.where(seen, xy, np.inf).min(1)).max(-1)
    known = np.flatnonzero(size > 0)
    if not len(known):
        return np.ones(len(xy))
    size = np.pad(np.interp(np.arange(len(size)), known, size[known]), _SIZE_SPAN // 2, mode="edge")
    smooth: Floats = np.median(np.lib.stride_tricks.sliding_window_view(size, _SIZE_SPAN), axis=-1)
    return smooth


def _state_costs(points: Floats, score: Floats, limbs: _Limbs) -> Floats:
    """(T, 4) costs of a second in each state by itself."""
    trunk = _agreement(points, score, limbs.shoulders, limbs.hips)[:, None]
    face = _agreement(points, score, limbs.shoulders, limbs.face)[:, None]
    arms, legs = _STATES.T
    cost: Floats = EXCHANGED * (arms + legs)
    cost = cost + TRUNK * np.where(arms != legs, trunk, -trunk).clip(0)
    return cost + FACE * np.where(arms == 0, -face, 0).clip(0)


def _agreement(points: Floats, score: Floats, one: Ints, other: Ints) -> Floats:
    """(T,) mean scalar product of the axes, from right to left, of two sets of pairs, weighted by the scores."""
    if not len(one) or not len(other):
        return np.zeros(len(points))
    axes = [(points[:, pairs[:, 0]] - points[:, pairs[:, 1]]) * score[:, pairs].prod(-1)[..., None]
            for pairs in (one, other)]  # fmt: skip
    mean: Floats = np.einsum("tic,tjc->t", *axes) / (len(one) * len(other))
    return mean


def _movement_costs(points: Floats, score: Floats, step: Floats, limbs: _Limbs) -> Floats:
    """(T - 1, 4, 4, 4) costs of the states of three frames in succession, for each frame but the first as the third.

    Args:
        step: (T - 1,) seconds from each frame to the next.
    """
    cost = np.zeros((len(step), 4, 4, 4), dtype=np.float32)
    for group, pairs in enumerate(limbs.leading):
        if len(pairs):
            weight = score[:, pairs].prod(-1)
            state = _STATES[:, group]
            group_cost = _group_costs(points[:, pairs], weight, step)
            cost += group_cost[:, state[:, None, None], state[:, None], state]
    cost += CHANGE * (_STATES[:, None] != _STATES).max(-1)
    cost[step > LONGEST_GAP] = 0
    return cost


def _group_costs(pairs: Floats, weight: Floats, step: Floats) -> Floats:
    """(T - 1, 2, 2, 2) costs as in `_movement_costs`, of the states of arms or legs alone.

    Args:
        pairs: (T, P, 2, 2) left and right points.
        weight: (T, P) in 0..1; 0 where a point of a pair is missing.
        step: (T - 1,) seconds.
    """
    steps = _movement(pairs, weight, step, 1)
    skips = np.concatenate([np.zeros((1, 2)), SKIP * _movement(pairs, weight, step[1:] + step[:-1], 2)])
    oldest, last, newest = np.indices((2, 2, 2))
    cost: Floats = steps[:, last ^ newest] + skips[:, oldest ^ newest]
    return cost


def _movement(pairs: Floats, weight: Floats, step: Floats, frames: int) -> Floats:
    """(S, 2) weighted mean movement of pairs of points if the state stays, and if it changes.

    Args:
        pairs: (T, P, 2, 2) left and right points.
        weight: (T, P).
        step: (S,) seconds of the movement.
        frames: frames of the movement, T - S.
    """
    if not len(step):
        return np.zeros((0, 2))
    moved = [after - pairs[:-frames] for after in (pairs[frames:], pairs[frames:, :, ::-1])]
    distance = np.stack([np.linalg.norm(each, axis=-1).clip(max=FARTHEST).sum(-1) for each in moved], -1)
    share = np.minimum(weight[frames:], weight[:-frames])
    share = share / share.sum(1, keepdims=True).clip(1)
    share = share / (1 + step[:, None] / MEMORY) / (1 + distance.min(-1) / NOISE)
    share[step > LONGEST_GAP] = 0
    cost: Floats = (share[..., None] * distance).sum(1)
    return cost


def _cheapest_path(first: Floats, own: Floats, movement: Floats) -> tuple[Ints, Floats]:
    """The states of the cheapest path, (T,), and the costs of the cheapest paths to each frame, (T, 4, 4).

    Args:
        first: (4, 4) costs of the states of the frame before the first one and of the first one.
        own: (T, 4) costs of the states.
        movement: (T - 1, 4, 4, 4) costs of the states of three frames in succession.
    """
    costs = np.empty((len(own), 4, 4))
    costs[0] = first - first.min()
    back = np.zeros((len(own), 4, 4), dtype=np.int8)
    for at in range(1, len(own)):
        total = costs[at - 1][:, :, None] + movement[at - 1]
        back[at] = total.argmin(0)
        cost = total.min(0) + own[at]
        costs[at] = cost - cost.min()
    path = np.zeros(len(own), dtype=int)
    last, path[-1] = np.unravel_index((costs[-1] + END * _STATES.max(1)).argmin(), (4, 4))
    for at in range(len(own) - 1, 0, -1):
        path[at - 1], last = last, back[at, last, path[at]]
    return path, costs
