"""The class `Skeleton`. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.types import Floats


@dataclass(frozen=True)
class Skeleton:
    """The names of joints and how they are connected."""

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    """Parent of each joint, -1 for a root; empty if the points form no tree."""
    left: tuple[int, ...]
    right: tuple[int, ...]
    """left[i] and right[i] are a mirrored pair."""

    def __len__(self) -> int:
        return len(self.joints)

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) of every joint that has a parent."""
        return tuple((parent, child) for child, parent in enumerate(self.parents) if parent >= 0)

    def bone_lengths(self, joints: Floats) -> Floats:
        """(T, J) length of the bone that ends in each joint, 0 for a root, of joints (T, J, 3)."""
        parents = [child if parent < 0 else parent for child, parent in enumerate(self.parents)]
        return np.linalg.norm(joints - joints[:, parents], axis=-1)

    @property
    def mirror(self) -> tuple[int, ...]:
        """The permutation of joints in a mirrored picture."""
        order = list(range(len(self)))
        for left, right in zip(self.left, self.right, strict=True):
            order[left], order[right] = right, left
        return tuple(order)
