"""Action tags in every format that takes them."""

import csv
import dataclasses
import json
from fractions import Fraction
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest

from tests.io.scene.scenes import scene_of
from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export, load
from vidmotion.types import Actions, Person, Scene, Segment

SEGMENTS = (Segment(0.0, 1.5, "walk & turn", 0.75), Segment(1.5, 4.0, "unknown", 0.5))


@pytest.fixture
def with_tags(walker: Person) -> Scene:
    actions = Actions(("walk & turn", "sit"), np.array([1.0, 3.0]), np.array([[0.75, 0.25], [0.5, 0.5]]), SEGMENTS)
    return scene_of(dataclasses.replace(walker, actions=actions))


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_tags_come_back(with_tags: Scene, tmp_path: Path, suffix: str) -> None:
    (path,) = export(with_tags, tmp_path / f"scene.{suffix}")
    before, after = with_tags.people[0].actions, load(path).people[0].actions
    assert before
    assert after
    assert (after.labels, after.segments) == (before.labels, before.segments)
    np.testing.assert_array_equal(after.times, before.times)
    np.testing.assert_array_equal(after.probabilities, before.probabilities)


def test_they_fit_the_schema(with_tags: Scene, tmp_path: Path) -> None:
    schema = json.loads((resources.files("vidmotion.io.scene") / "scene.schema.json").read_text())
    tree = json.loads(export(with_tags, tmp_path / "scene.json")[0].read_text())
    jsonschema.validate(tree, schema, jsonschema.Draft202012Validator)
    tree["people"][0]["actions"]["segments"][0]["score"] = 2
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree, schema, jsonschema.Draft202012Validator)


def test_unknown_labels_are_named(with_tags: Scene, tmp_path: Path) -> None:
    (path,) = export(with_tags, tmp_path / "scene.json")
    path.write_text(path.read_text().replace('"label":"unknown"', '"label":"juggle"'))
    with pytest.raises(InputError, match=r"people\[0\].actions.segments: 'juggle' is not one of the labels"):
        load(path)


def test_subtitles(with_tags: Scene, tmp_path: Path) -> None:
    (path,) = export(with_tags, tmp_path / "scene.vtt")
    assert path.read_text() == (
        "WEBVTT\n\n"
        "1\n00:00:00.000 --> 00:00:01.500\nperson 0: walk &amp; turn (75 %)\n\n"
        "2\n00:00:01.500 --> 00:00:04.000\nperson 0: unknown (50 %)\n"
    )


def test_times_count_from_the_start_of_the_file(with_tags: Scene, tmp_path: Path) -> None:
    """Players and ELAN begin where the sound does, here 1.5 s before the pictures."""
    late = dataclasses.replace(with_tags, offset=1.5)
    (path,) = export(late, tmp_path / "scene.vtt")
    assert path.read_text().splitlines()[3::4] == ["00:00:01.500 --> 00:00:03.000", "00:00:03.000 --> 00:00:05.500"]
    (path,) = export(late, tmp_path / "scene.eaf")
    slots = ElementTree.parse(path).getroot().iter("TIME_SLOT")
    assert [slot.attrib["TIME_VALUE"] for slot in slots] == ["1500", "3000", "3000", "5500"]


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_offset_of_the_pictures_comes_back(with_tags: Scene, tmp_path: Path, suffix: str) -> None:
    (path,) = export(dataclasses.replace(with_tags, offset=1.5), tmp_path / f"scene.{suffix}")
    assert load(path).offset == 1.5


def test_subtitles_that_start_together(with_tags: Scene, tmp_path: Path) -> None:
    """They are ordered by person and end; two segments of one person may start at the same time."""
    walker = with_tags.people[0]
    assert walker.actions
    segments = (Segment(1.0, 3.0, "walk", 0.5), Segment(1.0, 2.0, "sit", 0.5))
    first = dataclasses.replace(walker, actions=dataclasses.replace(walker.actions, segments=segments))
    second = dataclasses.replace(first, track=dataclasses.replace(walker.track, id=1))
    (path,) = export(scene_of(second, first), tmp_path / "scene.vtt")
    cues = [line for line in path.read_text().splitlines() if line.startswith("person")]
    assert cues == [
        "person 0: sit (50 %)",
        "person 0: walk (50 %)",
        "person 1: sit (50 %)",
        "person 1: walk (50 %)",
    ]


