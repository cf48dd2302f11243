"""Makes a whole store of a light pack and the motion capture, without drawing or detecting anything.

Numpy only: this runs on a bare machine. The result is the store that was packed, bit for bit where the machine computes
sines as the other one did, else within one step of the stored numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vidmotion.body.load import free_body
from vidmotion.data.light_pack import read_pack
from vidmotion.data.store import StoreWriter, pack_truth
from vidmotion.data.synthetic.labels import truth_of
from vidmotion.data.synthetic.mocap_rotations import read_capture
from vidmotion.data.synthetic.recipe import Recipe
from vidmotion.errors import InputError


def rebuild(pack_file: Path, mocap: Path, out: Path, advance: Callable[[int], None]) -> int:
    """Unpack into a store; the number of its clips comes back.

    Args:
        advance: hears how many frames are done.

    Raises:
        InputError: the pack is damaged, or was made from another motion capture or body.
        OutputError: the store cannot be written.
    """
    pack = read_pack(pack_file)
    capture, body = read_capture(mocap, pack.settings.split), free_body()
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
                truth = truth_of(recipe, capture, body)
                store.append(
                    record, {name: part[rows] for name, part in pack.detections.items()}, pack_truth(*truth.parts())
                )
            advance(done * recipe.frames)
    return len(pack.recipes)


def _recipe(record: dict[str, object], pack_file: Path) -> Recipe:
    try:
        return Recipe.from_json(record)
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{pack_file} holds a recipe of another version of vidmotion") from None
