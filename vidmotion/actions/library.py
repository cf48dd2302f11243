"""A library of motions, each learned from examples: names with embeddings of one network, in a small NPZ file.

    names   (N,) text       sources  (N,) text, the clips' file names
    places  (N, C) float32  network  text, sha256 of the weights that gave the embeddings

`places` are the embeddings: the key is older than their name. The file holds no pickle, so that reading a file from
anybody runs no code.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.atomic import atomic_file
from vidmotion.io.npz import read_npz_arrays
from vidmotion.io.pickles import DAMAGED
from vidmotion.types import Floats


@dataclass(frozen=True, eq=False)
class Library:
    """N examples."""

    network: str
    names: tuple[str, ...]
    sources: tuple[str, ...]
    embeddings: Floats
    """(N, C) of length 1."""

    def with_example(self, name: str, source: str, embedding: Floats) -> Library:
        """The library with one more example, of embedding (C,)."""
        embeddings = np.concatenate([self.embeddings.reshape(-1, len(embedding)), embedding[None]])
        return Library(self.network, (*self.names, name), (*self.sources, source), embeddings)


def read_library(path: Path, network: str) -> Library:
    """A library that was made with a network.

    Args:
        network: sha256 of the network's file.

    Raises:
        InputError: no such file, not a library, an empty one, or one of another network.
    """
    try:
        with path.open("rb") as file:
            arrays = read_npz_arrays(file, ("names", "sources", "places", "network"))
        names, sources = arrays["names"].astype(str), arrays["sources"].astype(str)
        embeddings, made_with = arrays["places"].astype(np.float32), str(arrays["network"])
    except FileNotFoundError:
        raise InputError(f"{path}: no such library; make one with `vidmotion actions teach`") from None
    except (OSError, *DAMAGED):
        raise InputError(_not_a_library(path)) from None
    fits = names.ndim == 1 and names.shape == sources.shape and embeddings.ndim == 2 and len(embeddings) == len(names)
    if not fits or not np.isfinite(embeddings).all():
        raise InputError(_not_a_library(path))
    if not len(names):
        raise InputError(f"{path} is empty; add examples with `vidmotion actions teach`")
    if made_with != network:
        raise InputError(f"{path} was made with other weights; pass those as `weights`, or make the library again")
    return Library(made_with, tuple(map(str, names)), tuple(map(str, sources)), embeddings)


def _not_a_library(path: Path) -> str:
    return f"{path} is not a library of actions, or it is damaged; make it again with `vidmotion actions teach`"


def write_library(library: Library, path: Path) -> None:
    """Write a library whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_file(path) as file:
        np.savez_compressed(
            file,
            names=np.array(library.names),
            sources=np.array(library.sources),
            places=library.embeddings.astype(np.float32),
            network=np.array(library.network),
        )
