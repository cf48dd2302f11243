"""COCO's JSON: results (a list of people, each with the number of a picture), or annotations (with pictures and names).

Source: cocodataset.org, "results format" and "data format". People of the results have COCO's 17 points, and the third
number of each point is a score. In annotations it is a flag: 0 not labelled, 1 labelled but hidden, 2 visible; there
the categories name the points. PoseTrack has flags 0 and 1 only, and 1 is visible. `track_id`, which PoseTrack and
others add, is a person's identity.

`parse_coco` reads both, for `lift --keypoints` and for the import of training data. There, pictures need not be the
frames of one video. For `lift`, `image_id` is the number of the frame in results; in annotations it is the last number
in the picture's `file_name`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.keypoints.raw_keypoints import (
    KeypointFile,
    PersonInFrame,
    frame_number,
    parse_person_id,
    points_from_triples,
    whole_number,
)
from vidmotion.io.keypoints.skeleton_matching import canonical_name
from vidmotion.skeletons import POSETRACK17
from vidmotion.types import Floats

RESULTS = "COCO's results"
ANNOTATIONS = "COCO's annotations"
HIDDEN_SCORE = 0.5
"""Score of a point that was labelled although it is hidden."""
WIDEST = 100_000
"""Pixels."""
COCO = {17: "coco17"}


@dataclass(frozen=True)
class CocoPicture:
    """A picture of annotations, or what results tell of one."""

    id: str
    name: Any
    """Its file name; in results its number."""
    video: str = ""
    """The video whose frame it is, if PoseTrack's `vid_id` says so."""
    size: tuple[int, int] | None = None
    """Width and height in pixels, if the file has them."""


@dataclass(frozen=True, eq=False)
class CocoPerson:
    """A person in a picture."""

    id: str
    """Number of the annotation; in results the position in the list."""
    picture: CocoPicture
    points: Floats
    """(P, 3) x, y, score in 0..1; score 0 means that the point is missing."""
    track_id: int | None
    """The person's identity, if the file has it."""


@dataclass(frozen=True, eq=False)
class CocoFile:
    """The content of a file."""

    format_name: str
    pictures: tuple[CocoPicture, ...]
    """Also those without people; results do not list them."""
    people: tuple[CocoPerson, ...]
    point_names: tuple[str, ...]
    """Names of the P points; empty if the file does not name them."""


def is_results(tree: Any) -> bool:
    """Whether this is a list of people with pictures and points."""
    first = tree[0] if isinstance(tree, list) and tree else None
    return isinstance(first, dict) and {"image_id", "keypoints"} <= first.keys()


def is_annotations(tree: Any) -> bool:
    """Whether this has pictures and annotations."""
    return isinstance(tree, dict) and {"images", "annotations"} <= tree.keys()


def parse_coco(tree: Any) -> CocoFile:
    """The people of results or annotations; crowds are left out.

    Raises:
        KeyError, TypeError, AttributeError: a field is missing or has another type.
        InputError: this is neither of the two, a value is not a number, or categories name different points.
    """
    if is_results(tree):
        return CocoFile(RESULTS, (), tuple(_results(tree)), ())
    if not is_annotations(tree):
        raise InputError("is neither COCO's annotations (images, annotations) nor a list of COCO's results")
    pictures = {one["id"]: _picture(one) for one in tree["images"]}
    category = _person_category(tree.get("categories") or [])
    names = tuple(map(str, category["keypoints"])) if category else ()
    people = tuple(_annotations(tree["annotations"], pictures, category, names))
    return CocoFile(ANNOTATIONS, tuple(pictures.values()), people, names)


def read_coco(tree: Any) -> KeypointFile:
    """Reads the people of the frames of one video.

    Raises:
        InputError: as `parse_coco`; or pictures have no frame number, or differ in size.
    """
    content = parse_coco(tree)
    people = tuple(PersonInFrame(frame_number(one.picture.name), one.points, one.track_id) for one in content.people)
    sizes = {picture.size for picture in content.pictures}
    if len(sizes) > 1:
        raise InputError("its pictures differ in size, so they are not the frames of one video")
    size = sizes.pop() if sizes else None
    return KeypointFile(content.format_name, people, content.point_names, COCO, size=size)


def _results(records: Any) -> Iterator[CocoPerson]:
    for index, record in enumerate(records):
        name = record["image_id"]
        points = points_from_triples(record["keypoints"], name)
        picture = CocoPicture(str(name), name)
        yield CocoPerson(str(index), picture, points, parse_person_id(record.get("track_id")))


def _annotations(
    records: Any, pictures: dict[Any, CocoPicture], category: Any, names: tuple[str, ...]
) -> Iterator[CocoPerson]:
    is_posetrack = set(map(canonical_name, names)) >= set(POSETRACK17.joints)
    scores = {1: 1.0 if is_posetrack else HIDDEN_SCORE, 2: 1.0}
    for record in records:
        is_other = category is not None and record.get("category_id", category.get("id")) != category.get("id")
        if not record.get("keypoints") or record.get("iscrowd") or is_other:
            continue
        picture = pictures[record["image_id"]]
        values = [scores.get(value, 0.0) if i % 3 == 2 else value for i, value in enumerate(record["keypoints"])]
        points = points_from_triples(values, picture.name)
        yield CocoPerson(str(record.get("id")), picture, points, parse_person_id(record.get("track_id")))


def _person_category(categories: Any) -> Any:
    """The category that names the points of people; None if there is none."""
    named = [one for one in categories if one.get("keypoints")]
    if len({tuple(map(str, one["keypoints"])) for one in named}) > 1:
        named = [one for one in named if str(one.get("name")).lower() == "person"]
        if len(named) != 1:
            raise InputError("has categories with different points; keep the category of people only")
    return named[0] if named else None


def _picture(record: Any) -> CocoPicture:
    width, height = whole_number(record.get("width")), whole_number(record.get("height"))
    known = width and height and 0 < min(width, height) <= max(width, height) <= WIDEST
    size = (width, height) if width and height and known else None
    return CocoPicture(str(record["id"]), record.get("file_name", ""), str(record.get("vid_id", "")), size)
