"""ELAN's annotation format (.eaf), for people who annotate videos: a tier for each person. Does not depend on paths.

Source: EAF 3.0, https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from __future__ import annotations

from typing import BinaryIO
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from vidmotion.io.plain_text import visible
from vidmotion.io.scene.action_segments import all_segments
from vidmotion.types import Scene

TYPE = "action"
# The format requires a date. A fixed one makes the same scene give the same file.
NO_DATE = "1970-01-01T00:00:00+00:00"
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"


def write_eaf(scene: Scene, file: BinaryIO) -> None:
    """Write the segments of all people, with times in milliseconds from the start of the file, as ELAN counts.

    The video is expected beside the file.

    Raises:
        InputError: nobody has action tags.
    """
    segments = all_segments(scene)
    source = visible(scene.source)
    root = Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "vidmotion",
            "DATE": NO_DATE,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            _SCHEMA: "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    SubElement(
        header,
        "MEDIA_DESCRIPTOR",
        MEDIA_URL=f"./{source}",
        MIME_TYPE="video/*",
        RELATIVE_MEDIA_URL=f"./{source}",
    )
    order = SubElement(root, "TIME_ORDER")
    for number, (_, segment) in enumerate(segments):
        for end, seconds in enumerate((segment.start, segment.end)):
            slot, value = f"ts{2 * number + end + 1}", str(round(1000 * seconds))
            SubElement(order, "TIME_SLOT", TIME_SLOT_ID=slot, TIME_VALUE=value)
    for identity in dict.fromkeys(person.id for person, _ in segments):
        tier = SubElement(root, "TIER", LINGUISTIC_TYPE_REF=TYPE, TIER_ID=f"person {identity}")
        for number, (person, segment) in enumerate(segments):
            if person.id == identity:
                _annotate(tier, number, segment.label)
    SubElement(root, "LINGUISTIC_TYPE", GRAPHIC_REFERENCES="false", LINGUISTIC_TYPE_ID=TYPE, TIME_ALIGNABLE="true")
    indent(root)
    ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _annotate(tier: Element, number: int, text: str) -> None:
    annotation = SubElement(
        SubElement(tier, "ANNOTATION"),
        "ALIGNABLE_ANNOTATION",
        ANNOTATION_ID=f"a{number + 1}",
        TIME_SLOT_REF1=f"ts{2 * number + 1}",
        TIME_SLOT_REF2=f"ts{2 * number + 2}",
    )
    SubElement(annotation, "ANNOTATION_VALUE").text = visible(text)
