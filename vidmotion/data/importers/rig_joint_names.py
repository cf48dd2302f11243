"""The names that common rigs give to the joints that are needed. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vidmotion.errors import InputError

_STEMS = {
    "hip": ("upleg", "thigh", "upperleg", "thighbend", "upperleg01", "femur", "buttock", "hip"),
    "knee": ("lowerleg", "lowleg", "shin", "calf", "lowerleg01", "tibia", "knee", "leg"),
    "ankle": ("ankle", "foot"),
    "shoulder": ("upperarm", "uparm", "uarm", "shldrbend", "upperarm01", "humerus", "shldr", "arm", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "farm", "forearmbend", "lowerarm01", "radius", "elbow"),
    "wrist": ("wrist", "hand"),
}
"""Names of each joint without its side, most specific first: the first one that a rig has is used. "Shoulder" and "hip"
come last because many rigs use them for the collar bone and the pelvis."""
_MIDDLE = {
    "neck": ("neck", "lowerneck", "necklower", "neck1", "neck01", "neckbase", "upperneck", "necktwist01", "neckm",
             "spine004"),
    "head": ("head", "headm", "spine006"),
}  # fmt: skip
_PREFIX = re.compile(
    r"^(.*:)?(mixamorig\d*|bip\d+|character\d+|cc_base|def|org|j_bip(_c(?=_))?|skeleton ?\d*)?[ _-]*", re.IGNORECASE
)


def find_joints(names: tuple[str, ...]) -> dict[str, int]:
    """Index of left_hip .. right_wrist, neck and head among the names of a rig.

    Raises:
        InputError: some are missing; the message lists the names that were tried.
    """
    known: dict[str, int] = {}
    for index, name in enumerate(names):
        known.setdefault(plain_name(name), index)
    found: dict[str, int] = {}
    missing: list[str] = []
    for joint, stems, spellings in _wanted():
        has = [known[name] for name in spellings if name in known]
        if has:
            found[joint] = has[0]
        else:
            missing.append(f"{joint} (looked for {', '.join(stems)})")
    if missing:
        raise InputError(f"the rig lacks {'; '.join(missing)}; its joints are {', '.join(names)}; rename them")
    return found


def plain_name(name: str) -> str:
    """A name without prefix and separators: `mixamorig:LeftUpLeg` is leftupleg, `Bip01 L Thigh` is lthigh."""
    return re.sub(r"[ _.\-]", "", _PREFIX.sub("", name, count=1)).lower()


def _wanted() -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """Each joint, its names without side, and all its names with the side before or after."""
    for joint, stems in _MIDDLE.items():
        yield joint, stems, list(stems)
    for side in ("left", "right"):
        for joint, stems in _STEMS.items():
            spellings = [name for stem in stems for word in (side, side[0]) for name in (word + stem, stem + word)]
            yield f"{side}_{joint}", stems, spellings
