"""Motions taught by example: names with places on the unit sphere of one network's embedding head, in a small file.

    names     (N,) text       sources  (N,) text, the clips' file names
    places    (N, C) float32  network  text, sha256 of the weights without which places mean nothing

NPZ without pickle: a library of a stranger's is data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.atomic import atomic_file
from vidmotion.io.pickles import DAMAGED
from vidmotion.types import Floats


@dataclass(frozen=True, eq=False)
class Library:
    """N examples."""

    network: str
    names: tuple[str, ...]
    sources: tuple[str, ...]
    places: Floats
    """(N, C) of length 1."""

    def taught(self, name: str, source: str, place: Floats) -> Library:
        """The library with one more example, a place (C,)."""
        places = np.concatenate([self.places.reshape(-1, len(place)), place[None]])
        return Library(self.network, (*self.names, name), (*self.sources, source), places)


def read_library(path: Path, network: str) -> Library:
    """A library that was taught with a network.

    Raises:
        InputError: no such file, not a library, an empty one, or one of another network.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            names, sources = file["names"].astype(str), file["sources"].astype(str)
            places, taught_with = file["places"].astype(np.float32), str(file["network"])
    except FileNotFoundError:
        raise InputError(f"{path}: no such library; make one with `vidmotion actions teach`") from None
    except (*DAMAGED, KeyError):
        raise InputError(f"{path} is no library of actions, or is damaged; teach it again") from None
    fits = names.ndim == 1 and names.shape == sources.shape and places.ndim == 2 and len(places) == len(names)
    if not fits or not np.isfinite(places).all():
        raise InputError(f"{path} is no library of actions, or is damaged; teach it again")
    if not len(names):
        raise InputError(f"{path} is empty; teach it with `vidmotion actions teach`")
    if taught_with != network:
        raise InputError(f"{path} was taught with other weights; name them with --weights, or teach it again")
    return Library(taught_with, tuple(map(str, names)), tuple(map(str, sources)), places)


def write_library(library: Library, path: Path) -> None:
    """Write a library whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_file(path) as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            names=np.array(library.names),
            sources=np.array(library.sources),
            places=library.places.astype(np.float32),
            network=np.array(library.network),
        )
