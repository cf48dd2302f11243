"""What a store or a packed folder holds: how much of each class of motion, and how often people were seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.data.mocap import read_array, read_rows, stem
from vidmotion.data.store import FILLED, SEEN, Store
from vidmotion.model.normalization import FRAME_RATE

HIDDEN_BELOW = 0.7
"""Visible share of the body below which somebody counts as partly hidden."""


@dataclass(frozen=True)
class SummaryLine:
    """A part of a store."""

    name: str
    clips: int
    """A person of a clip counts once."""
    minutes: float
    """Of person-frames."""
    seen: float
    """Share of the person-frames in which the detector saw the person."""
    filled: float
    """Share in which the tracker filled in a gap."""


def summarise(store: Store) -> list[SummaryLine]:
    """All of a store, then its classes of motion, then by people in view and by what is hidden."""
    rows: dict[str, list[np.ndarray]] = defaultdict(list)
    for clip in store.clips:
        for person in range(clip.people):
            span = clip.rows(person)
            everywhere = np.arange(span.start, span.stop)
            hidden = store.detections["visible"][span] < HIDDEN_BELOW * 255
            rows["all"].append(everywhere)
            rows[f"class {clip.recipe['actors'][person]['group'] or 'unknown'}"].append(everywhere)
            rows[f"people {clip.people}"].append(everywhere)
            rows["partly hidden"].append(everywhere[hidden])
            rows["in full view"].append(everywhere[~hidden])
    return list(_lines(store, rows))


def _lines(store: Store, rows: dict[str, list[np.ndarray]]) -> Iterator[SummaryLine]:
    for name in sorted(rows, key=lambda name: (name != "all", not name.startswith("class"), name)):
        state = store.detections["state"][np.concatenate(rows[name])]
        clips = sum(len(part) > 0 for part in rows[name])
        minutes = len(state) / store.settings.rate / 60
        share = [float((state == value).mean()) if len(state) else 0.0 for value in (SEEN, FILLED)]
        yield SummaryLine(name, clips, minutes, *share)


@dataclass(frozen=True)
class PackedSummary:
    """What a packed folder holds."""

    name: str
    holds: tuple[str, ...]
    """Its kinds of arrays, in words."""
    lines: tuple[tuple[str, int, float], ...]
    """Part, clips, minutes: all, then the splits, then the classes of each."""


_WORDS = {"pos": "3D", "rot": "rotations", "xy": "2D"}


def summarise_packed(folder: Path) -> PackedSummary:
    """Count the clips of a packed folder.

    Raises:
        InputError: it is none, or is damaged.
    """
    name = stem(folder)
    there = [part for part in _WORDS if (folder / f"{name}_{part}.npy").is_file()]
    counts: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in read_rows(folder, None, len(read_array(folder / f"{name}_{there[0]}.npy"))):
        split, label = row["split"], row.get("class") or "unknown"
        for key in ((), (split,), (split, f"class {label}")):
            counts[key].append(int(row["n_frames"]))
    lines = ((" ".join(key) or "all", len(part), sum(part) / FRAME_RATE / 60) for key, part in sorted(counts.items()))
    return PackedSummary(name, tuple(_WORDS[part] for part in there), tuple(lines))
