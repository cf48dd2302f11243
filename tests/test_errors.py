"""Errors of the library name arguments and not options of the command line."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import vidmotion
from vidmotion import errors

PACKAGE = Path(vidmotion.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
OTHERS = {"--keypoint_scale"}
"""Options of other programs."""


def raised_texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and node.exc is not None:
            for part in ast.walk(node.exc):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_no_error_outside_of_the_command_line_names_an_option() -> None:
    found = [
        (path.name, text)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent.name != "cli"
        for text in raised_texts(path)
        if OPTION.search(text) and not any(other in text for other in OTHERS) and "pip install" not in text
    ]
    assert not found


@pytest.mark.parametrize("name", [name for name in vars(errors) if name.endswith("Error")])
def test_every_error_is_public_and_of_one_tree(name: str) -> None:
    assert issubclass(getattr(vidmotion, name), errors.VidmotionError)
