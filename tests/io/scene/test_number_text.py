"""Numbers in JSON: the compiled loops write and read exactly what Python's `json` does."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.io.scene.scenes import scene_of
from vidmotion.errors import InputError
from vidmotion.io.scene import number_text
from vidmotion.io.scene.formats import export, load
from vidmotion.io.scene.number_text import array_text, parse_numbers
from vidmotion.types import Scene

pytest.importorskip("numba")
SPECIAL = (0.0, -0.0, 1.0, -10.0, 1e-5, 1.5e-5, 9.99996e-5, 1e-4, 0.05, 0.995, 123456.0, 2.5e9, 1e200)


@pytest.fixture(autouse=True)
def short_texts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LONG_TEXT", "MANY_NUMBERS", "SHORT_ARRAY"):
        monkeypatch.setattr(number_text, name, 1)
    monkeypatch.setattr(number_text, "_BLOCK", 100)


def plain(values: np.ndarray, decimals: int) -> bytes:
    return json.dumps((np.round(values, decimals) + 0.0).tolist(), separators=(",", ":")).encode()


@pytest.mark.parametrize("decimals", [1, 4, 9])
@pytest.mark.parametrize("shape", [(500, 2), (50, 4, 5), (25, 2, 2, 10), (1, 1000)])
def test_text_is_that_of_json(decimals: int, shape: tuple[int, ...]) -> None:
    generator = np.random.default_rng(decimals)
    values = generator.normal(size=1000) * 10.0 ** generator.integers(-12, 6, 1000)
    values[: len(SPECIAL)] = SPECIAL
    values = values.reshape(shape)
    assert b"".join(array_text(values, decimals)) == plain(values, decimals)


@pytest.mark.parametrize(
    "text",
    [
        "[1,-2.5]", "[[1,2],[3,4]]", "[[[1e5,2E-3]],[[3e+2,-0.0]]]", " [ 1 , 2 ] ", "[0.30000000000000004]",
        "[123456789012345678901]", "[1e400]", "[[1,2],[3]]", "[1,[2]]", "[[1],2]", "[]", "[[]]", "[[[[[1]]]]]",
        '[1,"]"]', '{"a\\"[1]":[7,8],"b":"[1,2]"}', '{"a":[1,2],"a":[3.5]}', "[true,1]", "[1,null]",
    ],
)  # fmt: skip
def test_values_are_those_of_json(text: str) -> None:
    assert lists(parse_numbers(f'{{"x":{text}}}'.encode())) == json.loads(f'{{"x":{text}}}')


@pytest.mark.parametrize(
    "text", ["[1,]", "[01]", "[1.]", "[.5]", "[-]", "[+1]", "[1 2]", "[1e]", "[[1][2]]", "[1", "[NaN]", "[-Infinity]"]
)
def test_what_is_not_json_is_refused_with_the_place_in_the_file(text: str) -> None:
    content = f'{{"a":[1,2,3,4],"x":{text}}}'.encode()
    with pytest.raises(ValueError, match=r"char (1[89]|2)|is not a number"):
        parse_numbers(content)


def test_random_numbers_survive() -> None:
    values = np.round(np.random.default_rng(5).normal(size=(400, 3)), 6)
    read = parse_numbers(json.dumps({"x": values.tolist()}).encode())["x"]
    assert isinstance(read, np.ndarray)
    assert (read == values).all()


def test_lists_of_plain_fields_stay_lists() -> None:
    tree = {"provenance": {"seeds": [1, 2.5]}, "x": [1, 2]}
    assert parse_numbers(json.dumps(tree).encode(), plain=("provenance",)) == tree


def test_scene_is_the_same_with_and_without(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = export(scene, tmp_path / "fast.json")
    (again,) = export(load(path), tmp_path / "again.json")
    monkeypatch.setattr(number_text, "has_numba", lambda: False)
    (slow,) = export(load(path), tmp_path / "slow.json")
    assert path.read_bytes() == again.read_bytes() == slow.read_bytes()


def test_damaged_scene_is_named(tmp_path: Path) -> None:
    (path,) = export(scene_of(), tmp_path / "none.json")
    path.write_text(path.read_text().replace('"people":[]', '"people":[1,2]'))
    with pytest.raises(InputError, match="people"):
        load(path)


def lists(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: lists(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [lists(value) for value in tree]
    return tree.tolist() if isinstance(tree, np.ndarray) else tree
