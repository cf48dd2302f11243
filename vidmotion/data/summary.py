"""Summaries of stores and packed folders: how much there is of each class, and how often people were detected."""

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
"""A person counts as partly hidden if a smaller share of the body than this is visible."""


@dataclass(frozen=True)
class SummaryLine:
    """A part of a store."""

    name: str
    clips: int
    """Number of clips; each person of a clip counts once."""
    minutes: float
    """Of all people together."""
    seen: float
    """Share of the frames in which the person was detected."""
    filled: float
    """Share of the frames in which the tracker filled a gap."""


def summarise(store: Store) -> list[SummaryLine]:
    """Lines for the whole store, for each class of motion, for each number of people, and for hidden people."""
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
    """The contents of a packed folder."""

    name: str
    holds: tuple[str, ...]
    """Kinds of data: "3D", "rotations", "2D"."""
    lines: tuple[tuple[str, int, float], ...]
    """Name, clips and minutes: of everything, of each split, of each class in a split."""


_WORDS = {"pos": "3D", "rot": "rotations", "xy": "2D"}


def summarise_packed(folder: Path) -> PackedSummary:
    """Count the clips of a packed folder.

    Raises:
        InputError: the folder is not a packed folder, or is damaged.
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
