"""Makes a store from a light pack and the motion capture, without drawing pictures or running a detector.

Needs numpy only, so it runs on a machine without OpenCV or a detector. The result is the store that was packed: bit for
bit where both machines compute sines alike, otherwise within one step of the stored numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vidmotion.body.load import free_body
from vidmotion.data.light_pack import read_pack
from vidmotion.data.store import StoreWriter, pack_truth
from vidmotion.data.synthetic.labels import clip_labels
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations
from vidmotion.data.synthetic.recipe import ClipRecipe
from vidmotion.errors import InputError


def unpack_store(pack_file: Path, mocap: Path, out: Path, advance: Callable[[int], None]) -> int:
    """Unpack into a store; clips that the store has already are kept.

    Args:
        advance: called with the number of frames that are done.

    Returns:
        the number of clips in the pack.

    Raises:
        InputError: the pack is damaged, or was made from another motion capture or body.
        OutputError: the store cannot be written.
    """
    pack = read_pack(pack_file)
    capture, body = read_mocap_rotations(mocap, pack.settings.split), free_body()
    for name, wanted, here in (("motion capture", pack.settings.capture, capture.name),
                               ("body", pack.settings.body, body.name)):  # fmt: skip
        if wanted != here:
            raise InputError(f"{pack_file} was made from the {name} {wanted!r}, not {here!r}")
    row = 0
    with StoreWriter(out, pack.settings) as store:
        for done, record in enumerate(pack.recipes, start=1):
            recipe = _recipe(record, pack_file)
            rows = slice(row, row + len(recipe.actors) * recipe.frames)
            row = rows.stop
            if recipe.number not in store.done:
                labels = clip_labels(recipe, capture, body)
                store.append(
                    record, {name: part[rows] for name, part in pack.detections.items()}, pack_truth(*labels.arrays())
                )
            advance(done * recipe.frames)
    return len(pack.recipes)


def _recipe(record: dict[str, object], pack_file: Path) -> ClipRecipe:
    try:
        return ClipRecipe.from_json(record)
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{pack_file} holds a recipe that this version of vidmotion cannot read") from None
