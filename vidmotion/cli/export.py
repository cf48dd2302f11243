"""`vidmotion export`: a saved motion into other formats, without lifting again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.choices import BoneNames, Markers
from vidmotion.cli import options
from vidmotion.cli.checks import check_file
from vidmotion.cli.console import describe, fail, note
from vidmotion.cli.time_summary import time_summary


def export(
    motion: options.Motion,
    output: Annotated[
        list[Path],
        typer.Option(
            "-o",
            "--output",
            help="File to write; the suffix picks the format. May be repeated.",
            rich_help_panel=options.OUTPUT,
        ),
    ],
    overwrite: options.Overwrite = False,
    markers: options.MarkersOption = Markers.h36m17,
    bones: options.Bones = BoneNames.humanik,
    person: Annotated[int | None, typer.Option(min=0, help="Only the person with this id.")] = None,
    body_model: options.LiftedBodyModel = None,
    quiet: options.Quiet = False,
) -> None:
    """Convert a saved motion: BVH, GLB, TRC, C3D, MOT, CSV, AMASS, WebVTT, ELAN, JSON, NPZ."""
    from vidmotion.body.load import load_body
    from vidmotion.io.scene.formats import export as write
    from vidmotion.io.scene.formats import load

    for path in output:
        check_file(path, overwrite, one_file=person is not None)
    scene, model = load(motion), load_body(body_model)
    if not quiet:
        note(time_summary(scene))
    failed = False
    for path in output:
        try:
            written = write(scene, path, person, model, markers, bones)
        except Exception as error:  # noqa: BLE001  # not even a bug takes the other formats along
            fail(describe(error))
            failed = True
            continue
        if not quiet:
            for one in written:
                note(f"wrote {one}")
    if failed:
        raise typer.Exit(1)
