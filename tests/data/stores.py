"""Makes small stores of random numbers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.data.store import StoreSettings, StoreWriter, pack_detections, pack_truth

FRAMES = 5
SETTINGS = StoreSettings(
    seed=0, split="train", frames=FRAMES, rate=30, detector="blazepose", skeleton="blazepose33", points=33,
    body="freebody", capture="tiny", pictures=0,
)  # fmt: skip


def made_up(number: int, people: int = 1) -> dict[str, Any]:
    """Random detections and labels of a clip, in the units of `pack_detections` and `pack_truth`."""
    rng = np.random.default_rng(number)
    shape = (people, FRAMES)
    turn, _ = np.linalg.qr(rng.normal(size=(FRAMES, 3, 3)))
    return {
        "xy": rng.uniform(-50, 600, (*shape, 33, 2)),
        "score": rng.uniform(0, 1, (*shape, 33)),
        "state": rng.integers(0, 3, shape),
        "visible": rng.uniform(0, 1, shape),
        "joints": rng.uniform(-1, 1, (*shape, 17, 3)) + np.array([0.0, 0.0, 4.0]),
        "pose": rng.uniform(-3, 3, (*shape, 24, 3)),
        "translation": rng.uniform(-2, 2, (*shape, 3)),
        "rotation": turn,
        "camera_translation": rng.uniform(-2, 2, (FRAMES, 3)),
    }


def recipe(number: int, people: int = 1) -> dict[str, Any]:
    """The part of a recipe that readers of a store need."""
    actors = [{"group": "walk"} for _ in range(people)]
    return {"number": number, "frames": FRAMES, "size": [320, 240], "actors": actors, "camera": {"focal": 300.0}}


def add(store: StoreWriter, number: int, people: int = 1) -> None:
    """Append a random clip."""
    whole = made_up(number, people)
    detections = pack_detections(*(whole[name] for name in ("xy", "score", "state", "visible")))
    truth = pack_truth(*(whole[name] for name in ("joints", "pose", "translation", "rotation", "camera_translation")))
    store.append(recipe(number, people), detections, truth)


def write_store(folder: Path, numbers: range, people: int = 1, **changes: Any) -> Path:
    """Begin or continue a store."""
    with StoreWriter(folder, replace(SETTINGS, **changes)) as store:
        for number in numbers:
            if number not in store.done:
                add(store, number, people)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file, by its path within the folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