def test_elan(with_tags: Scene, tmp_path: Path) -> None:
    (path,) = export(with_tags, tmp_path / "scene.eaf")
    root = ElementTree.parse(path).getroot()
    slots = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")}
    (tier,) = root.iter("TIER")
    assert tier.attrib["TIER_ID"] == "person 0"
    found = [
        (slots[one.attrib["TIME_SLOT_REF1"]], slots[one.attrib["TIME_SLOT_REF2"]], one.findtext("ANNOTATION_VALUE"))
        for one in tier.iter("ALIGNABLE_ANNOTATION")
    ]
    assert found == [(0, 1500, "walk & turn"), (1500, 4000, "unknown")]


def test_table(with_tags: Scene, tmp_path: Path) -> None:
    (path,) = export(with_tags, tmp_path / "scene.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["action"], rows[0]["action_score"]) == ("walk & turn", "0.7500")
    assert rows[-1]["action"] == "unknown"


@pytest.mark.parametrize("suffix", ["vtt", "eaf"])
def test_scenes_without_tags_are_refused(walker: Person, tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match=r"has action tags; lift it again with `heads=action`$"):
        export(scene_of(walker), tmp_path / f"scene.{suffix}")
    assert not list(tmp_path.iterdir())


EVIL = "a\n\n1\n00:00 --> 00:09\nb<i>\x1b[31m\x00\ufffe\u202e"
SEEN = r"a\n\n1\n00:00 --> 00:09\nb<i>\x1b[31m\x00\ufffe\u202e"


@pytest.fixture
def evil(walker: Person) -> Scene:
    actions = Actions((EVIL, "sit"), np.array([1.0]), np.array([[0.75, 0.25]]), (Segment(0.0, 1.5, EVIL, 0.75),))
    return dataclasses.replace(scene_of(dataclasses.replace(walker, actions=actions)), source="v\x00\n.mp4")


def test_a_label_adds_no_subtitles(evil: Scene, tmp_path: Path) -> None:
    cue = export(evil, tmp_path / "scene.vtt")[0].read_text().split("\n", 4)[4]
    assert cue == f"person 0: {SEEN} (75 %)\n".replace("<", "&lt;").replace(">", "&gt;")


def test_elan_is_always_well_formed(evil: Scene, tmp_path: Path) -> None:
    root = ElementTree.parse(export(evil, tmp_path / "scene.eaf")[0]).getroot()
    assert [one.text for one in root.iter("ANNOTATION_VALUE")] == [SEEN]
    assert [one.attrib["MEDIA_URL"] for one in root.iter("MEDIA_DESCRIPTOR")] == [r"./v\x00\n.mp4"]


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'), ("+1+1", "'+1+1"), ("-a", "'-a"), ("@x", "'@x"),
        (" =1", "' =1"), ("\t=1", r"\t=1"), ("-5", "-5"), ("+1e3", "+1e3"), ("a=b", "a=b"), ("a\rb", r"a\rb"),
    ],
)  # fmt: skip
def test_a_label_is_no_formula(label: str, cell: str, with_tags: Scene, tmp_path: Path) -> None:
    actions = Actions((label,), np.array([1.0]), np.array([[1.0]]), (Segment(0.0, 1.5, label, 0.75),))
    scene = scene_of(dataclasses.replace(with_tags.people[0], actions=actions))
    with export(scene, tmp_path / "scene.csv")[0].open(newline="") as file:
        assert next(csv.DictReader(file))["action"] == cell


def test_tags_of_slow_motion_lie_where_the_file_plays_them(with_tags: Scene, tmp_path: Path) -> None:
    """The user stated that the file, which plays at 30 frames/s, was filmed at 240: a second takes 8 in a player."""
    settings = {"fps": 240.0, "file_fps": 30.0}
    scene = dataclasses.replace(with_tags, fps=Fraction(240), provenance={"settings": settings}, offset=0.125)
    (path,) = export(scene, tmp_path / "scene.vtt")
    assert "00:00:01.000 --> 00:00:13.000" in path.read_text()
    (path,) = export(scene, tmp_path / "scene.eaf")
    slots = [slot.get("TIME_VALUE") for slot in ElementTree.parse(path).iter("TIME_SLOT")]
    assert slots == ["1000", "13000", "13000", "33000"]
