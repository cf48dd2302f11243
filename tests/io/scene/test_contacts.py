"""Contacts in JSON, NPZ and CSV; files of a time without them."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.io.scene.scenes import scene_of
from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export, load
from vidmotion.types import CONTACT_PARTS, Contacts, Person, Scene


@pytest.fixture
def touched(walker: Person) -> Scene:
    touching = np.random.default_rng(0).random((len(walker.track), 7)) < 0.5
    return scene_of(replace(walker, contacts=Contacts(touching)))


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_they_are_read_back(touched: Scene, suffix: str, tmp_path: Path) -> None:
    (path,) = export(touched, tmp_path / f"out.{suffix}")
    wanted, found = touched.people[0].contacts, load(path).people[0].contacts
    assert wanted
    assert found
    np.testing.assert_array_equal(found.touching, wanted.touching)


def test_columns_of_csv(touched: Scene, tmp_path: Path) -> None:
    (path,) = export(touched, tmp_path / "out.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    found = [[row[f"{part}_contact"] == "1" for part in CONTACT_PARTS] for row in rows]
    contacts = touched.people[0].contacts
    assert contacts
    np.testing.assert_array_equal(found, contacts.touching)


def test_a_file_of_a_time_without_contacts(touched: Scene, tmp_path: Path) -> None:
    (path,) = export(touched, tmp_path / "out.json")
    tree = json.loads(path.read_text())
    del tree["people"][0]["contacts"]
    path.write_text(json.dumps(tree))
    assert load(path).people[0].contacts is None


def test_other_parts_are_refused(touched: Scene, tmp_path: Path) -> None:
    (path,) = export(touched, tmp_path / "out.json")
    tree = json.loads(path.read_text())
    tree["people"][0]["contacts"]["parts"][0] = "nose"
    path.write_text(json.dumps(tree))
    with pytest.raises(InputError, match=r"contacts\.parts"):
        load(path)
