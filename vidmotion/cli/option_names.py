"""Arguments and settings of the library, as the options of the command line that set them."""

from __future__ import annotations

import re

SPECIAL = {
    "formats": "-f",
    "heads": "--head",
    "heights": "--height",
    "output": "-o",
    "overwrite": "-y",
    "settings": "--set",
}
"""Names whose option is not the same name with dashes."""
PLAIN = frozenset({
    "backgrounds", "body_model", "bones", "camera", "camera_file", "clips", "data", "detector", "device", "embed",
    "end", "every_frame", "first_frame", "flip", "fov", "fps", "from", "gpus", "hands", "height", "jobs",
    "keep_uncertain", "keypoints", "link_video", "markers", "max_people", "pattern", "person", "port", "ray",
    "refine", "resume", "rotate", "size", "skeleton", "split", "split_rule", "start", "style", "subjects", "table",
    "timeout", "unit", "up", "view", "weights", "work",
})  # fmt: skip
"""Names whose option is the same name with dashes."""
_NAMED = re.compile(r"`([a-z][a-z0-9_]*)(?:=([^`]+))?`")


def with_options(message: str) -> str:
    """A message of the library with options in place of the arguments that it names in backticks.

    "leave `body_model` out" becomes "leave --body-model out", and "pass `heads=action`" "pass --head action". What is
    no option stays as it is.
    """
    return _NAMED.sub(_option, message)


def _option(found: re.Match[str]) -> str:
    name, value = found.groups()
    if name not in PLAIN and name not in SPECIAL:
        return found[0]
    option = SPECIAL.get(name, f"--{name.replace('_', '-')}")
    if name == "settings" or value is None:
        return option if value is None else f"{option} {value}"
    if value in ("True", "False"):
        return option if value == "True" else f"--no-{option.removeprefix('--')}"
    return f"{option} {value}"
